/**
 * Advanced SIMD: shifts by a constant, and modified immediates (ARM ARM tables A7-12 and A7-15). The
 * constant says the width too: imm6 with L on top has its highest 1 where the width is.
 */

import { ROUND, SINGLE } from "./float.ts";
import type { Machine } from "./machine.ts";
import * as neon from "./neon.ts";
import type { Registers } from "./registers.ts";
import type { Build, Fields, Row } from "./rows.ts";
import { limitsOf } from "./vfp.ts";

/** Undefined: the constant is that of a modified immediate. */
function widthOf({ l, i }: Fields): { size: number; right: bigint; left: bigint } | undefined {
  const seven = l! << 6 | i!;
  if (seven < 8) return undefined;
  const size = 31 - Math.clz32(seven) - 3;
  const bits = 8 << size;
  return { size, right: BigInt(2 * bits - seven), left: BigInt(seven - bits) };
}

type Shift = (
  value: bigint,
  by: { readonly right: bigint; readonly left: bigint; readonly bits: bigint },
  d: bigint,
  saturate: (value: bigint, unsigned: boolean) => bigint,
) => bigint;

/** Source and target are of the same width. */
function same(operation: Shift): Build<Machine> {
  return (f, machine) => {
    const v = neon.vectors(f, "dm"), width = widthOf(f);
    if (v === undefined || width === undefined) return undefined;
    const { size } = width;
    const saturate = saturateTo(machine.registers, size);
    const by = { ...width, bits: BigInt(8 << size) };
    const lane = (_: bigint, value: bigint, d: bigint) => operation(value, by, d, saturate);
    return neon.eachLane(machine, { ...v, n: v.m }, size, f.u === 1, lane);
  };
}

function saturateTo(registers: Registers, size: number) {
  return (value: bigint, unsigned: boolean) => registers.saturate(value, size, unsigned);
}

/** The source is twice as wide. u: unsigned source. */
function narrow(
  { round, saturate, unsigned }: {
    readonly round: boolean;
    /** To signed or unsigned lanes; undefined: cut off. */
    readonly saturate?: "signed" | "unsigned";
    readonly unsigned: boolean;
  },
): Build<Machine> {
  return (f, machine) => {
    const width = widthOf(f);
    const v = neon.vectors({ ...f, Q: 0 }, "dm")!;
    if (width === undefined || (v.m & 1)) return undefined;
    const { registers } = machine;
    const { size, right } = width;
    return neon.widthsApart(machine, { ...v, n: v.m }, {
      count: 8 >>> size,
      sizes: [size, size + 1, size + 1],
      unsigned,
      operation: (value) => {
        const result = neon.shiftLeft(value, -right, round);
        if (saturate === undefined) return result;
        return registers.saturate(result, size, saturate === "unsigned");
      },
    });
  };
}

/** VSHLL; by 0 it is VMOVL. */
function long(f: Fields, machine: Machine) {
  const width = widthOf(f);
  const v = neon.vectors({ ...f, Q: 0 }, "dm")!;
  if (width === undefined || (v.d & 1)) return undefined;
  const { size, left } = width;
  return neon.widthsApart(machine, { ...v, n: v.m }, {
    count: 8 >>> size,
    sizes: [size + 1, size, size],
    unsigned: f.u === 1,
    operation: (value) => value << left,
  });
}

/** VCVT between single precision and fixed point; o: to fixed. */
function fixed(f: Fields, machine: Machine) {
  const v = neon.vectors(f, "dm");
  if (v === undefined || (f.i! & 32) === 0) return undefined;
  const { arithmetic } = machine;
  const fractionBits = 64 - f.i!;
  const unsigned = f.u === 1;
  const options = { ...limitsOf(32, unsigned), fractionBits, rounding: ROUND.ZERO };
  const from = unsigned ? BigInt.asUintN : BigInt.asIntN;
  return neon.eachFloat(machine, { ...v, n: v.m }, (value) => {
    const result = f.o
      ? arithmetic.simd((unit) => unit.toFixed(SINGLE, value, options))
      : arithmetic.simd((unit) => unit.fromFixed(SINGLE, from(32, value), fractionBits));
    return BigInt.asUintN(32, result);
  });
}

const insertRight: Shift = (value, { right, bits }, d) => {
  const kept = BigInt.asUintN(Number(bits), -1n << bits - right);
  return (d & kept) | BigInt.asUintN(Number(bits), value) >> right;
};
const insertLeft: Shift = (value, { left }, d) => (d & ((1n << left) - 1n)) | value << left;
const plain = (round: boolean): Shift => (value, { right }) => neon.shiftLeft(value, -right, round);
const accumulate = (round: boolean): Shift => (value, { right }, d) =>
  d + neon.shiftLeft(value, -right, round);

/** AdvSIMDExpandImm (table A7-15): 64 bits; undefined: UNDEFINED. */
function expand(c: number, o: number, i: number): bigint | undefined {
  const byte = BigInt(i);
  const words = (word: bigint) => word << 32n | word;
  const halves = (half: bigint) => words(half << 16n | half);
  if (c < 8) return words(byte << BigInt(8 * (c >>> 1)));
  if (c < 12) return halves(byte << BigInt(8 * (c >>> 1 & 1)));
  if (c === 12) return words(byte << 8n | 0xffn);
  if (c === 13) return words(byte << 16n | 0xffffn);
  if (c === 14 && o === 0) return halves(byte << 8n | byte);
  if (c === 14) {
    let wide = 0n;
    for (let bit = 0n; bit < 8n; bit++) if (byte >> bit & 1n) wide |= 0xffn << 8n * bit;
    return wide;
  }
  if (o === 1) return undefined;
  const exponent = (byte & 0x40n) === 0n ? 0x4000_0000n : 0x3e00_0000n;
  return words((byte & 0x80n) << 24n | exponent | (byte & 0x3fn) << 19n);
}

function immediate(f: Fields, { registers: { u64 } }: Machine) {
  const d = f.D! << 4 | f.d!;
  const value = expand(f.c!, f.o!, f.i!);
  if (value === undefined || (f.Q && d & 1)) return undefined;
  const changes = f.c! < 12 && (f.c! & 1) === 1;
  const inverted = f.o === 1 && f.c !== 14;
  const apply = changes
    ? inverted ? (old: bigint) => old & ~value : (old: bigint) => old | value
    : () => inverted ? ~value : value;
  return () => {
    for (let r = d; r <= d + f.Q!; r++) u64[r] = apply(u64[r]!);
  };
}

// deno-fmt-ignore
export const SHIFT_ROWS: readonly Row<Machine>[] = [
  ["1111 001i 1D00 0iii dddd cccc 0Qo1 iiii", immediate], // VMOV, VMVN, VORR, VBIC
  ["1111 001u 1Dii iiii dddd 0000 lQM1 mmmm", same(plain(false))],         // VSHR
  ["1111 001u 1Dii iiii dddd 0001 lQM1 mmmm", same(accumulate(false))],    // VSRA
  ["1111 001u 1Dii iiii dddd 0010 lQM1 mmmm", same(plain(true))],          // VRSHR
  ["1111 001u 1Dii iiii dddd 0011 lQM1 mmmm", same(accumulate(true))],     // VRSRA
  ["1111 0011 1Dii iiii dddd 0100 lQM1 mmmm", same(insertRight)],          // VSRI
  ["1111 0010 1Dii iiii dddd 0101 lQM1 mmmm", same((value, { left }) => value << left)], // VSHL
  ["1111 0011 1Dii iiii dddd 0101 lQM1 mmmm", same(insertLeft)],           // VSLI
  ["1111 0011 1Dii iiii dddd 0110 lQM1 mmmm", (f, machine) =>
    same((value, { left }, _, saturate) => saturate(value << left, true))({ ...f, u: 0 }, machine)], // VQSHLU
  ["1111 001u 1Dii iiii dddd 0111 lQM1 mmmm", (f, machine) =>
    same((value, { left }, _, saturate) => saturate(value << left, f.u === 1))(f, machine)], // VQSHL
  ["1111 0010 1Dii iiii dddd 1000 00M1 mmmm", narrow({ round: false, unsigned: true })],   // VSHRN
  ["1111 0010 1Dii iiii dddd 1000 01M1 mmmm", narrow({ round: true, unsigned: true })],    // VRSHRN
  ["1111 0011 1Dii iiii dddd 1000 00M1 mmmm", narrow({ round: false, saturate: "unsigned", unsigned: false })], // VQSHRUN
  ["1111 0011 1Dii iiii dddd 1000 01M1 mmmm", narrow({ round: true, saturate: "unsigned", unsigned: false })],  // VQRSHRUN
  ["1111 0010 1Dii iiii dddd 1001 00M1 mmmm", narrow({ round: false, saturate: "signed", unsigned: false })],   // VQSHRN
  ["1111 0010 1Dii iiii dddd 1001 01M1 mmmm", narrow({ round: true, saturate: "signed", unsigned: false })],    // VQRSHRN
  ["1111 0011 1Dii iiii dddd 1001 00M1 mmmm", narrow({ round: false, saturate: "unsigned", unsigned: true })],
  ["1111 0011 1Dii iiii dddd 1001 01M1 mmmm", narrow({ round: true, saturate: "unsigned", unsigned: true })],
  ["1111 001u 1Dii iiii dddd 1010 00M1 mmmm", long],                       // VSHLL, VMOVL
  ["1111 001u 1Dii iiii dddd 111o 0QM1 mmmm", fixed],                      // VCVT
];
