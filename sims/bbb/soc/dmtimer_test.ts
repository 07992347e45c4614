import assert from "node:assert/strict";
import { type Level, loadParts, saveParts, VirtualClock, Wire } from "sims/engine/mod.ts";
import { registerTests, restoreTest, type Rig, steadyTest } from "./_registers.ts";
import type { ClockInput } from "./clock_input.ts";
import { DmTimer } from "./dmtimer.ts";

const RAW = 0x24, STATUS = 0x28, ENABLE = 0x2c, TCLR = 0x38, TCRR = 0x3c, TLDR = 0x40, TTGR = 0x44;
const TWPS = 0x48, TMAR = 0x4c, TCAR1 = 0x50, TSICR = 0x54, TCAR2 = 0x58;
const ST = 1, AR = 2, PRE = 0x20, CE = 0x40;
const MAT = 1, OVF = 2, TCAR = 4;

interface TimerRig extends Rig {
  readonly device: DmTimer;
  readonly irq: Wire;
  readonly source: ClockInput & { set(hz: number): void };
  readonly edges: [number, Level][];
  readonly capture: Wire;
}

function rig(hz = 24_000_000): TimerRig {
  const clock = new VirtualClock("board");
  const [irq, output, capture] = [new Wire("irq"), new Wire("pwm"), new Wire("capture")];
  const listeners: (() => void)[] = [];
  const source = {
    name: "timer clock",
    hz,
    onChange: (listener: () => void) => void listeners.push(listener),
    set(to: number) {
      source.hz = to;
      for (const listener of listeners) listener();
    },
  };
  const device = new DmTimer({
    name: "DMTIMER2",
    clock,
    source,
    irq: irq.driver("DMTIMER2"),
    output: output.driver("DMTIMER2"),
    capture,
  });
  const edges: [number, Level][] = [];
  output.listen((level) => edges.push([clock.now(), level]));
  const pin = capture.driver("outside");
  return {
    clock,
    device,
    irq,
    source,
    edges,
    capture,
    seen: edges,
    parts: [device, irq, output, capture],
    disturb: (random) => pin.drive(random.below(2) as Level),
  };
}

registerTests("DMTIMER", rig, {
  reset: { register: "TIOCP_CFG", bit: 0, seenBy: "TLDR" },
  apart: ["TIOCP_CFG", "TCLR", "TCRR", "TSICR", "TTGR"],
  reads: { IRQSTATUS: 0 },
});
restoreTest("DMTIMER", rig, {
  values: [0xffff_ff00, 0x3, 0x7, 0x1863, 0x0c43, 0x2300 | 3, 0xffff_ff80],
  strideNs: 20_000,
});
steadyTest("DMTIMER", rig, {
  values: [0xffff_ff00, 0x3, 0x7, 0x1863, 0x0c43, 0x2300 | 3, 0xffff_ff80],
  strideNs: 20_000,
});
restoreTest("DMTIMER at 32 kHz", () => rig(32_768), {
  values: [0xffff_fff0, 0x3, 0x7, 0x1863, 0x0c43, 0x2300 | 3, 0xffff_fff8],
  strideNs: 1_000_000,
});
steadyTest("DMTIMER at 32 kHz", () => rig(32_768), {
  values: [0xffff_fff0, 0x3, 0x7, 0x1863, 0x0c43, 0x2300 | 3, 0xffff_fff8],
  strideNs: 1_000_000,
});

Deno.test("TCRR counts 3 MHz as U-Boot sets it up, exactly", () => {
  const { clock, device } = rig();
  device.write(TLDR, 0, 4);
  device.write(TCLR, ST | AR | PRE | 2 << 2, 4);
  for (const t of [0, 333, 334, 1_000, 1_000_000, 123_456_789_012]) {
    clock.runTo(t);
    assert.equal(device.read(TCRR, 4), Math.floor(t * 3 / 1000) % 2 ** 32, `${t} ns`);
  }
});

Deno.test("4096 Hz from 32,768 Hz for ten seconds is 40,960 interrupts, each on time", () => {
  const { clock, device, irq } = rig(32_768);
  const at: number[] = [];
  irq.listen((level) => {
    if (level === 0) return;
    at.push(clock.now());
    device.write(STATUS, OVF, 4);
  });
  device.write(TLDR, 0xffff_fff8, 4);
  device.write(TTGR, 0, 4);
  device.write(ENABLE, OVF, 4);
  device.write(TCLR, ST | AR, 4);
  clock.runTo(10e9);
  assert.equal(at.length, 40_960);
  assert.ok(at.every((t, i) => t === Math.ceil((i + 1) * 1e9 / 4096)));
});

Deno.test("run once, it stops at zero and says so", () => {
  const { clock, device, irq } = rig();
  device.write(TCRR, 0xffff_fff0, 4);
  device.write(ENABLE, OVF, 4);
  device.write(TCLR, ST, 4);
  clock.runTo(666);
  assert.equal(irq.level, 0);
  clock.runTo(667); // 16 of 41.67 ns
  assert.equal(irq.level, 1);
  clock.runTo(10_000);
  assert.equal(device.read(TCRR, 4), 0);
  assert.equal(device.read(TCLR, 4), 0);
  assert.equal(device.read(STATUS, 4), OVF);
  device.write(STATUS, OVF, 4);
  assert.equal(irq.level, 0);
});

Deno.test("after many periods that nobody looked at, count and status are right", () => {
  const { clock, device } = rig();
  device.write(TLDR, 0xffff_ff00, 4);
  device.write(TMAR, 0xffff_ff80, 4);
  device.write(TCRR, 0xffff_ff00, 4);
  device.write(TCLR, ST | AR | CE, 4);
  clock.runTo(1_000_000_000);
  assert.equal(device.read(TCRR, 4), 0xffff_ff00 + 24_000_000 % 256);
  assert.equal(device.read(RAW, 4), MAT | OVF);
  assert.equal(device.read(STATUS, 4), 0, "not enabled");
});

Deno.test("a match is told when TCRR comes to TMAR, once for each time round", () => {
  const { clock, device, irq } = rig(1_000_000);
  device.write(TMAR, 0xffff_fff5, 4);
  device.write(TLDR, 0xffff_fff0, 4);
  device.write(TCRR, 0xffff_fff0, 4);
  device.write(ENABLE, MAT, 4);
  device.write(TCLR, ST | AR | CE, 4);
  clock.runTo(4_999);
  assert.equal(irq.level, 0);
  clock.runTo(5_000);
  assert.equal(irq.level, 1);
  device.write(STATUS, MAT, 4);
  clock.runTo(20_999);
  assert.equal(irq.level, 0);
  clock.runTo(21_000);
  assert.equal(irq.level, 1);
});

Deno.test("a match with the value of reset is told as soon as CE is set", () => {
  const { device } = rig();
  device.write(TCLR, CE, 4);
  assert.equal(device.read(RAW, 4), MAT);
});

Deno.test("status can be set by hand, and interrupts enabled and disabled bit by bit", () => {
  const { device, irq } = rig();
  device.write(ENABLE, MAT | TCAR, 4);
  device.write(0x30, MAT, 4);
  assert.equal(device.read(0x30, 4), TCAR);
  device.write(RAW, MAT | TCAR, 4);
  assert.equal(irq.level, 1);
  assert.equal(device.read(STATUS, 4), TCAR);
  device.write(STATUS, TCAR, 4);
  assert.equal(irq.level, 0);
});

Deno.test("a write is pending for three ticks in posted mode, and never otherwise", () => {
  const { clock, device } = rig(32_768);
  device.write(TLDR, 1, 4);
  assert.equal(device.read(TWPS, 4), 0);
  device.write(TSICR, 4, 4);
  device.write(TLDR, 1, 4);
  device.write(TMAR, 1, 4);
  assert.equal(device.read(TWPS, 4), 0x14);
  const until = device.steadyUntil(TWPS);
  assert.equal(until, Math.ceil(3e9 / 32_768));
  clock.runTo(until);
  assert.equal(device.read(TWPS, 4), 0);
});

Deno.test("PWM toggles on overflow and match", () => {
  const { clock, device, edges } = rig(1_000_000);
  device.write(TLDR, 0xffff_fff0, 4);
  device.write(TMAR, 0xffff_fffa, 4);
  device.write(TCRR, 0xffff_fff0, 4);
  device.write(TCLR, ST | AR | CE | 2 << 10 | 1 << 12, 4);
  clock.runTo(50_000);
  // The match at 10 us comes before the first overflow: it does not count.
  assert.deepEqual(edges, [[16_000, 1], [26_000, 0], [32_000, 1], [42_000, 0], [48_000, 1]]);
});

Deno.test("a pulse on overflow lasts one count, and SCPWM turns it over", () => {
  const { clock, device, edges } = rig(1_000_000);
  device.write(TLDR, 0xffff_fff0, 4);
  device.write(TCRR, 0xffff_fff0, 4);
  device.write(TCLR, 0x80, 4);
  device.write(TCLR, 0x80 | ST | AR | 1 << 10, 4);
  clock.runTo(20_000);
  assert.deepEqual(edges, [[0, 1], [16_000, 0], [17_000, 1]]);
});

Deno.test("the second capture is kept beside the first, and then it waits to be served", () => {
  const { clock, device, capture, irq } = rig(1_000_000);
  const pin = capture.driver("signal");
  device.write(ENABLE, TCAR, 4);
  device.write(TCLR, ST | AR | 1 << 8 | 1 << 13, 4);
  for (const t of [10, 25, 40]) {
    clock.runTo(t * 1000);
    pin.drive(1);
    pin.drive(0);
    assert.equal(irq.level, t === 10 ? 0 : 1);
  }
  assert.equal(device.read(TCAR1, 4), 10);
  assert.equal(device.read(TCAR2, 4), 25);
  device.write(STATUS, TCAR, 4);
  pin.drive(1);
  assert.equal(device.read(TCAR1, 4), 40);
});

Deno.test("a change of the clock's rate keeps the count", () => {
  const { clock, device, source } = rig(24_000_000);
  device.write(TCLR, ST | AR, 4);
  clock.runTo(1_000_000);
  source.set(0);
  clock.runTo(2_000_000);
  assert.equal(device.read(TCRR, 4), 24_000);
  source.set(32_768);
  clock.runTo(1_002_000_000);
  assert.equal(device.read(TCRR, 4), 24_000 + 32_768);
});

Deno.test("soft reset stops and clears it; SFT leaves the interrupt registers", () => {
  const { device, clock } = rig();
  const start = () => {
    device.write(ENABLE, OVF, 4);
    device.write(TCLR, ST | AR, 4);
    clock.runTo(clock.now() + 1000);
  };
  start();
  device.write(TSICR, 2, 4);
  assert.equal(device.read(TCRR, 4), 0);
  assert.equal(device.read(ENABLE, 4), OVF);
  start();
  device.write(0x10, 1, 4);
  assert.equal(device.read(0x10, 4), 0);
  assert.equal(device.read(ENABLE, 4), 0);
  assert.equal(device.read(TCLR, 4), 0);
});

Deno.test("a poll of status may be skipped until the next event", () => {
  const { device } = rig(1_000_000);
  device.write(TCRR, 0xffff_fff0, 4);
  assert.equal(device.steadyUntil(TCRR), Infinity);
  device.write(TCLR, ST, 4);
  assert.equal(device.steadyUntil(TCRR), 0);
  assert.equal(device.steadyUntil(RAW), 16_000);
  assert.equal(device.steadyUntil(TCLR), 16_000);
});

Deno.test("how TCRR counts is told until the next reload, or for ever where it wraps to 0", () => {
  const { clock, device } = rig();
  device.write(TCRR, 0xffff_ff00, 4);
  device.write(TLDR, 0xffff_f000, 4);
  assert.equal(device.counting(TCRR), undefined, "it stands");
  device.write(TCLR, ST | AR | PRE | 1 << 2, 4);
  clock.runTo(5_000);
  const counting = device.counting(TCRR)!;
  assert.deepEqual([counting.ticks, counting.ns], [3, 500]);
  assert.equal(counting.untilNs, Math.ceil(0x100 * 500 / 3));
  for (const t of [0, 1_000, 5_000, 5_166, 5_167, 42_666]) {
    assert.equal(counting.at(t), 0xffff_ff00 + Math.floor(t * 3 / 500), `${t} ns`);
    if (t >= clock.now()) {
      clock.runTo(t);
      assert.equal(device.read(TCRR, 4), counting.at(t));
    }
  }
  device.write(TLDR, 0, 4);
  assert.equal(device.counting(TCRR)!.untilNs, Infinity);
  assert.equal(device.counting(RAW), undefined);
});

Deno.test("nothing is compared while CE is clear", () => {
  const { clock, device } = rig(1_000_000);
  device.write(TMAR, 5, 4);
  device.write(TCLR, ST | AR, 4);
  clock.runTo(10_000);
  assert.equal(device.read(RAW, 4), 0);
});

Deno.test("a capture waits for its service, or for TCM to be set anew", () => {
  const { device, capture } = rig();
  const pin = capture.driver("signal");
  device.write(TCLR, 1 << 8, 4);
  device.write(TCRR, 1, 4);
  pin.drive(1);
  pin.drive(0);
  device.write(TCRR, 2, 4);
  pin.drive(1);
  assert.equal(device.read(TCAR1, 4), 1);
  device.write(TCLR, 0, 4);
  device.write(TCLR, 2 << 8, 4);
  assert.equal(device.read(RAW, 4), 0);
  pin.drive(0);
  assert.equal(device.read(TCAR1, 4), 2);
  assert.equal(device.read(RAW, 4), TCAR);
});

Deno.test("while it stands the PWM output rests as SCPWM has it", () => {
  const { device, edges } = rig();
  device.write(TCLR, 0x80, 4);
  device.write(TCLR, 0, 4);
  assert.deepEqual(edges.map(([, level]) => level), [1, 0]);
});

Deno.test("TSICR resets nothing unless SFT is written", () => {
  const { device } = rig();
  device.write(TLDR, 5, 4);
  device.write(TSICR, 4, 4);
  assert.equal(device.read(TLDR, 4), 5);
});

Deno.test("what nobody would see sets no alarm", () => {
  const clock = new VirtualClock("board");
  const irq = new Wire("irq");
  const device = new DmTimer({
    name: "DMTIMER2",
    clock,
    source: { name: "24 MHz", hz: 24_000_000, onChange() {} },
    irq: irq.driver("DMTIMER2"),
  });
  device.write(TCLR, ST | AR | CE, 4);
  assert.equal(clock.nextAlarmNs(), Infinity);
  device.write(ENABLE, OVF, 4);
  assert.equal(clock.nextAlarmNs(), Math.ceil(2 ** 32 * 125 / 3));
  device.write(RAW, OVF, 4);
  assert.equal(clock.nextAlarmNs(), Infinity, "it is told already");
});

Deno.test("other writes of TCLR leave a capture alone", () => {
  const { device, capture } = rig();
  const pin = capture.driver("signal");
  device.write(TCLR, 1 << 8, 4);
  pin.drive(1);
  device.write(TCLR, 1 << 8 | 1 << 6, 4);
  device.write(TCLR, 2 << 8, 4);
  assert.equal(device.read(RAW, 4) & TCAR, TCAR);
  device.write(TCLR, 0, 4);
  assert.equal(device.read(RAW, 4) & TCAR, TCAR);
});

Deno.test("other writes of TCLR leave the PWM output alone, and stopping lets it rest", () => {
  const { clock, device, edges } = rig(1_000_000);
  const pwm = ST | AR | CE | 2 << 10 | 1 << 12;
  device.write(TLDR, 0xffff_fff0, 4);
  device.write(TMAR, 0xffff_fffa, 4);
  device.write(TCRR, 0xffff_fff0, 4);
  device.write(TCLR, pwm, 4);
  clock.runTo(20_000);
  device.write(TCLR, pwm | 1 << 14, 4);
  clock.runTo(27_000);
  assert.deepEqual(edges, [[16_000, 1], [26_000, 0]], "the match counts still");
  clock.runTo(33_000);
  device.write(TCLR, pwm & ~ST, 4);
  assert.deepEqual(edges.slice(2), [[32_000, 1], [33_000, 0]]);
});

Deno.test("a pulse that is out when the clock's rate changes ends by the new one", () => {
  const { clock, device, edges, source } = rig(1_000_000);
  device.write(TCRR, 0xffff_ffff, 4);
  device.write(TCLR, ST | AR | 1 << 10 | PRE | 7 << 2, 4);
  clock.runTo(300_000);
  source.set(2_000_000);
  clock.runTo(1_000_000);
  // 256 us to the overflow; 44 of 256 cycles at 1 MHz, the others at 2 MHz.
  assert.deepEqual(edges, [[256_000, 1], [300_000 + 212_000 / 2, 0]]);
});

Deno.test("restored where its clock has another rate, it counts by that of the snapshot", () => {
  const original = rig(24_000_000);
  original.device.write(TCLR, ST | AR, 4);
  original.clock.runTo(1_000_000);
  const restored = rig(32_768);
  restored.clock.restore(1_000_000);
  // As PRCM does it: its registers are loaded, nobody is told.
  Object.assign(restored.source, { hz: 24_000_000 });
  loadParts(restored.parts, saveParts(original.parts));
  restored.clock.runTo(2_000_000);
  assert.equal(restored.device.read(TCRR, 4), 48_000);
});
