import assert from "node:assert/strict";
import { type Drive, type Level, VirtualClock, Wire } from "sims/engine/mod.ts";
import { registerTests, restoreTest, type Rig, steadyTest } from "./_registers.ts";
import { Gpio } from "./gpio.ts";

const RAW_0 = 0x24, RAW_1 = 0x28, STATUS_0 = 0x2c, SET_0 = 0x34, SET_1 = 0x38, CLR_0 = 0x3c;
const CTRL = 0x130, OE = 0x134, DATAIN = 0x138, DATAOUT = 0x13c, LEVEL0 = 0x140, LEVEL1 = 0x144;
const RISING = 0x148, FALLING = 0x14c, DEBOUNCE = 0x150, TIME = 0x154, CLEAR = 0x190, SET = 0x194;

function rig() {
  const clock = new VirtualClock("board");
  const pins = Array.from({ length: 32 }, (_, n) => new Wire(`GPIO1_${n}`));
  const irq = [new Wire("irq 98"), new Wire("irq 99")] as const;
  const debounceClock = { running: true };
  const device = new Gpio({
    name: "GPIO1",
    clock,
    pins,
    irq: [irq[0].driver("GPIO1"), irq[1].driver("GPIO1")],
    debounceClock,
  });
  const outside = pins.map((pin) => pin.driver("outside"));
  const seen: [number, Level][] = [];
  for (const [n, pin] of pins.entries()) pin.listen((level) => seen.push([n, level]));
  return {
    clock,
    pins,
    irq,
    device,
    outside,
    debounceClock,
    seen,
    parts: [device, ...pins, ...irq],
    disturb: (random) =>
      outside[random.below(32)]!.drive(([0, 1, undefined] as Drive[])[random.below(3)]),
  } satisfies Rig & Record<string, unknown>;
}

const read = (device: Gpio, offset: number) => device.read(offset, 4) >>> 0;

registerTests("GPIO", rig, {
  reset: { register: "GPIO_SYSCONFIG", bit: 1, seenBy: "GPIO_RISINGDETECT" },
  apart: ["GPIO_SYSCONFIG", "GPIO_LEVELDETECT0", "GPIO_OE", "GPIO_DATAOUT", "GPIO_SETDATAOUT"],
});
restoreTest("GPIO", rig, { values: [0xffff_ffff, 0xffff, 0, 1], strideNs: 100_000 });

Deno.test("an output pin goes as DATAOUT says, set and cleared by bits", () => {
  const { device, pins } = rig();
  device.write(SET, 1 << 21 | 1 << 22, 4);
  assert.equal(pins[21]!.level, 0, "still an input");
  device.write(OE, ~(0xf << 21), 4);
  assert.deepEqual(pins.slice(21, 25).map(({ level }) => level), [1, 1, 0, 0]);
  device.write(CLEAR, 1 << 21, 4);
  assert.equal(read(device, DATAOUT), 1 << 22);
  assert.equal(read(device, CLEAR), 1 << 22);
  assert.equal(read(device, DATAIN), 1 << 22, "outputs are seen as inputs too");
  device.write(OE, 0xffff_ffff, 4);
  assert.equal(pins[22]!.level, 0, "released");
});
steadyTest("GPIO", rig, { values: [0xffff_ffff, 0xffff, 0, 1], strideNs: 100_000 });

Deno.test("an output pin goes as DATAOUT says, set and cleared by bits", () => {
  const { device, pins } = rig();
  device.write(SET, 1 << 21 | 1 << 22, 4);
  assert.equal(pins[21]!.level, 0, "still an input");
  device.write(OE, ~(0xf << 21), 4);
  assert.deepEqual(pins.slice(21, 25).map(({ level }) => level), [1, 1, 0, 0]);
  device.write(CLEAR, 1 << 21, 4);
  assert.equal(read(device, DATAOUT), 1 << 22);
  assert.equal(read(device, CLEAR), 1 << 22);
  assert.equal(read(device, DATAIN), 1 << 22, "outputs are seen as inputs too");
  device.write(OE, 0xffff_ffff, 4);
  assert.equal(pins[22]!.level, 0, "released");
});

Deno.test("DATAIN is what the pins are, pull resistors included", () => {
  const clock = new VirtualClock("board");
  const irq = new Wire("irq");
  const pins = [new Wire("up", { pull: 1 }), undefined, new Wire("driven")];
  const device = new Gpio({
    name: "GPIO0",
    clock,
    pins,
    irq: [irq.driver("1"), irq.driver("2")],
  });
  assert.equal(read(device, DATAIN), 1);
  pins[2]!.driver("outside").drive(1);
  assert.equal(read(device, DATAIN), 5);
});

Deno.test("edges raise the interrupt line that asked for them, until served", () => {
  const { device, irq, outside } = rig();
  device.write(RISING, 1 << 28, 4);
  device.write(FALLING, 1 << 28, 4);
  device.write(SET_1, 1 << 28, 4);
  outside[28]!.drive(1);
  assert.deepEqual(irq.map(({ level }) => level), [0, 1]);
  assert.equal(read(device, RAW_0), 1 << 28, "raw in both");
  assert.equal(read(device, STATUS_0), 0);
  device.write(0x30, 1 << 28, 4);
  assert.equal(irq[1].level, 0);
  assert.equal(read(device, RAW_0), 1 << 28, "served on one line alone");
  outside[28]!.drive(0);
  assert.equal(irq[1].level, 1);
});

Deno.test("only the edge that was chosen counts", () => {
  const { device, irq, outside } = rig();
  device.write(FALLING, 1, 4);
  device.write(SET_0, 1, 4);
  outside[0]!.drive(1);
  assert.equal(irq[0].level, 0);
  outside[0]!.drive(0);
  assert.equal(irq[0].level, 1);
});

Deno.test("a level that stays is an interrupt again as soon as it is served", () => {
  const { device, irq, outside } = rig();
  outside[3]!.drive(1);
  device.write(LEVEL0, 1 << 3, 4);
  device.write(SET_0, 1 << 3, 4);
  assert.equal(irq[0].level, 0);
  outside[3]!.drive(0);
  assert.equal(irq[0].level, 1);
  device.write(STATUS_0, 1 << 3, 4);
  assert.equal(irq[0].level, 1);
  outside[3]!.drive(1);
  assert.equal(irq[0].level, 1, "the event stays until served");
  device.write(STATUS_0, 1 << 3, 4);
  assert.equal(irq[0].level, 0);
  device.write(LEVEL1, 1 << 3, 4);
  assert.equal(irq[0].level, 1);
  device.write(CLR_0, 1 << 3, 4);
  assert.equal(irq[0].level, 0);
});

Deno.test("events can be set by hand", () => {
  const { device, irq } = rig();
  device.write(SET_1, 1 << 31, 4);
  device.write(RAW_1, 1 << 31, 4);
  assert.equal(irq[1].level, 1);
});

Deno.test("a bouncing button is seen once, after its level was stable for long enough", () => {
  const { clock, device, irq, outside } = rig();
  device.write(TIME, 3, 4);
  device.write(DEBOUNCE, 1 << 2, 4);
  device.write(RISING, 1 << 2, 4);
  device.write(SET_0, 1 << 2, 4);
  for (const [t, level] of [[0, 1], [20_000, 0], [50_000, 1], [90_000, 0], [100_000, 1]] as const) {
    clock.runTo(t);
    outside[2]!.drive(level);
  }
  clock.runTo(100_000 + 4 * 31_000 - 1);
  assert.equal(read(device, DATAIN), 0);
  assert.equal(irq[0].level, 0);
  clock.runTo(100_000 + 4 * 31_000);
  assert.equal(read(device, DATAIN), 4);
  assert.equal(irq[0].level, 1);
});

Deno.test("without its clock the debounce cell lets nothing through", () => {
  const { clock, device, outside, debounceClock } = rig();
  debounceClock.running = false;
  device.write(DEBOUNCE, 1, 4);
  outside[0]!.drive(1);
  clock.runTo(1e6);
  assert.equal(read(device, DATAIN), 0);
  debounceClock.running = true;
  clock.runTo(1e6 + 31_000);
  assert.equal(read(device, DATAIN), 1);
});

Deno.test("a disabled module sees nothing, and catches up when it is enabled", () => {
  const { device, outside } = rig();
  device.write(RISING, 1, 4);
  device.write(CTRL, 1, 4);
  outside[0]!.drive(1);
  assert.equal(read(device, DATAIN), 0);
  device.write(CTRL, 0, 4);
  assert.equal(read(device, DATAIN), 1);
  assert.equal(read(device, RAW_0), 1);
});

Deno.test("a soft reset makes every pin an input again", () => {
  const { device, pins } = rig();
  device.write(OE, 0, 4);
  device.write(DATAOUT, 0xff, 4);
  device.write(0x10, 2, 4);
  assert.equal(pins[0]!.level, 0);
  assert.equal(read(device, OE), 0xffff_ffff);
  assert.equal(read(device, 0x114), 1);
});
