import assert from "node:assert/strict";
import { type Level, VirtualClock, Wire } from "sims/engine/mod.ts";
import {
  BASE,
  BYTE_NS,
  channel,
  CONF,
  CTRL,
  ENABLE,
  EOT,
  FFER,
  FFEW,
  FORCE,
  MODULCTRL,
  rig,
  RX,
  RX_FULL,
  RXS,
  SINGLE,
  single,
  STAT,
  STATUS,
  TRANSMIT_ONLY,
  TX,
  TX_EMPTY,
  TX_UNDERFLOW,
  TXS,
  WORD_16,
  WORD_32,
  WORD_8,
} from "./_mcspi_rig.ts";
import { Mcspi } from "./mcspi.ts";
import { registerTests, restoreTest, steadyTest } from "./_registers.ts";

registerTests("McSPI", rig, {
  reset: { register: "MCSPI_SYSCONFIG", bit: 1, seenBy: "MCSPI_IRQENABLE" },
  apart: ["MCSPI_SYSCONFIG", "MCSPI_CHCTRL", "MCSPI_MODULCTRL", "MCSPI_RX"],
});
restoreTest("McSPI", rig, {
  values: [BASE | WORD_8, BASE | WORD_16 | FFEW | FFER, 1, SINGLE, 0, 0x1234_5678, 0x0004_0303],
  strideNs: 5_000,
  steps: 120,
  prepare: ({ device }) => device.write(MODULCTRL, 0, 4),
});
steadyTest("McSPI", rig, {
  values: [BASE | WORD_8, BASE | WORD_16 | FFEW | FFER, 1, SINGLE, 0, 0x1234_5678, 0x0004_0303],
  strideNs: 5_000,
  steps: 120,
  prepare: ({ device }) => device.write(MODULCTRL, 0, 4),
});

Deno.test("a word takes its bits' time, and the other way comes as much", () => {
  const { clock, write, read, seen } = single(WORD_8);
  assert.equal(read(STAT), TXS);
  write(TX, 0x41);
  assert.equal(read(STAT), TXS, "gone into the shift register at once");
  clock.runTo(BYTE_NS - 1);
  assert.equal(read(STAT) & (RXS | EOT), 0);
  clock.runTo(BYTE_NS);
  assert.equal(read(STAT), RXS | TXS | EOT);
  assert.deepEqual(seen, [`${BYTE_NS} 0 41/8`]);
  assert.equal(read(RX), 0xbe);
  assert.equal(read(STAT), TXS | EOT);
});

Deno.test("words of 4 to 32 bits, at any ratio", () => {
  for (
    const [bits, clkd, clkg, extclk, ns] of [
      [4, 0, 0, 0, 84],
      [16, 1, 0, 0, 667],
      [32, 15, 0, 0, 21_845_334],
      [8, 2, 1, 0, 500],
      [8, 0, 1, 5, 13_500],
    ] as const
  ) {
    const board = rig();
    const write = (offset: number, value: number) => board.device.write(offset, value, 4);
    write(MODULCTRL, SINGLE);
    write(CONF, 0x6_0000 | bits - 1 << 7 | clkd << 2 | 1 << 6 | clkg << 29 | FORCE);
    write(CTRL, 1 | extclk << 8);
    write(TX, 0x8765_4321);
    board.clock.runTo(ns - 1);
    assert.equal(board.device.peek("MCSPI_CHSTAT") & EOT, 0, `${bits} bits, ${ns} ns`);
    board.clock.runTo(ns);
    assert.equal(board.device.peek("MCSPI_CHSTAT") & EOT, EOT, `${bits} bits, ${ns} ns`);
    assert.equal(board.device.read(RX, 4) >>> 0, (~0x8765_4321 & (2 ** bits - 1)) >>> 0);
  }
});

Deno.test("FORCE holds the chip select over words, with the polarity of EPOL", () => {
  const { clock, write, select, seen } = single(WORD_8);
  assert.equal(select[0]!.level, 0);
  write(TX, 1);
  clock.runTo(1e6);
  write(CTRL, 0);
  write(CTRL, 1);
  write(TX, 2);
  clock.runTo(2e6);
  write(CONF, BASE | WORD_8);
  assert.equal(select[0]!.level, 1);
  assert.deepEqual(seen.map((line) => line.replace(/^\d+ /, "")), ["0 1/8", "0 2/8", "0 off"]);
});

Deno.test("a slave leaves the lines alone; a channel not set up selects by mistake", () => {
  const { device, select } = rig();
  assert.deepEqual(select.map(({ level }) => level), [1, 1, 1, 1]);
  device.write(MODULCTRL, SINGLE, 4);
  device.write(CONF, BASE, 4);
  // EPOL of the others is 0 after reset: their inactive level is low.
  assert.deepEqual(select.map(({ level }) => level), [1, 0, 0, 0]);
});

Deno.test("events raise the interrupt until they are cleared", () => {
  const { clock, write, read, irq } = single(WORD_8);
  assert.equal(read(STATUS), TX_EMPTY, "by enabling the channel");
  write(STATUS, TX_EMPTY);
  write(ENABLE, RX_FULL | TX_EMPTY);
  assert.equal(irq.level, 0);
  write(TX, 1);
  assert.equal(irq.level, 1);
  write(STATUS, TX_EMPTY);
  assert.equal(irq.level, 0);
  clock.runTo(BYTE_NS);
  assert.equal(read(STATUS), RX_FULL | TX_UNDERFLOW);
  assert.equal(irq.level, 1);
  write(STATUS, RX_FULL | TX_UNDERFLOW);
  assert.equal(irq.level, 0);
});

Deno.test("with several channels each word has its own chip select, in turn", () => {
  const board = rig();
  const write = (offset: number, value: number) => board.device.write(offset, value, 4);
  for (const n of [0, 1, 2, 3]) write(channel(n).CONF, BASE | WORD_8 | 1 << 25);
  write(MODULCTRL, 0);
  write(CTRL, 1);
  write(channel(1).CTRL, 1);
  board.seen.length = 0;
  write(TX, 0x11);
  write(TX, 0x12);
  write(channel(1).TX, 0x21);
  board.clock.runTo(8_000);
  board.device.read(RX, 4);
  board.clock.runTo(1e6);
  // 8 bits, and 1.5 cycles before and after them.
  const word = 11 * 16 / 0.048;
  const at = (n: number) => Math.ceil(n * word);
  assert.deepEqual(board.seen, [
    `0 0 on`,
    `${at(1)} 0 11/8`,
    `${at(1)} 0 off`,
    `${at(1)} 1 on`,
    `${at(2)} 1 21/8`,
    `${at(2)} 1 off`,
    `8000 0 on`,
    `11667 0 12/8`,
    `11667 0 off`,
  ]);
});

Deno.test("which data line is out and which is in is the channel's to say", () => {
  const send = (lines: number) => {
    const { clock, write, read, seen } = single(WORD_8);
    write(CTRL, 0);
    write(CONF, lines | 4 << 2 | 1 << 6 | WORD_8 | FORCE);
    write(CTRL, 1);
    write(TX, 0x41);
    clock.runTo(1e6);
    return [seen.at(-1)!.replace(/^\d+ /, ""), read(RX)];
  };
  assert.deepEqual(send(0x6_0000), ["0 41/8", 0xbe]);
  assert.deepEqual(send(0x2_0000), ["0 41/8", 0x41], "hears itself on line 0");
  assert.deepEqual(send(0x7_0000), ["0 ff/8", 0x00], "sends nothing: the line is pulled up");
});

Deno.test("in a clock mode that the devices do not know every bit is one off", () => {
  const { clock, write, read, seen } = single(WORD_8 | 1);
  write(TX, 0x41);
  clock.runTo(1e6);
  assert.match(seen[0]!, / 0 20\/8$/);
  assert.equal(read(RX), 0xbf);
});

Deno.test("a start bit goes before the word and takes its time", () => {
  const { clock, write, seen } = single(WORD_8 | 1 << 23 | 1 << 24);
  write(TX, 0x41);
  clock.runTo(1e6);
  assert.deepEqual(seen, ["3000 0 1/1", "3000 0 41/8"]);
});

Deno.test("INITDLY holds back the first word alone", () => {
  const { clock, write, read, seen } = single(WORD_8);
  write(CTRL, 0);
  write(MODULCTRL, SINGLE | 2 << 4);
  write(CTRL, 1);
  write(TX, 1);
  clock.runTo(100_000);
  read(RX);
  write(TX, 2);
  clock.runTo(200_000);
  assert.deepEqual(seen, ["5334 0 1/8", `${100_000 + BYTE_NS} 0 2/8`]);
});

Deno.test("without chip selects SPIEN is low, and a device that shares it always listens", () => {
  const { device, select } = rig();
  device.write(MODULCTRL, 3, 4);
  assert.deepEqual(select.map(({ level }) => level), [0, 0, 0, 0] as Level[]);
});

Deno.test("a soft reset stops the word and keeps SYSCONFIG", () => {
  const { clock, write, read, seen } = single(WORD_32);
  write(TX, 1);
  write(0x110, 0x308 | 2);
  assert.equal(read(0x110), 0x308);
  assert.equal(read(0x114), 1);
  assert.equal(read(MODULCTRL), 4);
  clock.runTo(1e6);
  assert.deepEqual(seen, ["0 0 off"]);
});

Deno.test("channels take turns: none goes twice while another one waits", () => {
  const board = rig();
  const write = (offset: number, value: number) => board.device.write(offset, value, 4);
  for (const n of [0, 1, 2, 3]) write(channel(n).CONF, BASE | WORD_8 | TRANSMIT_ONLY | FFEW * +!n);
  write(MODULCTRL, 0);
  write(CTRL, 1);
  write(channel(1).CTRL, 1);
  board.seen.length = 0;
  for (let i = 1; i <= 3; i++) write(TX, i);
  write(channel(1).TX, 0x11);
  board.clock.runTo(1e6);
  const words = board.seen.filter((line) => line.endsWith("/8")).map((line) => line.split(" ")[2]);
  assert.deepEqual(words, ["1/8", "11/8", "2/8", "3/8"]);
});

Deno.test("without its clock a word does not end", () => {
  let hz = 0;
  const listeners: (() => void)[] = [];
  const clock = new VirtualClock("board");
  const device = new Mcspi({
    name: "McSPI0",
    clock,
    source: {
      name: "SPI_GCLK",
      get hz() {
        return hz;
      },
      onChange: (listener) => void listeners.push(listener),
    },
    irq: new Wire("irq").driver("McSPI0"),
    select: [],
  });
  device.write(MODULCTRL, SINGLE, 4);
  device.write(CONF, BASE | WORD_8, 4);
  device.write(CTRL, 1, 4);
  device.write(TX, 1, 4);
  clock.runTo(1e6);
  assert.equal(device.read(STAT, 4) & EOT, 0);
  hz = 48_000_000;
  for (const listener of listeners) listener();
  clock.runTo(1e6 + BYTE_NS);
  assert.equal(device.read(STAT, 4) & EOT, EOT);
  assert.equal(device.read(RX, 4), 0xff, "nobody is there: pulled up");
});
