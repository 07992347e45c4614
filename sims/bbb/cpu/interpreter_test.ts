import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { CODE, DATA, Machine } from "./_machine.ts";
import { generate } from "./interpreter_generator.ts";
import { STATE } from "./layout.ts";
import { Compiled } from "./proof/encoding.ts";
import { ARM_ENCODINGS } from "./proof/encodings_arm.ts";
import { THUMB16_ENCODINGS } from "./proof/encodings_thumb16.ts";
import { THUMB32_ENCODINGS } from "./proof/encodings_thumb32.ts";
import { writeCpsr } from "./psr.ts";

const VECTORS = 0x8020_0000;
const TRIALS = 40_000;

Deno.test("the interpreter's loop is what its generator writes", () => {
  const file = new URL("interpreter_loop.ts", import.meta.url);
  assert.equal(Deno.readTextFileSync(file), generate());
});

const SETS = {
  ARM: ARM_ENCODINGS.map((encoding) => new Compiled(encoding)),
  Thumb: [...THUMB16_ENCODINGS, ...THUMB32_ENCODINGS].map((encoding) => new Compiled(encoding)),
};
const EDGES = [0, 1, -1, 0x7fff_ffff, -0x8000_0000, 31, 32, 33, 0xff, 0x8000, 0xffff];

/** Numbers at the edges, any numbers, and addresses, mostly aligned. */
function value(random: Random): number {
  const kind = random.below(8);
  if (kind < 4) return EDGES[random.below(EDGES.length)]!;
  if (kind < 5) return random.next();
  return DATA + 0x400 + (kind < 7 ? 4 * random.below(0x200) : random.below(0x800));
}

/** One random instruction, and others that stay in the page, with random registers. */
function prepare(machine: Machine, seed: number, set: keyof typeof SETS): string {
  const random = new Random(seed);
  const { memory, cpu } = machine;
  const compiled = SETS[set][random.below(SETS[set].length)]!;
  let word = compiled.make(random.next());
  // Operands that are not shifted are rare among all shifts.
  if (set === "ARM" && (word & 0x0e00_0010) === 0 && random.below(2) === 0) word &= ~0xff0;
  const bytes = compiled.width === 16
    ? Uint16Array.of(word)
    : set === "ARM"
    ? Uint32Array.of(random.below(4) === 0 ? word : word & 0x0fff_ffff | 0xe000_0000)
    : Uint16Array.of(word >>> 16, word);
  const at = CODE + 0x800;
  memory.load(at, new Uint8Array(bytes.buffer));
  memory.i32.fill(0, 0, STATE.CP15 >>> 2);
  cpu.core.mmu.enter(true, false);
  const it = set === "Thumb" && random.below(4) === 0 ? random.below(14) << 12 | 0x800 : 0;
  writeCpsr(memory.i32, 0x1d3 | random.below(32) << 27 | random.below(16) << 16 | it);
  for (let r = 0; r < 15; r++) cpu.setRegister(r, value(random));
  cpu.jump(at + (set === "ARM" ? 0 : 1));
  cpu.core.waiting = false;
  return `seed ${seed}: ${compiled.encoding.name} ${(word >>> 0).toString(16)}`;
}

const BUDGET = STATE.BUDGET >>> 2;
/** The state words that differ: all that an instruction can change but memory. */
function differences(a: Machine, b: Machine): string[] {
  const list: string[] = [];
  for (let n = 0; n < STATE.CP15 >>> 2; n++) {
    const [x, y] = [a.memory.i32[n]!, b.memory.i32[n]!];
    if (x !== y && n !== BUDGET) list.push(`state ${n}: ${x.toString(16)} not ${y.toString(16)}`);
  }
  if (a.cpu.instructions !== b.cpu.instructions) list.push("instructions");
  return list;
}

/** What the instruction before it cost beyond its nanosecond is waited for. */
function runOne(machine: Machine): void {
  const { instructions } = machine.cpu;
  while (machine.cpu.instructions === instructions) machine.run(1);
}

for (const set of ["ARM", "Thumb"] as const) {
  Deno.test(`the loop does to each ${set} instruction what execute/ does`, () => {
    const looping = new Machine(), stepping = new Machine();
    for (const { cpu } of [looping, stepping]) cpu.cp15.set("VBAR", VECTORS);
    for (let seed = 1; seed <= TRIALS; seed++) {
      const name = prepare(looping, seed, set);
      prepare(stepping, seed, set);
      runOne(looping);
      stepping.cpu.step();
      assert.deepEqual(differences(looping, stepping), [], name);
    }
    for (const [address, size] of [[CODE, 0x1000], [DATA, 0x1000], [VECTORS, 0x40]] as const) {
      assert.deepEqual(looping.memory.bytes(address, size), stepping.memory.bytes(address, size));
    }
  });
}

Deno.test("random bytes as a program do in one run what they do in steps, and harm only the guest", () => {
  const looping = new Machine(), stepping = new Machine();
  for (let seed = 1; seed <= 100; seed++) {
    for (const machine of [looping, stepping]) {
      const random = new Random(seed);
      machine.cpu.reset();
      machine.cpu.cp15.set("VBAR", CODE + 0x20 * random.below(64));
      machine.memory.load(CODE, new Uint8Array(0x2000).map(() => random.below(256)));
      for (let r = 0; r < 15; r++) machine.cpu.setRegister(r, CODE + random.below(0x2000));
      machine.setCpsr(0x1d3);
      machine.cpu.jump(CODE + 4 * random.below(0x400) + (seed & 1));
    }
    const until = looping.cpu.instructions + 300;
    while (looping.cpu.instructions < until && !looping.cpu.core.waiting) looping.run(1 + seed);
    while (stepping.cpu.instructions < looping.cpu.instructions) stepping.cpu.step();
    assert.deepEqual(differences(looping, stepping), [], `seed ${seed}`);
    assert.deepEqual(looping.memory.bytes(CODE, 0x2000), stepping.memory.bytes(CODE, 0x2000));
  }
});

Deno.test("an instruction that is overwritten ahead of itself is the new one", () => {
  // str r1, [pc, #-4] overwrites the next instruction
  const machine = new Machine().arm([0xe50f1004, 0xe3a00001, 0xeafffffe]);
  machine.set({ r1: 0xe3a00007 }).run(3); // mov r0, #7
  assert.equal(machine.get("r0"), 7);
  machine.set({ r1: 0xe3a00009 });
  machine.cpu.jump(CODE);
  machine.run(3);
  assert.equal(machine.get("r0"), 9, "also when it had been decoded");
});

Deno.test("half of a 32-bit Thumb instruction is overwritten, from the next line of code", () => {
  const at = CODE + 0x3e; // movw r0, #1; b .
  const machine = new Machine().thumb([0xf240, 0x0001, 0xe7fe], at);
  machine.cpu.jump(at + 1);
  machine.run(2);
  assert.equal(machine.get("r0"), 1);
  machine.thumb([0x0002], at + 2);
  machine.cpu.jump(at + 1);
  machine.run(2);
  assert.equal(machine.get("r0"), 2);
});

Deno.test("a 32-bit Thumb instruction goes on in the next page", () => {
  const at = CODE + 0xffe;
  const machine = new Machine().thumb([0xf240, 0x0001, 0x3005, 0xe7fe], at);
  machine.cpu.jump(at + 1);
  machine.run(3); // movw r0, #1; adds r0, #5; b .
  assert.equal(machine.get("r0"), 6);
  assert.equal(machine.cpu.pc, at + 6);
});

Deno.test("code that a device's DMA wrote is decoded anew", () => {
  const machine = new Machine().arm([0xe3a00001, 0xeafffffd]); // mov r0, #1; b back
  machine.run(10);
  machine.memory.load(CODE, new Uint8Array([2]));
  machine.run(2);
  assert.equal(machine.get("r0"), 2);
});

// IT blocks.

Deno.test("an IT block executes what its condition says, and flags stay", () => {
  // cmp r0, #0; itete eq; moveq r1, #1; movne r1, #2; addeq r2, #1; addne r2, #2; b .
  const code = [0x2800, 0xbf0b, 0x2101, 0x2102, 0x3201, 0x3202, 0xe7fe];
  const machine = new Machine().thumb(code).set({ r0: 0, r1: 0, r2: 10 }).run(7);
  assert.deepEqual([machine.get("r1"), machine.get("r2"), machine.flags], [1, 11, "ZC"]);
  machine.cpu.jump(CODE + 1);
  machine.set({ r0: 5, r1: 0, r2: 10 }).run(7);
  assert.deepEqual([machine.get("r1"), machine.get("r2"), machine.flags], [2, 12, "C"]);
});

Deno.test("an IT block goes on across lines and pages", () => {
  for (const at of [CODE + 0x3c, CODE + 0xffc]) { // itt eq; addeq r0, #1; addeq.w r0, r0, #2; b .
    const machine = new Machine().thumb([0xbf04, 0x3001, 0xf100, 0x0002, 0xe7fe], at);
    for (let pass = 0; pass < 2; pass++) {
      machine.setCpsr(0x4000_01d3);
      machine.cpu.jump(at + 1);
      machine.set({ r0: 0 }).run(4);
      assert.equal(machine.get("r0"), 3);
      assert.equal(machine.cpu.core.cpsr & 0x0600_fc00, 0);
    }
  }
});

Deno.test("an instruction of an IT block that is branched to is as if there were no block", () => {
  // itt eq; addeq r0, #1; addeq r1, #1; b .
  const machine = new Machine().thumb([0xbf04, 0x3001, 0x3101, 0xe7fe]);
  const enterAt = (offset: number) => {
    machine.setCpsr(0x1d3); // ne
    machine.cpu.jump(CODE + offset + 1);
    machine.set({ r0: 0, r1: 0 }).run(4);
    return [machine.get("r0"), machine.get("r1")];
  };
  assert.deepEqual(enterAt(0), [0, 0]);
  assert.deepEqual(enterAt(4), [0, 1]);
  assert.deepEqual(enterAt(0), [0, 0], "and in sequence it is in the block again");
  assert.deepEqual(enterAt(2), [1, 1]);
  assert.deepEqual(enterAt(0), [0, 0]);
});

Deno.test("an exception in an IT block saves its state, and the return goes on in the block", () => {
  // ittt eq; addeq r0, #1; svceq #0; addeq r0, #2; b .
  const machine = new Machine().thumb([0xbf02, 0x3001, 0xdf00, 0x3002, 0xe7fe]);
  machine.arm([0xe1b0f00e], VECTORS + 8); // movs pc, lr
  machine.cpu.cp15.set("VBAR", VECTORS);
  machine.setCpsr(0x4000_01f3);
  machine.set({ r0: 0 }).run(3);
  assert.equal(
    machine.cpu.core.spsr & 0x0600_fc00,
    0x0000_0800 | 0,
    "ITSTATE 0x08: eq, last of it",
  );
  assert.equal(machine.cpu.core.cpsr & 0x0600_fc00, 0);
  machine.run(3);
  assert.equal(machine.get("r0"), 3);
});

Deno.test("an abort in an IT block saves the state of the instruction that aborted", () => {
  // itt eq; ldreq r0, [r1]; addeq r0, #2
  const machine = new Machine().thumb([0xbf04, 0x6808, 0x3002, 0xe7fe]);
  machine.cpu.cp15.set("VBAR", VECTORS);
  machine.setCpsr(0x4000_01f3);
  machine.set({ r1: 0x6000_0000 }).run(2);
  assert.equal(machine.cpu.pc, VECTORS + 0x10);
  assert.equal(machine.cpu.core.spsr & 0x0600_fc00, 0x0400, "ITSTATE 0x04: eq, two left");
  assert.equal(machine.get("lr"), CODE + 2 + 8);
});
