import assert from "node:assert/strict";
import { CODE, DATA, Machine } from "../_machine.ts";

type Registers = Readonly<Record<string, number>>;

interface Case {
  readonly text: string;
  readonly word: number;
  readonly before: Registers;
  readonly after: Registers;
  /** Flags set before: letters, also "Q"; GE as a number. */
  readonly flags?: string;
  readonly ge?: number;
  /** Flags that are set after it. */
  readonly then?: string;
  readonly thenGe?: number;
}

const BITS: Readonly<Record<string, number>> = {
  N: 1 << 31,
  Z: 1 << 30,
  C: 1 << 29,
  V: 1 << 28,
  Q: 1 << 27,
};

const c = (
  text: string,
  word: number,
  before: Registers,
  after: Registers,
  more: Partial<Case> = {},
): Case => ({ text, word, before, after, ...more });

// deno-fmt-ignore
const CASES: readonly Case[] = [
  // Sums and their flags.
  c("adds r0, r1, r2", 0xe0910002, { r1: 0x7fffffff, r2: 1 }, { r0: 0x80000000 }, { then: "NV" }),
  c("adds r0, r1, r2", 0xe0910002, { r1: 0xffffffff, r2: 1 }, { r0: 0 }, { then: "ZC" }),
  c("subs r0, r1, r2", 0xe0510002, { r1: 0x80000000, r2: 1 }, { r0: 0x7fffffff }, { then: "CV" }),
  c("subs r0, r1, r2", 0xe0510002, { r1: 1, r2: 2 }, { r0: 0xffffffff }, { then: "N" }),
  c("rsbs r0, r1, #0", 0xe2710000, { r1: 0x80000000 }, { r0: 0x80000000 }, { then: "NV" }),
  c("adcs r0, r1, r2", 0xe0b10002, { r1: 0xffffffff, r2: 0 }, { r0: 0 }, { flags: "C", then: "ZC" }),
  c("adcs r0, r1, r2", 0xe0b10002, { r1: 5, r2: 0xffffffff }, { r0: 5 }, { flags: "C", then: "C" }),
  c("sbcs r0, r1, r2", 0xe0d10002, { r1: 5, r2: 5 }, { r0: 0xffffffff }, { then: "N" }),
  c("sbcs r0, r1, r2", 0xe0d10002, { r1: 5, r2: 5 }, { r0: 0 }, { flags: "C", then: "ZC" }),
  c("rscs r0, r1, #1", 0xe2f10001, { r1: 1 }, { r0: 0 }, { flags: "C", then: "ZC" }),
  c("cmn r1, r2", 0xe1710002, { r1: 0x80000000, r2: 0x80000000 }, {}, { then: "ZCV" }),

  // The shifter's carry.
  c("movs r0, r1, lsl #1", 0xe1b00081, { r1: 0x80000001 }, { r0: 2 }, { then: "C" }),
  c("movs r0, r1, lsr #32", 0xe1b00021, { r1: 0x80000001 }, { r0: 0 }, { then: "ZC" }),
  c("movs r0, r1, asr #32", 0xe1b00041, { r1: 0x80000000 }, { r0: 0xffffffff }, { then: "NC" }),
  c("movs r0, r1, rrx", 0xe1b00061, { r1: 3 }, { r0: 0x80000001 }, { flags: "C", then: "NC" }),
  c("movs r0, r1, ror r2", 0xe1b00271, { r1: 0x80000001, r2: 32 }, { r0: 0x80000001 }, { then: "NC" }),
  c("movs r0, r1, lsl r2", 0xe1b00211, { r1: 1, r2: 32 }, { r0: 0 }, { then: "ZC" }),
  c("movs r0, r1, lsl r2", 0xe1b00211, { r1: 1, r2: 33 }, { r0: 0 }, { then: "Z" }),
  c("movs r0, r1, lsr r2", 0xe1b00231, { r1: 1, r2: 0x100 }, { r0: 1 }, { flags: "C", then: "C" }),
  c("ands r0, r1, #0xf0000000", 0xe211020f, { r1: 0xffffffff }, { r0: 0xf0000000 }, { then: "NC" }),
  c("ands r0, r1, #0xff", 0xe21100ff, { r1: 0x80 }, { r0: 0x80 }, { flags: "CV", then: "CV" }),
  c("teq r1, r2", 0xe1310002, { r1: 7, r2: 7 }, {}, { flags: "V", then: "ZV" }),
  c("add r0, pc, #4 (adr)", 0xe28f0004, {}, { r0: CODE + 12 }),
  c("sub r0, pc, r1", 0xe04f0001, { r1: 8 }, { r0: CODE }),
  c("movt r0, #0x1234", 0xe3410234, { r0: 0xffffabcd }, { r0: 0x1234abcd }),

  // Multiplies.
  c("muls r0, r1, r2", 0xe0100291, { r1: 0x10000, r2: 0x10000 }, { r0: 0 }, { flags: "CV", then: "ZCV" }),
  c("mls r0, r1, r2, r3", 0xe0603291, { r1: 3, r2: 5, r3: 20 }, { r0: 5 }),
  c("umull r0, r1, r2, r3", 0xe0810392, { r2: 0xffffffff, r3: 0xffffffff }, { r0: 1, r1: 0xfffffffe }),
  c("smull r0, r1, r2, r3", 0xe0c10392, { r2: 0xffffffff, r3: 2 }, { r0: 0xfffffffe, r1: 0xffffffff }),
  c("umlal r0, r1, r2, r3", 0xe0a10392, { r0: 0xffffffff, r1: 0, r2: 1, r3: 1 }, { r0: 0, r1: 1 }),
  c("smlals r0, r1, r2, r3", 0xe0f10392, { r0: 1, r1: 0, r2: 0xffffffff, r3: 1 }, { r0: 0, r1: 0 }, { then: "Z" }),
  c("umaal r0, r1, r2, r3", 0xe0410392, { r0: 0xffffffff, r1: 0xffffffff, r2: 0xffffffff, r3: 0xffffffff },
    { r0: 0xffffffff, r1: 0xffffffff }),
  c("smulbt r0, r1, r2", 0xe16002c1, { r1: 0x0000ffff, r2: 0x00050000 }, { r0: 0xfffffffb }),
  c("smlabb r0, r1, r2, r3", 0xe1003281, { r1: 0x7fff, r2: 0x7fff, r3: 0x7fffffff }, { r0: 0xbfff0000 }, { then: "Q" }),
  c("smulwb r0, r1, r2", 0xe12002a1, { r1: 0xffffffff, r2: 1 }, { r0: 0xffffffff }),
  c("smuad r0, r1, r2", 0xe700f211, { r1: 0x80008000, r2: 0x80008000 }, { r0: 0x80000000 }, { then: "Q" }),
  c("smlsdx r0, r1, r2, r3", 0xe7003271, { r1: 0x00020003, r2: 0x00050007, r3: 1 }, { r0: 2 }), // 1 + 3*5 - 2*7
  c("smmulr r0, r1, r2", 0xe750f231, { r1: 0x40000000, r2: 2 }, { r0: 1 }),
  c("usada8 r0, r1, r2, r3", 0xe7803211, { r1: 0x01ff0005, r2: 0x02000003, r3: 10 }, { r0: 10 + 1 + 255 + 2 }),

  // Bits and bytes.
  c("sxtab r0, r1, r2, ror #8", 0xe6a10472, { r1: 1, r2: 0x8000 }, { r0: 0xffffff81 }),
  c("uxtab16 r0, r1, r2", 0xe6c10072, { r1: 0xffff0001, r2: 0x120101ff }, { r0: 0x00000100 }),
  c("sxtb16 r0, r1, ror #16", 0xe68f0871, { r1: 0x007f0080 }, { r0: 0xff80007f }),
  c("bfi r0, r1, #8, #4", 0xe7cb0411, { r0: 0xffffffff, r1: 0x5 }, { r0: 0xfffff5ff }),
  c("bfc r0, #0, #32", 0xe7df001f, { r0: 0xffffffff }, { r0: 0 }),
  c("sbfx r0, r1, #4, #4", 0xe7a30251, { r1: 0x80 }, { r0: 0xfffffff8 }),
  c("ubfx r0, r1, #31, #1", 0xe7e00fd1, { r1: 0x80000000 }, { r0: 1 }),
  c("rbit r0, r1", 0xe6ff0f31, { r1: 0x00000013 }, { r0: 0xc8000000 }),
  c("revsh r0, r1", 0xe6ff0fb1, { r1: 0x1280 }, { r0: 0xffff8012 }),
  c("clz r0, r1", 0xe16f0f11, { r1: 0 }, { r0: 32 }),
  c("pkhbt r0, r1, r2, lsl #8", 0xe6810412, { r1: 0x1111aaaa, r2: 0x00bbbb00 }, { r0: 0xbbbbaaaa }),
  c("pkhtb r0, r1, r2, asr #32", 0xe6810052, { r1: 0x11110000, r2: 0x80000000 }, { r0: 0x1111ffff }),
  c("sel r0, r1, r2", 0xe6810fb2, { r1: 0x11223344, r2: 0xaabbccdd }, { r0: 0xaa22cc44 }, { ge: 0b0101, thenGe: 0b0101 }),

  // Saturation.
  c("ssat r0, #8, r1", 0xe6a70011, { r1: 200 }, { r0: 127 }, { then: "Q" }),
  c("usat r0, #8, r1", 0xe6e80011, { r1: 0xffffffff }, { r0: 0 }, { then: "Q" }),
  c("usat r0, #5, r1, asr #4", 0xe6e50251, { r1: 0x1f0 }, { r0: 31 }),
  c("ssat16 r0, #4, r1", 0xe6a30f31, { r1: 0x0009fff0 }, { r0: 0x0007fff8 }, { then: "Q" }),
  c("qadd r0, r1, r2", 0xe1020051, { r1: 0x7fffffff, r2: 1 }, { r0: 0x7fffffff }, { then: "Q" }),
  c("qdsub r0, r1, r2", 0xe1620051, { r1: 0, r2: 0x60000000 }, { r0: 0x80000001 }, { then: "Q" }),

  // Side by side.
  c("sadd16 r0, r1, r2", 0xe6110f12, { r1: 0x7fff8000, r2: 0x00018000 }, { r0: 0x80000000 }, { thenGe: 0b1100 }),
  c("uadd8 r0, r1, r2", 0xe6510f92, { r1: 0xff01ff01, r2: 0x01010101 }, { r0: 0x00020002 }, { thenGe: 0b1010 }),
  c("usub16 r0, r1, r2", 0xe6510f72, { r1: 0x00050001, r2: 0x00050002 }, { r0: 0x0000ffff }, { thenGe: 0b1100 }),
  c("sasx r0, r1, r2", 0xe6110f32, { r1: 0x00050005, r2: 0x00010002 }, { r0: 0x00070004 }, { thenGe: 0b1111 }),
  c("qsub8 r0, r1, r2", 0xe6210ff2, { r1: 0x80000000, r2: 0x01000000 }, { r0: 0x80000000 }),
  c("uqadd16 r0, r1, r2", 0xe6610f12, { r1: 0xffff0001, r2: 0x00010001 }, { r0: 0xffff0002 }),
  c("shadd8 r0, r1, r2", 0xe6310f92, { r1: 0x80800101, r2: 0x80ff0102 }, { r0: 0x80bf0101 }),
];

/** One for all of them: a machine has half a gigabyte of address space. */
const shared = new Machine();

for (const { text, word, before, after, flags = "", ge = 0, then = "", thenGe = 0 } of CASES) {
  Deno.test(`${text} of ${Object.values(before).map((v) => v.toString(16)).join(", ")}`, () => {
    const it = shared;
    it.cpu.reset();
    it.arm([word]);
    const bits = [...flags].reduce((sum, flag) => sum | BITS[flag]!, 0);
    it.setCpsr(0x1d3 | bits | ge << 16);
    it.set(before).run(1);
    for (const [name, value] of Object.entries(after)) {
      assert.equal(it.get(name).toString(16), value.toString(16), name);
    }
    assert.equal(it.flags, then);
    assert.equal(it.cpu.core.cpsr >>> 16 & 15, thenGe, "GE");
  });
}

// Memory.

/** Runs ARM words on data; returns the machine. */
function withData(words: number[], registers: Registers, bytes: number[]): Machine {
  const it = new Machine().arm(words);
  it.memory.load(DATA, Uint8Array.from(bytes));
  return it.set(registers).run(words.length);
}

Deno.test("loads extend as they say", () => {
  const it = withData(
    [0xe5d10000, 0xe1d120d0, 0xe1d130b0, 0xe1d140f0, 0xe5915000],
    { r1: DATA },
    [0xf1, 0xf2, 0xf3, 0xf4],
  ); // ldrb, ldrsb, ldrh, ldrsh, ldr
  const got = ["r0", "r2", "r3", "r4", "r5"].map((name) => it.get(name));
  assert.deepEqual(got, [0xf1, 0xffff_fff1, 0xf2f1, 0xffff_f2f1, 0xf4f3_f2f1]);
});

Deno.test("indexed accesses write their base back", () => {
  // ldr r0, [r1, #4]!; ldrb r2, [r1], #-1; str r0, [r1, r3, lsl #2]!; ldr r4, [r1], -r3
  const it = withData(
    [0xe5b10004, 0xe4512001, 0xe7a10103, 0xe6114003],
    { r1: DATA, r3: 2 },
    [0, 0, 0, 0, 0x11, 0x22, 0x33, 0x44],
  );
  assert.equal(it.get("r0"), 0x4433_2211);
  assert.equal(it.get("r2"), 0x11);
  assert.equal(it.cpu.core.cpsr & 0x1f, 0x17, "DATA + 3 is not aligned, with the MMU off");
  assert.equal(it.cpu.cp15.get("DFAR"), DATA + 11);
});

Deno.test("LDM and STM in their four ways", () => {
  const ways: [number, number, number[]][] = [ // stmXX r1!, {r2, r3}
    [0xe8a1000c, 8, [0, 4]],
    [0xe9a1000c, 8, [4, 8]],
    [0xe821000c, -8, [-4, 0]],
    [0xe921000c, -8, [-8, -4]],
  ];
  for (const [store, moved, at] of ways) {
    const it = new Machine().arm([store]);
    it.set({ r1: DATA + 64, r2: 22, r3: 33 }).run(1);
    assert.deepEqual(at.map((offset) => it.word(DATA + 64 + offset)), [22, 33]);
    assert.equal(it.get("r1"), DATA + 64 + moved);
  }
});

Deno.test("LDM with the PC branches, and bit 0 says Thumb", () => {
  const it = new Machine().arm([0xe8bd8001]); // pop {r0, pc}
  it.memory.load(DATA, new Uint8Array(Uint32Array.of(5, DATA + 0x101).buffer));
  it.set({ sp: DATA }).run(1);
  assert.deepEqual([it.get("r0"), it.get("sp"), it.cpu.pc], [5, DATA + 8, DATA + 0x100]);
  assert.equal(it.cpu.core.thumb, true);
});

Deno.test("LDRD and STRD move two registers", () => {
  const it = withData([0xe1c120d0, 0xe1c121f0], { r1: DATA }, [1, 0, 0, 0, 2]); // …[r1]; …[r1, #16]
  assert.deepEqual([it.get("r2"), it.get("r3")], [1, 2]);
  assert.deepEqual([it.word(DATA + 16), it.word(DATA + 20)], [1, 2]);
});

Deno.test("a load exclusive lets one store exclusive to its address happen", () => {
  // ldrex r0, [r1]; strex r2, r3, [r1]; strex r4, r3, [r1]
  const it = withData([0xe1910f9f, 0xe1812f93, 0xe1814f93], { r1: DATA, r3: 7 }, [5]);
  assert.deepEqual([it.get("r0"), it.get("r2"), it.get("r4")], [5, 0, 1]);
  assert.equal(it.word(DATA), 7);
});

Deno.test("CLREX, and a store exclusive elsewhere, end the watch", () => {
  for (const between of [0xf57ff01f, 0xe1856f93]) { // clrex; strex r6, r3, [r5]
    const it = withData([0xe1910f9f, between, 0xe1812f93], { r1: DATA, r3: 7, r5: DATA + 8 }, [5]);
    assert.equal(it.get("r2"), 1);
    assert.equal(it.word(DATA), 5);
  }
});

Deno.test("SWP exchanges a register and a word", () => {
  const it = withData([0xe1010092], { r1: DATA, r2: 9 }, [5]);
  assert.deepEqual([it.get("r0"), it.word(DATA)], [5, 9]);
});

Deno.test("PUSH and POP of Thumb, TBB, and CBZ", () => {
  // push {r0, lr}; pop {r1, r2}; cbz r3, +4; nop; nop; tbb [pc, r3]; .byte 1, 2
  const it = new Machine().thumb([0xb501, 0xbc06, 0xb10b, 0xbf00, 0xbf00, 0xe8df, 0xf003, 0x0201]);
  it.set({ r0: 5, lr: 6, sp: DATA + 64, r3: 0 }).run(4);
  assert.deepEqual([it.get("r1"), it.get("r2"), it.get("sp")], [5, 6, DATA + 64]);
  assert.equal(it.cpu.pc, CODE + 14 + 2);
});

Deno.test("MRS shows flags, GE and mode, and not the execution state", () => {
  const it = new Machine().thumb([0xf3ef, 0x8000]); // mrs r0, cpsr
  it.setCpsr(0xf80f_01f3 | 0);
  it.run(1);
  assert.equal(it.get("r0"), 0xf80f_01d3);
});

Deno.test("a coprocessor that is not there is undefined, and CP14's identification reads", () => {
  for (const word of [0xee010110, 0xec410f10 | 0x100, 0xed910500, 0xee000500]) {
    const it = new Machine().arm([word]).run(1);
    assert.equal(it.cpu.core.mode, 0x1b, word.toString(16));
  }
  const it = new Machine().arm([0xeef00e10]).set({ r0: 7 }).run(1); // mrc p14, 7, r0, c0, c0, 0
  assert.equal(it.get("r0"), 0, "JIDR");
});

Deno.test("BLX to an address changes the instruction set, both ways", () => {
  const it = new Machine().arm([0xfb000001]).thumb([0xf7ff, 0xeff8], CODE + 14); // blx .+14; blx back
  it.run(1);
  assert.deepEqual([it.cpu.pc, it.get("lr"), it.cpu.core.thumb], [CODE + 14, CODE + 4, true]);
  it.run(1);
  assert.deepEqual([it.cpu.pc, it.get("lr"), it.cpu.core.thumb], [CODE, CODE + 19, false]);
});

Deno.test("MSR writes the fields that it names", () => {
  const fields: [number, number][] = [
    [0xe128f001, 0xf80f_0000 & ~0x000f_0000], // f
    [0xe124f001, 0x000f_0000], // s
    [0xe122f001, 0x0000_0300], // x: E and A
    [0xe121f001, 0x0000_00c0 | 0x1f ^ 0x13], // c: I, F and the mode
  ];
  for (const [word, changed] of fields) {
    const it = new Machine().arm([word]);
    it.setCpsr(0x13);
    it.set({ r1: 0xf80f_03df }).run(1);
    assert.equal((it.cpu.core.cpsr ^ 0x13) >>> 0, changed >>> 0, word.toString(16));
  }
});

Deno.test("MCR writes the coprocessor that it names", () => {
  for (const [word, wanted] of [[0xee0d1f50, 5], [0xee001e10, 0]] as const) {
    const it = new Machine().arm([word]).set({ r1: 5 }).run(1); // TPIDRURW; DBGDIDR of p14
    assert.equal(it.cpu.cp15.get("TPIDRURW"), wanted);
    assert.equal(it.cpu.cp15.get("MIDR"), 0x413f_c082);
  }
});
