/**
 * The program status registers (ARM Architecture Reference Manual DDI 0406C, section B1.3.3). In
 * linear memory CPSR is in pieces, so that an instruction that sets a flag writes one word.
 */
import { STATE } from "./layout.ts";

/** Bits of CPSR and SPSR. IT and J are not here: see {@link readCpsr}. */
export const PSR = {
  N: 0x8000_0000 | 0,
  Z: 0x4000_0000,
  C: 0x2000_0000,
  V: 0x1000_0000,
  Q: 0x0800_0000,
  E: 0x200,
  A: 0x100,
  I: 0x080,
  F: 0x040,
  T: 0x020,
  MODE: 0x01f,
} as const;

/** What STATE.CPSR holds. */
const PLAIN = PSR.E | PSR.A | PSR.I | PSR.F | PSR.T | PSR.MODE;

/** Words, by index. */
export const WORD = {
  NF: STATE.NF >>> 2,
  ZF: STATE.ZF >>> 2,
  CF: STATE.CF >>> 2,
  VF: STATE.VF >>> 2,
  QF: STATE.QF >>> 2,
  GE: STATE.GE >>> 2,
  CPSR: STATE.CPSR >>> 2,
  IT: STATE.IT >>> 2,
} as const;

export function readCpsr(i32: Int32Array): number {
  const it = i32[WORD.IT]!;
  return i32[WORD.NF]! & PSR.N | (i32[WORD.ZF] === 0 ? PSR.Z : 0) | i32[WORD.CF]! << 29 |
    i32[WORD.VF]! << 28 | i32[WORD.QF]! << 27 | (it & 3) << 25 | i32[WORD.GE]! << 16 |
    it >>> 2 << 10 | i32[WORD.CPSR]!;
}

/** N, Z, C and V as CPSR has them. */
export function writeNzcv(i32: Int32Array, psr: number): void {
  i32[WORD.NF] = psr;
  i32[WORD.ZF] = (psr & PSR.Z) ^ PSR.Z;
  i32[WORD.CF] = psr >>> 29 & 1;
  i32[WORD.VF] = psr >>> 28 & 1;
}

export function itStateOf(psr: number): number {
  return psr >>> 25 & 3 | psr >>> 8 & 0xfc;
}

/** All of it but the banked registers: see modes.ts. */
export function writeCpsr(i32: Int32Array, psr: number): void {
  writeNzcv(i32, psr);
  i32[WORD.QF] = psr >>> 27 & 1;
  i32[WORD.GE] = psr >>> 16 & 15;
  i32[WORD.IT] = itStateOf(psr);
  i32[WORD.CPSR] = psr & PLAIN;
}

/** ITAdvance (A2.5.2). */
export function advanceIt(it: number): number {
  return (it & 7) === 0 ? 0 : it & 0xe0 | it << 1 & 0x1f;
}

/** ConditionPassed (A8.3.1). */
export function conditionPassed(i32: Int32Array, cond: number): boolean {
  let passed: boolean;
  switch (cond >>> 1) {
    case 0:
      passed = i32[WORD.ZF] === 0;
      break;
    case 1:
      passed = i32[WORD.CF] !== 0;
      break;
    case 2:
      passed = i32[WORD.NF]! < 0;
      break;
    case 3:
      passed = i32[WORD.VF] !== 0;
      break;
    case 4:
      passed = i32[WORD.CF] !== 0 && i32[WORD.ZF] !== 0;
      break;
    case 5:
      passed = i32[WORD.NF]! < 0 === (i32[WORD.VF] !== 0);
      break;
    case 6:
      passed = i32[WORD.ZF] !== 0 && i32[WORD.NF]! < 0 === (i32[WORD.VF] !== 0);
      break;
    default:
      return true;
  }
  return passed !== ((cond & 1) === 1);
}
