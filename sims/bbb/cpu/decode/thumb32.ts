/**
 * The 32-bit Thumb encodings (ARM Architecture Reference Manual DDI 0406C, chapter A6.3). The first
 * halfword is the upper one.
 */
import { Access, Data, Op, SHIFT } from "../op.ts";
import { coprocessor, extend, parallel, simd } from "./common.ts";
import {
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
  thumbImmediate,
  unprivileged,
} from "./instruction.ts";
import { Encodings, type Fields, type Row } from "./pattern.ts";

/** What the manual calls PC is the address of the instruction + 4. */
const PC = 4;
const UP = { p: 1, u: 1, w: 0 };
const index = ({ P, U, W }: Fields) => ({ p: P, u: U, w: W });

/** The opcode of A6.3.1 and A6.3.11; Rd 15 with S makes a comparison, Rn 15 a move. */
function opcodeOf({ o, S, d, n }: Fields): Data | undefined {
  const compares = d === 15 && S === 1;
  switch (o) {
    case 0:
      return compares ? Data.TST : Data.AND;
    case 1:
      return Data.BIC;
    case 2:
      return n === 15 ? Data.MOV : Data.ORR;
    case 3:
      return n === 15 ? Data.MVN : Data.ORN;
    case 4:
      return compares ? Data.TEQ : Data.EOR;
    case 8:
      return compares ? Data.CMN : Data.ADD;
    case 10:
      return Data.ADC;
    case 11:
      return Data.SBC;
    case 13:
      return compares ? Data.CMP : Data.SUB;
    case 14:
      return Data.RSB;
  }
  return undefined;
}

function shifted(fields: Fields): Instruction | undefined {
  const opcode = opcodeOf(fields);
  return opcode === undefined
    ? undefined
    : dataShifted(opcode, fields.S, fields, [fields.y, fields.i]);
}

function modified(fields: Fields): Instruction | undefined {
  const opcode = opcodeOf(fields);
  return opcode === undefined
    ? undefined
    : dataImmediate(opcode, fields.S, fields, thumbImmediate(fields.i));
}

/** ADDW and SUBW, which are ADR where Rn is the PC. */
function plain(opcode: Data, { d, n, i }: Fields): Instruction {
  if (n === 15) return { op: Op.ADR, rd: d, immediate: PC + (opcode === Data.ADD ? i : -i) };
  return dataImmediate(opcode, 0, { d, n }, { immediate: i, extra: 0 });
}

const move16 = ({ j, k, l, i }: Fields) => j << 12 | i << 11 | k << 8 | l;

// deno-fmt-ignore
const DATA: readonly Row[] = [
  ["11101 01 0110 0 nnnn - iii dddd ii x0 mmmm", ({ n, i, d, x, m }) =>
    ({ op: x === 1 ? Op.PKHTB : Op.PKHBT, rd: d, rn: n, rm: m, ...shiftOf(x === 1 ? SHIFT.ASR : SHIFT.LSL, i) })],
  ["11101 01 oooo S nnnn - iii dddd ii yy mmmm", shifted],
  ["11110 i 0 oooo S nnnn 0 iii dddd iiii iiii", modified],
  ["11110 i 1 0000 0 nnnn 0 iii dddd iiii iiii", (f) => plain(Data.ADD, f)],
  ["11110 i 1 0101 0 nnnn 0 iii dddd iiii iiii", (f) => plain(Data.SUB, f)],
  ["11110 i 1 0010 0 jjjj 0 kkk dddd llll llll", (f) =>
    dataImmediate(Data.MOV, 0, { d: f.d, n: 0 }, { immediate: move16(f), extra: 0 })], // MOVW
  ["11110 i 1 0110 0 jjjj 0 kkk dddd llll llll", (f) => ({ op: Op.MOVT, rd: f.d, immediate: move16(f) })],
  ["11110 - 1 1001 0 nnnn 0 000 dddd 00 -- wwww", ({ n, d, w }) => ({ op: Op.SSAT16, rd: d, rn: n, immediate: w + 1 })],
  ["11110 - 1 1101 0 nnnn 0 000 dddd 00 -- wwww", ({ n, d, w }) => ({ op: Op.USAT16, rd: d, rn: n, immediate: w })],
  ["11110 - 1 100y 0 nnnn 0 iii dddd ii - wwwww", ({ y, n, i, d, w }) =>
    ({ op: Op.SSAT, rd: d, rn: n, immediate: w + 1, ...shiftOf(2 * y, i) })],
  ["11110 - 1 110y 0 nnnn 0 iii dddd ii - wwwww", ({ y, n, i, d, w }) =>
    ({ op: Op.USAT, rd: d, rn: n, immediate: w, ...shiftOf(2 * y, i) })],
  ["11110 - 1 1010 0 nnnn 0 iii dddd ii - wwwww", ({ n, i, d, w }) =>
    ({ op: Op.SBFX, rd: d, rn: n, immediate: i | w + 1 << 8 })],
  ["11110 - 1 1110 0 nnnn 0 iii dddd ii - wwwww", ({ n, i, d, w }) =>
    ({ op: Op.UBFX, rd: d, rn: n, immediate: i | w + 1 << 8 })],
  ["11110 - 1 1011 0 nnnn 0 iii dddd ii - wwwww", ({ n, i, d, w }) => {
    const field = i | w - i + 1 << 8;
    if (w < i) return undefined;
    return n === 15 ? { op: Op.BFC, rd: d, immediate: field } : { op: Op.BFI, rd: d, rn: n, immediate: field };
  }],
];

/** Bits J1 and J2 are inverted sign bits, so that old encodings kept their meaning. */
function far({ S, J, K, i, j }: Fields): number {
  const i1 = 1 ^ J ^ S, i2 = 1 ^ K ^ S;
  return signed(S << 24 | i1 << 23 | i2 << 22 | i << 12 | j << 1, 25) + PC;
}

// deno-fmt-ignore
const BRANCH: readonly Row[] = [
  ["11110 0 1110 0 R nnnn 10-0 kkkk --0- ----", ({ R, n, k }) => ({ op: Op.MSR, rm: n, immediate: k | R << 4 })],
  ["11110 0 1110 10 ---- 10-0 -000 oooo oooo", ({ o }) => ({ op: o === 2 ? Op.WFE : o === 3 ? Op.WFI : Op.NOP })],
  ["11110 0 1110 10 ---- 10-0 -jjk qqqr rrrr", ({ j, k, q, r }) =>
    ({ op: Op.CPS, immediate: r | k << 5 | q << 6 | (j === 2 ? 1 << 9 : 0) | (j === 3 ? 1 << 10 : 0) })],
  ["11110 0 1110 11 ---- 10-0 ---- 0010 ----", () => ({ op: Op.CLREX })],
  ["11110 0 1110 11 ---- 10-0 ---- 010x ----", ({ x }) => ({ op: Op.BARRIER, immediate: x })],
  ["11110 0 1110 11 ---- 10-0 ---- 0110 ----", () => ({ op: Op.ISB })],
  ["11110 0 1111 00 mmmm 10-0 ---- ---- ----", ({ m }) => ({ op: Op.BX, rm: m })], // BXJ
  ["11110 0 1111 01 ---- 10-0 ---- iiii iiii", ({ i }) =>
    dataImmediate(Data.SUB, 1, { d: 15, n: 14 }, { immediate: i, extra: 0 })],
  ["11110 0 1111 1R ---- 10-0 dddd --0- ----", ({ R, d }) => ({ op: Op.MRS, rd: d, immediate: R })],
  ["11110 1 1111 11 iiii 1000 ---- ---- ----", ({ i }) => ({ op: Op.SMC, immediate: i })],
  ["11110 S cccc iiiiii 10 J 0 K jjj jjjj jjjj", ({ S, c, i, J, K, j }) => c >= 14 ? undefined
    : { op: Op.B, cond: c, immediate: signed(S << 20 | K << 19 | J << 18 | i << 12 | j << 1, 21) + PC }],
  ["11110 S iiii iiiiii 10 J 1 K jjj jjjj jjjj", (f) => ({ op: Op.B, immediate: far(f) })],
  ["11110 S iiii iiiiii 11 J 1 K jjj jjjj jjjj", (f) => ({ op: Op.BL, immediate: far(f) })],
  ["11110 S iiii iiiiii 11 J 0 K jjj jjjj jjj0", (f) => ({ op: Op.BLX_IMMEDIATE, immediate: far({ ...f, j: f.j << 1 }) })],
];

const SIZES = {
  load: [Access.LDRB, Access.LDRH, Access.LDR],
  loadSigned: [Access.LDRSB, Access.LDRSH, undefined],
  store: [Access.STRB, Access.STRH, Access.STR],
} as const;

type Single = { readonly access: Access; readonly rd: number; readonly rn: number };

/**
 * A6.3.7 to A6.3.10. A load of a byte or halfword to the PC is a hint (PLD, PLI) or nothing; x is the
 * sign, l a load.
 */
function single(make: (single: Single, fields: Fields) => Instruction | undefined) {
  return (fields: Fields): Instruction | undefined => {
    const { x, l, o, n, t } = fields;
    if (x === 1 && l === 0) return undefined;
    const access = (l === 0 ? SIZES.store : x === 1 ? SIZES.loadSigned : SIZES.load)[o];
    if (access === undefined || l === 0 && n === 15) return undefined;
    if (l === 1 && t === 15 && o !== 2) return { op: Op.NOP };
    return make({ access, rd: t, rn: n }, fields);
  };
}

const fromLiteral = single(({ access, rd }, { U, i }) =>
  literal({ access, rd }, PC + (U === 1 ? i : -i))
);

/** 110 is the form for User mode. */
const indexed = single((of, fields) => {
  const { p, u, w } = index(fields);
  if (p === 1 && u === 1 && w === 0) return unprivileged(of, fields.i);
  return memoryImmediate(of, { p, u, w: p === 0 ? 0 : w }, fields.i);
});

function dual({ l, P, U, W, n, t, s, i }: Fields): Instruction | undefined {
  if (P === 0 && W === 0) return undefined;
  const of = { access: l === 1 ? Access.LDRD : Access.STRD, rd: t, ra: s, rn: n };
  if (n === 15) return l === 1 ? literal(of, PC + (U === 1 ? 4 * i : -4 * i)) : undefined;
  return memoryImmediate(of, { p: P, u: U, w: P === 0 ? 0 : W }, 4 * i);
}

/** A6.3.5: o says SRS and RFE (0 down, 3 up), or increment after (1), decrement before (2). */
function multiple({ o, W, l, n, r }: Fields): Instruction {
  const down = { p: 1, u: 0, w: W }, up = { p: 0, u: 1, w: W };
  if (o === 1 || o === 2) return block({ l, rn: n, list: r }, o === 1 ? up : down);
  const { start, moved } = blockOf(o === 0 ? down : up, 8);
  if (l === 1) return { op: Op.RFE, rn: n, immediate: moved, extra: start };
  return { op: Op.SRS, immediate: r & 31 | moved, extra: start };
}

// deno-fmt-ignore
const MEMORY: readonly Row[] = [
  ["11101 00 oo 0 W l nnnn rrrr rrrr rrrr rrrr", multiple],
  ["11101 00 0010 0 nnnn tttt dddd iiii iiii", ({ n, t, d, i }) =>
    ({ op: Op.STREX, rd: d, rn: n, rm: t, immediate: 4 * i })],
  ["11101 00 0010 1 nnnn tttt ---- iiii iiii", ({ n, t, i }) => ({ op: Op.LDREX, rd: t, rn: n, immediate: 4 * i })],
  ["11101 00 0110 0 nnnn tttt ---- 010x dddd", ({ n, t, x, d }) =>
    ({ op: x === 1 ? Op.STREXH : Op.STREXB, rd: d, rn: n, rm: t })],
  ["11101 00 0110 0 nnnn tttt ssss 0111 dddd", ({ n, t, s, d }) => ({ op: Op.STREXD, rd: d, rn: n, rm: t, ra: s })],
  ["11101 00 0110 1 nnnn ---- ---- 000x mmmm", ({ n, x, m }) => ({ op: x === 1 ? Op.TBH : Op.TBB, rn: n, rm: m })],
  ["11101 00 0110 1 nnnn tttt ---- 010x ----", ({ n, t, x }) =>
    ({ op: x === 1 ? Op.LDREXH : Op.LDREXB, rd: t, rn: n })],
  ["11101 00 0110 1 nnnn tttt ssss 0111 ----", ({ n, t, s }) => ({ op: Op.LDREXD, rd: t, rn: n, ra: s })],
  ["11101 00 P U 1 W l nnnn tttt ssss iiii iiii", dual],
  ["1111 1001 ---0 ---- ---- ---- ---- ----", (_, _place, raw) => simd(raw)],
  ["1111 100 x U oo 1 1111 tttt iiii iiii iiii", (f) => fromLiteral({ ...f, l: 1 })],
  ["1111 100 x 1 oo l nnnn tttt iiii iiii iiii", single((of, { i }) => memoryImmediate(of, UP, i))],
  ["1111 100 x 0 oo l nnnn tttt 1 P U W iiii iiii", (f) => f.P || f.W ? indexed(f) : undefined],
  ["1111 100 x 0 oo l nnnn tttt 000000 ii mmmm", single((of, { i, m }) => memoryRegister(of, UP, m, [SHIFT.LSL, i]))],
];

// deno-fmt-ignore
const REGISTERS: readonly Row[] = [
  // A6.3.12: data processing (register)
  ["1111 1010 0 yy S nnnn 1111 dddd 0000 mmmm", ({ y, S, n, d, m }) =>
    dataRegisterShifted(Data.MOV, S, { d, n: 0, m: n }, [y, m])],
  ["1111 1010 0 ooo nnnn 1111 dddd 1 - rr mmmm", ({ o, n, d, r, m }) =>
    extend([Op.SXTAH, Op.UXTAH, Op.SXTAB16, Op.UXTAB16, Op.SXTAB, Op.UXTAB][o], r, { d, n, m })],
  ["1111 1010 1 ooo nnnn 1111 dddd 0 uuu mmmm", ({ o, n, d, u, m }) => {
    const operation = [4, 0, 1, undefined, 7, 3, 2][o]; // ADD8 ADD16 ASX - SUB8 SUB16 SAX
    if (operation === undefined || (u & 3) === 3) return undefined;
    return parallel(u + 1, operation, { rd: d, rn: n, rm: m });
  }],
  ["1111 1010 1000 nnnn 1111 dddd 10 oo mmmm", ({ n, d, o, m }) =>
    ({ op: [Op.QADD, Op.QDADD, Op.QSUB, Op.QDSUB][o]!, rd: d, rn: n, rm: m })],
  ["1111 1010 1001 ---- 1111 dddd 10 oo mmmm", ({ d, o, m }) =>
    ({ op: [Op.REV, Op.REV16, Op.RBIT, Op.REVSH][o]!, rd: d, rm: m })],
  ["1111 1010 1010 nnnn 1111 dddd 1000 mmmm", ({ n, d, m }) => ({ op: Op.SEL, rd: d, rn: n, rm: m })],
  ["1111 1010 1011 ---- 1111 dddd 1000 mmmm", ({ d, m }) => ({ op: Op.CLZ, rd: d, rm: m })],

  // A6.3.16: multiply
  ["1111 1011 0000 nnnn aaaa dddd 0000 mmmm", ({ n, a, d, m }) => a === 15
    ? { op: Op.MUL, rd: d, rn: n, rm: m }
    : { op: Op.MLA, rd: d, rn: n, rm: m, ra: a }],
  ["1111 1011 0000 nnnn aaaa dddd 0001 mmmm", ({ n, a, d, m }) => ({ op: Op.MLS, rd: d, rn: n, rm: m, ra: a })],
  ["1111 1011 0001 nnnn aaaa dddd 00 x y mmmm", ({ n, a, d, x, y, m }) => a === 15
    ? { op: Op.SMUL, rd: d, rn: n, rm: m, immediate: x | y << 1 }
    : { op: Op.SMLA, rd: d, rn: n, rm: m, ra: a, immediate: x | y << 1 }],
  ["1111 1011 0011 nnnn aaaa dddd 00 0 y mmmm", ({ n, a, d, y, m }) => a === 15
    ? { op: Op.SMULW, rd: d, rn: n, rm: m, immediate: y << 1 }
    : { op: Op.SMLAW, rd: d, rn: n, rm: m, ra: a, immediate: y << 1 }],
  ["1111 1011 0010 nnnn aaaa dddd 00 0 x mmmm", ({ n, a, d, x, m }) => a === 15
    ? { op: Op.SMUAD, rd: d, rn: n, rm: m, immediate: x }
    : { op: Op.SMLAD, rd: d, rn: n, rm: m, ra: a, immediate: x }],
  ["1111 1011 0100 nnnn aaaa dddd 00 0 x mmmm", ({ n, a, d, x, m }) => a === 15
    ? { op: Op.SMUSD, rd: d, rn: n, rm: m, immediate: x }
    : { op: Op.SMLSD, rd: d, rn: n, rm: m, ra: a, immediate: x }],
  ["1111 1011 0101 nnnn aaaa dddd 00 0 x mmmm", ({ n, a, d, x, m }) => a === 15
    ? { op: Op.SMMUL, rd: d, rn: n, rm: m, immediate: x }
    : { op: Op.SMMLA, rd: d, rn: n, rm: m, ra: a, immediate: x }],
  ["1111 1011 0110 nnnn aaaa dddd 00 0 x mmmm", ({ n, a, d, x, m }) =>
    ({ op: Op.SMMLS, rd: d, rn: n, rm: m, ra: a, immediate: x })],
  ["1111 1011 0111 nnnn aaaa dddd 0000 mmmm", ({ n, a, d, m }) => a === 15
    ? { op: Op.USAD8, rd: d, rn: n, rm: m }
    : { op: Op.USADA8, rd: d, rn: n, rm: m, ra: a }],

  // A6.3.17: long multiply; there is no divider
  ["1111 1011 1000 nnnn aaaa dddd 0000 mmmm", (f) => long(Op.SMULL, f)],
  ["1111 1011 1010 nnnn aaaa dddd 0000 mmmm", (f) => long(Op.UMULL, f)],
  ["1111 1011 1100 nnnn aaaa dddd 0000 mmmm", (f) => long(Op.SMLAL, f)],
  ["1111 1011 1100 nnnn aaaa dddd 10 x y mmmm", (f) => ({ ...long(Op.SMLAL_HALVES, f), immediate: f.x | f.y << 1 })],
  ["1111 1011 1100 nnnn aaaa dddd 110 x mmmm", (f) => ({ ...long(Op.SMLALD, f), immediate: f.x })],
  ["1111 1011 1101 nnnn aaaa dddd 110 x mmmm", (f) => ({ ...long(Op.SMLSLD, f), immediate: f.x })],
  ["1111 1011 1110 nnnn aaaa dddd 0000 mmmm", (f) => long(Op.UMLAL, f)],
  ["1111 1011 1110 nnnn aaaa dddd 0110 mmmm", (f) => long(Op.UMAAL, f)],
];

function long(op: number, { n, a, d, m }: Fields): Instruction {
  return { op, rd: d, rn: n, rm: m, ra: a };
}

/** A6.3.18: coprocessors, and Advanced SIMD data processing (111-1111). */
// deno-fmt-ignore
const COPROCESSOR: readonly Row[] = [
  ["111- 1111 ---- ---- ---- ---- ---- ----", (_, _place, raw) => simd(raw)],
  ["1110 11-- ---- ---- ---- ---- ---- ----", (_, _place, raw) => coprocessor(raw)],
];

/** Bits 28 to 20, 15, and 7 to 4. */
const KEY = 0x1ff0_80f0;
const encodings = new Encodings(32, KEY, [
  ...DATA,
  ...BRANCH,
  ...MEMORY,
  ...REGISTERS,
  ...COPROCESSOR,
]);
const NO_PLACE = { offset: 0, governed: false };

/** Whether a halfword is the first of two (A6.1). */
export function isWide(halfword: number): boolean {
  return halfword >>> 11 > 0b11100;
}

/** @returns undefined when the word is not an instruction of the Cortex-A8 */
export function decodeThumb32(word: number): Instruction | undefined {
  return encodings.decode(word, NO_PLACE);
}
