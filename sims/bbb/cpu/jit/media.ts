/** Translates multiplies, extensions, bit fields, reversals (ARM ARM A4.4.3 to A4.4.5). */
import { Op } from "../op.ts";
import { setSignAndZero } from "./flags.ts";
import { amount, type Instruction, ra, rd, rm, rn, setsFlags } from "./instruction.ts";
import type { RegionWriter } from "./writer.ts";

type Write = (w: RegionWriter, i: Instruction) => void;

/** Writers by op; those that are not here the interpreter executes. */
export const MEDIA: ReadonlyMap<number, Write> = new Map<number, Write>([
  [Op.MUL, (w, i) => product(w, i, () => {})],
  [Op.MLA, (w, i) => product(w, i, () => w.read(ra(i), i).code.op("add"))],
  [Op.MLS, (w, i) => {
    w.read(ra(i), i);
    pushProduct(w, i);
    w.code.op("sub");
    w.write(rd(i));
  }],
  [Op.UMULL, (w, i) => longProduct(w, i, { signed: false, accumulate: false })],
  [Op.UMLAL, (w, i) => longProduct(w, i, { signed: false, accumulate: true })],
  [Op.SMULL, (w, i) => longProduct(w, i, { signed: true, accumulate: false })],
  [Op.SMLAL, (w, i) => longProduct(w, i, { signed: true, accumulate: true })],
  [Op.SMUL, (w, i) => {
    pushHalf(w, i, { register: rn(i), top: (i.w2 & 1) !== 0 });
    pushHalf(w, i, { register: rm(i), top: (i.w2 & 2) !== 0 });
    w.code.op("mul");
    w.write(rd(i));
  }],
  [Op.SXTB, (w, i) => extend(w, i, { narrow: ({ code }) => code.op("extend8_s"), add: false })],
  [Op.SXTH, (w, i) => extend(w, i, { narrow: ({ code }) => code.op("extend16_s"), add: false })],
  [Op.UXTB, (w, i) => extend(w, i, { narrow: mask(0xff), add: false })],
  [Op.UXTH, (w, i) => extend(w, i, { narrow: mask(0xffff), add: false })],
  [Op.SXTAB, (w, i) => extend(w, i, { narrow: ({ code }) => code.op("extend8_s"), add: true })],
  [Op.SXTAH, (w, i) => extend(w, i, { narrow: ({ code }) => code.op("extend16_s"), add: true })],
  [Op.UXTAB, (w, i) => extend(w, i, { narrow: mask(0xff), add: true })],
  [Op.UXTAH, (w, i) => extend(w, i, { narrow: mask(0xffff), add: true })],
  [Op.UXTB16, (w, i) => extend(w, i, { narrow: mask(0x00ff_00ff), add: false })],
  [Op.BFC, (w, i) => {
    w.read(rd(i), i).code.i32(~fieldMask(i)).op("and");
    w.write(rd(i));
  }],
  [Op.BFI, (w, i) => {
    w.read(rd(i), i).code.i32(~fieldMask(i)).op("and");
    w.read(rn(i), i).code.i32(lowest(i)).op("shl").i32(fieldMask(i)).op("and", "or");
    w.write(rd(i));
  }],
  [Op.SBFX, (w, i) => extract(w, i, "shr_s")],
  [Op.UBFX, (w, i) => extract(w, i, "shr_u")],
  [Op.CLZ, (w, i) => {
    w.read(rm(i), i).code.op("clz");
    w.write(rd(i));
  }],
  [Op.REV, (w, i) => {
    pushBytesExchanged(w, i);
    w.code.set(w.temp.value).get(w.temp.value).i32(16).op("rotr");
    w.write(rd(i));
  }],
  [Op.REV16, (w, i) => {
    pushBytesExchanged(w, i);
    w.write(rd(i));
  }],
  [Op.REVSH, (w, i) => {
    pushBytesExchanged(w, i);
    w.code.op("extend16_s");
    w.write(rd(i));
  }],
]);

function pushProduct(w: RegionWriter, i: Instruction): void {
  w.read(rn(i), i).read(rm(i), i).code.op("mul");
}

/** `add` adds to the product on the stack. */
function product(w: RegionWriter, i: Instruction, add: () => unknown): void {
  const { code, temp: { value } } = w;
  pushProduct(w, i);
  add();
  if (setsFlags(i)) {
    code.tee(value);
    setSignAndZero(w);
    code.get(value);
  }
  w.write(rd(i));
}

function longProduct(
  w: RegionWriter,
  i: Instruction,
  { signed, accumulate }: { signed: boolean; accumulate: boolean },
): void {
  const { code, wide, flags } = w;
  const widen = signed ? "i64_extend_s" : "i64_extend_u";
  w.read(rn(i), i).code.op(widen);
  w.read(rm(i), i).code.op(widen, "i64_mul");
  if (accumulate) {
    w.read(rd(i), i).code.op("i64_extend_u").i64(32).op("i64_shl");
    w.read(ra(i), i).code.op("i64_extend_u", "i64_or", "i64_add");
  }
  code.tee(wide).op("wrap");
  w.write(ra(i));
  code.get(wide).i64(32).op("i64_shr_u", "wrap");
  w.write(rd(i));
  if (!setsFlags(i)) return;
  w.writeFlags();
  w.compared = false;
  code.get(wide).i64(32).op("i64_shr_u", "wrap").tee(flags.n).get(wide).op("wrap", "or");
  code.set(flags.z);
}

function pushHalf(
  w: RegionWriter,
  i: Instruction,
  { register, top }: { register: number; top: boolean },
): void {
  w.read(register, i);
  if (top) w.code.i32(16).op("shr_s");
  else w.code.op("extend16_s");
}

const mask = (bits: number) => ({ code }: RegionWriter) => code.i32(bits).op("and");

function extend(
  w: RegionWriter,
  i: Instruction,
  { narrow, add }: { narrow: (w: RegionWriter) => unknown; add: boolean },
): void {
  w.read(rm(i), i);
  if (amount(i) !== 0) w.code.i32(amount(i)).op("rotr");
  narrow(w);
  if (add) w.read(rn(i), i).code.op("add");
  w.write(rd(i));
}

const lowest = (i: Instruction): number => i.w2 & 31;
const width = (i: Instruction): number => i.w2 >>> 8 & 63;

function fieldMask(i: Instruction): number {
  return (width(i) === 32 ? -1 : (1 << width(i)) - 1) << lowest(i);
}

function extract(w: RegionWriter, i: Instruction, shift: "shr_s" | "shr_u"): void {
  // A field that leaves the word (UNPREDICTABLE) has the bits that are there.
  const up = Math.max(0, 32 - lowest(i) - width(i));
  const size = Math.min(width(i), 32 - lowest(i));
  w.read(rn(i), i).code.i32(up).op("shl").i32(32 - size).op(shift);
  w.write(rd(i));
}

/** Rm with the bytes of each half exchanged. */
function pushBytesExchanged(w: RegionWriter, i: Instruction): void {
  w.read(rm(i), i).code.i32(8).op("shl").i32(0xff00_ff00).op("and");
  w.read(rm(i), i).code.i32(8).op("shr_u").i32(0x00ff_00ff).op("and", "or");
}
