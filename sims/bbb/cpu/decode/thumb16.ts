/** The 16-bit Thumb encodings (ARM Architecture Reference Manual DDI 0406C, chapter A6.2). */
import { Access, Data, Op, SHIFT } from "../op.ts";
import { extend } from "./common.ts";
import {
  block,
  dataImmediate,
  dataRegisterShifted,
  dataShifted,
  type Instruction,
  literal,
  memoryImmediate,
  memoryRegister,
  signed,
} from "./instruction.ts";
import { Encodings, type Fields, type Place, type Row } from "./pattern.ts";

/** What the manual calls PC is the address of the instruction + 4. */
const PC = 4;
const SP = 13;
const UP = { p: 1, u: 1, w: 0 };

/** Data processing with an immediate that is what it is. Sets the flags outside IT blocks. */
function immediate(opcode: Data, d: number, n: number, i: number, s: number): Instruction {
  return dataImmediate(opcode, s, { d, n }, { immediate: i, extra: 0 });
}

const flags = ({ governed }: Place) => governed ? 0 : 1;

const REGISTER_ACCESS = [
  Access.STR,
  Access.STRH,
  Access.STRB,
  Access.LDRSB,
  Access.LDR,
  Access.LDRH,
  Access.LDRB,
  Access.LDRSH,
] as const;

const OPCODES = [
  Data.AND,
  Data.EOR,
  SHIFT.LSL,
  SHIFT.LSR,
  SHIFT.ASR,
  Data.ADC,
  Data.SBC,
  SHIFT.ROR,
  Data.TST,
  Data.RSB,
  Data.CMP,
  Data.CMN,
  Data.ORR,
  undefined,
  Data.BIC,
  Data.MVN,
] as const;

/** A6.2.2: Rdn is the first operand and takes the result. */
function register({ o, m, d }: Fields, place: Place): Instruction {
  const opcode = OPCODES[o];
  const s = flags(place);
  if (opcode === undefined) return { op: Op.MUL, s, rd: d, rn: d, rm: m };
  if (o >= 2 && o <= 4 || o === 7) {
    return dataRegisterShifted(Data.MOV, s, { d, n: 0, m: d }, [opcode, m]);
  }
  if (opcode === Data.RSB) return immediate(Data.RSB, d, m, 0, s);
  const compares = opcode >= Data.TST && opcode <= Data.CMN;
  return dataShifted(opcode as Data, compares ? 1 : s, { d, n: d, m });
}

function single(access: Access, { t, n, i }: Fields, scale: number): Instruction {
  return memoryImmediate({ access, rd: t, rn: n }, UP, i * scale);
}

function stack(access: Access, { t, i }: Fields): Instruction {
  return memoryImmediate({ access, rd: t, rn: SP }, UP, i * 4);
}

// deno-fmt-ignore
const ROWS: readonly Row[] = [
  // A6.2.1: shift (immediate), add, subtract, move, compare
  ["00011 00 mmm nnn ddd", (f, place) => dataShifted(Data.ADD, flags(place), f)],
  ["00011 01 mmm nnn ddd", (f, place) => dataShifted(Data.SUB, flags(place), f)],
  ["00011 10 iii nnn ddd", ({ i, n, d }, place) => immediate(Data.ADD, d, n, i, flags(place))],
  ["00011 11 iii nnn ddd", ({ i, n, d }, place) => immediate(Data.SUB, d, n, i, flags(place))],
  ["000 yy iiiii mmm ddd", ({ y, i, m, d }, place) => dataShifted(Data.MOV, flags(place), { d, n: 0, m }, [y, i])],
  ["00100 ddd iiii iiii", ({ d, i }, place) => immediate(Data.MOV, d, 0, i, flags(place))],
  ["00101 nnn iiii iiii", ({ n, i }) => immediate(Data.CMP, 0, n, i, 1)],
  ["00110 ddd iiii iiii", ({ d, i }, place) => immediate(Data.ADD, d, d, i, flags(place))],
  ["00111 ddd iiii iiii", ({ d, i }, place) => immediate(Data.SUB, d, d, i, flags(place))],
  ["010000 oooo mmm ddd", register],

  // A6.2.3: special data, branch and exchange
  ["010001 00 d mmmm ddd", ({ d, m }) => dataShifted(Data.ADD, 0, { d, n: d, m })],
  ["010001 01 n mmmm nnn", ({ n, m }) => dataShifted(Data.CMP, 1, { d: 0, n, m })],
  ["010001 10 d mmmm ddd", ({ d, m }) => dataShifted(Data.MOV, 0, { d, n: 0, m })],
  ["010001 11 0 mmmm ---", ({ m }) => ({ op: Op.BX, rm: m })],
  ["010001 11 1 mmmm ---", ({ m }) => ({ op: Op.BLX, rm: m })],

  // A6.2.4: load and store single
  ["01001 ttt iiii iiii", ({ t, i }) => literal({ access: Access.LDR, rd: t }, PC + 4 * i)],
  ["0101 ooo mmm nnn ttt", ({ o, m, n, t }) => memoryRegister({ access: REGISTER_ACCESS[o]!, rd: t, rn: n }, UP, m)],
  ["0110 0 iiiii nnn ttt", (f) => single(Access.STR, f, 4)],
  ["0110 1 iiiii nnn ttt", (f) => single(Access.LDR, f, 4)],
  ["0111 0 iiiii nnn ttt", (f) => single(Access.STRB, f, 1)],
  ["0111 1 iiiii nnn ttt", (f) => single(Access.LDRB, f, 1)],
  ["1000 0 iiiii nnn ttt", (f) => single(Access.STRH, f, 2)],
  ["1000 1 iiiii nnn ttt", (f) => single(Access.LDRH, f, 2)],
  ["1001 0 ttt iiii iiii", (f) => stack(Access.STR, f)],
  ["1001 1 ttt iiii iiii", (f) => stack(Access.LDR, f)],
  ["1010 0 ddd iiii iiii", ({ d, i }) => ({ op: Op.ADR, rd: d, immediate: PC + 4 * i })],
  ["1010 1 ddd iiii iiii", ({ d, i }) => immediate(Data.ADD, d, SP, 4 * i, 0)],

  // A6.2.5: miscellaneous
  ["1011 0000 0 iiiiiii", ({ i }) => immediate(Data.ADD, SP, SP, 4 * i, 0)],
  ["1011 0000 1 iiiiiii", ({ i }) => immediate(Data.SUB, SP, SP, 4 * i, 0)],
  ["1011 o 0 i 1 iiiii nnn", ({ o, i, n }) => ({ op: o === 1 ? Op.CBNZ : Op.CBZ, rn: n, immediate: 2 * i + PC })],
  ["1011 0010 oo mmm ddd", ({ o, m, d }) => extend([Op.SXTAH, Op.SXTAB, Op.UXTAH, Op.UXTAB][o], 0, { d, n: 15, m })],
  ["1011 010 l rrrr rrrr", ({ l, r }) => block({ l: 0, rn: SP, list: r | l << 14 }, { p: 1, u: 0, w: 1 })],
  ["1011 110 l rrrr rrrr", ({ l, r }) => block({ l: 1, rn: SP, list: r | l << 15 }, { p: 0, u: 1, w: 1 })],
  ["1011 0110 010 1 e ---", ({ e }) => ({ op: Op.SETEND, immediate: e })],
  ["1011 0110 011 j - qqq", ({ j, q }) => ({ op: Op.CPS, immediate: q << 6 | (j === 0 ? 1 << 9 : 1 << 10) })],
  ["1011 1010 00 mmm ddd", ({ m, d }) => ({ op: Op.REV, rd: d, rm: m })],
  ["1011 1010 01 mmm ddd", ({ m, d }) => ({ op: Op.REV16, rd: d, rm: m })],
  ["1011 1010 11 mmm ddd", ({ m, d }) => ({ op: Op.REVSH, rd: d, rm: m })],
  ["1011 1110 iiii iiii", ({ i }) => ({ op: Op.BKPT, immediate: i })],
  ["1011 1111 oooo 0000", ({ o }) => ({ op: o === 2 ? Op.WFE : o === 3 ? Op.WFI : Op.NOP })],
  ["1011 1111 iiii iiii", ({ i }) => ({ op: Op.IT, immediate: i })],

  ["1100 0 nnn rrrr rrrr", ({ n, r }) => block({ l: 0, rn: n, list: r }, { p: 0, u: 1, w: 1 })],
  ["1100 1 nnn rrrr rrrr", ({ n, r }) => block({ l: 1, rn: n, list: r }, { p: 0, u: 1, w: 1 - (r >>> n & 1) })],

  // A6.2.6: conditional branch, supervisor call
  ["1101 1111 iiii iiii", ({ i }) => ({ op: Op.SVC, immediate: i })],
  ["1101 cccc iiii iiii", ({ c, i }) =>
    c === 14 ? undefined : { op: Op.B, cond: c, immediate: 2 * signed(i, 8) + PC }],
  ["1110 0 iii iiii iiii", ({ i }) => ({ op: Op.B, immediate: 2 * signed(i, 11) + PC })],
];

/** Bits 15 to 6. */
const encodings = new Encodings(16, 0xffc0, ROWS);

/** @returns undefined when the halfword is not an instruction of the Cortex-A8 */
export function decodeThumb16(halfword: number, place: Place): Instruction | undefined {
  return encodings.decode(halfword, place);
}
