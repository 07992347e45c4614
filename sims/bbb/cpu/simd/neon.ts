/** What the tables of Advanced SIMD share: vectors of lanes, and operations on each lane. */

import { SINGLE } from "./float.ts";
import type { Machine } from "./machine.ts";
import { dOf } from "./registers.ts";
import type { Action, Fields } from "./rows.ts";

/** The vectors of an encoding: D registers, Q says that each is two. */
export interface Vectors {
  readonly d: number;
  readonly n: number;
  readonly m: number;
  /** Bytes of each. */
  readonly bytes: number;
}

/** Undefined: a Q register with an odd number. `which` are in use. */
export function vectors(f: Fields, which: "dnm" | "dm"): Vectors | undefined {
  const d = dOf(f.D!, f.d!), n = dOf(f.N!, f.n!), m = dOf(f.M!, f.m!);
  if (f.Q && ((d | m | (which === "dnm" ? n : 0)) & 1) !== 0) return undefined;
  return { d, n, m, bytes: f.Q ? 16 : 8 };
}

/** A lane's result: operands, what Rd has, bits of a lane. */
export type LaneOperation = (a: bigint, b: bigint, d: bigint, bits: bigint) => bigint;
/** The same in small integers, where that is exact: lanes of up to 32 bits. */
export type NumberOperation = (a: number, b: number, d: number) => number;

/** d[i] = n[i] op m[i], lane by lane. Source and target are the same or apart: no copy is needed. */
export function eachLane(
  { registers }: Machine,
  { d, n, m, bytes }: Vectors,
  size: number,
  unsigned: boolean,
  operation: LaneOperation,
): Action {
  const count = bytes >>> size, bits = BigInt(8 << size);
  return () => {
    for (let i = 0; i < count; i++) {
      const a = registers.get(n, i, size, unsigned), b = registers.get(m, i, size, unsigned);
      const old = registers.get(d, i, size, unsigned);
      registers.set(d, i, size, operation(a, b, old, bits));
    }
  };
}

export function eachNumber(
  { registers }: Machine,
  { d, n, m, bytes }: Vectors,
  size: number,
  unsigned: boolean,
  operation: NumberOperation,
): Action {
  const lanes = registers.lanes(size, unsigned);
  const count = bytes >>> size;
  const toD = d << 3 >>> size, toN = n << 3 >>> size, toM = m << 3 >>> size;
  return () => {
    for (let i = 0; i < count; i++) {
      lanes[toD + i] = operation(lanes[toN + i]!, lanes[toM + i]!, lanes[toD + i]!);
    }
  };
}

/** d[i] = op(n[i], m[i], d[i]) of single-precision numbers, as bits. */
export function eachFloat(
  { registers: { u32 } }: Machine,
  { d, n, m, bytes }: Vectors,
  operation: (a: bigint, b: bigint, d: bigint) => bigint,
): Action {
  return () => {
    for (let i = 0; i < bytes >>> 2; i++) {
      const a = BigInt(u32[2 * n + i]!), b = BigInt(u32[2 * m + i]!);
      u32[2 * d + i] = Number(operation(a, b, BigInt(u32[2 * d + i]!)));
    }
  };
}

/**
 * d[i] of `8 << dSize` bits from n[i] and m[i]; all are read before the first is written, as the
 * registers may overlap.
 */
export function widthsApart(
  { registers }: Machine,
  { d, n, m }: Pick<Vectors, "d" | "n" | "m">,
  { count, sizes: [dSize, nSize, mSize], unsigned, operation }: {
    readonly count: number;
    readonly sizes: readonly [d: number, n: number, m: number];
    readonly unsigned: boolean;
    readonly operation: (a: bigint, b: bigint, d: bigint) => bigint;
  },
): Action {
  const results: bigint[] = new Array(count);
  return () => {
    for (let i = 0; i < count; i++) {
      const a = registers.get(n, i, nSize, unsigned), b = registers.get(m, i, mSize, unsigned);
      results[i] = operation(a, b, registers.get(d, i, dSize, unsigned));
    }
    for (let i = 0; i < count; i++) registers.set(d, i, dSize, results[i]!);
  };
}

/** All ones or all zeros. */
export function ones(test: boolean): bigint {
  return test ? -1n : 0n;
}

export function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** To the left by a signed amount; a right shift may round. */
export function shiftLeft(value: bigint, by: bigint, round: boolean): bigint {
  if (by >= 0n) return value << by;
  return (round ? value + (1n << (-by - 1n)) : value) >> -by;
}

/** Polynomials over {0, 1}. */
export function polynomialProduct(a: bigint, b: bigint): bigint {
  let product = 0n;
  for (let i = 0n; i < 8n; i++) if ((a >> i & 1n) === 1n) product ^= b << i;
  return product;
}

export const SINGLE_SIGN = SINGLE.sign;
