/**
 * Floating-point operations under the rules that FPSCR sets (VFP), or under the standard ones that
 * Advanced SIMD follows (ARM ARM A2.7.5: to nearest, flush to zero, default NaN). The host's own
 * arithmetic is used where the result can be told to be the same and to raise no exception that is
 * not raised already; anything else is computed by FloatUnit.
 */

import { DOUBLE, FLAG, FloatUnit, type Format, SINGLE } from "./float.ts";
import { FPSCR, type Registers } from "./registers.ts";

export type Operation = "add" | "sub" | "mul" | "div";

/** Reads and writes numbers of one precision as bits, by register. */
export interface Precision {
  readonly format: Format;
  get(r: number): bigint;
  set(r: number, bits: bigint): void;
  readonly values: Float32Array | Float64Array;
  readonly smallest: number;
  readonly largest: number;
}

const HOST: Readonly<Record<Operation, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

export class Arithmetic {
  readonly single: Precision;
  readonly double: Precision;
  readonly unit = new FloatUnit();
  readonly #registers: Registers;

  constructor(registers: Registers) {
    this.#registers = registers;
    const { u32, u64, f32, f64 } = registers;
    this.single = {
      format: SINGLE,
      get: (r) => BigInt(u32[r]!),
      set: (r, bits) => u32[r] = Number(bits),
      values: f32,
      smallest: 2 ** -125,
      largest: 2 ** 127,
    };
    this.double = {
      format: DOUBLE,
      get: (r) => u64[r]!,
      set: (r, bits) => u64[r] = bits,
      values: f64,
      smallest: 2 ** -1021,
      largest: 2 ** 1023,
    };
  }

  /** Of VFP: d = n op m. Registers are S or D registers as the precision has it. */
  operate(p: Precision, operation: Operation, d: number, n: number, m: number): void {
    const a = p.values[n]!, b = p.values[m]!;
    if (this.#quiet() && plain(p, a) && plain(p, b)) {
      const result = HOST[operation](a, b);
      // To nearest twice, first to double, is to nearest once: Figueroa, "When is double rounding
      // innocuous?", 1995.
      if (Math.abs(result) >= p.smallest && Math.abs(result) < p.largest) {
        p.values[d] = result;
        return;
      }
    }
    const result = this.vfp((unit) => unit[operation](p.format, p.get(n), p.get(m)));
    p.set(d, result);
  }

  /** Computes under FPSCR and adds to its exceptions. */
  vfp<T>(compute: (unit: FloatUnit) => T): T {
    const { fpscr } = this.#registers;
    this.unit.rounding = fpscr >>> FPSCR.RMODE_SHIFT & 3;
    this.unit.flushToZero = (fpscr & FPSCR.FZ) !== 0;
    this.unit.defaultNaN = (fpscr & FPSCR.DN) !== 0;
    return this.#compute(compute);
  }

  /** Computes under the standard rules. */
  simd<T>(compute: (unit: FloatUnit) => T): T {
    this.unit.rounding = 0;
    this.unit.flushToZero = true;
    this.unit.defaultNaN = true;
    return this.#compute(compute);
  }

  /** d = a op b of single precision under the standard rules; as bits. */
  simdOperate(operation: Operation, a: bigint, b: bigint): bigint {
    return this.simd((unit) => unit[operation](SINGLE, a, b));
  }

  #compute<T>(compute: (unit: FloatUnit) => T): T {
    this.unit.flags = 0;
    const result = compute(this.unit);
    if (this.unit.flags !== 0) this.#registers.fpscr |= this.unit.flags;
    return result;
  }

  /** Rounds to nearest, and an inexact result is no news. */
  #quiet(): boolean {
    const mask = 3 << FPSCR.RMODE_SHIFT | FLAG.INEXACT;
    return (this.#registers.fpscr & mask) === FLAG.INEXACT;
  }
}

/** Neither NaN, infinite nor denormal. */
function plain(p: Precision, value: number): boolean {
  const size = Math.abs(value);
  return size === 0 || (size >= p.smallest && size < Infinity);
}
