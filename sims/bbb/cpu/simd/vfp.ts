/**
 * VFPv3 data processing (ARM ARM DDI 0406C, section A7.5), without half-precision and fused
 * multiply-add, which the Cortex-A8 lacks. z chooses double precision.
 */

import type { Operation, Precision } from "./arithmetic.ts";
import { type FloatUnit, ROUND } from "./float.ts";
import type { Machine } from "./machine.ts";
import { dOf, FPSCR, sOf } from "./registers.ts";
import type { Action, Build, Fields, Row } from "./rows.ts";

/** The registers of an encoding, of the precision that z says. */
interface Operands {
  readonly p: Precision;
  readonly d: number;
  readonly n: number;
  readonly m: number;
}

function operands(f: Fields, { arithmetic }: Machine): Operands {
  const of = f.z ? dOf : sOf;
  return {
    p: f.z ? arithmetic.double : arithmetic.single,
    d: of(f.D!, f.d!),
    n: of(f.N!, f.n!),
    m: of(f.M!, f.m!),
  };
}

/** What an instruction does to one set of registers. */
type Each = (d: number, n: number, m: number) => void;

/** Once, or for each element of short vectors, while FPSCR.LEN is on. */
function each(f: Fields, machine: Machine, operate: (p: Precision) => Each): Action {
  const { p, d, n, m } = operands(f, machine);
  const { registers } = machine;
  const operation = operate(p);
  const bank = f.z ? 4 : 8;
  return () => {
    const { fpscr } = registers;
    if ((fpscr & FPSCR.LEN) === 0) operation(d, n, m);
    else shortVectors(operation, [d, n, m], bank, fpscr);
  };
}

/**
 * Short vectors (deprecated; the manual's appendix on VFP vector operation): registers go round in
 * banks of 8 single or 4 double ones. Into the first bank (of D registers also that of D16) an
 * operation is scalar; an m from there serves all elements.
 */
function shortVectors(
  operation: Each,
  [d, n, m]: readonly [number, number, number],
  bank: number,
  fpscr: number,
): void {
  const isScalar = (r: number) => (r & (bank === 4 ? 12 : ~7)) === 0;
  if (isScalar(d)) return operation(d, n, m);
  const length = ((fpscr & FPSCR.LEN) >>> FPSCR.LEN_SHIFT) + 1;
  const stride = (fpscr & FPSCR.STRIDE) === 0 ? 1 : 2;
  const element = (r: number, i: number) => (r & -bank) | (r + i * stride & bank - 1);
  for (let i = 0; i < length; i++) {
    operation(element(d, i), element(n, i), isScalar(m) ? m : element(m, i));
  }
}

function operation(name: Operation): Build<Machine> {
  return (f, machine) =>
    each(f, machine, (p) => (d, n, m) => machine.arithmetic.operate(p, name, d, n, m));
}

/** VMLA and its kin round twice: the product, then the sum with it or the negated one. */
function multiplyAdd(negateSum: boolean, negateProduct: boolean): Build<Machine> {
  const negated = (bits: bigint, sign: bigint, negate: boolean) => negate ? bits ^ sign : bits;
  return (f, machine) =>
    each(f, machine, (p) => (d, n, m) => {
      const { format } = p;
      const result = machine.arithmetic.vfp((unit) => {
        const product = unit.mul(format, p.get(n), p.get(m));
        const sum = negated(p.get(d), format.sign, negateSum);
        return unit.add(format, sum, negated(product, format.sign, negateProduct));
      });
      p.set(d, result);
    });
}

function negatedProduct(f: Fields, machine: Machine): Action {
  return each(f, machine, (p) => (d, n, m) => {
    const product = machine.arithmetic.vfp((unit) => unit.mul(p.format, p.get(n), p.get(m)));
    p.set(d, product ^ p.format.sign);
  });
}

/** Of one operand, without arithmetic: bits to bits. */
function bitwise(map: (bits: bigint, sign: bigint) => bigint): Build<Machine> {
  return (f, machine) =>
    each(f, machine, (p) => (d, _, m) => p.set(d, map(p.get(m), p.format.sign)));
}

function squareRoot(f: Fields, machine: Machine): Action {
  return each(f, machine, (p) => (d, _, m) => {
    p.set(d, machine.arithmetic.vfp((unit) => unit.sqrt(p.format, p.get(m))));
  });
}

/** VFPExpandImm (A7.5.1): a sign, three bits of exponent, four of fraction. */
function immediate(f: Fields, machine: Machine): Action {
  return each(f, machine, (p) => {
    const i = BigInt(f.i!);
    const { fraction, width, sign } = p.format;
    const exponentBits = BigInt(width - 1 - fraction);
    const high = i >> 6n & 1n;
    const repeated = high === 1n ? (1n << exponentBits - 3n) - 1n : 0n;
    const exponent = (1n - high) << exponentBits - 1n | repeated << 2n | i >> 4n & 3n;
    const bits = ((i & 0x80n) !== 0n ? sign : 0n) | exponent << BigInt(fraction) |
      (i & 15n) << BigInt(fraction - 4);
    return (d) => p.set(d, bits);
  });
}

/** `zero`: with 0.0. E: a quiet NaN is invalid as well. */
function compare(zero: boolean): Build<Machine> {
  return (f, machine) => {
    const { p, d, m } = operands(f, machine);
    const { registers, arithmetic } = machine;
    return () => {
      const other = zero ? 0n : p.get(m);
      const order = arithmetic.vfp((unit) => unit.compare(p.format, p.get(d), other, f.E === 1));
      registers.fpscr = registers.fpscr & ~(15 << FPSCR.NZCV_SHIFT) | order << FPSCR.NZCV_SHIFT;
    };
  };
}

/** z is the precision of the source. */
function betweenPrecisions(f: Fields, { arithmetic }: Machine): Action {
  const [from, to] = f.z
    ? [arithmetic.double, arithmetic.single]
    : [arithmetic.single, arithmetic.double];
  const d = f.z ? sOf(f.D!, f.d!) : dOf(f.D!, f.d!);
  const m = f.z ? dOf(f.M!, f.m!) : sOf(f.M!, f.m!);
  return () => {
    to.set(d, arithmetic.vfp((unit) => unit.convert(from.format, to.format, from.get(m))));
  };
}

/** The integer is in an S register; u 0: unsigned. */
function fromInteger(f: Fields, machine: Machine): Action {
  const { arithmetic, registers } = machine;
  const { p, d } = operands(f, machine);
  const m = sOf(f.M!, f.m!);
  return () => {
    const value = BigInt(f.u ? registers.i32[m]! : registers.u32[m]!);
    p.set(d, arithmetic.vfp((unit) => unit.fromFixed(p.format, value, 0)));
  };
}

/** u 0: unsigned; R 0: rounds as FPSCR says, 1: towards zero. */
function toInteger(f: Fields, machine: Machine): Action {
  const { arithmetic, registers } = machine;
  const { p, m } = operands(f, machine);
  const d = sOf(f.D!, f.d!);
  const limits = limitsOf(32, f.u === 0);
  return () => {
    const convert = (unit: FloatUnit) =>
      unit.toFixed(p.format, p.get(m), {
        ...limits,
        fractionBits: 0,
        rounding: f.R ? ROUND.ZERO : unit.rounding,
      });
    registers.i32[d] = Number(BigInt.asIntN(32, arithmetic.vfp(convert)));
  };
}

export function limitsOf(bits: number, unsigned: boolean): { low: bigint; high: bigint } {
  const size = BigInt(bits);
  return unsigned
    ? { low: 0n, high: (1n << size) - 1n }
    : { low: -(1n << size - 1n), high: (1n << size - 1n) - 1n };
}

/** w: of 32 bits, else of 16; the number of bits before the point is the immediate. */
function fixed(f: Fields, machine: Machine): Action | undefined {
  const { arithmetic } = machine;
  const { p, d } = operands(f, machine);
  const size = f.w ? 32 : 16;
  const fractionBits = size - (f.i! << 1 | f.j!);
  if (fractionBits < 0) return undefined; // UNPREDICTABLE
  const limits = limitsOf(size, f.u === 1);
  const bits = BigInt(p.format.width);
  const cut = f.u ? BigInt.asUintN : BigInt.asIntN;
  if (f.t === 0) {
    return () => {
      const value = cut(size, p.get(d));
      const convert = (unit: FloatUnit) => {
        unit.rounding = ROUND.NEAREST;
        return unit.fromFixed(p.format, value, fractionBits);
      };
      p.set(d, arithmetic.vfp(convert));
    };
  }
  return () => {
    const options = { ...limits, fractionBits, rounding: ROUND.ZERO };
    const value = arithmetic.vfp((unit) => unit.toFixed(p.format, p.get(d), options));
    p.set(d, BigInt.asUintN(Number(bits), value));
  };
}

// deno-fmt-ignore
export const VFP_ROWS: readonly Row<Machine>[] = [
  ["1110 1110 0D00 nnnn dddd 101z N0M0 mmmm", multiplyAdd(false, false)], // VMLA
  ["1110 1110 0D00 nnnn dddd 101z N1M0 mmmm", multiplyAdd(false, true)],  // VMLS
  ["1110 1110 0D01 nnnn dddd 101z N0M0 mmmm", multiplyAdd(true, false)],  // VNMLS
  ["1110 1110 0D01 nnnn dddd 101z N1M0 mmmm", multiplyAdd(true, true)],   // VNMLA
  ["1110 1110 0D10 nnnn dddd 101z N0M0 mmmm", operation("mul")],
  ["1110 1110 0D10 nnnn dddd 101z N1M0 mmmm", negatedProduct],            // VNMUL
  ["1110 1110 0D11 nnnn dddd 101z N0M0 mmmm", operation("add")],
  ["1110 1110 0D11 nnnn dddd 101z N1M0 mmmm", operation("sub")],
  ["1110 1110 1D00 nnnn dddd 101z N0M0 mmmm", operation("div")],
  ["1110 1110 1D11 iiii dddd 101z x0x0 iiii", immediate],                 // VMOV
  ["1110 1110 1D11 0000 dddd 101z 01M0 mmmm", bitwise((bits) => bits)],   // VMOV
  ["1110 1110 1D11 0000 dddd 101z 11M0 mmmm", bitwise((bits, sign) => bits & ~sign)], // VABS
  ["1110 1110 1D11 0001 dddd 101z 01M0 mmmm", bitwise((bits, sign) => bits ^ sign)],  // VNEG
  ["1110 1110 1D11 0001 dddd 101z 11M0 mmmm", squareRoot],
  ["1110 1110 1D11 0100 dddd 101z E1M0 mmmm", compare(false)],            // VCMP, VCMPE
  ["1110 1110 1D11 0101 dddd 101z E1x0 xxxx", compare(true)],
  ["1110 1110 1D11 0111 dddd 101z 11M0 mmmm", betweenPrecisions],         // VCVT
  ["1110 1110 1D11 1000 dddd 101z u1M0 mmmm", fromInteger],               // VCVT
  ["1110 1110 1D11 110u dddd 101z R1M0 mmmm", toInteger],                 // VCVT, VCVTR
  ["1110 1110 1D11 1t1u dddd 101z w1j0 iiii", fixed],                     // VCVT
];
