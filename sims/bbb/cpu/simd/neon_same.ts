/** Advanced SIMD: three registers of the same length (ARM ARM DDI 0406C, table A7-9). */

import { ORDER, SINGLE } from "./float.ts";
import { recipStep, rsqrtStep } from "./estimate.ts";
import type { Machine } from "./machine.ts";
import * as neon from "./neon.ts";
import type { LaneOperation, NumberOperation } from "./neon.ts";
import { dOf } from "./registers.ts";
import type { Build, Row } from "./rows.ts";

/** Lanes of 8 to 32 bits; u 1: unsigned. */
function narrow(operation: NumberOperation, sizes: readonly number[] = [0, 1, 2]): Build<Machine> {
  return (f, machine) => {
    const v = neon.vectors(f, "dnm");
    if (v === undefined || !sizes.includes(f.s!)) return undefined;
    return neon.eachNumber(machine, v, f.s!, f.u === 1, operation);
  };
}

/** Lanes of 8 to 64 bits, with what saturates. */
function wide(
  operation: (machine: Machine, size: number, unsigned: boolean) => LaneOperation,
): Build<Machine> {
  return (f, machine) => {
    const v = neon.vectors(f, "dnm");
    if (v === undefined) return undefined;
    const unsigned = f.u === 1;
    return neon.eachLane(machine, v, f.s!, unsigned, operation(machine, f.s!, unsigned));
  };
}

function modulo(whole: NumberOperation, long: LaneOperation): Build<Machine> {
  const big = wide(() => long), small = narrow(whole);
  return (f, machine) => (f.s === 3 ? big : small)(f, machine);
}

function saturating(operation: LaneOperation): Build<Machine> {
  return wide(({ registers }, size, unsigned) => (a, b, d, bits) => {
    return registers.saturate(operation(a, b, d, bits), size, unsigned);
  });
}

/**
 * Shifts n by the signed low byte of each lane of m: operands are swapped, m is what is shifted. A
 * shift by more than the lane has goes as far as the sign.
 */
function shift({ round, saturate }: { readonly round: boolean; readonly saturate: boolean }) {
  return wide(({ registers }, size, unsigned) => (by, value, _, bits) => {
    const amount = BigInt.asIntN(8, by);
    const right = amount < -bits - 1n ? -bits - 1n : amount;
    const result = neon.shiftLeft(value, right, round);
    return saturate ? registers.saturate(result, size, unsigned) : result;
  });
}

/** Of whole words. */
function bitwise(operation: NumberOperation): Build<Machine> {
  return (f, machine) => {
    const v = neon.vectors(f, "dnm");
    return v && neon.eachNumber(machine, v, 2, false, operation);
  };
}

/** Doubled, the high half: VQDMULH. */
function doubledHigh(round: boolean): Build<Machine> {
  const build = wide(({ registers }, size) => (a, b, _, bits) => {
    const product = 2n * a * b + (round ? 1n << bits - 1n : 0n);
    return registers.saturate(product >> bits, size, false);
  });
  return (f, machine) => f.s === 1 || f.s === 2 ? build({ ...f, u: 0 }, machine) : undefined;
}

/** Neighbours of n, then of m. Only D registers. */
function pairwise(operation: NumberOperation): Build<Machine> {
  return (f, { registers }) => {
    if (f.Q || f.s === 3) return undefined;
    const lanes = registers.lanes(f.s!, f.u === 1);
    const [d, n, m] = [dOf(f.D!, f.d!), dOf(f.N!, f.n!), dOf(f.M!, f.m!)]
      .map((r) => r << 3 >>> f.s!) as [number, number, number];
    const half = 4 >>> f.s!;
    const results = new Array<number>(2 * half);
    return () => {
      for (let i = 0; i < half; i++) {
        results[i] = operation(lanes[n + 2 * i]!, lanes[n + 2 * i + 1]!, 0);
        results[half + i] = operation(lanes[m + 2 * i]!, lanes[m + 2 * i + 1]!, 0);
      }
      for (let i = 0; i < 2 * half; i++) lanes[d + i] = results[i]!;
    };
  };
}

type FloatOperation = (machine: Machine, a: bigint, b: bigint, d: bigint) => bigint;

/** t is the low bit of the size: only single precision is there. */
function float(operation: FloatOperation): Build<Machine> {
  return (f, machine) => {
    const v = neon.vectors(f, "dnm");
    if (v === undefined || f.t) return undefined;
    return neon.eachFloat(machine, v, (a, b, d) => operation(machine, a, b, d));
  };
}

function pairwiseFloat(operation: FloatOperation): Build<Machine> {
  return (f, machine) => {
    if (f.Q || f.t) return undefined;
    const { u32 } = machine.registers;
    const d = 2 * dOf(f.D!, f.d!), n = 2 * dOf(f.N!, f.n!), m = 2 * dOf(f.M!, f.m!);
    const of = (r: number) => Number(operation(machine, BigInt(u32[r]!), BigInt(u32[r + 1]!), 0n));
    return () => {
      const low = of(n), high = of(m);
      u32[d] = low;
      u32[d + 1] = high;
    };
  };
}

const add: FloatOperation = ({ arithmetic }, a, b) => arithmetic.simdOperate("add", a, b);
const sub: FloatOperation = ({ arithmetic }, a, b) => arithmetic.simdOperate("sub", a, b);
const mul: FloatOperation = ({ arithmetic }, a, b) => arithmetic.simdOperate("mul", a, b);
const max: FloatOperation = ({ arithmetic }, a, b) => arithmetic.simd((u) => u.max(SINGLE, a, b));
const min: FloatOperation = ({ arithmetic }, a, b) => arithmetic.simd((u) => u.min(SINGLE, a, b));
const magnitude = (bits: bigint) => bits & ~neon.SINGLE_SIGN;

function compared(accepted: readonly number[], signals: boolean, absolute = false): FloatOperation {
  return ({ arithmetic }, a, b) => {
    const [x, y] = absolute ? [magnitude(a), magnitude(b)] : [a, b];
    const order = arithmetic.simd((unit) => unit.compare(SINGLE, x, y, signals));
    return accepted.includes(order) ? 0xffff_ffffn : 0n;
  };
}

const { EQUAL, GREATER } = ORDER;
const ALL = (test: boolean) => test ? -1 : 0;
const distance: NumberOperation = (a, b) => Math.abs(a - b);

// deno-fmt-ignore
export const SAME_ROWS: readonly Row<Machine>[] = [
  ["1111 001u 0Dss nnnn dddd 0000 NQM0 mmmm", narrow((a, b) => Math.floor((a + b) / 2))],      // VHADD
  ["1111 001u 0Dss nnnn dddd 0000 NQM1 mmmm", saturating((a, b) => a + b)],                    // VQADD
  ["1111 001u 0Dss nnnn dddd 0001 NQM0 mmmm", narrow((a, b) => Math.floor((a + b + 1) / 2))],  // VRHADD
  ["1111 0010 0D00 nnnn dddd 0001 NQM1 mmmm", bitwise((a, b) => a & b)],                       // VAND
  ["1111 0010 0D01 nnnn dddd 0001 NQM1 mmmm", bitwise((a, b) => a & ~b)],                      // VBIC
  ["1111 0010 0D10 nnnn dddd 0001 NQM1 mmmm", bitwise((a, b) => a | b)],                       // VORR
  ["1111 0010 0D11 nnnn dddd 0001 NQM1 mmmm", bitwise((a, b) => a | ~b)],                      // VORN
  ["1111 0011 0D00 nnnn dddd 0001 NQM1 mmmm", bitwise((a, b) => a ^ b)],                       // VEOR
  ["1111 0011 0D01 nnnn dddd 0001 NQM1 mmmm", bitwise((a, b, d) => (a & d) | (b & ~d))],       // VBSL
  ["1111 0011 0D10 nnnn dddd 0001 NQM1 mmmm", bitwise((a, b, d) => (a & b) | (d & ~b))],       // VBIT
  ["1111 0011 0D11 nnnn dddd 0001 NQM1 mmmm", bitwise((a, b, d) => (d & b) | (a & ~b))],       // VBIF
  ["1111 001u 0Dss nnnn dddd 0010 NQM0 mmmm", narrow((a, b) => Math.floor((a - b) / 2))],      // VHSUB
  ["1111 001u 0Dss nnnn dddd 0010 NQM1 mmmm", saturating((a, b) => a - b)],                    // VQSUB
  ["1111 001u 0Dss nnnn dddd 0011 NQM0 mmmm", narrow((a, b) => ALL(a > b))],                   // VCGT
  ["1111 001u 0Dss nnnn dddd 0011 NQM1 mmmm", narrow((a, b) => ALL(a >= b))],                  // VCGE
  ["1111 001u 0Dss nnnn dddd 0100 NQM0 mmmm", shift({ round: false, saturate: false })],       // VSHL
  ["1111 001u 0Dss nnnn dddd 0100 NQM1 mmmm", shift({ round: false, saturate: true })],        // VQSHL
  ["1111 001u 0Dss nnnn dddd 0101 NQM0 mmmm", shift({ round: true, saturate: false })],        // VRSHL
  ["1111 001u 0Dss nnnn dddd 0101 NQM1 mmmm", shift({ round: true, saturate: true })],         // VQRSHL
  ["1111 001u 0Dss nnnn dddd 0110 NQM0 mmmm", narrow((a, b) => Math.max(a, b))],
  ["1111 001u 0Dss nnnn dddd 0110 NQM1 mmmm", narrow((a, b) => Math.min(a, b))],
  ["1111 001u 0Dss nnnn dddd 0111 NQM0 mmmm", narrow(distance)],                               // VABD
  ["1111 001u 0Dss nnnn dddd 0111 NQM1 mmmm", narrow((a, b, d) => d + Math.abs(a - b))],       // VABA
  ["1111 0010 0Dss nnnn dddd 1000 NQM0 mmmm", modulo((a, b) => a + b, (a, b) => a + b)],       // VADD
  ["1111 0011 0Dss nnnn dddd 1000 NQM0 mmmm", modulo((a, b) => a - b, (a, b) => a - b)],       // VSUB
  ["1111 0010 0Dss nnnn dddd 1000 NQM1 mmmm", narrow((a, b) => ALL((a & b) !== 0))],           // VTST
  ["1111 0011 0Dss nnnn dddd 1000 NQM1 mmmm", narrow((a, b) => ALL(a === b))],                 // VCEQ
  ["1111 0010 0Dss nnnn dddd 1001 NQM0 mmmm", narrow((a, b, d) => d + Math.imul(a, b))],       // VMLA
  ["1111 0011 0Dss nnnn dddd 1001 NQM0 mmmm", narrow((a, b, d) => d - Math.imul(a, b))],       // VMLS
  ["1111 0010 0Dss nnnn dddd 1001 NQM1 mmmm", narrow(Math.imul)],                              // VMUL
  ["1111 0011 0D00 nnnn dddd 1001 NQM1 mmmm", wide(() => neon.polynomialProduct)],             // VMUL
  ["1111 001u 0Dss nnnn dddd 1010 NQM0 mmmm", pairwise((a, b) => Math.max(a, b))],                             // VPMAX
  ["1111 001u 0Dss nnnn dddd 1010 NQM1 mmmm", pairwise((a, b) => Math.min(a, b))],                             // VPMIN
  ["1111 0010 0Dss nnnn dddd 1011 NQM0 mmmm", doubledHigh(false)],                             // VQDMULH
  ["1111 0011 0Dss nnnn dddd 1011 NQM0 mmmm", doubledHigh(true)],                              // VQRDMULH
  ["1111 0010 0Dss nnnn dddd 1011 NQM1 mmmm", pairwise((a, b) => a + b)],                      // VPADD
  ["1111 0010 0D0t nnnn dddd 1101 NQM0 mmmm", float(add)],
  ["1111 0010 0D1t nnnn dddd 1101 NQM0 mmmm", float(sub)],
  ["1111 0011 0D0t nnnn dddd 1101 NQM0 mmmm", pairwiseFloat(add)],                             // VPADD
  ["1111 0011 0D1t nnnn dddd 1101 NQM0 mmmm", float((u, a, b) => magnitude(sub(u, a, b, 0n)))], // VABD
  ["1111 0010 0D0t nnnn dddd 1101 NQM1 mmmm", float((u, a, b, d) => add(u, d, mul(u, a, b, d), d))], // VMLA
  ["1111 0010 0D1t nnnn dddd 1101 NQM1 mmmm", float((u, a, b, d) => sub(u, d, mul(u, a, b, d), d))], // VMLS
  ["1111 0011 0D0t nnnn dddd 1101 NQM1 mmmm", float(mul)],
  ["1111 0010 0D0t nnnn dddd 1110 NQM0 mmmm", float(compared([EQUAL], false))],                // VCEQ
  ["1111 0011 0D0t nnnn dddd 1110 NQM0 mmmm", float(compared([EQUAL, GREATER], true))],        // VCGE
  ["1111 0011 0D1t nnnn dddd 1110 NQM0 mmmm", float(compared([GREATER], true))],               // VCGT
  ["1111 0011 0D0t nnnn dddd 1110 NQM1 mmmm", float(compared([EQUAL, GREATER], true, true))],  // VACGE
  ["1111 0011 0D1t nnnn dddd 1110 NQM1 mmmm", float(compared([GREATER], true, true))],         // VACGT
  ["1111 0010 0D0t nnnn dddd 1111 NQM0 mmmm", float(max)],
  ["1111 0010 0D1t nnnn dddd 1111 NQM0 mmmm", float(min)],
  ["1111 0011 0D0t nnnn dddd 1111 NQM0 mmmm", pairwiseFloat(max)],                             // VPMAX
  ["1111 0011 0D1t nnnn dddd 1111 NQM0 mmmm", pairwiseFloat(min)],                             // VPMIN
  ["1111 0010 0D0t nnnn dddd 1111 NQM1 mmmm", float(({ arithmetic }, a, b) => recipStep(arithmetic, a, b))],
  ["1111 0010 0D1t nnnn dddd 1111 NQM1 mmmm", float(({ arithmetic }, a, b) => rsqrtStep(arithmetic, a, b))],
];
