/** Arithmetic of halves and bytes side by side (ARM ARM DDI 0406C, section A4.4.6). */
import type { Core } from "../core.ts";
import { Op } from "../op.ts";
import { WORD } from "../psr.ts";
import { type Execute, type Executes, rd, rm, rn } from "./handler.ts";

/** What becomes of each exact result of `bits` bits; `ge` is its GE bits when it is not negative. */
interface Kind {
  readonly signed: boolean;
  narrow(value: number, bits: number): number;
  /** Undefined: GE stays. Asked for the exact result, and whether it is of an addition. */
  greaterOrEqual?(value: number, bits: number, adds: boolean): boolean;
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));
const keep = (value: number) => value;
const half = (value: number) => value >> 1;

/** By w2[5:3]. */
const KINDS: { readonly [prefix: number]: Kind } = {
  1: { signed: true, narrow: keep, greaterOrEqual: (value) => value >= 0 },
  2: {
    signed: true,
    narrow: (value, bits) => clamp(value, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1),
  },
  3: { signed: true, narrow: half },
  5: {
    signed: false,
    narrow: keep,
    greaterOrEqual: (value, bits, adds) => adds ? value >= 2 ** bits : value >= 0,
  },
  6: { signed: false, narrow: (value, bits) => clamp(value, 0, 2 ** bits - 1) },
  7: { signed: false, narrow: half },
};

/** By w2[2:0]: size of a lane, and in each lane what of Rm is added or subtracted. */
interface Operation {
  readonly bits: 8 | 16;
  readonly signs: readonly (1 | -1)[];
  /** The halves of Rm change places. */
  readonly exchange?: boolean;
}

const OPERATIONS: { readonly [operation: number]: Operation } = {
  0: { bits: 16, signs: [1, 1] },
  1: { bits: 16, signs: [-1, 1], exchange: true },
  2: { bits: 16, signs: [1, -1], exchange: true },
  3: { bits: 16, signs: [-1, -1] },
  4: { bits: 8, signs: [1, 1, 1, 1] },
  7: { bits: 8, signs: [-1, -1, -1, -1] },
};

function lane(value: number, { n, bits, signed }: { n: number; bits: number; signed: boolean }) {
  const up = 32 - bits * (n + 1);
  const top = value << up;
  return signed ? top >> (32 - bits) : top >>> (32 - bits);
}

const PARALLEL: Execute = (core: Core, w1, w2) => {
  const { signed, narrow, greaterOrEqual } = KINDS[w2 >>> 3]!;
  const { bits, signs, exchange } = OPERATIONS[w2 & 7]!;
  const a = core.i32[rn(w1)]!, m = core.i32[rm(w1)]!;
  const b = exchange ? m << 16 | m >>> 16 : m;
  let result = 0, ge = 0;
  signs.forEach((sign, n) => {
    const exact = lane(a, { n, bits, signed }) + sign * lane(b, { n, bits, signed });
    result |= (narrow(exact, bits) & (2 ** bits - 1)) << (bits * n);
    const geBits = bits === 16 ? 3 << (2 * n) : 1 << n;
    if (greaterOrEqual?.(exact, bits, sign === 1)) ge |= geBits;
  });
  core.i32[rd(w1)] = result;
  if (greaterOrEqual) core.i32[WORD.GE] = ge;
};

export const PARALLELS: Executes = { [Op.PARALLEL]: PARALLEL };
