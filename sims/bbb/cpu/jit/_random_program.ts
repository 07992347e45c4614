/**
 * For tests: random programs that stay in their code for a while: instructions of all encodings,
 * most with destinations and bases among registers that are kept apart, and branches among them.
 */
import type { Random } from "hil/time/mod.ts";
import { Compiled } from "../proof/encoding.ts";
import { ARM_ENCODINGS } from "../proof/encodings_arm.ts";
import { THUMB16_ENCODINGS } from "../proof/encodings_thumb16.ts";
import { THUMB32_ENCODINGS } from "../proof/encodings_thumb32.ts";

/** Bytes of a program; it may lie across a page's end. */
export const PROGRAM_BYTES = 0x400;

/** Not drawn, or seldom: they end what is going on, or change what the program lies in. */
const RARE = /^(SVC|BKPT|UDF|SMC|CPS|SETEND|RFE|SRS|MSR|MCR|MRC|CDP|LDC|STC|.*\^|WFI|hint|.*PC)/;
const BRANCHES = /^(B|BL|BLX|BX|BXJ|CBZ|TBB|TBH|IT)( |$)/;

const ARM = ARM_ENCODINGS.map((encoding) => new Compiled(encoding));
const THUMB16 = THUMB16_ENCODINGS.map((encoding) => new Compiled(encoding));
const THUMB32 = THUMB32_ENCODINGS.map((encoding) => new Compiled(encoding));

/** Letters of fields that are written, and the registers that they may name. */
const WRITTEN = ["d", "t", "h", "l"];
const WRITABLE = [0, 1, 2, 3, 4, 5, 14];

/** A program of short loops starts one at each multiple of so many bytes. */
export const LOOP_BYTES = 64;

export interface ProgramOptions {
  readonly thumb: boolean;
  /** Instructions that are no branches, at the end a branch back: nearly all is translated. */
  readonly loops: boolean;
}

/** Halfwords of Thumb code, or words of ARM code, as bytes. */
export function randomProgram(random: Random, { thumb, loops }: ProgramOptions): Uint8Array {
  const bytes = new Uint8Array(PROGRAM_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < PROGRAM_BYTES;) {
    const end = at % LOOP_BYTES === LOOP_BYTES - 4;
    const instruction = loops
      ? (end ? loopEnd(thumb) : inLoop(random, { thumb, left: LOOP_BYTES - 4 - at % LOOP_BYTES }))
      : thumb
      ? thumbInstruction(random, at)
      : halves(armInstruction(random, at));
    for (const halfword of instruction) {
      if (at < PROGRAM_BYTES) view.setUint16(at, halfword, true);
      at += 2;
    }
  }
  return bytes;
}

/** An ARM instruction, as it lies in memory. */
const halves = (word: number): number[] => [word & 0xffff, word >>> 16];

/** A branch to the start of the loop; in Thumb the second one is not reached. */
function loopEnd(thumb: boolean): number[] {
  const back = 4 - LOOP_BYTES;
  if (!thumb) return halves((0xea00_0000 | back - 8 >> 2 & 0xff_ffff) >>> 0);
  return [0xe000 | back - 4 >> 1 & 0x7ff, 0xe000 | back - 6 >> 1 & 0x7ff];
}

/** One instruction, or an IT block, of at most `left` bytes. */
function inLoop(random: Random, { thumb, left }: { thumb: boolean; left: number }): number[] {
  if (!thumb) return halves(plain(random, ARM, chance(random, 60) ? 14 : random.below(14)));
  if (left >= 18 && chance(random, 12)) {
    const mask = 1 + random.below(15);
    const count = 4 - Math.log2(mask & -mask);
    const governed = Array.from({ length: count }, () => plainThumb(random));
    return [0xbf00 | random.below(14) << 4 | mask, ...governed.flat()];
  }
  return left < 4 ? [plain(random, THUMB16)] : plainThumb(random);
}

function plainThumb(random: Random): number[] {
  if (chance(random, 40)) return [plain(random, THUMB16)];
  const word = plain(random, THUMB32);
  return [word >>> 16, word & 0xffff];
}

const chance = (random: Random, percent: number) => random.below(100) < percent;

/** A random instruction that is no branch; mostly one that leaves the program running. */
function plain(random: Random, all: readonly Compiled[], cond?: number): number {
  for (;;) {
    const compiled = all[random.below(all.length)]!;
    const { name } = compiled.encoding;
    if (BRANCHES.test(name) || RARE.test(name) && !chance(random, 3)) continue;
    let word = compiled.make(random.next());
    if (cond !== undefined && compiled.encoding.bits.startsWith("cccc")) {
      word = (word & 0x0fff_ffff | cond << 28) >>> 0;
    }
    if (fits(random, compiled, word)) return word;
  }
}

function fits(random: Random, compiled: Compiled, word: number): boolean {
  if (chance(random, 2)) return true;
  const fields = compiled.fields(word);
  const { base } = compiled.encoding;
  for (const letter of WRITTEN) {
    const register = fields[letter];
    if (register !== undefined && !WRITABLE.includes(register)) return false;
  }
  const from = base === undefined ? undefined : fields[base];
  if (from !== undefined && compiled.width === 32 && (from < 8 || from > 13)) return false;
  const list = fields.r;
  return list === undefined || compiled.width === 16 || (list & 0xffc0) === 0;
}

function armInstruction(random: Random, at: number): number {
  const cond = chance(random, 60) ? 14 : random.below(14);
  const kind = random.below(100);
  if (kind < 12) return branch(random, at, cond, 0xa);
  if (kind < 14) return branch(random, at, cond, 0xb);
  if (kind < 16) return (cond << 28 | 0x012f_ff10 | random.below(2) << 5 | 6) >>> 0;
  if (kind < 17) return random.next();
  return plain(random, ARM, cond);
}

function branch(random: Random, at: number, cond: number, op: number): number {
  const target = 4 * random.below(PROGRAM_BYTES / 4);
  return (cond << 28 | op << 24 | (target - at - 8 >> 2) & 0xff_ffff) >>> 0;
}

function thumbInstruction(random: Random, at: number): number[] {
  const kind = random.below(100);
  // Within reach of a conditional branch.
  const near = Math.max(0, at - 200) + 2 * random.below(190);
  const offset = near - at - 4;
  if (kind < 9) return [0xd000 | random.below(14) << 8 | offset >> 1 & 0xff];
  if (kind < 11) return [0xe000 | offset >> 1 & 0x7ff];
  if (kind < 13) return wideBranch(2 * random.below(PROGRAM_BYTES / 2) - at - 4);
  if (kind < 15) return [0xb100 | random.below(2) << 11 | random.below(8) << 3 | random.below(6)];
  if (kind < 16) return [0x4700 | random.below(2) << 7 | 7 << 3];
  if (kind < 21) return [0xbf00 | random.below(15) << 4 | 1 + random.below(15)];
  if (kind < 22) return [0xe8df, 0xf000 | random.below(6)]; // TBB [PC, …]: on what is behind.
  if (kind < 23) return [random.below(0x1_0000)];
  return plainThumb(random);
}

/** BL. */
function wideBranch(offset: number): number[] {
  const sign = offset < 0 ? 1 : 0;
  const j = 1;
  return [
    0xf000 | sign << 10 | offset >> 12 & 0x3ff,
    0xd000 | j << 13 | j << 11 | offset >> 1 & 0x7ff,
  ];
}
