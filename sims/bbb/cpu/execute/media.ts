/**
 * Extension, bit fields, saturation and packing (ARM Architecture Reference Manual DDI 0406C,
 * sections A4.4.4 to A4.4.7). Arithmetic of halves and bytes is in parallel.ts.
 */
import type { Core } from "../core.ts";
import { Op } from "../op.ts";
import { WORD } from "../psr.ts";
import { amountOf, type Execute, type Executes, rd, rm, rn, typeOf } from "./handler.ts";
import { rotateRight, shift } from "./shift.ts";

/** Rd = f(Rn, Rm). */
const combine = (f: (n: number, m: number) => number): Execute => ({ i32 }, w1) => {
  i32[rd(w1)] = f(i32[rn(w1)]!, i32[rm(w1)]!);
};

const signed8 = (value: number) => value << 24 >> 24;
const signed16 = (value: number) => value << 16 >> 16;
const unsigned8 = (value: number) => value & 0xff;
const unsigned16 = (value: number) => value & 0xffff;
const pair = (low: number, high: number) => high << 16 | low & 0xffff;
const signed8Pair = (value: number) => pair(signed8(value), signed8(value >>> 16));
const unsigned8Pair = (value: number) => value & 0x00ff_00ff;

const addWords = (n: number, value: number) => n + value;
const addPairs = (n: number, value: number) => pair(n + value, (n >>> 16) + (value >>> 16));

function extension(extend: (value: number) => number): Execute {
  return ({ i32 }, w1) => {
    i32[rd(w1)] = extend(rotateRight(i32[rm(w1)]!, amountOf(w1)));
  };
}

function extensionAndAdd(
  extend: (value: number) => number,
  add: (n: number, value: number) => number,
): Execute {
  return ({ i32 }, w1) => {
    i32[rd(w1)] = add(i32[rn(w1)]!, extend(rotateRight(i32[rm(w1)]!, amountOf(w1))));
  };
}

const lowest = (w2: number) => w2 & 31;
const width = (w2: number) => w2 >>> 8;
const mask = (w2: number) => (width(w2) === 32 ? -1 : (1 << width(w2)) - 1) << lowest(w2);

/** A field that leaves the word (UNPREDICTABLE) has the bits that are there. */
const field = (value: number, w2: number, signed: boolean) => {
  const up = Math.max(0, 32 - lowest(w2) - width(w2));
  const size = 32 - Math.min(width(w2), 32 - lowest(w2));
  return signed ? value << up >> size : value << up >>> size;
};

function reverseBits(value: number): number {
  let result = 0;
  for (let bit = 0; bit < 32; bit++) result |= (value >>> bit & 1) << (31 - bit);
  return result;
}

function reverseBytes(value: number): number {
  return value << 24 | value << 8 & 0xff_0000 | value >>> 8 & 0xff00 | value >>> 24;
}

function reverseBytesOfHalves(value: number): number {
  return value << 8 & 0xff00_ff00 | value >>> 8 & 0x00ff_00ff;
}

/** Sets Q when `value` does not fit. */
function saturate(core: Core, value: number, low: number, high: number): number {
  if (value >= low && value <= high) return value;
  core.i32[WORD.QF] = 1;
  return value < low ? low : high;
}

const toSigned = (core: Core, value: number, bits: number) =>
  saturate(core, value, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
const toUnsigned = (core: Core, value: number, bits: number) =>
  saturate(core, value, 0, 2 ** bits - 1);

type Saturate = (core: Core, value: number, bits: number) => number;

const saturateWord = (to: Saturate): Execute => (core, w1, w2) => {
  const how = { type: typeOf(w1), amount: amountOf(w1), carry: 0 };
  const { value } = shift(core.i32[rn(w1)]!, how);
  core.i32[rd(w1)] = to(core, value, w2);
};

const saturateHalves = (to: Saturate): Execute => (core, w1, w2) => {
  const n = core.i32[rn(w1)]!;
  core.i32[rd(w1)] = pair(to(core, signed16(n), w2), to(core, n >> 16, w2));
};

/** QADD and its kin: m plus or minus n, or twice n saturated. */
const saturating = (sign: 1 | -1, double: boolean): Execute => (core, w1) => {
  const n = core.i32[rn(w1)]!;
  const addend = double ? toSigned(core, 2 * n, 32) : n;
  core.i32[rd(w1)] = toSigned(core, core.i32[rm(w1)]! + sign * addend, 32);
};

function select({ i32 }: Core, w1: number): number {
  const ge = i32[WORD.GE]!;
  let bytes = 0;
  for (let n = 0; n < 4; n++) if ((ge >>> n & 1) !== 0) bytes |= 0xff << (8 * n);
  return i32[rn(w1)]! & bytes | i32[rm(w1)]! & ~bytes;
}

function shifted({ i32 }: Core, w1: number): number {
  return shift(i32[rm(w1)]!, { type: typeOf(w1), amount: amountOf(w1), carry: 0 }).value;
}

export const MEDIA: Executes = {
  [Op.SXTB]: extension(signed8),
  [Op.SXTH]: extension(signed16),
  [Op.SXTB16]: extension(signed8Pair),
  [Op.UXTB]: extension(unsigned8),
  [Op.UXTH]: extension(unsigned16),
  [Op.UXTB16]: extension(unsigned8Pair),
  [Op.SXTAB]: extensionAndAdd(signed8, addWords),
  [Op.SXTAH]: extensionAndAdd(signed16, addWords),
  [Op.SXTAB16]: extensionAndAdd(signed8Pair, addPairs),
  [Op.UXTAB]: extensionAndAdd(unsigned8, addWords),
  [Op.UXTAH]: extensionAndAdd(unsigned16, addWords),
  [Op.UXTAB16]: extensionAndAdd(unsigned8Pair, addPairs),
  [Op.BFC]: ({ i32 }, w1, w2) => {
    i32[rd(w1)] = i32[rd(w1)]! & ~mask(w2);
  },
  [Op.BFI]: ({ i32 }, w1, w2) => {
    i32[rd(w1)] = i32[rd(w1)]! & ~mask(w2) | i32[rn(w1)]! << lowest(w2) & mask(w2);
  },
  [Op.SBFX]: ({ i32 }, w1, w2) => {
    i32[rd(w1)] = field(i32[rn(w1)]!, w2, true);
  },
  [Op.UBFX]: ({ i32 }, w1, w2) => {
    i32[rd(w1)] = field(i32[rn(w1)]!, w2, false);
  },
  [Op.CLZ]: combine((_, m) => Math.clz32(m)),
  [Op.RBIT]: combine((_, m) => reverseBits(m)),
  [Op.REV]: combine((_, m) => reverseBytes(m)),
  [Op.REV16]: combine((_, m) => reverseBytesOfHalves(m)),
  [Op.REVSH]: combine((_, m) => signed16(reverseBytesOfHalves(m))),
  [Op.SEL]: (core, w1) => {
    core.i32[rd(w1)] = select(core, w1);
  },
  [Op.PKHBT]: (core, w1) => {
    core.i32[rd(w1)] = core.i32[rn(w1)]! & 0xffff | shifted(core, w1) & ~0xffff;
  },
  [Op.PKHTB]: (core, w1) => {
    core.i32[rd(w1)] = core.i32[rn(w1)]! & ~0xffff | shifted(core, w1) & 0xffff;
  },
  [Op.SSAT]: saturateWord(toSigned),
  [Op.USAT]: saturateWord(toUnsigned),
  [Op.SSAT16]: saturateHalves(toSigned),
  [Op.USAT16]: saturateHalves(toUnsigned),
  [Op.QADD]: saturating(1, false),
  [Op.QSUB]: saturating(-1, false),
  [Op.QDADD]: saturating(1, true),
  [Op.QDSUB]: saturating(-1, true),
};
