import assert from "node:assert/strict";
import { loadParts, saveParts } from "sims/engine/mod.ts";
import { CODE, DATA, DEVICE, Machine } from "./_machine.ts";
import { COST } from "./cost.ts";
import { Mode } from "./modes.ts";
import { PSR } from "./psr.ts";

/** add r0, r0, #1, for ever. */
const COUNT = [0xe2800001, 0xeafffffd];
const ADD = 0xe2800001, LDR = 0xe5912000, STR = 0xe5812000, WFI = 0xe320f003, SELF = 0xeafffffe;
const VECTORS = 0x8020_0000;

Deno.test("an instruction takes a nanosecond, and a run ends exactly at its limit", () => {
  const it = new Machine().arm(Array(64).fill(ADD));
  for (const ns of [1, 2, 3, 7, 11]) {
    const before = it.get("r0");
    it.run(ns);
    assert.equal(it.get("r0") - before, ns);
  }
  assert.equal(it.cpu.instructions, 24);
  assert.equal(it.cpu.pc, CODE + 4 * 24);
});

Deno.test("a device sees the end of its instruction, and the next one comes later by the cost", () => {
  const it = new Machine().arm([ADD, LDR, STR, LDR, SELF]).set({ r1: DEVICE });
  const seen: number[] = [];
  it.device = {
    read: () => (seen.push(it.clock.now()), 0),
    write: () => void seen.push(it.clock.now()),
  };
  it.run(1000);
  const { DEVICE_READ: read, DEVICE_WRITE: write } = COST;
  assert.deepEqual(seen, [2, 2 + read + 1, 2 + read + 1 + write + 1]);
  assert.equal(it.cpu.instructions, 1000 - read - write - read);
});

Deno.test("what an access took beyond a limit is owed to the next run", () => {
  const it = new Machine().arm([LDR, ...COUNT]).set({ r1: DEVICE });
  it.run(50);
  assert.equal(it.clock.now(), 50);
  assert.equal(it.cpu.instructions, 1);
  it.run(COST.DEVICE_READ + 1 - 50);
  assert.equal(it.cpu.instructions, 1, "the time is just over");
  it.run(1);
  assert.equal(it.cpu.instructions, 2);
});

Deno.test("a program does the same in one run and in many", () => {
  const halves = [new Machine(), new Machine()].map((it) => {
    it.arm([ADD, STR, LDR, 0xe0822000, 0xe5032004, 0xeafffff9]); // … add r2, r2, r0; str r2, [r3, #-4]
    it.device = { read: () => it.clock.now() };
    return it.set({ r1: DEVICE, r3: DATA + 64 });
  });
  const [whole, split] = halves as [Machine, Machine];
  whole.run(10_000);
  for (let t = 0, step = 1; t < 10_000; t += step, step = step % 97 + 1) {
    split.run(Math.min(step, 10_000 - t));
  }
  assert.equal(split.clock.now(), whole.clock.now());
  assert.deepEqual(split.cpu.save(), whole.cpu.save());
});

Deno.test("an alarm that a device sets comes between the same two instructions", () => {
  const it = new Machine().arm([STR, ...COUNT]).set({ r1: DEVICE });
  const alarm = it.clock.timer("alarm", () => rang.push([it.clock.now(), it.get("r0")]));
  const rang: [number, number][] = [];
  it.device = { write: () => alarm.set(it.clock.now() + 60) };
  it.run(1000);
  // STR ends at 1, the next instruction begins at 51; at 61 ten have gone by, every second an add.
  assert.deepEqual(rang, [[61, 5]]);
});

Deno.test("an interrupt that a device raises is taken before the next instruction", () => {
  const it = new Machine().arm([ADD, STR, ADD, SELF]).arm([SELF], VECTORS + 0x18);
  it.cpu.cp15.set("VBAR", VECTORS);
  it.setCpsr(Mode.SVC);
  it.device = { write: () => it.cpu.setIrq(true) };
  it.set({ r1: DEVICE }).run(1000);
  assert.equal(it.get("r0"), 1);
  assert.equal(it.get("lr"), CODE + 8 + 4);
  assert.equal(it.cpu.pc, VECTORS + 0x18);
});

Deno.test("WFI lets time pass to the next alarm, and an interrupt wakes it, masked or not", () => {
  const it = new Machine().arm([WFI, ADD, SELF]);
  const irq = it.clock.timer("irq", () => it.cpu.setIrq(true));
  irq.set(1_000_000);
  it.run(999_999);
  assert.equal(it.cpu.instructions, 1);
  assert.equal(it.clock.now(), 999_999);
  it.run(2);
  assert.deepEqual([it.cpu.instructions, it.get("r0")], [2, 1], "goes on behind WFI");
});

Deno.test("WFI does not wait when an interrupt is there already", () => {
  const it = new Machine().arm([WFI, ADD, SELF]);
  it.cpu.setIrq(true);
  it.run(2);
  assert.equal(it.get("r0"), 1);
});

Deno.test("who asks the clock to stop from a device ends the run there", () => {
  const it = new Machine().arm([STR, ...COUNT]).set({ r1: DEVICE });
  let asked = false;
  it.device = { write: () => (asked = true, it.clock.requestStop()) };
  assert.equal(it.clock.runUntil(() => asked, 1000), true);
  assert.equal(it.cpu.instructions, 1);
});

// Looking at it.

Deno.test("a breakpoint ends the run before its instruction, once each time", () => {
  const it = new Machine().arm(COUNT);
  const hits: number[] = [];
  it.cpu.onBreakpoint = (address) => hits.push(address);
  it.cpu.breakpoints.add(CODE + 4);
  assert.equal(it.clock.runUntil(() => hits.length === 1, 1000), true);
  assert.deepEqual([it.cpu.pc, it.get("r0"), it.clock.now()], [CODE + 4, 1, 1]);
  assert.equal(it.clock.runUntil(() => hits.length === 2, 1000), true);
  assert.deepEqual([it.cpu.pc, it.get("r0")], [CODE + 4, 2]);
  it.cpu.breakpoints.clear();
  it.run(100);
  assert.equal(hits.length, 2);
});

Deno.test("an observer sees every instruction, and changes nothing", () => {
  const seen: number[] = [];
  const plain = new Machine().arm([ADD, LDR, ADD, SELF]).set({ r1: DEVICE });
  const watched = new Machine().arm([ADD, LDR, ADD, SELF]).set({ r1: DEVICE });
  watched.cpu.onInstruction = (address) => seen.push(address);
  plain.run(105);
  watched.run(105);
  assert.deepEqual(seen, [0, 4, 8, 12, 12].map((offset) => CODE + offset));
  assert.deepEqual(watched.cpu.save(), plain.cpu.save());
});

Deno.test("a step is one instruction, or the exception that is pending", () => {
  const it = new Machine().arm(COUNT);
  it.cpu.step();
  assert.deepEqual([it.cpu.pc, it.clock.now(), it.cpu.instructions], [CODE + 4, 1, 1]);
  it.cpu.cp15.set("VBAR", VECTORS);
  it.setCpsr(Mode.SVC);
  it.cpu.setIrq(true);
  it.cpu.step();
  assert.deepEqual([it.cpu.pc, it.cpu.instructions], [VECTORS + 0x18, 1]);
});

// A tier that has nothing to say.

Deno.test("a tier that translates nothing changes nothing, and is asked at loops and calls", () => {
  const code = [...Array(3).fill(ADD), 0xeb000001, ADD, 0xeafffffa, ADD, 0xe12fff1e];
  const alone = new Machine().arm(code), tiered = new Machine().arm(code);
  const asked = new Set<number>();
  tiered.cpu.tier = {
    enter: () => (asked.add(tiered.cpu.pc - CODE), false),
    dropLine: () => {},
    flush: () => {},
  };
  alone.run(500);
  tiered.run(500);
  assert.deepEqual(tiered.cpu.save(), alone.cpu.save());
  assert.deepEqual([...asked], [0, 24, 16, 4], "start, callee, return, the loop");
});

// Snapshots.

Deno.test("a restored CPU goes on as the first one did", () => {
  const it = new Machine().arm([ADD, LDR, STR, 0xeafffffb]).set({ r1: DEVICE });
  it.setCpsr(0xf80f_0013 | PSR.I);
  it.cpu.core.spsr = 0x1234_5678;
  it.run(333);
  const parts = [it.cpu, it.cpu.cp15];
  const saved = JSON.parse(JSON.stringify(saveParts(parts)));
  const t = it.clock.now();
  it.run(1000);
  const after = it.cpu.save();
  it.set({ r0: 0, r5: 99 });
  it.setCpsr(Mode.FIQ);
  it.run(50);
  loadParts(parts, saved);
  it.clock.restore(t);
  it.run(1000);
  assert.deepEqual(it.cpu.save(), after);
});

Deno.test("reset begins at the vector, in Supervisor mode with interrupts masked", () => {
  const it = new Machine().arm(COUNT).run(10);
  it.cpu.reset();
  assert.deepEqual([it.cpu.pc, it.get("r0")], [0, 0]);
  assert.equal(it.cpu.core.cpsr, Mode.SVC | PSR.A | PSR.I | PSR.F);
});
