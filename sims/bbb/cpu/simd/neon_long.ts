/**
 * Advanced SIMD: three registers of different lengths, and two registers and a scalar (ARM ARM
 * tables A7-10 and A7-11).
 */

import type { Machine } from "./machine.ts";
import * as neon from "./neon.ts";
import { dOf, type Registers } from "./registers.ts";
import type { Build, Fields, Row } from "./rows.ts";

/** a and b as they are, d twice as wide; saturating is up to the operation. */
type Operation = (
  a: bigint,
  b: bigint,
  d: bigint,
  saturate: (value: bigint) => bigint,
) => bigint;

const threes = (f: Fields) => ({ d: dOf(f.D!, f.d!), n: dOf(f.N!, f.n!), m: dOf(f.M!, f.m!) });

/** d is twice as wide as m; n as m, or as d (`wideFirst`). */
function long(operation: Operation, { wideFirst = false, sizes = [0, 1, 2] } = {}): Build<Machine> {
  return (f, machine) => {
    const v = threes(f);
    if ((v.d & 1) || (wideFirst && v.n & 1) || !sizes.includes(f.s!)) return undefined;
    const saturate = saturateTo(machine.registers, f.s! + 1);
    return neon.widthsApart(machine, v, {
      count: 8 >>> f.s!,
      sizes: [f.s! + 1, f.s! + (wideFirst ? 1 : 0), f.s!],
      unsigned: f.u === 1,
      operation: (a, b, d) => operation(a, b, d, saturate),
    });
  };
}

function saturateTo(registers: Registers, size: number): (value: bigint) => bigint {
  return (value) => registers.saturate(value, size, false);
}

/** The high halves of n op m: VADDHN and its kin. u: rounds. */
function highNarrow(operation: (a: bigint, b: bigint) => bigint): Build<Machine> {
  return (f, machine) => {
    const v = threes(f);
    if (f.s === 3 || ((v.n | v.m) & 1)) return undefined;
    const bits = BigInt(8 << f.s!);
    const half = f.u ? 1n << bits - 1n : 0n;
    return neon.widthsApart(machine, v, {
      count: 8 >>> f.s!,
      sizes: [f.s!, f.s! + 1, f.s! + 1],
      unsigned: true,
      operation: (a, b) => (operation(a, b) + half) >> bits,
    });
  };
}

/** A scalar of 16 or 32 bits: D[2:0][n] or D[3:0][n]. */
function scalarOf(f: Fields): { readonly d: number; readonly lane: number } {
  return f.s === 1 ? { d: f.m! & 7, lane: f.M! << 1 | f.m! >>> 3 } : { d: f.m!, lane: f.M! };
}

/** Vector times scalar, of the same width. */
function byScalar(
  operation: (a: bigint, b: bigint, d: bigint, size: number, machine: Machine) => bigint,
): Build<Machine> {
  return (f, machine) => {
    const d = dOf(f.D!, f.d!), n = dOf(f.N!, f.n!), size = f.s!;
    if ((size !== 1 && size !== 2) || (f.Q && (d | n) & 1)) return undefined;
    const { registers } = machine;
    const scalar = scalarOf(f);
    const count = (f.Q ? 16 : 8) >>> size;
    return () => {
      const b = registers.get(scalar.d, scalar.lane, size, false);
      for (let i = 0; i < count; i++) {
        const a = registers.get(n, i, size, false), old = registers.get(d, i, size, false);
        registers.set(d, i, size, operation(a, b, old, size, machine));
      }
    };
  };
}

function byFloatScalar(
  operation: (machine: Machine, a: bigint, b: bigint, d: bigint) => bigint,
): Build<Machine> {
  const build = byScalar((a, b, d, _, machine) => {
    const bits = (value: bigint) => BigInt.asUintN(32, value);
    return operation(machine, bits(a), bits(b), bits(d));
  });
  return (f, machine) => f.s === 2 ? build(f, machine) : undefined;
}

function longByScalar(operation: Operation): Build<Machine> {
  return (f, { registers }) => {
    const d = dOf(f.D!, f.d!), n = dOf(f.N!, f.n!), size = f.s!;
    if ((d & 1) || (size !== 1 && size !== 2)) return undefined;
    const scalar = scalarOf(f);
    const unsigned = f.u === 1;
    const saturate = saturateTo(registers, size + 1);
    const count = 8 >>> size;
    const results: bigint[] = new Array(count);
    return () => {
      const b = registers.get(scalar.d, scalar.lane, size, unsigned);
      for (let i = 0; i < count; i++) {
        const old = registers.get(d, i, size + 1, unsigned);
        results[i] = operation(registers.get(n, i, size, unsigned), b, old, saturate);
      }
      for (let i = 0; i < count; i++) registers.set(d, i, size + 1, results[i]!);
    };
  };
}

const doubled: Operation = (a, b, _, saturate) => saturate(2n * a * b);
const doubledAdd: Operation = (a, b, d, saturate) => saturate(d + saturate(2n * a * b));
const doubledSub: Operation = (a, b, d, saturate) => saturate(d - saturate(2n * a * b));

function doubledHigh(round: boolean): Build<Machine> {
  return byScalar((a, b, _, size, { registers }) => {
    const bits = BigInt(8 << size);
    return registers.saturate((2n * a * b + (round ? 1n << bits - 1n : 0n)) >> bits, size, false);
  });
}

const mulFloat = ({ arithmetic }: Machine, a: bigint, b: bigint) =>
  arithmetic.simdOperate("mul", a, b);
const addFloat = ({ arithmetic }: Machine, a: bigint, b: bigint) =>
  arithmetic.simdOperate("add", a, b);
const subFloat = ({ arithmetic }: Machine, a: bigint, b: bigint) =>
  arithmetic.simdOperate("sub", a, b);

/** Signed lanes of 16 and 32 bits. */
const HALVES_AND_WORDS = { sizes: [1, 2] };

// deno-fmt-ignore
export const LONG_ROWS: readonly Row<Machine>[] = [
  ["1111 001u 1Dss nnnn dddd 0000 N0M0 mmmm", long((a, b) => a + b)],                          // VADDL
  ["1111 001u 1Dss nnnn dddd 0001 N0M0 mmmm", long((a, b) => a + b, { wideFirst: true })],     // VADDW
  ["1111 001u 1Dss nnnn dddd 0010 N0M0 mmmm", long((a, b) => a - b)],                          // VSUBL
  ["1111 001u 1Dss nnnn dddd 0011 N0M0 mmmm", long((a, b) => a - b, { wideFirst: true })],     // VSUBW
  ["1111 001u 1Dss nnnn dddd 0100 N0M0 mmmm", highNarrow((a, b) => a + b)],                    // VADDHN, VRADDHN
  ["1111 001u 1Dss nnnn dddd 0101 N0M0 mmmm", long((a, b, d) => d + neon.absolute(a - b))],    // VABAL
  ["1111 001u 1Dss nnnn dddd 0110 N0M0 mmmm", highNarrow((a, b) => a - b)],                    // VSUBHN, VRSUBHN
  ["1111 001u 1Dss nnnn dddd 0111 N0M0 mmmm", long((a, b) => neon.absolute(a - b))],           // VABDL
  ["1111 001u 1Dss nnnn dddd 1000 N0M0 mmmm", long((a, b, d) => d + a * b)],                   // VMLAL
  ["1111 0010 1Dss nnnn dddd 1001 N0M0 mmmm", long(doubledAdd, HALVES_AND_WORDS)],             // VQDMLAL
  ["1111 001u 1Dss nnnn dddd 1010 N0M0 mmmm", long((a, b, d) => d - a * b)],                   // VMLSL
  ["1111 0010 1Dss nnnn dddd 1011 N0M0 mmmm", long(doubledSub, HALVES_AND_WORDS)],             // VQDMLSL
  ["1111 001u 1Dss nnnn dddd 1100 N0M0 mmmm", long((a, b) => a * b)],                          // VMULL
  ["1111 0010 1Dss nnnn dddd 1101 N0M0 mmmm", long(doubled, HALVES_AND_WORDS)],                // VQDMULL
  ["1111 0010 1D00 nnnn dddd 1110 N0M0 mmmm", long((a, b) =>
    neon.polynomialProduct(BigInt.asUintN(8, a), BigInt.asUintN(8, b)))],                      // VMULL
  ["1111 001Q 1Dss nnnn dddd 0000 N1M0 mmmm", byScalar((a, b, d) => d + a * b)],               // VMLA
  ["1111 001Q 1Dss nnnn dddd 0001 N1M0 mmmm", byFloatScalar((u, a, b, d) => addFloat(u, d, mulFloat(u, a, b)))],
  ["1111 001u 1Dss nnnn dddd 0010 N1M0 mmmm", longByScalar((a, b, d) => d + a * b)],           // VMLAL
  ["1111 0010 1Dss nnnn dddd 0011 N1M0 mmmm", longByScalar(doubledAdd)],                       // VQDMLAL
  ["1111 001Q 1Dss nnnn dddd 0100 N1M0 mmmm", byScalar((a, b, d) => d - a * b)],               // VMLS
  ["1111 001Q 1Dss nnnn dddd 0101 N1M0 mmmm", byFloatScalar((u, a, b, d) => subFloat(u, d, mulFloat(u, a, b)))],
  ["1111 001u 1Dss nnnn dddd 0110 N1M0 mmmm", longByScalar((a, b, d) => d - a * b)],           // VMLSL
  ["1111 0010 1Dss nnnn dddd 0111 N1M0 mmmm", longByScalar(doubledSub)],                       // VQDMLSL
  ["1111 001Q 1Dss nnnn dddd 1000 N1M0 mmmm", byScalar((a, b) => a * b)],                      // VMUL
  ["1111 001Q 1Dss nnnn dddd 1001 N1M0 mmmm", byFloatScalar(mulFloat)],                        // VMUL
  ["1111 001u 1Dss nnnn dddd 1010 N1M0 mmmm", longByScalar((a, b) => a * b)],                  // VMULL
  ["1111 0010 1Dss nnnn dddd 1011 N1M0 mmmm", longByScalar(doubled)],                          // VQDMULL
  ["1111 001Q 1Dss nnnn dddd 1100 N1M0 mmmm", doubledHigh(false)],                             // VQDMULH
  ["1111 001Q 1Dss nnnn dddd 1101 N1M0 mmmm", doubledHigh(true)],                              // VQRDMULH
];
