/** Multiplies (ARM Architecture Reference Manual DDI 0406C, section A4.4.3). */
import type { Core } from "../core.ts";
import { Op } from "../op.ts";
import { WORD } from "../psr.ts";
import { type Execute, type Executes, ra, rd, rm, rn, setsFlags } from "./handler.ts";

/** Sixteen bits, sign-extended. */
const bottom = (value: number) => value << 16 >> 16;
const top = (value: number) => value >> 16;

function give({ i32 }: Core, w1: number, value: number): void {
  i32[rd(w1)] = value;
  if (!setsFlags(w1)) return;
  i32[WORD.NF] = value;
  i32[WORD.ZF] = value;
}

/** To RdHi and RdLo. */
function giveLong({ i32 }: Core, w1: number, value: bigint): void {
  const low = Number(BigInt.asIntN(32, value)), high = Number(BigInt.asIntN(32, value >> 32n));
  i32[ra(w1)] = low;
  i32[rd(w1)] = high;
  if (!setsFlags(w1)) return;
  i32[WORD.NF] = high;
  i32[WORD.ZF] = low | high;
}

/** What RdHi and RdLo hold. */
function longOf({ i32 }: Core, w1: number): bigint {
  return BigInt(i32[rd(w1)]!) << 32n | BigInt(i32[ra(w1)]! >>> 0);
}

const signedProduct = ({ i32 }: Core, w1: number) => BigInt(i32[rn(w1)]!) * BigInt(i32[rm(w1)]!);
const unsignedProduct = ({ i32 }: Core, w1: number) =>
  BigInt(i32[rn(w1)]! >>> 0) * BigInt(i32[rm(w1)]! >>> 0);

/** Adds `addend`; Q is set when the sum is not what fits 32 bits. `sum` may exceed them itself. */
function giveWithQ(core: Core, w1: number, sum: number): void {
  core.i32[rd(w1)] = sum;
  if (sum !== (sum | 0)) core.i32[WORD.QF] = 1;
}

/** The product of the halves that w2 names. */
function halves({ i32 }: Core, w1: number, w2: number): number {
  const a = i32[rn(w1)]!, b = i32[rm(w1)]!;
  return ((w2 & 1) === 0 ? bottom(a) : top(a)) * ((w2 & 2) === 0 ? bottom(b) : top(b));
}

/** Bits 47 to 16 of a word times a half. */
function wordByHalf({ i32 }: Core, w1: number, w2: number): number {
  const b = i32[rm(w1)]!;
  return Math.floor(i32[rn(w1)]! * ((w2 & 2) === 0 ? bottom(b) : top(b)) / 65536);
}

/** Sum or difference of the products of both halves: up to 33 bits. */
function dual({ i32 }: Core, w1: number, w2: number, sign: 1 | -1): number {
  const a = i32[rn(w1)]!;
  const m = i32[rm(w1)]!;
  const b = (w2 & 1) === 0 ? m : m << 16 | m >>> 16;
  return bottom(a) * bottom(b) + sign * (top(a) * top(b));
}

const dualPlain = (sign: 1 | -1): Execute => (core, w1, w2) =>
  giveWithQ(core, w1, dual(core, w1, w2, sign));
const dualSum = (sign: 1 | -1): Execute => (core, w1, w2) =>
  giveWithQ(core, w1, core.i32[ra(w1)]! + dual(core, w1, w2, sign));
const dualLong = (sign: 1 | -1): Execute => (core, w1, w2) =>
  giveLong(core, w1, longOf(core, w1) + BigInt(dual(core, w1, w2, sign)));

/** The upper word of Ra:0 plus or minus the product, rounded when w2[0]. */
const mostSignificant =
  (accumulate: (ra: bigint, product: bigint) => bigint): Execute => (core, w1, w2) => {
    const sum = accumulate(BigInt(core.i32[ra(w1)]!) << 32n, signedProduct(core, w1));
    const rounded = (w2 & 1) === 0 ? sum : sum + 0x8000_0000n;
    core.i32[rd(w1)] = Number(BigInt.asIntN(32, rounded >> 32n));
  };

function absoluteDifferences({ i32 }: Core, w1: number): number {
  const a = i32[rn(w1)]!, b = i32[rm(w1)]!;
  let sum = 0;
  for (let at = 0; at < 32; at += 8) sum += Math.abs((a >>> at & 0xff) - (b >>> at & 0xff));
  return sum;
}

export const MULTIPLY: Executes = {
  [Op.MUL]: (core, w1) => give(core, w1, Math.imul(core.i32[rn(w1)]!, core.i32[rm(w1)]!)),
  [Op.MLA]: (core, w1) => {
    const { i32 } = core;
    give(core, w1, i32[ra(w1)]! + Math.imul(i32[rn(w1)]!, i32[rm(w1)]!) | 0);
  },
  [Op.MLS]: ({ i32 }, w1) => {
    i32[rd(w1)] = i32[ra(w1)]! - Math.imul(i32[rn(w1)]!, i32[rm(w1)]!);
  },
  [Op.UMULL]: (core, w1) => giveLong(core, w1, unsignedProduct(core, w1)),
  [Op.UMLAL]: (core, w1) => giveLong(core, w1, longOf(core, w1) + unsignedProduct(core, w1)),
  [Op.UMAAL]: (core, w1) => {
    const { i32 } = core;
    const addends = BigInt(i32[ra(w1)]! >>> 0) + BigInt(i32[rd(w1)]! >>> 0);
    giveLong(core, w1, unsignedProduct(core, w1) + addends);
  },
  [Op.SMULL]: (core, w1) => giveLong(core, w1, signedProduct(core, w1)),
  [Op.SMLAL]: (core, w1) => giveLong(core, w1, longOf(core, w1) + signedProduct(core, w1)),
  [Op.SMUL]: (core, w1, w2) => {
    core.i32[rd(w1)] = halves(core, w1, w2);
  },
  [Op.SMLA]: (core, w1, w2) => giveWithQ(core, w1, core.i32[ra(w1)]! + halves(core, w1, w2)),
  [Op.SMLAL_HALVES]: (core, w1, w2) =>
    giveLong(core, w1, longOf(core, w1) + BigInt(halves(core, w1, w2))),
  [Op.SMULW]: (core, w1, w2) => {
    core.i32[rd(w1)] = wordByHalf(core, w1, w2);
  },
  [Op.SMLAW]: (core, w1, w2) => giveWithQ(core, w1, core.i32[ra(w1)]! + wordByHalf(core, w1, w2)),
  [Op.SMUAD]: dualPlain(1),
  [Op.SMUSD]: dualPlain(-1),
  [Op.SMLAD]: dualSum(1),
  [Op.SMLSD]: dualSum(-1),
  [Op.SMLALD]: dualLong(1),
  [Op.SMLSLD]: dualLong(-1),
  [Op.SMMUL]: mostSignificant((_, product) => product),
  [Op.SMMLA]: mostSignificant((sum, product) => sum + product),
  [Op.SMMLS]: mostSignificant((sum, product) => sum - product),
  [Op.USAD8]: (core, w1) => {
    core.i32[rd(w1)] = absoluteDifferences(core, w1);
  },
  [Op.USADA8]: (core, w1) => {
    core.i32[rd(w1)] = core.i32[ra(w1)]! + absoluteDifferences(core, w1);
  },
};
