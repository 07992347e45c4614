/** The state that an instruction is tried in: registers and status, drawn with a taste for edges. */

import type { Random } from "hil/time/mod.ts";
import type { Situation } from "./encoding.ts";

export const MODE = {
  USR: 0x10,
  FIQ: 0x11,
  IRQ: 0x12,
  SVC: 0x13,
  ABT: 0x17,
  UND: 0x1b,
  SYS: 0x1f,
} as const;

/** Where both CPUs see memory; all else aborts. */
export const PLACE = {
  CODE: 0x8010_0000,
  CODE_SIZE: 0x10_0000,
  /** Two small pages. */
  SCRATCH: 0x8030_0000,
  SCRATCH_SIZE: 0x2000,
} as const;

export interface State {
  readonly r: Uint32Array;
  cpsr: number;
  spsr: number;
}

const EDGES = [0, 1, 2, 31, 32, 33, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_7fff];
const HIGH_EDGES = [0x7fff_ffff, 0x8000_0000, 0x8000_8000, 0xffff_8000, 0xffff_ff80, 0xffff_ffff];
const MODES = [MODE.SVC, MODE.SVC, MODE.USR, MODE.SYS];

/** A word: any, an edge, a small number, or few bits. */
export function randomWord(random: Random): number {
  const word = random.next();
  switch (random.next() & 7) {
    case 0:
      return EDGES[word % EDGES.length]!;
    case 1:
      return HIGH_EDGES[word % HIGH_EDGES.length]!;
    case 2:
      return word & 0xff;
    case 3:
      return (word & random.next() & random.next()) >>> 0;
    default:
      return word;
  }
}

export function randomState(random: Random, thumb: boolean): State {
  const r = new Uint32Array(16);
  for (let n = 0; n < 15; n++) r[n] = randomWord(random);
  const mode = MODES[random.next() & 3]!;
  // N Z C V Q GE, A I F; now and then big-endian data.
  const bigEndian = random.chance(0.03) ? 0x200 : 0;
  let cpsr = (random.next() & 0xf80f_01c0) | mode | bigEndian;
  if (thumb) cpsr |= 0x20 | itBits(random);
  const spsr = (random.next() & 0xf80f_03c0) | MODES[random.next() & 3]! | (random.next() & 0x20);
  return { r, cpsr: cpsr >>> 0, spsr: spsr >>> 0 };
}

/** CPSR.IT: mostly outside an IT block. Of the condition AL only the last instruction (B1.3.3). */
function itBits(random: Random): number {
  if (random.chance(0.75)) return 0;
  const condition = random.below(15);
  const mask = condition === 14 ? 8 : 1 + random.below(15);
  return withIt(condition << 4 | mask);
}

/** ITSTATE where CPSR has it. */
export function withIt(it: number): number {
  return (it & 0xfc) << 8 | (it & 3) << 25;
}

export function itOf(cpsr: number): number {
  return (cpsr >>> 8 & 0xfc) | (cpsr >>> 25 & 3);
}

export function situationOf({ cpsr, r }: State): Situation {
  const mode = cpsr & 0x1f;
  const it = itOf(cpsr);
  return {
    user: mode === MODE.USR,
    noSpsr: mode === MODE.USR || mode === MODE.SYS,
    it: (it & 15) !== 0,
    itNotLast: (it & 7) !== 0,
    halfword: (r[15]! & 2) !== 0,
  };
}

/** Whether a condition holds (A8.3.1). */
export function holds(condition: number, cpsr: number): boolean {
  const n = cpsr >>> 31, z = cpsr >>> 30 & 1, c = cpsr >>> 29 & 1, v = cpsr >>> 28 & 1;
  const base = [z, c, n, v, c & (1 - z), 1 - (n ^ v), (1 - z) & (1 - (n ^ v)), 1][condition >>> 1]!;
  return condition === 15 || (base ^ (condition & 1)) === 1;
}

export function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
