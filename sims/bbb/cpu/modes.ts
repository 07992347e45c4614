/**
 * Modes and their banked registers (ARM Architecture Reference Manual DDI 0406C, section B1.3).
 * R8 to R14 of the present mode are in STATE.R; SPSRs are always in STATE.BANKS.
 */
import { STATE } from "./layout.ts";

export const Mode = {
  USR: 0x10,
  FIQ: 0x11,
  IRQ: 0x12,
  SVC: 0x13,
  MON: 0x16,
  ABT: 0x17,
  UND: 0x1b,
  SYS: 0x1f,
} as const;
export type Mode = typeof Mode[keyof typeof Mode];

const BANK: Readonly<Record<Mode, number>> = {
  [Mode.USR]: 0,
  [Mode.SYS]: 0,
  [Mode.FIQ]: 1,
  [Mode.IRQ]: 2,
  [Mode.SVC]: 3,
  [Mode.MON]: 4,
  [Mode.ABT]: 5,
  [Mode.UND]: 6,
};

/** Three words for each bank: R13, R14, SPSR. Then R8 to R12 of FIQ mode, and of all others. */
const FIRST = STATE.BANKS >>> 2;
const SPSR = 2;
const FIQ_HIGH = FIRST + 3 * 7;
const OTHER_HIGH = FIQ_HIGH + 5;
/** Words of all this, for a snapshot. */
export const BANK_WORDS = { first: FIRST, count: OTHER_HIGH + 5 - FIRST } as const;

export function isMode(mode: number): mode is Mode {
  return mode in BANK;
}

function bankOf(mode: number): number {
  return FIRST + 3 * BANK[mode as Mode];
}

/** Where SPSR of a mode is, as an index of words. User and System mode have a word without use. */
export function spsrOf(mode: number): number {
  return bankOf(mode) + SPSR;
}

/** Exchanges the registers of two modes. */
export function switchBanks(i32: Int32Array, from: number, to: number): void {
  const old = bankOf(from), next = bankOf(to);
  if (old === next) return;
  i32[old] = i32[13]!;
  i32[old + 1] = i32[14]!;
  if ((from === Mode.FIQ) !== (to === Mode.FIQ)) {
    const save = from === Mode.FIQ ? FIQ_HIGH : OTHER_HIGH;
    const load = from === Mode.FIQ ? OTHER_HIGH : FIQ_HIGH;
    for (let r = 0; r < 5; r++) {
      i32[save + r] = i32[8 + r]!;
      i32[8 + r] = i32[load + r]!;
    }
  }
  i32[13] = i32[next]!;
  i32[14] = i32[next + 1]!;
}

/** Where register `r` of `mode` is while `present` is the mode, as an index of words. */
export function registerOf(
  r: number,
  { mode, present }: { mode: number; present: number },
): number {
  if (r >= 8 && r <= 12 && (mode === Mode.FIQ) !== (present === Mode.FIQ)) {
    return (mode === Mode.FIQ ? FIQ_HIGH : OTHER_HIGH) + r - 8;
  }
  if ((r === 13 || r === 14) && bankOf(mode) !== bankOf(present)) return bankOf(mode) + r - 13;
  return r;
}
