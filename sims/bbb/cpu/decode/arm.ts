/** The ARM instruction set (ARM Architecture Reference Manual DDI 0406C, chapter A5). */
import { Access, AL, Data, Op, SHIFT } from "../op.ts";
import { coprocessor, extend, parallel, simd } from "./common.ts";
import {
  armImmediate,
  block,
  blockOf,
  dataImmediate,
  dataRegisterShifted,
  dataShifted,
  type Instruction,
  literal,
  memoryImmediate,
  memoryRegister,
  shiftOf,
  signed,
} from "./instruction.ts";
import { type Build, Encodings, type Fields, type Row } from "./pattern.ts";

/** What the manual calls PC is the address of the instruction + 8. */
const PC = 8;

const index = ({ P, U, W }: Fields) => ({ p: P, u: U, w: W });

function isMiscellaneous({ o, S }: Fields): boolean {
  return S === 0 && o >= Data.TST && o <= Data.CMN;
}

/** A5.2: data processing, and what shares its space. */
// deno-fmt-ignore
const DATA_PROCESSING: readonly Row[] = [
  ["cccc 00010 R 00 ---- dddd --0- 0000 ----", ({ d, R }) => ({ op: Op.MRS, rd: d, immediate: R })],
  ["cccc 00010 R 10 kkkk ---- --0- 0000 mmmm", ({ k, m, R }) => ({ op: Op.MSR, rm: m, immediate: k | R << 4 })],
  ["cccc 00010010 ---- ---- ---- 0001 mmmm", ({ m }) => ({ op: Op.BX, rm: m })],
  ["cccc 00010010 ---- ---- ---- 0010 mmmm", ({ m }) => ({ op: Op.BX, rm: m })], // BXJ
  ["cccc 00010010 ---- ---- ---- 0011 mmmm", ({ m }) => ({ op: Op.BLX, rm: m })],
  ["cccc 00010010 iiii iiii iiii 0111 iiii", ({ i }) => ({ op: Op.BKPT, immediate: i })],
  ["cccc 00010110 ---- ---- ---- 0111 iiii", ({ i }) => ({ op: Op.SMC, immediate: i })],
  ["cccc 00010110 ---- dddd ---- 0001 mmmm", ({ d, m }) => ({ op: Op.CLZ, rd: d, rm: m })],
  ["cccc 00010 oo 0 nnnn dddd ---- 0101 mmmm", ({ o, n, d, m }) => ({ op: Op.QADD + o, rd: d, rn: n, rm: m })],
  ["cccc 00010 00 0 dddd aaaa mmmm 1 y x 0 nnnn", ({ d, a, m, y, x, n }) =>
    ({ op: Op.SMLA, rd: d, rn: n, rm: m, ra: a, immediate: x | y << 1 })],
  ["cccc 00010 01 0 dddd aaaa mmmm 1 y 0 0 nnnn", ({ d, a, m, y, n }) =>
    ({ op: Op.SMLAW, rd: d, rn: n, rm: m, ra: a, immediate: y << 1 })],
  ["cccc 00010 01 0 dddd ---- mmmm 1 y 1 0 nnnn", ({ d, m, y, n }) =>
    ({ op: Op.SMULW, rd: d, rn: n, rm: m, immediate: y << 1 })],
  ["cccc 00010 10 0 dddd aaaa mmmm 1 y x 0 nnnn", ({ d, a, m, y, x, n }) =>
    ({ op: Op.SMLAL_HALVES, rd: d, rn: n, rm: m, ra: a, immediate: x | y << 1 })],
  ["cccc 00010 11 0 dddd ---- mmmm 1 y x 0 nnnn", ({ d, m, y, x, n }) =>
    ({ op: Op.SMUL, rd: d, rn: n, rm: m, immediate: x | y << 1 })],
  ["cccc 0000 000 S dddd ---- mmmm 1001 nnnn", ({ S, d, m, n }) => ({ op: Op.MUL, s: S, rd: d, rn: n, rm: m })],
  ["cccc 0000 001 S dddd aaaa mmmm 1001 nnnn", ({ S, d, a, m, n }) =>
    ({ op: Op.MLA, s: S, rd: d, rn: n, rm: m, ra: a })],
  ["cccc 0000 010 0 dddd aaaa mmmm 1001 nnnn", ({ d, a, m, n }) => ({ op: Op.UMAAL, rd: d, rn: n, rm: m, ra: a })],
  ["cccc 0000 011 0 dddd aaaa mmmm 1001 nnnn", ({ d, a, m, n }) => ({ op: Op.MLS, rd: d, rn: n, rm: m, ra: a })],
  ["cccc 0000 1oo S dddd aaaa mmmm 1001 nnnn", ({ o, S, d, a, m, n }) =>
    ({ op: [Op.UMULL, Op.UMLAL, Op.SMULL, Op.SMLAL][o]!, s: S, rd: d, rn: n, rm: m, ra: a })],
  ["cccc 00010 x 00 nnnn tttt ---- 1001 mmmm", ({ x, n, t, m }) =>
    ({ op: x === 1 ? Op.SWPB : Op.SWP, rd: t, rn: n, rm: m })],
  ["cccc 00011 oo 0 nnnn dddd ---- 1001 mmmm", ({ o, n, d, m }) =>
    ({ op: [Op.STREX, Op.STREXD, Op.STREXB, Op.STREXH][o]!, rd: d, rn: n, rm: m, ra: o === 1 ? m + 1 & 15 : 0 })],
  ["cccc 00011 oo 1 nnnn tttt ---- 1001 ----", ({ o, n, t }) =>
    ({ op: [Op.LDREX, Op.LDREXD, Op.LDREXB, Op.LDREXH][o]!, rn: n, rd: t, ra: o === 1 ? t + 1 & 15 : 0 })],
  ["cccc 000 P U 1 W l nnnn tttt iiii 1 hh 1 iiii", extraImmediate],
  ["cccc 000 P U 0 W l nnnn tttt ---- 1 hh 1 mmmm", extraRegister],
  ["cccc 000 oooo S nnnn dddd iiiii yy 0 mmmm", (f) =>
    isMiscellaneous(f) ? undefined : dataShifted(f.o as Data, f.S, f, [f.y, f.i])],
  ["cccc 000 oooo S nnnn dddd ssss 0 yy 1 mmmm", (f) =>
    isMiscellaneous(f) ? undefined : dataRegisterShifted(f.o as Data, f.S, f, [f.y, f.s])],
  ["cccc 0011 0000 iiii dddd iiii iiii iiii", ({ i, d }) => 
    dataImmediate(Data.MOV, 0, { d, n: 0 }, { immediate: i, extra: 0 })], // MOVW
  ["cccc 0011 0100 iiii dddd iiii iiii iiii", ({ i, d }) => ({ op: Op.MOVT, rd: d, immediate: i })],
  ["cccc 0011 0010 0000 ---- ---- iiii iiii", ({ i }) => hint(i)],
  ["cccc 00110 R 10 kkkk ---- rrrr iiii iiii", ({ R, k, r, i }) =>
    ({ op: Op.MSR_IMMEDIATE, immediate: k | R << 4, extra: r << 16 | i << 8 })],
  ["cccc 001 oooo S nnnn dddd iiii iiii iiii", data],
];

function data(fields: Fields): Instruction | undefined {
  const { o, S, n, d, i } = fields;
  if (isMiscellaneous(fields)) return undefined;
  const expanded = armImmediate(i);
  const adr = n === 15 && S === 0 && d !== 15 && (o === Data.ADD || o === Data.SUB);
  if (!adr) return dataImmediate(o as Data, S, fields, expanded);
  const { immediate } = expanded;
  return { op: Op.ADR, rd: d, immediate: PC + (o === Data.ADD ? immediate : -immediate) };
}

function hint(number: number): Instruction {
  return { op: number === 2 ? Op.WFE : number === 3 ? Op.WFI : Op.NOP };
}

/** A5.2.8: the access by L, and by the two bits that are not both 0. */
function extraAccess({ l, h }: Fields): Access {
  const loads = [Access.LDRH, Access.LDRSB, Access.LDRSH];
  return (l === 1 ? loads : [Access.STRH, Access.LDRD, Access.STRD])[h - 1]!;
}

function extraTransfer(fields: Fields) {
  const access = extraAccess(fields);
  const { t, n } = fields;
  return access < Access.LDRD ? { access, rd: t, rn: n } : { access, rd: t, ra: t + 1 & 15, rn: n };
}

/** LDRD and STRD of an odd register: UNPREDICTABLE, undefined here (as in QEMU). */
function isOdd({ access, rd }: { access: Access; rd: number }): boolean {
  return access >= Access.LDRD && (rd & 1) === 1;
}

/** LDRD and STRD have no forms for User mode: W is then as if 0. */
function extraIndex(fields: Fields, access: Access) {
  const { p, u, w } = index(fields);
  return { p, u, w: access >= Access.LDRD && p === 0 ? 0 : w };
}

function extraImmediate(fields: Fields): Instruction | undefined {
  if (fields.h === 0) return undefined;
  const transfer = extraTransfer(fields);
  if (isOdd(transfer)) return undefined;
  return loadOrLiteral(transfer, extraIndex(fields, transfer.access), fields.i);
}

function extraRegister(fields: Fields): Instruction | undefined {
  if (fields.h === 0) return undefined;
  const transfer = extraTransfer(fields);
  if (isOdd(transfer)) return undefined;
  return memoryRegister(transfer, extraIndex(fields, transfer.access), fields.m);
}

function loadOrLiteral(
  transfer: Parameters<typeof memoryImmediate>[0],
  at: Parameters<typeof memoryImmediate>[1],
  offset: number,
): Instruction {
  const { access, rn } = transfer;
  const load = access <= Access.LDRSH || access === Access.LDRD;
  if (rn !== 15 || !load || at.p === 0 || at.w === 1) return memoryImmediate(transfer, at, offset);
  return literal(transfer, PC + (at.u === 1 ? offset : -offset));
}

/** A5.3: load and store word and unsigned byte. */
const wordOrByte = ({ l, x, t, n }: Fields) => ({
  access: l === 1 ? (x === 1 ? Access.LDRB : Access.LDR) : x === 1 ? Access.STRB : Access.STR,
  rd: t,
  rn: n,
});

// deno-fmt-ignore
const LOAD_STORE: readonly Row[] = [
  ["cccc 010 P U x W l nnnn tttt iiii iiii iiii", (f) => loadOrLiteral(wordOrByte(f), index(f), f.i)],
  ["cccc 011 P U x W l nnnn tttt iiiii yy 0 mmmm", (f) => memoryRegister(wordOrByte(f), index(f), f.m, [f.y, f.i])],
  ["cccc 100 P U 0 W l nnnn rrrr rrrr rrrr rrrr", (f) => block({ l: f.l, rn: f.n, list: f.r }, index(f))],
  ["cccc 100 P U 1 W l nnnn rrrr rrrr rrrr rrrr", (f) => block({ l: f.l, rn: f.n, list: f.r, user: 1 }, index(f))],
];

/** A5.4: media instructions. */
// deno-fmt-ignore
const MEDIA: readonly Row[] = [
  ["cccc 01100 uuu nnnn dddd ---- ooo 1 mmmm", ({ u, n, d, o, m }) =>
    o === 5 || o === 6 ? undefined : parallel(u, o, { rd: d, rn: n, rm: m })],
  ["cccc 0110 1000 nnnn dddd iiiii x 01 mmmm", ({ n, d, i, x, m }) =>
    ({ op: x === 1 ? Op.PKHTB : Op.PKHBT, rd: d, rn: n, rm: m, ...shiftOf(x === 1 ? SHIFT.ASR : SHIFT.LSL, i) })],
  ["cccc 0110 101 wwwww dddd iiiii y 01 nnnn", ({ w, d, i, y, n }) =>
    ({ op: Op.SSAT, rd: d, rn: n, immediate: w + 1, ...shiftOf(2 * y, i) })],
  ["cccc 0110 111 wwwww dddd iiiii y 01 nnnn", ({ w, d, i, y, n }) =>
    ({ op: Op.USAT, rd: d, rn: n, immediate: w, ...shiftOf(2 * y, i) })],
  ["cccc 0110 1010 wwww dddd ---- 0011 nnnn", ({ w, d, n }) => ({ op: Op.SSAT16, rd: d, rn: n, immediate: w + 1 })],
  ["cccc 0110 1110 wwww dddd ---- 0011 nnnn", ({ w, d, n }) => ({ op: Op.USAT16, rd: d, rn: n, immediate: w })],
  ["cccc 0110 1 ooo nnnn dddd rr -- 0111 mmmm", ({ o, n, d, r, m }) =>
    extend([Op.SXTAB16, undefined, Op.SXTAB, Op.SXTAH, Op.UXTAB16, undefined, Op.UXTAB, Op.UXTAH][o], r, { d, n, m })],
  ["cccc 0110 1000 nnnn dddd ---- 1011 mmmm", ({ n, d, m }) => ({ op: Op.SEL, rd: d, rn: n, rm: m })],
  ["cccc 0110 1011 ---- dddd ---- 0011 mmmm", ({ d, m }) => ({ op: Op.REV, rd: d, rm: m })],
  ["cccc 0110 1011 ---- dddd ---- 1011 mmmm", ({ d, m }) => ({ op: Op.REV16, rd: d, rm: m })],
  ["cccc 0110 1111 ---- dddd ---- 0011 mmmm", ({ d, m }) => ({ op: Op.RBIT, rd: d, rm: m })],
  ["cccc 0110 1111 ---- dddd ---- 1011 mmmm", ({ d, m }) => ({ op: Op.REVSH, rd: d, rm: m })],
  ["cccc 0111 0000 dddd aaaa mmmm 0 o x 1 nnnn", ({ d, a, m, o, x, n }) => a === 15
    ? { op: Op.SMUAD + o, rd: d, rn: n, rm: m, immediate: x }
    : { op: Op.SMLAD + o, rd: d, rn: n, rm: m, ra: a, immediate: x }],
  ["cccc 0111 0100 dddd aaaa mmmm 0 o x 1 nnnn", ({ d, a, m, o, x, n }) =>
    ({ op: Op.SMLALD + o, rd: d, rn: n, rm: m, ra: a, immediate: x })],
  ["cccc 0111 0101 dddd aaaa mmmm 00 x 1 nnnn", ({ d, a, m, x, n }) => a === 15
    ? { op: Op.SMMUL, rd: d, rn: n, rm: m, immediate: x }
    : { op: Op.SMMLA, rd: d, rn: n, rm: m, ra: a, immediate: x }],
  ["cccc 0111 0101 dddd aaaa mmmm 11 x 1 nnnn", ({ d, a, m, x, n }) =>
    ({ op: Op.SMMLS, rd: d, rn: n, rm: m, ra: a, immediate: x })],
  ["cccc 0111 1000 dddd aaaa mmmm 0001 nnnn", ({ d, a, m, n }) => a === 15
    ? { op: Op.USAD8, rd: d, rn: n, rm: m }
    : { op: Op.USADA8, rd: d, rn: n, rm: m, ra: a }],
  ["cccc 0111 101 wwwww dddd lllll 101 nnnn", ({ w, d, l, n }) =>
    ({ op: Op.SBFX, rd: d, rn: n, immediate: l | w + 1 << 8 })],
  ["cccc 0111 111 wwwww dddd lllll 101 nnnn", ({ w, d, l, n }) =>
    ({ op: Op.UBFX, rd: d, rn: n, immediate: l | w + 1 << 8 })],
  ["cccc 0111 110 hhhhh dddd lllll 001 nnnn", ({ h, d, l, n }) => {
    const field = l | h - l + 1 << 8;
    if (h < l) return undefined;
    return n === 15 ? { op: Op.BFC, rd: d, immediate: field } : { op: Op.BFI, rd: d, rn: n, immediate: field };
  }],
];

const branch = (op: number): Build => ({ i }) => ({ op, immediate: signed(i, 24) * 4 + PC });

/** A5.5, A5.6: branches, supervisor calls, coprocessors. */
// deno-fmt-ignore
const BRANCH: readonly Row[] = [
  ["cccc 1010 iiii iiii iiii iiii iiii iiii", branch(Op.B)],
  ["cccc 1011 iiii iiii iiii iiii iiii iiii", branch(Op.BL)],
  ["cccc 1111 iiii iiii iiii iiii iiii iiii", ({ i }) => ({ op: Op.SVC, immediate: i })],
  ["cccc 11-- ---- ---- ---- ---- ---- ----", (_, _place, raw) => coprocessor(raw)],
];

/** A5.7: unconditional instructions. Hints of the Multiprocessing Extensions (PLDW) are undefined. */
// deno-fmt-ignore
const UNCONDITIONAL: readonly Row[] = [
  ["1111 0001 0000 jj k 0 ---- ---q qq 0 rrrrr", ({ j, k, q, r }) =>
    ({ op: Op.CPS, immediate: r | k << 5 | q << 6 | (j === 2 ? 1 << 9 : 0) | (j === 3 ? 1 << 10 : 0) })],
  ["1111 0001 0000 ---1 ---- --e- 0000 ----", ({ e }) => ({ op: Op.SETEND, immediate: e })],
  ["1111 001- ---- ---- ---- ---- ---- ----", (_, _place, raw) => simd(raw)],
  ["1111 0100 ---0 ---- ---- ---- ---- ----", (_, _place, raw) => simd(raw)],
  ["1111 0100 -101 ---- ---- ---- ---- ----", nop], // PLI
  ["1111 0101 -101 ---- ---- ---- ---- ----", nop], // PLD
  ["1111 0110 -101 ---- ---- ---- ---0 ----", nop], // PLI
  ["1111 0111 -101 ---- ---- ---- ---0 ----", nop], // PLD
  ["1111 0101 0111 ---- ---- ---- 0001 ----", () => ({ op: Op.CLREX })],
  ["1111 0101 0111 ---- ---- ---- 010x ----", ({ x }) => ({ op: Op.BARRIER, immediate: x })],
  ["1111 0101 0111 ---- ---- ---- 0110 ----", () => ({ op: Op.ISB })],
  ["1111 100 P U 1 W 0 ---- ---- ---- ---r rrrr", (f) => {
    const { start, moved } = blockOf(index(f), 8);
    return { op: Op.SRS, immediate: f.r | moved, extra: start };
  }],
  ["1111 100 P U 0 W 1 nnnn ---- ---- ---- ----", (f) => {
    const { start, moved } = blockOf(index(f), 8);
    return { op: Op.RFE, rn: f.n, immediate: moved, extra: start };
  }],
  ["1111 101 h iiii iiii iiii iiii iiii iiii", ({ h, i }) =>
    ({ op: Op.BLX_IMMEDIATE, immediate: signed(i, 24) * 4 + 2 * h + PC })],
];

function nop(): Instruction {
  return { op: Op.NOP };
}

/** Bits 27 to 20 and 7 to 4. */
const KEY = 0x0ff0_00f0;
const conditional = new Encodings(32, KEY, [
  ...DATA_PROCESSING,
  ...MEDIA,
  ...LOAD_STORE,
  ...BRANCH,
]);
const unconditional = new Encodings(32, KEY, UNCONDITIONAL);
const NO_PLACE = { offset: 0, governed: false };

/** @returns undefined when the word is not an instruction of the Cortex-A8 */
export function decodeArm(word: number): Instruction | undefined {
  return (word >>> 28 === 15 ? unconditional : conditional).decode(word, NO_PLACE);
}

/** The condition of an ARM instruction. */
export function armCondition(word: number): number {
  return word >>> 28 === 15 ? AL : word >>> 28;
}
