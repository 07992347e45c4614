import assert from "node:assert/strict";
import { Machine } from "./_lockstep.ts";

const CODE = 0x8010_0000;
const EDGES = [0, 1, 2, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xaaaa_aaaa];
const AMOUNTS = [0, 1, 2, 31, 32, 33, 64, 255, 256, 0x120];
const FLAGS = [0, 0x2000_0000, 0x1000_0000, 0xf000_0000];
const RN = 1, RM = 2, RS = 3;

/**
 * Executes each ARM instruction on both machines, again and again, with each of some registers and
 * flags. It is in a loop with what uses C, so that flags are also used in the same block.
 */
function compare(instructions: readonly number[], states: readonly number[][]): void {
  const plain = new Machine(), tiered = new Machine({ hot: 1, batch: 1 });
  const loopBytes = 16;
  // The instruction; adc r6, r6, r6; mov r7, r6, RRX; b back.
  const code = instructions.flatMap((word) => [word, 0xe0a6_6006, 0xe1a0_7066, 0xeaff_fffb]);
  for (const machine of [plain, tiered]) {
    machine.write(CODE, new Uint8Array(new Uint32Array(code).buffer));
  }
  for (const [n, word] of instructions.entries()) {
    for (const state of states) {
      const results = [plain, tiered].map((machine) =>
        execute(machine, CODE + n * loopBytes, state)
      );
      assert.deepEqual(results[1], results[0], `${word.toString(16)} of ${state}`);
    }
  }
  assert.equal(tiered.tier!.translated, instructions.length);
}

/** Twice around the loop: the first time, the interpreter may do it. */
function execute({ cpu, clock }: Machine, pc: number, [flags, ...registers]: number[]): string {
  cpu.core.cpsr = flags! | 0x1d3;
  registers.forEach((value, r) => cpu.setRegister(r, value));
  cpu.jump(pc);
  clock.runTo(clock.now() + 8);
  return `${cpu.core.i32.subarray(0, 16)} ${cpu.core.cpsr}`;
}

function states(amounts: readonly number[]): number[][] {
  const pairs = EDGES.flatMap((a) => EDGES.map((b) => [0x1234_5678, a, b]));
  return FLAGS.flatMap((flags) =>
    pairs.flatMap((pair) => amounts.map((s) => [flags, ...pair, s, s, s, 0x5555_5555]))
  );
}

const OPCODES = Array.from({ length: 16 }, (_, opcode) => opcode);
const opcodeAndS = (opcode: number) => opcode >= 8 && opcode < 12 ? [1] : [0, 1];

/** Data processing of Rn and an operand, to R0. */
function dataProcessing(operands: readonly number[]): number[] {
  return OPCODES.flatMap((opcode) =>
    opcodeAndS(opcode).flatMap((s) =>
      operands.map((operand) => (0xe000_0000 | opcode << 21 | s << 20 | RN << 16 | operand) >>> 0)
    )
  );
}

Deno.test("each opcode of data processing, its operand shifted by a register", () => {
  const types = [0, 1, 2, 3].map((type) => RS << 8 | type << 5 | 0x10 | RM);
  const few = states(AMOUNTS).filter((_, n) => n % 7 === 0);
  compare(dataProcessing(types), few);
});

Deno.test("each opcode of data processing, its operand shifted by a constant", () => {
  const shifts = [0, 1, 2, 3].flatMap((type) =>
    [0, 1, 31].map((amount) => amount << 7 | type << 5 | RM)
  );
  compare(dataProcessing(shifts), states([0]));
});

Deno.test("each opcode of data processing with constants", () => {
  compare(dataProcessing([0x200_0000, 0x200_0001, 0x200_04ff, 0x200_0102]), states([0]));
});

Deno.test("each condition after what sets flags", () => {
  // cmp, adds, tst, movs …: then an instruction under each condition.
  const setters = [0xe151_0002, 0xe091_5002, 0xe0b1_5002, 0xe0d1_5002, 0xe111_0002, 0xe1b0_50a2];
  const plain = new Machine(), tiered = new Machine({ hot: 1, batch: 1 });
  const code = setters.flatMap((setter) => [
    setter,
    ...Array.from({ length: 14 }, (_, cond) => (cond << 28 | 0x0280_0000 | 1 << cond % 8) >>> 0),
    (0xea00_0000 | -17 & 0xff_ffff) >>> 0,
  ]);
  for (const machine of [plain, tiered]) {
    machine.write(CODE, new Uint8Array(new Uint32Array(code).buffer));
  }
  for (const n of setters.keys()) {
    for (const state of states([0])) {
      const results = [plain, tiered].map((machine) => {
        machine.cpu.core.cpsr = 0x1d3;
        const before = execute(machine, CODE + 64 * n, state);
        machine.clock.runTo(machine.clock.now() + 40);
        return `${before} ${machine.cpu.core.i32.subarray(0, 16)}`;
      });
      assert.equal(results[1], results[0], `${setters[n]!.toString(16)} of ${state}`);
    }
  }
});

Deno.test("multiplies, bit fields, extensions and reversals of edge values", () => {
  compare([
    ...[0xe000_0291, 0xe010_0291, 0xe020_4291, 0xe030_4291, 0xe060_4291], // MUL, MLA, MLS
    ...[0xe085_4291, 0xe095_4291, 0xe0a5_4291, 0xe0b5_4291], // UMULL, UMLAL
    ...[0xe0c5_4291, 0xe0d5_4291, 0xe0e5_4291, 0xe0f5_4291], // SMULL, SMLAL
    ...[0xe160_0281, 0xe160_02a1, 0xe160_02c1, 0xe160_02e1], // SMUL
    ...[0xe6af_0072, 0xe6af_0472, 0xe6bf_0872, 0xe6ef_0c72, 0xe6ff_0072, 0xe6cf_0072], // SXTB …
    ...[0xe6a1_0072, 0xe6b1_0472, 0xe6e1_0872, 0xe6f1_0072], // SXTAB …
    ...[0xe7c7_0112, 0xe7df_0012, 0xe7c7_001f, 0xe7c0_0012], // BFI, BFC
    ...[0xe7a0_0052, 0xe7bf_0052, 0xe7a7_0c52, 0xe7e0_0fd2, 0xe7ff_0052, 0xe7e7_0452], // SBFX …
    ...[0xe16f_0f12, 0xe6bf_0f32, 0xe6bf_0fb2, 0xe6ff_0fb2, 0xe6ff_0f32], // CLZ, REV …, RBIT
    ...[0xe340_0123, 0xe300_0123, 0xe28f_0004], // MOVT, MOVW, ADR
  ], states([0, 0xdead_beef]));
});
