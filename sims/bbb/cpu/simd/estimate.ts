/** Reciprocal and square root estimates, and the steps that refine them (ARM ARM A2.7.8). */

import type { Arithmetic } from "./arithmetic.ts";
import { FLAG, SINGLE } from "./float.ts";

const SIGN = SINGLE.sign;
const INFINITY = SINGLE.infinity;
const TWO = 0x4000_0000n;
const THREE = 0x4040_0000n;
const ONE_AND_A_HALF = 0x3fc0_0000n;

/** VRECPS: 2 - a b; infinity times zero counts as 0. */
export function recipStep(arithmetic: Arithmetic, a: bigint, b: bigint): bigint {
  return arithmetic.simd((unit) => {
    if (infinityTimesZero(unit.flushed(SINGLE, a), unit.flushed(SINGLE, b))) return TWO;
    return unit.sub(SINGLE, TWO, unit.mul(SINGLE, a, b));
  });
}

/** VRSQRTS: (3 - a b) / 2. */
export function rsqrtStep(arithmetic: Arithmetic, a: bigint, b: bigint): bigint {
  return arithmetic.simd((unit) => {
    if (infinityTimesZero(unit.flushed(SINGLE, a), unit.flushed(SINGLE, b))) return ONE_AND_A_HALF;
    const difference = unit.sub(SINGLE, THREE, unit.mul(SINGLE, a, b));
    return unit.div(SINGLE, difference, TWO);
  });
}

function infinityTimesZero(a: bigint, b: bigint): boolean {
  const x = a & ~SIGN, y = b & ~SIGN;
  return (x === INFINITY && y === 0n) || (x === 0n && y === INFINITY);
}

/** Of a in [0.5, 1): 1 / a in [1, 2), 8 bits behind the point. */
function recip(a: number): number {
  const q = Math.floor(a * 512);
  return Math.floor(256 / ((q + 0.5) / 512) + 0.5) / 256;
}

/** Of a in [0.25, 1): 1 / sqrt(a) in [1, 2). */
function rsqrt(a: number): number {
  const steps = a < 0.5 ? 512 : 256;
  const q = Math.floor(a * steps);
  return Math.floor(256 / Math.sqrt((q + 0.5) / steps) + 0.5) / 256;
}

/** VRECPE of unsigned fixed point. */
export function unsignedRecip(operand: number): number {
  return operand >>> 31 === 0 ? 0xffff_ffff : recip(operand / 2 ** 32) * 2 ** 31;
}

/** VRSQRTE of unsigned fixed point. */
export function unsignedRsqrt(operand: number): number {
  return operand >>> 30 === 0 ? 0xffff_ffff : rsqrt(operand / 2 ** 32) * 2 ** 31;
}

/** VRECPE of single precision. */
export function floatRecip(arithmetic: Arithmetic, operand: bigint): bigint {
  return special(arithmetic, operand, (bits, sign, _, flag) => {
    const exponent = Number(bits >> 23n & 0xffn);
    if (exponent >= 253) {
      flag(FLAG.UNDERFLOW);
      return sign;
    }
    const mantissa = 0.5 + Number(bits & 0x7f_ffffn) / 2 ** 24;
    return sign | fromEstimate(recip(mantissa), 253 - exponent);
  }, (sign) => sign);
}

/** VRSQRTE of single precision. */
export function floatRsqrt(arithmetic: Arithmetic, operand: bigint): bigint {
  return special(arithmetic, operand, (bits, sign, invalid) => {
    if (sign !== 0n) return invalid();
    const exponent = Number(bits >> 23n & 0xffn);
    const fraction = Number(bits & 0x7f_ffffn) / 2 ** 24 + 0.5;
    const mantissa = exponent % 2 === 0 ? fraction : fraction / 2;
    return fromEstimate(rsqrt(mantissa), Math.floor((380 - exponent) / 2));
  }, (sign, invalid) => sign === 0n ? 0n : invalid());
}

/** An estimate in [1, 2) at an exponent. */
function fromEstimate(estimate: number, exponent: number): bigint {
  return BigInt(exponent) << 23n | BigInt(Math.round((estimate - 1) * 256)) << 15n;
}

type Invalid = () => bigint;

function special(
  arithmetic: Arithmetic,
  operand: bigint,
  finite: (bits: bigint, sign: bigint, invalid: Invalid, flag: (bits: number) => void) => bigint,
  infinite: (sign: bigint, invalid: Invalid) => bigint,
): bigint {
  return arithmetic.simd((unit) => {
    const bits = unit.flushed(SINGLE, operand);
    const sign = bits & SIGN, size = bits & ~SIGN;
    const invalid = () => {
      unit.flags |= FLAG.INVALID;
      return SINGLE.defaultNaN;
    };
    if (size > INFINITY) {
      if ((size & SINGLE.quiet) === 0n) unit.flags |= FLAG.INVALID;
      return SINGLE.defaultNaN;
    }
    if (size === INFINITY) return infinite(sign, invalid);
    if (size !== 0n) return finite(bits, sign, invalid, (flags) => unit.flags |= flags);
    unit.flags |= FLAG.DIVISION_BY_ZERO;
    return sign | INFINITY;
  });
}
