import assert from "node:assert/strict";
import { VirtualClock, Wire } from "sims/engine/mod.ts";
import { fixedClock } from "../soc/clock_input.ts";
import { Gpio } from "../soc/gpio.ts";
import { Intc } from "../soc/intc.ts";
import { Mcspi } from "../soc/mcspi.ts";
import { Eeprom25aa256 } from "./eeprom_25aa256.ts";
import { Mcp23s18 } from "./mcp23s18.ts";
import { SpiBus } from "./spi_bus.ts";

const MODULCTRL = 0x128;
const channel = (n: number) => ({
  CONF: 0x12c + 0x14 * n,
  STAT: 0x130 + 0x14 * n,
  CTRL: 0x134 + 0x14 * n,
  TX: 0x138 + 0x14 * n,
  RX: 0x13c + 0x14 * n,
});
/** 8 bits at 3 MHz in mode 0, active low, data line 0 out and 1 in. */
const CONF = 0x6_0000 | 7 << 7 | 1 << 6 | 4 << 2;
const FORCE = 1 << 20;
const EXPANDER = 0, EEPROM = 1;

/** SPI1 as the mission wires it: the expander on CS0, its interrupt on GPIO 60, the EEPROM on CS1. */
function rig() {
  const clock = new VirtualClock("board");
  const irq = new Wire("IRQ");
  const intc = new Intc({ name: "INTC", clock, irq: irq.driver("INTC") });
  const line = (n: number, name: string) => intc.line(n).driver(name);
  const pins = Array.from({ length: 32 }, (_, n) => new Wire(`GPIO1_${n}`));
  const gpio = new Gpio({
    name: "GPIO1",
    clock,
    pins,
    irq: [line(98, "GPIO1"), line(99, "GPIO1")],
  });
  const select = ["CS0", "CS1"].map((name) => new Wire(name, { pull: 1 }));
  const expanderPins = Array.from({ length: 16 }, (_, n) => new Wire(`GP${n}`));
  const expander = new Mcp23s18({
    name: "MCP23S18",
    pins: expanderPins,
    intA: pins[28]!.driver("MCP23S18"),
  });
  const eeprom = new Eeprom25aa256({ name: "25AA256", clock });
  const bus = new SpiBus();
  bus.attach(expander, select[0]!);
  bus.attach(eeprom, select[1]!);
  const spi = new Mcspi({
    name: "McSPI1",
    clock,
    source: fixedClock("48 MHz", 48_000_000),
    irq: line(125, "McSPI1"),
    select: select.map((wire) => wire.driver("McSPI1")),
    bus,
  });
  spi.write(MODULCTRL, 1, 4);
  for (const n of [EXPANDER, EEPROM]) spi.write(channel(n).CONF, CONF, 4);
  return { clock, irq, intc, gpio, expanderPins, spi };
}

/** A command, byte by byte, as a driver that polls does it. */
function command({ clock, spi }: ReturnType<typeof rig>, n: number, bytes: readonly number[]) {
  const { CONF: conf, STAT, CTRL, TX, RX } = channel(n);
  spi.write(CTRL, 1, 4);
  spi.write(conf, CONF | FORCE, 4);
  const answer = bytes.map((byte) => {
    spi.write(TX, byte, 4);
    while ((spi.read(STAT, 4) & 1) === 0) clock.runTo(clock.now() + 200);
    return spi.read(RX, 4);
  });
  spi.write(conf, CONF, 4);
  spi.write(CTRL, 0, 4);
  return answer;
}

Deno.test("the EEPROM behind channel 1 is written and read, the expander does not hear it", () => {
  const board = rig();
  command(board, EEPROM, [0x06]);
  command(board, EEPROM, [0x02, 0x01, 0x00, 0x40, 0x00, 0x55]);
  while (command(board, EEPROM, [0x05, 0])[1]! & 1);
  assert.ok(board.clock.now() > 5_000_000);
  assert.deepEqual(command(board, EEPROM, [3, 1, 0, 0, 0, 0]).slice(3), [0x40, 0x00, 0x55]);
  assert.deepEqual(command(board, EXPANDER, [0x41, 0x00, 0]), [0xff, 0xff, 0xff]);
});

Deno.test("a pin of the expander that changes interrupts the processor through GPIO 60", () => {
  const board = rig();
  const { gpio, intc, irq, expanderPins } = board;
  const pin = expanderPins[3]!.driver("signal");
  command(board, EXPANDER, [0x40, 0x04, 0x08]);
  gpio.write(0x14c, 1 << 28, 4);
  gpio.write(0x34, 1 << 28, 4);
  intc.write(0x88 + 3 * 0x20, 1 << 2, 4);
  pin.drive(1);
  assert.equal(irq.level, 1);
  assert.equal(intc.read(0x40, 4), 98);
  assert.deepEqual(command(board, EXPANDER, [0x41, 0x12, 0])[2], 0x08);
  assert.equal(gpio.read(0x138, 4) >>> 28 & 1, 1, "the expander has let go");
  gpio.write(0x2c, 1 << 28, 4);
  intc.write(0x48, 1, 4);
  assert.equal(irq.level, 0);
});

Deno.test("two chips that are selected at once answer both: low bits win", () => {
  const [a, b] = [new Wire("a", { pull: 1 }), new Wire("b", { pull: 1 })];
  const bus = new SpiBus();
  for (const [wire, answer] of [[a, 0xf0], [b, 0x3c]] as const) {
    bus.attach({ name: wire.name, select() {}, transfer: () => answer }, wire);
  }
  const mode = { pol: 0, pha: 0 } as const;
  assert.equal(bus.transfer(0, 8, mode), 0xff);
  a.driver("spi").drive(0);
  assert.equal(bus.transfer(0, 8, mode), 0xf0);
  b.driver("spi").drive(0);
  assert.equal(bus.transfer(0, 8, mode), 0x30);
});
