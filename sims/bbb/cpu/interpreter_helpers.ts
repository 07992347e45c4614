/**
 * What the interpreter's loop does too often to do it the long way, and too long to do in line.
 * They take more arguments than is the rule here, for an object would be made each time.
 */
import { CODE_LINE_SHIFT, CODE_MAP } from "./layout.ts";
import { Mark, Op, SHIFT } from "./op.ts";
import { WORD } from "./psr.ts";

/** Rm shifted by the constant in w1. */
export function shifted(i32: Int32Array, w1: number): number {
  const value = i32[w1 >>> 8 & 15]!, amount = w1 >>> 21 & 63;
  switch (w1 >>> 27 & 7) {
    case SHIFT.LSL:
      return value << amount;
    case SHIFT.LSR:
      return amount === 32 ? 0 : value >>> amount | 0;
    case SHIFT.ASR:
      return value >> (amount === 32 ? 31 : amount);
    case SHIFT.ROR:
      return value >>> amount | value << (32 - amount);
  }
  return i32[WORD.CF]! << 31 | value >>> 1;
}

/** The same, and C is the shifter's. The amount is not 0: that is no shifted operand (op.ts). */
export function shiftedWithCarry(i32: Int32Array, w1: number): number {
  const value = i32[w1 >>> 8 & 15]!, amount = w1 >>> 21 & 63;
  const result = shifted(i32, w1);
  const type = w1 >>> 27 & 7;
  i32[WORD.CF] = type === SHIFT.LSL
    ? value >>> (32 - amount) & 1
    : type === SHIFT.RRX
    ? value & 1
    : value >>> (amount - 1) & 1;
  return result;
}

/** LSL, LSR or ASR of Rm by the bottom byte of Ra; C stays. */
export function shiftedByRegister(i32: Int32Array, w1: number): number {
  const value = i32[w1 >>> 8 & 15]!, amount = i32[w1 >>> 12 & 15]! & 0xff;
  switch (w1 >>> 27 & 7) {
    case SHIFT.LSL:
      return amount > 31 ? 0 : value << amount;
    case SHIFT.LSR:
      return amount > 31 ? 0 : value >>> amount | 0;
    case SHIFT.ASR:
      return value >> (amount > 31 ? 31 : amount);
  }
  return value >>> (amount & 31) | value << (32 - (amount & 31));
}

/** The upper word of an unsigned product. */
export function upperProduct(a: number, b: number): number {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const middle = (Math.imul(ah, bl) >>> 0) + (Math.imul(al, bl) >>> 16);
  const rest = (middle & 0xffff) + (Math.imul(al, bh) >>> 0);
  return Math.imul(ah, bh) + (middle >>> 16) + (rest >>> 16) | 0;
}

/** A block of registers never spans more: 64 bytes. */
const LAST_START = 0x1000 - 64;

/**
 * LDM when all of it is in a page that the soft TLB knows. The PC is loaded as it is.
 *
 * @returns false when it is not: nothing has happened
 */
export function loadMultiple(
  i32: Int32Array,
  tlb: number,
  records: Int32Array,
  record: number,
): boolean {
  const w1 = records[record + 1]!, w2 = records[record + 2]!, w3 = records[record + 3]!;
  const n = w1 >>> 4 & 15;
  const base = i32[n]!, address = base + (w3 >> 8) | 0;
  const word = i32[tlb + (address >>> 12)]!;
  if (word === 0 || (address & 3) !== 0 || (address & 0xfff) > LAST_START) return false;
  let at = (address + word) >>> 2;
  if ((w2 >>> n & 1) === 0) i32[n] = base + (w2 >> 16);
  for (let bits = w2 & 0xffff; bits !== 0; bits &= bits - 1) {
    i32[31 - Math.clz32(bits & -bits)] = i32[at++]!;
  }
  return true;
}

/** STM, likewise, when it meets no code. R15 must be what it reads as if it is stored. */
export function storeMultiple(
  { i32, u8 }: { readonly i32: Int32Array; readonly u8: Uint8Array },
  tlb: number,
  records: Int32Array,
  record: number,
): boolean {
  const w1 = records[record + 1]!, w2 = records[record + 2]!, w3 = records[record + 3]!;
  const n = w1 >>> 4 & 15;
  const base = i32[n]!, address = base + (w3 >> 8) | 0;
  const word = i32[tlb + (address >>> 12)]!;
  if (word === 0 || (address & 3) !== 0 || (address & 0xfff) > LAST_START) return false;
  const host = address + word >>> 0;
  const line = CODE_MAP + (host >>> CODE_LINE_SHIFT);
  if ((u8[line]! | u8[line + 1]!) !== 0) return false;
  let at = host >>> 2;
  for (let bits = w2 & 0xffff; bits !== 0; bits &= bits - 1) {
    i32[at++] = i32[31 - Math.clz32(bits & -bits)]!;
  }
  i32[n] = base + (w2 >> 16);
  return true;
}

/**
 * Before the record at `at` executes under an ITSTATE: one that was decoded under another is decoded
 * again. Records that are no instructions of their own stay.
 */
export function matchIt(records: Int32Array, at: number, it: number): void {
  const w0 = records[at]!;
  if (w0 === Op.END_OF_PAGE || w0 === Op.STRADDLE) return;
  const decodedUnder = (w0 & Mark.GOVERNED) === 0 ? 0 : records[at + 3]! & 0xff;
  if (decodedUnder !== it) records[at] = Op.UNDECODED;
}
