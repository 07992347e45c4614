/**
 * The extension registers (ARM ARM A2.6.2): D0 to D31, seen as S registers, as Q registers and as
 * lanes of any width, and FPSCR. All of it is in linear memory.
 */

import type { Core } from "../core.ts";
import { STATE } from "../layout.ts";

/** Bits of FPSCR. */
export const FPSCR = {
  QC: 1 << 27,
  DN: 1 << 25,
  FZ: 1 << 24,
  RMODE_SHIFT: 22,
  /** Of short vectors. */
  STRIDE: 3 << 20,
  LEN: 7 << 16,
  LEN_SHIFT: 16,
  /** What a write can change: no half-precision, no trapped exceptions. */
  WRITABLE: 0xfbf7_009f | 0,
  NZCV_SHIFT: 28,
} as const;

const BYTES = 256;

export class Registers {
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly i64: BigInt64Array;
  readonly u64: BigUint64Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  readonly #words: Int32Array;

  constructor(core: Core) {
    const { buffer } = core.memory.wasm;
    const at = STATE.VFP;
    this.i8 = new Int8Array(buffer, at, BYTES);
    this.u8 = new Uint8Array(buffer, at, BYTES);
    this.i16 = new Int16Array(buffer, at, BYTES / 2);
    this.u16 = new Uint16Array(buffer, at, BYTES / 2);
    this.i32 = new Int32Array(buffer, at, BYTES / 4);
    this.u32 = new Uint32Array(buffer, at, BYTES / 4);
    this.i64 = new BigInt64Array(buffer, at, BYTES / 8);
    this.u64 = new BigUint64Array(buffer, at, BYTES / 8);
    this.f32 = new Float32Array(buffer, at, BYTES / 4);
    this.f64 = new Float64Array(buffer, at, BYTES / 8);
    this.#words = core.i32;
  }

  /** Lanes of 8, 16 or 32 bits (`size` 0, 1, 2) as numbers. */
  lanes(size: number, unsigned: boolean): Int8Array | Uint8Array | Int16Array | Uint32Array {
    const views = unsigned ? [this.u8, this.u16, this.u32] : [this.i8, this.i16, this.i32];
    return views[size] as Int8Array;
  }

  /** Lane `lane` of `8 << size` bits of D register `d`, or of those that follow it. */
  get(d: number, lane: number, size: number, unsigned: boolean): bigint {
    const at = (d << 3 >>> size) + lane;
    if (size === 3) return unsigned ? this.u64[at]! : this.i64[at]!;
    return BigInt(this.lanes(size, unsigned)[at]!);
  }

  set(d: number, lane: number, size: number, value: bigint): void {
    const at = (d << 3 >>> size) + lane;
    if (size === 3) this.u64[at] = value;
    else this.lanes(size, true)[at] = Number(BigInt.asUintN(32, value));
  }

  get fpscr(): number {
    return this.#words[STATE.FPSCR >>> 2]!;
  }

  set fpscr(value: number) {
    this.#words[STATE.FPSCR >>> 2] = value;
  }

  /** `value` if it fits into `8 << size` bits, or what is nearest to it; then FPSCR.QC is set. */
  saturate(value: bigint, size: number, unsigned: boolean): bigint {
    const bits = BigInt(8 << size);
    const low = unsigned ? 0n : -(1n << (bits - 1n));
    const high = (1n << (unsigned ? bits : bits - 1n)) - 1n;
    if (value >= low && value <= high) return value;
    this.fpscr |= FPSCR.QC;
    return value < low ? low : high;
  }
}

/** Numbers of D registers from an encoding: D:Vd and so on. */
export function dOf(top: number, four: number): number {
  return top << 4 | four;
}

/** Of S registers: Vd:D. */
export function sOf(low: number, four: number): number {
  return four << 1 | low;
}
