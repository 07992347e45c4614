import assert from "node:assert/strict";
import { VirtualClock, Wire } from "sims/engine/mod.ts";
import { registerTests, restoreTest, type Rig, steadyTest } from "./_registers.ts";
import { fixedClock } from "./clock_input.ts";
import { DmTimer1Ms } from "./dmtimer_1ms.ts";

const TISR = 0x18, TIER = 0x1c, TCLR = 0x24, TCRR = 0x28, TLDR = 0x2c, TWPS = 0x34, TSICR = 0x40;
const TPIR = 0x48, TNIR = 0x4c, TCVR = 0x50, TOCR = 0x54, TOWR = 0x58;
const OVF = 2;

function rig() {
  const clock = new VirtualClock("board");
  const irq = new Wire("irq");
  const device = new DmTimer1Ms({
    name: "DMTIMER1",
    clock,
    source: fixedClock("32 kHz", 32_768),
    irq: irq.driver("DMTIMER1"),
  });
  return { clock, irq, device, parts: [device, irq] } satisfies Rig & { irq: Wire };
}

registerTests("DMTIMER1", rig, {
  reset: { register: "TIOCP_CFG", bit: 1, seenBy: "TLDR" },
  apart: ["TIOCP_CFG", "TCLR", "TCRR", "TSICR", "TTGR"],
});
restoreTest("DMTIMER1", rig, {
  values: [0xffff_ffe0, 0x3, 232_000, -768_000 >>> 0, 7, 0x43],
  strideNs: 20_000_000,
});
steadyTest("DMTIMER1", rig, {
  values: [0xffff_ffe0, 0x3, 232_000, -768_000 >>> 0, 7, 0x43],
  strideNs: 20_000_000,
});

/** When overflows are told, served at once. */
function ticks({ clock, irq, device }: ReturnType<typeof rig>, untilNs: number): number[] {
  const at: number[] = [];
  irq.listen((level) => {
    if (level === 0) return;
    at.push(clock.now());
    device.write(TISR, OVF, 4);
  });
  device.write(TLDR, 0xffff_ffe0, 4);
  device.write(TCRR, 0xffff_ffe0, 4);
  device.write(TIER, OVF, 4);
  device.write(TCLR, 3, 4);
  clock.runTo(untilNs);
  return at;
}

Deno.test("a millisecond tick from 32,768 Hz never strays by more than half a period", () => {
  const board = rig();
  board.device.write(TPIR, 232_000, 4);
  board.device.write(TNIR, -768_000, 4);
  const at = ticks(board, 10e9);
  // The first one is as TCRR was written: 32 periods.
  assert.ok(at.length >= 10_000 && at.length <= 10_001, `${at.length}`);
  for (const [i, t] of at.entries()) {
    assert.ok(Math.abs(t - at[0]! - i * 1e6) <= 0.5e9 / 32_768 + 1, `tick ${i} at ${t} ns`);
  }
});

Deno.test("without increments every period is TLDR's", () => {
  const at = ticks(rig(), 1e9);
  assert.equal(at.length, 1024);
  assert.ok(at.every((t, i) => t === (i + 1) * 976_562 + Math.ceil((i + 1) / 2)));
});

Deno.test("TCVR holds the error that is left", () => {
  const board = rig();
  board.device.write(TPIR, 232_000, 4);
  board.device.write(TNIR, -768_000, 4);
  const left: number[] = [];
  board.irq.listen(() => void (board.irq.level && left.push(board.device.peek("TCVR") | 0)));
  ticks(board, 5.1e6);
  assert.deepEqual(left, [232_000, 464_000, -304_000, -72_000, 160_000]);
});

Deno.test("TOWR overflows go by before one is told", () => {
  const board = rig();
  board.device.write(TOWR, 3, 4);
  const at = ticks(board, 1e9);
  assert.equal(at.length, 256);
  assert.equal(board.device.read(TOCR, 4), 0);
});

Deno.test("the status of reset is told, and soft reset is bit 1", () => {
  const { device } = rig();
  device.write(TCVR, 5, 4);
  device.write(0x10, 2, 4);
  assert.equal(device.read(0x14, 4), 1);
  assert.equal(device.read(TCVR, 4), 0);
});

Deno.test("posted writes are pending by register", () => {
  const { device } = rig();
  device.write(TSICR, 4, 4);
  device.write(TOWR, 1, 4);
  device.write(TPIR, 1, 4);
  assert.equal(device.read(TWPS, 4), 0x220);
});

Deno.test("SFT resets what counts, and not the interrupts", () => {
  const { device } = rig();
  device.write(TIER, OVF, 4);
  device.write(TPIR, 5, 4);
  device.write(TSICR, 4, 4);
  assert.equal(device.read(TPIR, 4), 5);
  device.write(TSICR, 2, 4);
  assert.deepEqual([device.read(TPIR, 4), device.read(TIER, 4)], [0, OVF]);
});

Deno.test("a match and a capture are told in TISR, and cleared there", () => {
  const { clock, device } = rig();
  device.write(0x38, 0x10, 4);
  device.write(TCLR, 0x43, 4);
  clock.runTo(1e9);
  assert.equal(device.read(TISR, 4), 1);
  device.write(TISR, 1, 4);
  assert.equal(device.read(TISR, 4), 0);
  assert.equal(device.steadyUntil(TCRR), 1e9);
  assert.ok(device.steadyUntil(TISR) > 1e9);
  assert.equal(device.counting(TCRR)!.at(1e9), 32_768);
});

Deno.test("looked at rarely it has counted the same periods as with each tick served", () => {
  const count = (serve: boolean) => {
    const board = rig();
    board.device.write(TPIR, 232_000, 4);
    board.device.write(TNIR, -768_000, 4);
    if (serve) ticks(board, 3_333_333_333);
    else {
      board.device.write(TLDR, 0xffff_ffe0, 4);
      board.device.write(TCRR, 0xffff_ffe0, 4);
      board.device.write(TCLR, 3, 4);
      board.clock.runTo(3_333_333_333);
    }
    return [board.device.read(TCRR, 4), board.device.peek("TCVR")];
  };
  assert.deepEqual(count(false), count(true));
});
