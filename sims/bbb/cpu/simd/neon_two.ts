/** Advanced SIMD: two registers, miscellaneous; permutations, tables, VDUP (ARM ARM table A7-13). */

import { ORDER, ROUND, SINGLE } from "./float.ts";
import { floatRecip, floatRsqrt, unsignedRecip, unsignedRsqrt } from "./estimate.ts";
import type { Machine } from "./machine.ts";
import * as neon from "./neon.ts";
import { dOf } from "./registers.ts";
import type { Build, Fields, Row } from "./rows.ts";
import { limitsOf } from "./vfp.ts";

/** Lanes of the sizes given; `unsigned` is how they are read. */
function each(
  operation: (value: bigint, bits: bigint, machine: Machine, size: number) => bigint,
  { sizes = [0, 1, 2], unsigned = false }: {
    readonly sizes?: readonly number[];
    readonly unsigned?: boolean;
  } = {},
): Build<Machine> {
  return (f, machine) => {
    const v = neon.vectors(f, "dm");
    if (v === undefined || !sizes.includes(f.s!)) return undefined;
    const lane = (_: bigint, value: bigint, _d: bigint, bits: bigint) =>
      operation(value, bits, machine, f.s!);
    return neon.eachLane(machine, { ...v, n: v.m }, f.s!, unsigned, lane);
  };
}

function float(operation: (value: bigint, machine: Machine) => bigint): Build<Machine> {
  return (f, machine) => {
    const v = neon.vectors(f, "dm");
    if (v === undefined || f.s !== 2) return undefined;
    return neon.eachFloat(machine, { ...v, n: v.m }, (value) => operation(value, machine));
  };
}

function compareZero(accepted: readonly number[], signals: boolean): Build<Machine> {
  return float((value, { arithmetic }) => {
    const order = arithmetic.simd((unit) => unit.compare(SINGLE, value, 0n, signals));
    return accepted.includes(order) ? 0xffff_ffffn : 0n;
  });
}

/** Reverses the order of lanes in groups of `8 << group` bits. */
function reverse(group: number): Build<Machine> {
  return (f, { registers }) => {
    const v = neon.vectors(f, "dm");
    if (v === undefined || f.s! >= group) return undefined;
    const mask = (1 << group - f.s!) - 1;
    const lanes = registers.lanes(f.s!, true);
    const d = v.d << 3 >>> f.s!, m = v.m << 3 >>> f.s!, count = v.bytes >>> f.s!;
    return () => {
      const old = lanes.slice(m, m + count);
      for (let i = 0; i < count; i++) lanes[d + i] = old[i ^ mask]!;
    };
  };
}

/** Neighbours added into lanes twice as wide; u: unsigned. */
function pairwiseLong(accumulates: boolean): Build<Machine> {
  return (f, { registers }) => {
    const v = neon.vectors(f, "dm"), size = f.s!;
    if (v === undefined || size === 3) return undefined;
    const unsigned = f.u === 1;
    const count = v.bytes >>> size + 1;
    return () => {
      for (let i = 0; i < count; i++) {
        const sum = registers.get(v.m, 2 * i, size, unsigned) +
          registers.get(v.m, 2 * i + 1, size, unsigned);
        const old = accumulates ? registers.get(v.d, i, size + 1, unsigned) : 0n;
        registers.set(v.d, i, size + 1, old + sum);
      }
    };
  };
}

/** VSWP, VTRN, VUZP, VZIP: rearranges the lanes of d and m, taken one after the other. */
function permute(
  from: (lane: number, count: number) => number,
  allowed: (size: number, q: number) => boolean,
): Build<Machine> {
  return (f, { registers }) => {
    const v = neon.vectors(f, "dm"), size = f.s!;
    if (v === undefined || size === 3 || !allowed(size, f.Q!)) return undefined;
    const lanes = registers.lanes(size, true);
    const d = v.d << 3 >>> size, m = v.m << 3 >>> size, count = v.bytes >>> size;
    return () => {
      const old = [...lanes.subarray(d, d + count), ...lanes.subarray(m, m + count)];
      for (let i = 0; i < count; i++) {
        lanes[d + i] = old[from(i, count)]!;
        lanes[m + i] = old[from(count + i, count)]!;
      }
    };
  };
}

const swap = (lane: number, count: number) => lane < count ? lane + count : lane - count;
/** Odd lanes of d against even lanes of m. */
const transpose = (lane: number, count: number) => {
  if (lane < count) return lane & 1 ? count + lane - 1 : lane;
  return lane - count & 1 ? lane : lane - count + 1;
};
const unzip = (lane: number, count: number) => lane < count ? 2 * lane : 2 * (lane - count) + 1;
const zip = (lane: number, count: number) => (lane >>> 1) + (lane & 1 ? count : 0);
const notWordsInD = (size: number, q: number) => q === 1 || size < 2;

/** To lanes of half the width. */
function narrow(
  { from, to }: { readonly from: "signed" | "unsigned"; readonly to?: "signed" | "unsigned" },
): Build<Machine> {
  return (f, machine) => {
    const v = neon.vectors({ ...f, Q: 0 }, "dm")!;
    if (f.s === 3 || (v.m & 1)) return undefined;
    const { registers } = machine;
    const saturate = (value: bigint) =>
      to === undefined ? value : registers.saturate(value, f.s!, to === "unsigned");
    return neon.widthsApart(machine, { ...v, n: v.m }, {
      count: 8 >>> f.s!,
      sizes: [f.s!, f.s! + 1, f.s! + 1],
      unsigned: from === "unsigned",
      operation: saturate,
    });
  };
}

/** VSHLL by the width of a lane. */
function longByWidth(f: Fields, machine: Machine) {
  const v = neon.vectors({ ...f, Q: 0 }, "dm")!;
  if (f.s === 3 || (v.d & 1)) return undefined;
  return neon.widthsApart(machine, { ...v, n: v.m }, {
    count: 8 >>> f.s!,
    sizes: [f.s! + 1, f.s!, f.s!],
    unsigned: true,
    operation: (value) => value << BigInt(8 << f.s!),
  });
}

/** VCVT with integers; o: to an integer, u: unsigned. */
function convert(f: Fields, machine: Machine) {
  const v = neon.vectors(f, "dm");
  if (v === undefined || f.s !== 2) return undefined;
  const { arithmetic } = machine;
  const unsigned = f.u === 1;
  const options = { ...limitsOf(32, unsigned), fractionBits: 0, rounding: ROUND.ZERO };
  const from = unsigned ? BigInt.asUintN : BigInt.asIntN;
  return neon.eachFloat(machine, { ...v, n: v.m }, (value) => {
    const result = f.o
      ? arithmetic.simd((unit) => unit.toFixed(SINGLE, value, options))
      : arithmetic.simd((unit) => unit.fromFixed(SINGLE, from(32, value), 0));
    return BigInt.asUintN(32, result);
  });
}

function leadingZeros(value: bigint, bits: bigint): bigint {
  return BigInt(Math.clz32(Number(value)) - 32) + bits;
}

/** Bits behind the sign that are as it is. */
function leadingSigns(value: bigint, bits: bigint): bigint {
  return leadingZeros(value < 0n ? ~value : value, bits) - 1n;
}

function countOnes(value: bigint): bigint {
  let count = 0n;
  for (let rest = value; rest !== 0n; rest &= rest - 1n) count++;
  return count;
}

/** Bytes of n:m from a place on. */
function extract(f: Fields, { registers: { u8 } }: Machine) {
  const v = neon.vectors(f, "dnm");
  if (v === undefined || (!f.Q && f.i! > 7)) return undefined;
  return () => {
    const both = [
      ...u8.subarray(8 * v.n, 8 * v.n + v.bytes),
      ...u8.subarray(8 * v.m, 8 * v.m + v.bytes),
    ];
    for (let i = 0; i < v.bytes; i++) u8[8 * v.d + i] = both[f.i! + i]!;
  };
}

/** VTBL, VTBX (x 1): bytes of up to four registers by index; out of reach: 0, or as it was. */
function table(f: Fields, { registers: { u8 } }: Machine) {
  const d = 8 * dOf(f.D!, f.d!), n = 8 * dOf(f.N!, f.n!), m = 8 * dOf(f.M!, f.m!);
  const length = 8 * (f.l! + 1);
  if (n + length > 256) return undefined; // UNPREDICTABLE
  return () => {
    const bytes = u8.slice(n, n + length), indices = u8.slice(m, m + 8);
    for (let i = 0; i < 8; i++) {
      const index = indices[i]!;
      if (index < length) u8[d + i] = bytes[index]!;
      else if (!f.o) u8[d + i] = 0;
    }
  };
}

/** VDUP of a scalar: the lowest 1 of the four bits says the size, those above it the lane. */
function duplicate(f: Fields, { registers }: Machine) {
  const d = dOf(f.D!, f.d!), m = dOf(f.M!, f.m!), i = f.i!;
  if ((i & 7) === 0 || (f.Q && d & 1)) return undefined;
  const size = i & 1 ? 0 : i & 2 ? 1 : 2;
  const lanes = registers.lanes(size, true);
  const from = (m << 3 >>> size) + (i >>> size + 1), to = d << 3 >>> size;
  return () => lanes.fill(lanes[from]!, to, to + ((f.Q ? 16 : 8) >>> size));
}

const { EQUAL, GREATER, LESS } = ORDER;
const saturated = (operation: (value: bigint) => bigint): Build<Machine> =>
  each((value, _, { registers }, size) => registers.saturate(operation(value), size, false));
const BYTES = { sizes: [0], unsigned: true };
const UNSIGNED = { unsigned: true };
const WORDS = { sizes: [2], unsigned: true };

// deno-fmt-ignore
export const TWO_ROWS: readonly Row<Machine>[] = [
  ["1111 0010 1D11 nnnn dddd iiii NQM0 mmmm", extract],                                  // VEXT
  ["1111 0011 1D11 nnnn dddd 10ll NoM0 mmmm", table],                                    // VTBL, VTBX
  ["1111 0011 1D11 iiii dddd 1100 0QM0 mmmm", duplicate],                                // VDUP
  ["1111 0011 1D11 ss00 dddd 0000 0QM0 mmmm", reverse(3)],                               // VREV64
  ["1111 0011 1D11 ss00 dddd 0000 1QM0 mmmm", reverse(2)],
  ["1111 0011 1D11 ss00 dddd 0001 0QM0 mmmm", reverse(1)],
  ["1111 0011 1D11 ss00 dddd 0010 uQM0 mmmm", pairwiseLong(false)],                      // VPADDL
  ["1111 0011 1D11 ss00 dddd 0100 0QM0 mmmm", each(leadingSigns)],                       // VCLS
  ["1111 0011 1D11 ss00 dddd 0100 1QM0 mmmm", each(leadingZeros, UNSIGNED)],             // VCLZ
  ["1111 0011 1D11 ss00 dddd 0101 0QM0 mmmm", each(countOnes, BYTES)],                   // VCNT
  ["1111 0011 1D11 ss00 dddd 0101 1QM0 mmmm", each((value) => ~value, BYTES)],           // VMVN
  ["1111 0011 1D11 ss00 dddd 0110 uQM0 mmmm", pairwiseLong(true)],                       // VPADAL
  ["1111 0011 1D11 ss00 dddd 0111 0QM0 mmmm", saturated(neon.absolute)],                 // VQABS
  ["1111 0011 1D11 ss00 dddd 0111 1QM0 mmmm", saturated((value) => -value)],             // VQNEG
  ["1111 0011 1D11 ss01 dddd 0000 0QM0 mmmm", each((value) => neon.ones(value > 0n))],   // VCGT #0
  ["1111 0011 1D11 ss01 dddd 0000 1QM0 mmmm", each((value) => neon.ones(value >= 0n))],
  ["1111 0011 1D11 ss01 dddd 0001 0QM0 mmmm", each((value) => neon.ones(value === 0n))],
  ["1111 0011 1D11 ss01 dddd 0001 1QM0 mmmm", each((value) => neon.ones(value <= 0n))],
  ["1111 0011 1D11 ss01 dddd 0010 0QM0 mmmm", each((value) => neon.ones(value < 0n))],
  ["1111 0011 1D11 ss01 dddd 0011 0QM0 mmmm", each(neon.absolute)],                      // VABS
  ["1111 0011 1D11 ss01 dddd 0011 1QM0 mmmm", each((value) => -value)],                  // VNEG
  ["1111 0011 1D11 ss01 dddd 0100 0QM0 mmmm", compareZero([GREATER], true)],
  ["1111 0011 1D11 ss01 dddd 0100 1QM0 mmmm", compareZero([GREATER, EQUAL], true)],
  ["1111 0011 1D11 ss01 dddd 0101 0QM0 mmmm", compareZero([EQUAL], false)],
  ["1111 0011 1D11 ss01 dddd 0101 1QM0 mmmm", compareZero([LESS, EQUAL], true)],
  ["1111 0011 1D11 ss01 dddd 0110 0QM0 mmmm", compareZero([LESS], true)],
  ["1111 0011 1D11 ss01 dddd 0111 0QM0 mmmm", float((bits) => bits & ~neon.SINGLE_SIGN)],
  ["1111 0011 1D11 ss01 dddd 0111 1QM0 mmmm", float((bits) => bits ^ neon.SINGLE_SIGN)],
  ["1111 0011 1D11 ss10 dddd 0000 0QM0 mmmm", permute(swap, (size) => size === 0)],      // VSWP
  ["1111 0011 1D11 ss10 dddd 0000 1QM0 mmmm", permute(transpose, () => true)],           // VTRN
  ["1111 0011 1D11 ss10 dddd 0001 0QM0 mmmm", permute(unzip, notWordsInD)],              // VUZP
  ["1111 0011 1D11 ss10 dddd 0001 1QM0 mmmm", permute(zip, notWordsInD)],                // VZIP
  ["1111 0011 1D11 ss10 dddd 0010 00M0 mmmm", narrow({ from: "unsigned" })],             // VMOVN
  ["1111 0011 1D11 ss10 dddd 0010 01M0 mmmm", narrow({ from: "signed", to: "unsigned" })], // VQMOVUN
  ["1111 0011 1D11 ss10 dddd 0010 10M0 mmmm", narrow({ from: "signed", to: "signed" })], // VQMOVN
  ["1111 0011 1D11 ss10 dddd 0010 11M0 mmmm", narrow({ from: "unsigned", to: "unsigned" })],
  ["1111 0011 1D11 ss10 dddd 0011 00M0 mmmm", longByWidth],                              // VSHLL
  ["1111 0011 1D11 ss11 dddd 0100 0QM0 mmmm", each((value) => BigInt(unsignedRecip(Number(value))), WORDS)],
  ["1111 0011 1D11 ss11 dddd 0100 1QM0 mmmm", each((value) => BigInt(unsignedRsqrt(Number(value))), WORDS)],
  ["1111 0011 1D11 ss11 dddd 0101 0QM0 mmmm", float((bits, { arithmetic }) => floatRecip(arithmetic, bits))],
  ["1111 0011 1D11 ss11 dddd 0101 1QM0 mmmm", float((bits, { arithmetic }) => floatRsqrt(arithmetic, bits))],
  ["1111 0011 1D11 ss11 dddd 011o uQM0 mmmm", convert],                                  // VCVT
];
