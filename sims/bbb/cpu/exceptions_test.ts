import assert from "node:assert/strict";
import { CODE, DATA, Machine } from "./_machine.ts";
import { SCTLR } from "./cp15_registers.ts";
import { Mode } from "./modes.ts";
import { PSR } from "./psr.ts";

const VECTORS = 0x8020_0000;
const NOWHERE = 0x6000_0000;
/** Interrupts on, condition flags and GE that must survive. */
const BEFORE = 0x2005_0010;

interface Case {
  readonly name: string;
  readonly arm: readonly number[];
  readonly thumb: readonly number[];
  readonly mode: number;
  readonly vector: number;
  /** R14 minus the address of the instruction, in ARM and in Thumb. */
  readonly link: readonly [number, number];
  readonly masks: number;
}

// deno-fmt-ignore
const CASES: readonly Case[] = [
  { name: "an undefined instruction", arm: [0xe7f000f0], thumb: [0xde00],
    mode: Mode.UND, vector: 0x04, link: [4, 2], masks: PSR.I },
  { name: "a 32-bit undefined instruction", arm: [0xe7f000f0], thumb: [0xf7f0, 0xa000],
    mode: Mode.UND, vector: 0x04, link: [4, 2], masks: PSR.I },
  { name: "SVC", arm: [0xef000000], thumb: [0xdf00],
    mode: Mode.SVC, vector: 0x08, link: [4, 2], masks: PSR.I },
  { name: "BKPT", arm: [0xe1200070], thumb: [0xbe00],
    mode: Mode.ABT, vector: 0x0c, link: [4, 4], masks: PSR.I | PSR.A },
  { name: "a load from nowhere", arm: [0xe5910000], thumb: [0x6808],
    mode: Mode.ABT, vector: 0x10, link: [8, 8], masks: PSR.I | PSR.A },
];

function machine(): Machine {
  const it = new Machine();
  it.cpu.cp15.set("VBAR", VECTORS);
  return it;
}

/** In User mode, R1 pointing nowhere, at the instruction of a case. */
function prepared(it: Machine, which: Case, thumb: boolean): Machine {
  if (thumb) it.thumb(which.thumb);
  else it.arm(which.arm);
  it.setCpsr(BEFORE | (thumb ? PSR.T : 0));
  return it.set({ r1: NOWHERE, sp: 0x1234, lr: 0x5678 });
}

for (const which of CASES) {
  for (const thumb of [false, true]) {
    Deno.test(`${which.name} in ${thumb ? "Thumb" : "ARM"} state enters its mode`, () => {
      const it = prepared(machine(), which, thumb);
      it.run(1);
      const { core, pc } = it.cpu;
      assert.equal(pc, VECTORS + which.vector);
      assert.equal(core.cpsr, BEFORE & ~31 | which.mode | which.masks);
      assert.equal(core.spsr, BEFORE | (thumb ? PSR.T : 0));
      assert.equal(it.get("lr"), CODE + which.link[thumb ? 1 : 0]);
      assert.equal(it.cpu.instructions, 1);
      it.setCpsr(BEFORE);
      assert.deepEqual([it.get("sp"), it.get("lr")], [0x1234, 0x5678], "User mode's are banked");
    });
  }
}

Deno.test("a fetch from where nothing is aborts at the address of the instruction", () => {
  const it = machine().arm([0xe12fff11]).set({ r1: NOWHERE }); // bx r1
  it.run(2);
  assert.equal(it.cpu.pc, VECTORS + 0x0c);
  assert.equal(it.get("lr"), NOWHERE + 4);
  assert.equal(it.cpu.cp15.get("IFAR"), NOWHERE);
});

Deno.test("fault status and address of a data abort are noted, and the cause is told", () => {
  const it = machine().arm([0xe5810000]).set({ r1: NOWHERE }); // str r0, [r1]
  const told: string[] = [];
  it.cpu.onFault = (abort, address) => told.push(`${address >>> 0}: ${abort.cause?.message}`);
  it.run(1);
  assert.equal(it.cpu.cp15.get("DFAR"), NOWHERE);
  assert.equal(it.cpu.cp15.get("DFSR"), 0x1808);
  assert.match(told.join(), new RegExp(`^${CODE}: .*0x60000000`));
});

Deno.test("a load that aborts leaves base and registers as they were", () => {
  const before = { r0: 7, r1: NOWHERE - 8, r2: 9 };
  // ldr r0, [r1, #8]!; ldr r0, [r1], #4 (at NOWHERE); ldm r1!, {r0, r2} across the end of RAM
  const cases: [number, typeof before][] = [
    [0xe5b10008, before],
    [0xe4910004, { ...before, r1: NOWHERE }],
    [0xe8b10005, { ...before, r1: 0x4030_fffc }],
  ];
  for (const [word, registers] of cases) {
    const it = machine().arm([word]).set(registers).run(1);
    assert.equal(it.cpu.pc, VECTORS + 0x10, word.toString(16));
    const after = { r0: it.get("r0"), r1: it.get("r1"), r2: it.get("r2") };
    assert.deepEqual(after, registers, word.toString(16));
  }
});

Deno.test("LDM, LDRD, LDREX and SWP must be aligned", () => {
  for (const word of [0xe8910001, 0xe1c120d0, 0xe1910f9f, 0xe1010090]) {
    const it = machine().arm([word]).set({ r1: DATA + 2 }).run(1);
    assert.equal(it.cpu.pc, VECTORS + 0x10, word.toString(16));
    assert.equal(it.cpu.cp15.get("DFSR") & 0x40f, 1, word.toString(16));
  }
});

// Interrupts.

for (
  const [name, bit, mode, vector, masks] of [
    ["IRQ", PSR.I, Mode.IRQ, 0x18, PSR.I | PSR.A],
    ["FIQ", PSR.F, Mode.FIQ, 0x1c, PSR.I | PSR.F | PSR.A],
  ] as const
) {
  Deno.test(`${name} is taken between two instructions unless it is masked`, () => {
    const it = machine().arm([0xe2800001, 0xe2800001, 0xeafffffe]); // add r0, r0, #1, twice
    it.setCpsr(Mode.SVC | bit);
    const set = (active: boolean) => name === "IRQ" ? it.cpu.setIrq(active) : it.cpu.setFiq(active);
    set(true);
    it.run(1);
    assert.equal(it.get("r0"), 1, "masked");
    it.setCpsr(Mode.SVC);
    it.run(1);
    assert.equal(
      it.cpu.pc,
      VECTORS + vector + 4,
      "the first instruction of the vector is done",
    );
    assert.equal(it.cpu.core.mode, mode);
    assert.equal(it.cpu.core.cpsr & (PSR.I | PSR.F | PSR.A), masks);
    assert.equal(it.get("lr"), CODE + 4 + 4, "return with subs pc, lr, #4");
    assert.equal(it.get("r0"), 1);
  });
}

Deno.test("FIQ goes before IRQ, and FIQ mode has its own R8 to R12", () => {
  const it = machine().arm([0xe1a00000, 0xeafffffe]);
  it.arm([0xe3a08009, 0xeafffffe], VECTORS + 0x1c); // mov r8, #9
  it.setCpsr(Mode.SYS);
  it.set({ r8: 1 });
  it.cpu.setIrq(true);
  it.cpu.setFiq(true);
  it.run(2);
  assert.equal(it.cpu.core.mode, Mode.FIQ);
  assert.equal(it.get("r8"), 9);
  it.setCpsr(Mode.SYS | PSR.I | PSR.F);
  assert.equal(it.get("r8"), 1);
});

Deno.test("an interrupt is taken at the boundary behind the instruction that lets it in", () => {
  const unmask = {
    "cpsie i": [0xf1080080],
    "msr cpsr_c, r1": [0xe121f001],
  };
  for (const [name, code] of Object.entries(unmask)) {
    const it = machine().arm([...code, 0xe2800001, 0xeafffffe]).set({ r1: Mode.SVC });
    it.setCpsr(Mode.SVC | PSR.I);
    it.cpu.setIrq(true);
    it.run(2);
    assert.equal(it.get("r0"), 0, name);
    assert.equal(it.get("lr"), CODE + 8, name);
  }
});

// Returns.

const RETURNS: readonly (readonly [name: string, code: readonly number[], pcAt?: number])[] = [
  ["subs pc, lr, #4", [0xe25ef004]],
  ["movs pc, lr", [0xe1b0f00e]],
  ["ldm sp!, {r0, pc}^", [0xe8fd8001], 4],
  ["rfeia sp!", [0xf8bd0a00], 0],
];

for (const [name, code, pcAt] of RETURNS) {
  Deno.test(`${name} goes back to Thumb code in User mode`, () => {
    const it = machine().arm(code).thumb([0xe7fe], DATA + 4);
    it.setCpsr(Mode.IRQ | PSR.I);
    it.cpu.core.spsr = BEFORE | PSR.T;
    const stack = DATA + 0x100;
    const target = name.startsWith("subs") ? DATA + 8 : DATA + 4;
    it.set({ lr: target, sp: stack, r0: 77 });
    if (pcAt !== undefined) it.arm([DATA + 4, BEFORE | PSR.T], stack + pcAt);
    if (pcAt === 4) it.arm([55], stack);
    it.run(1);
    assert.equal(it.cpu.pc, DATA + 4);
    assert.equal(it.cpu.core.cpsr, BEFORE | PSR.T);
    if (pcAt === 4) assert.equal(it.get("r0"), 55);
    if (pcAt === undefined) return;
    it.setCpsr(Mode.IRQ);
    assert.equal(it.get("sp"), stack + 8);
  });
}

Deno.test("SRS stores to the stack of another mode, RFE takes it from there", () => {
  // srsdb sp!, #svc; cps #svc; rfeia sp!
  const it = machine().arm([0xf96d0513, 0xf1020013, 0xf8bd0a00]);
  it.setCpsr(Mode.SVC | PSR.I | PSR.F);
  it.set({ sp: DATA + 0x100 });
  it.setCpsr(Mode.IRQ | PSR.I | PSR.F);
  it.cpu.core.spsr = BEFORE;
  it.set({ lr: DATA }).run(2);
  assert.equal(it.get("sp"), DATA + 0xf8);
  assert.deepEqual([it.word(DATA + 0xf8), it.word(DATA + 0xfc)], [DATA, BEFORE]);
  it.run(1);
  assert.equal(it.cpu.pc, DATA);
  assert.equal(it.cpu.core.cpsr, BEFORE);
});

// SCTLR.

Deno.test("SCTLR.V puts the vectors high, TE enters in Thumb state, EE big-endian", () => {
  const it = machine().arm([0xef000000]);
  it.cpu.cp15.set("SCTLR", it.cpu.cp15.get("SCTLR") | SCTLR.V | SCTLR.TE | SCTLR.EE);
  it.run(1);
  assert.equal(it.cpu.pc, 0xffff_0008);
  assert.equal(it.cpu.core.cpsr & (PSR.T | PSR.E), PSR.T | PSR.E);
});

Deno.test("SMC enters Monitor mode at MVBAR", () => {
  const it = machine().arm([0xe1600070]);
  it.cpu.cp15.set("MVBAR", VECTORS + 0x100);
  it.run(1);
  assert.equal(it.cpu.pc, VECTORS + 0x108);
  assert.equal(it.cpu.core.mode, Mode.MON);
  assert.equal(it.get("lr"), CODE + 4);
});

// Privilege.

Deno.test("User mode cannot change what is privileged", () => {
  const it = machine();
  const inUserMode = (words: number[]) => {
    it.arm(words);
    it.setCpsr(Mode.USR);
    it.set({ r1: 0xf000_01d3 | 0 }).run(words.length);
    return it.cpu.core;
  };
  assert.equal(inUserMode([0xe12ff001]).mode, Mode.USR, "msr cpsr_fsxc, r1");
  assert.equal(it.flags, "NZCV");
  assert.equal(it.cpu.core.cpsr & (PSR.I | PSR.F | PSR.A), 0);
  assert.equal(inUserMode([0xf10e00c0]).cpsr & (PSR.I | PSR.F), 0, "cpsid if does nothing");
  for (const word of [0xe14f0000, 0xe169f001, 0xe1600070, 0xee110f10, 0xf8910a00, 0xe25ef004]) {
    assert.equal(inUserMode([word]).mode, Mode.UND, word.toString(16)); // mrs spsr, msr spsr, smc, mrc, rfe, subs pc
  }
  assert.equal(inUserMode([0xee1d0f70]).mode, Mode.USR, "mrc p15, 0, r0, c13, c0, 3: TPIDRURO");
});

Deno.test("big-endian data are swapped, also through SETEND and unaligned", () => {
  const it = machine().arm([
    0xf1010200,
    0xe5910000,
    0xe1d120b4,
    0xe5913001,
    0xe5810010,
    0xf1010000,
  ]);
  it.memory.load(DATA, Uint8Array.of(0x11, 0x22, 0x33, 0x44, 0x55, 0x66));
  it.cpu.core.mmu.flush();
  it.set({ r1: DATA }).run(3);
  assert.deepEqual([it.get("r0"), it.get("r2")], [0x1122_3344, 0x5566]);
});
