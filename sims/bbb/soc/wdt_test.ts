import assert from "node:assert/strict";
import { VirtualClock, Wire } from "sims/engine/mod.ts";
import { registerTests, restoreTest, type Rig, steadyTest } from "./_registers.ts";
import { fixedClock } from "./clock_input.ts";
import { Wdt } from "./wdt.ts";

const WCLR = 0x24, WCRR = 0x28, WLDR = 0x2c, WTGR = 0x30, WWPS = 0x34, WDLY = 0x44, WSPR = 0x48;
const RAW = 0x54, STATUS = 0x58, ENABLE = 0x5c;
const OVF = 1, DLY = 2;

function rig() {
  const clock = new VirtualClock("board");
  const irq = new Wire("irq");
  const expired: number[] = [];
  const device = new Wdt({
    name: "WDT1",
    clock,
    source: fixedClock("32 kHz", 32_768),
    irq: irq.driver("WDT1"),
    expired: () => void expired.push(clock.now()),
  });
  return { clock, irq, device, expired, seen: expired, parts: [device, irq] } satisfies Rig & {
    irq: Wire;
    expired: number[];
  };
}

function stop(device: Wdt): void {
  device.write(WSPR, 0xaaaa, 4);
  device.write(WSPR, 0x5555, 4);
}

function start(device: Wdt): void {
  device.write(WSPR, 0xbbbb, 4);
  device.write(WSPR, 0x4444, 4);
}

/** Stopped, with a period of so many ticks. */
function stopped(period: number) {
  const board = rig();
  stop(board.device);
  board.device.write(WCLR, 0x20, 4);
  board.device.write(WLDR, 2 ** 32 - period, 4);
  board.device.write(WTGR, 1, 4);
  return board;
}

registerTests("WDT", rig, {
  reset: { register: "WDSC", bit: 1, seenBy: "WDLY" },
  apart: ["WDSC", "WTGR", "WCRR"],
  reads: { WIRQSTAT: 0 },
});
restoreTest("WDT", rig, {
  values: [0xaaaa, 0x5555, 0xbbbb, 0x4444, 0xffff_ff00, 0xffff_ff80, 3],
  strideNs: 2_000_000,
});
steadyTest("WDT", rig, {
  values: [0xaaaa, 0x5555, 0xbbbb, 0x4444, 0xffff_ff00, 0xffff_ff80, 3],
  strideNs: 2_000_000,
});

Deno.test("from reset on it counts, and overflows after 66 ticks", () => {
  const { clock, device, expired } = rig();
  assert.ok(device.running);
  clock.runTo(3e6);
  assert.deepEqual(expired, [Math.ceil(66e9 / 32_768)]);
});

Deno.test("the sequence of U-Boot stops it for good, and WWPS goes back to 0", () => {
  const { clock, device, expired } = rig();
  device.write(WSPR, 0xaaaa, 4);
  assert.equal(device.read(WWPS, 4), 0x10);
  const done = device.steadyUntil(WWPS);
  assert.equal(done, Math.ceil(2e9 / 32_768));
  clock.runTo(done);
  assert.equal(device.read(WWPS, 4), 0);
  device.write(WSPR, 0x5555, 4);
  clock.runTo(1e9);
  assert.deepEqual(expired, []);
});

Deno.test("other sequences neither stop nor start it", () => {
  const { device } = rig();
  for (const values of [[0x5555, 0xaaaa], [0xaaaa, 0x1234, 0x5555], [0xbbbb, 0x5555]]) {
    for (const value of values) device.write(WSPR, value, 4);
    assert.ok(device.running, values.map((value) => value.toString(16)).join());
  }
});

Deno.test("U-Boot's 60 seconds: triggered in time it lives, left alone it expires", () => {
  const { clock, device, expired } = stopped(0x1e_0000);
  start(device);
  for (let second = 1; second <= 100; second++) {
    clock.runTo(second * 1e9);
    device.write(WTGR, second + 1, 4);
  }
  clock.runTo(159.9e9);
  assert.deepEqual(expired, []);
  clock.runTo(160e9);
  assert.deepEqual(expired, [160e9]);
});

Deno.test("the same value again on WTGR is no trigger", () => {
  const { clock, device } = stopped(1000);
  start(device);
  clock.runTo(1e6);
  device.write(WTGR, 1, 4);
  assert.equal(device.read(WCRR, 4), 2 ** 32 - 1000 + 32);
  device.write(WTGR, 2, 4);
  assert.equal(device.read(WCRR, 4), 2 ** 32 - 1000);
});

Deno.test("the prescaler is 2 to the power of PTV; a new one counts from the next reload", () => {
  const { clock, device } = stopped(1000);
  start(device);
  device.write(WCLR, 0x20 | 3 << 2, 4);
  clock.runTo(1e9 / 32_768 * 16);
  assert.equal(device.read(WCRR, 4), 2 ** 32 - 1000 + 16);
  device.write(WTGR, 2, 4);
  clock.runTo(1e9 / 32_768 * 32);
  assert.equal(device.read(WCRR, 4), 2 ** 32 - 1000 + 2);
});

Deno.test("the delay interrupt comes before the overflow", () => {
  const { clock, device, irq, expired } = stopped(100);
  device.write(WDLY, 2 ** 32 - 40, 4);
  device.write(ENABLE, DLY, 4);
  start(device);
  clock.runTo(Math.ceil(60e9 / 32_768) - 1);
  assert.equal(irq.level, 0);
  clock.runTo(Math.ceil(60e9 / 32_768));
  assert.equal(irq.level, 1);
  device.write(STATUS, DLY, 4);
  assert.equal(irq.level, 0);
  clock.runTo(Math.ceil(100e9 / 32_768));
  assert.equal(expired.length, 1);
  assert.equal(device.read(RAW, 4), OVF);
});

Deno.test("a delay below the load value is never told", () => {
  const { clock, device } = stopped(100);
  device.write(WDLY, 2 ** 32 - 140, 4);
  device.write(WCRR, 2 ** 32 - 150, 4);
  start(device);
  clock.runTo(1e6);
  assert.equal(device.read(RAW, 4), 0);
});

Deno.test("a soft reset has it run again with the values of reset", () => {
  const { device } = stopped(100);
  device.write(0x10, 2, 4);
  assert.equal(device.read(0x10, 4), 0x10);
  assert.equal(device.read(WLDR, 4), 0xffff_ffbe);
  assert.ok(device.running);
});

Deno.test("stopped it stands, and WCRR can be set", () => {
  const { clock, device } = stopped(1000);
  clock.runTo(1e9);
  assert.equal(device.read(WCRR, 4), 2 ** 32 - 1000);
  device.write(WCRR, 5, 4);
  clock.runTo(2e9);
  start(device);
  clock.runTo(3e9);
  assert.equal(device.read(WCRR, 4), 5 + 32_768);
});

Deno.test("WCRR set while it runs counts on from there", () => {
  const { clock, device } = stopped(100_000);
  start(device);
  clock.runTo(1e9);
  device.write(WCRR, 7, 4);
  clock.runTo(2e9);
  assert.equal(device.read(WCRR, 4), 7 + 32_768);
});
