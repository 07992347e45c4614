/**
 * What a row of a table makes of an encoding, before it is packed into a record (op.ts), and how
 * the manual's pseudo-code expands immediates and shifts.
 */
import { type Access, Data, Form, Indexing, Mark, memoryOp, Op, Operand } from "../op.ts";
import { dataOp, SHIFT, W1 } from "../op.ts";
import type { Fields } from "./pattern.ts";

/** Registers are those that the instruction has: one that is 15 marks the record with Mark.R15. */
export interface Instruction {
  readonly op: number;
  readonly rd?: number;
  readonly rn?: number;
  readonly rm?: number;
  readonly ra?: number;
  readonly s?: number;
  readonly amount?: number;
  readonly type?: number;
  /** w2. */
  readonly immediate?: number;
  /** w3, without the IT state. */
  readonly extra?: number;
  /** The condition, where a Thumb encoding has its own. */
  readonly cond?: number;
}

/** How an instruction stands in its program. */
export interface Surroundings {
  readonly cond: number;
  /** 32 bits in Thumb. */
  readonly wide: boolean;
  /** Its ITSTATE, 0 outside an IT block. */
  readonly it: number;
}

/** Writes the four words of a record. */
export function pack(
  records: Int32Array,
  at: number,
  instruction: Instruction,
  { cond, wide, it }: Surroundings,
): void {
  const { op, rd = 0, rn = 0, rm = 0, ra = 0, s = 0, amount = 0, type = 0 } = instruction;
  const r15 = rd === 15 || rn === 15 || rm === 15 || ra === 15;
  records[at] = op | (r15 ? Mark.R15 : 0) | (it !== 0 ? Mark.GOVERNED : 0);
  records[at + 1] = rd << W1.RD | rn << W1.RN | rm << W1.RM | ra << W1.RA |
    (instruction.cond ?? cond) << W1.COND | s << W1.S | amount << W1.AMOUNT | type << W1.TYPE |
    (wide ? 1 : 0) << W1.WIDE;
  records[at + 2] = instruction.immediate ?? 0;
  records[at + 3] = (instruction.extra ?? 0) | it;
}

export const UNDEFINED = (raw: number): Instruction => ({ op: Op.UNDEFINED, immediate: raw });

/** DecodeImmShift (A8.4.3). */
export function shiftOf(type: number, imm5: number): { type: number; amount: number } {
  if (imm5 !== 0 || type === SHIFT.LSL) return { type, amount: imm5 };
  return type === SHIFT.ROR ? { type: SHIFT.RRX, amount: 1 } : { type, amount: 32 };
}

export function signed(value: number, bits: number): number {
  return value << (32 - bits) >> (32 - bits);
}

/** An expanded immediate, and extras that say what becomes of the carry: see Operand.IMMEDIATE. */
interface Expanded {
  readonly immediate: number;
  readonly extra: number;
}

function rotated(value: number, by: number): Expanded {
  const immediate = by === 0 ? value : (value >>> by) | (value << (32 - by));
  return { immediate, extra: by === 0 ? 0 : (2 | immediate >>> 31) << 8 };
}

/** ARMExpandImm_C (A5.2.4). */
export function armImmediate(imm12: number): Expanded {
  return rotated(imm12 & 0xff, 2 * (imm12 >>> 8));
}

/** ThumbExpandImm_C (A6.3.2). */
export function thumbImmediate(imm12: number): Expanded {
  const byte = imm12 & 0xff;
  if (imm12 >>> 10 !== 0) return rotated(0x80 | imm12 & 0x7f, imm12 >>> 7);
  const factor = [1, 0x0001_0001, 0x0100_0100, 0x0101_0101][imm12 >>> 8]!;
  return { immediate: Math.imul(byte, factor), extra: 0 };
}

/** The registers that an opcode has: MOV and MVN read no Rn, comparisons write no Rd. */
function dataRegisters(opcode: Data, rd: number, rn: number): { rd?: number; rn?: number } {
  if (opcode >= Data.TST && opcode <= Data.CMN) return { rn };
  return opcode === Data.MOV || opcode === Data.MVN ? { rd } : { rd, rn };
}

type DataFields = Pick<Fields, "d" | "n">;

export function dataImmediate(
  opcode: Data,
  s: number,
  { d, n }: DataFields,
  expanded: Expanded,
): Instruction {
  const op = dataOp(opcode, Operand.IMMEDIATE, s);
  return { op, s, ...dataRegisters(opcode, d, n), ...expanded };
}

/** Rm shifted by a constant, the type and five bits as encoded. */
export function dataShifted(
  opcode: Data,
  s: number,
  { d, n, m }: DataFields & Pick<Fields, "m">,
  [shiftType, imm5]: readonly [number, number] = [SHIFT.LSL, 0],
): Instruction {
  const { type, amount } = shiftOf(shiftType, imm5);
  const operand = type === SHIFT.LSL && amount === 0 ? Operand.REGISTER : Operand.SHIFTED;
  const registers = dataRegisters(opcode, d, n);
  return { op: dataOp(opcode, operand, s), s, ...registers, rm: m, type, amount };
}

export function dataRegisterShifted(
  opcode: Data,
  s: number,
  { d, n, m }: DataFields & Pick<Fields, "m">,
  [type, ra]: readonly [number, number],
): Instruction {
  const registers = dataRegisters(opcode, d, n);
  return { op: dataOp(opcode, Operand.REGISTER_SHIFTED, s), s, ...registers, rm: m, ra, type };
}

/** P, U and W of a load or store, as encoded. */
export interface Index {
  readonly p: number;
  readonly u: number;
  readonly w: number;
}

interface Transfer {
  readonly access: Access;
  readonly rd: number;
  /** The second register of LDRD and STRD. */
  readonly ra?: number;
  readonly rn: number;
}

/** LDRT and its kin of Thumb: at Rn + `immediate`, as if in User mode. */
export function unprivileged(transfer: Transfer, immediate: number): Instruction {
  const { access, ...registers } = transfer;
  return {
    op: memoryOp(access, Form.OTHER),
    ...registers,
    immediate,
    extra: Indexing.UNPRIVILEGED,
  };
}

const POST_UNPRIVILEGED = Indexing.POST | Indexing.WRITE_BACK | Indexing.UNPRIVILEGED;

export function memoryImmediate(
  { access, ...registers }: Transfer,
  { p, u, w }: Index,
  offset: number,
): Instruction {
  const immediate = u === 1 ? offset : -offset;
  if (p === 0 && w === 1) {
    return { op: memoryOp(access, Form.OTHER), ...registers, immediate, extra: POST_UNPRIVILEGED };
  }
  const form = p === 0 ? Form.POST : w === 1 ? Form.PRE : Form.OFFSET;
  return { op: memoryOp(access, form), ...registers, immediate };
}

/** Of a word whose base is the PC: `offset` from Align(its address, 4). */
export function literal({ access, rd, ra }: Omit<Transfer, "rn">, offset: number): Instruction {
  return { op: memoryOp(access, Form.LITERAL), rd, ra, immediate: offset };
}

export function memoryRegister(
  { access, ...registers }: Transfer,
  { p, u, w }: Index,
  rm: number,
  [shiftType, imm5]: readonly [number, number] = [SHIFT.LSL, 0],
): Instruction {
  const shift = shiftOf(shiftType, imm5);
  const operands = { ...registers, rm, ...shift };
  if (p === 1 && u === 1 && w === 0 && shift.type === SHIFT.LSL) {
    return { op: memoryOp(access, Form.REGISTER), ...operands };
  }
  const post = w === 1 ? POST_UNPRIVILEGED : Indexing.POST | Indexing.WRITE_BACK;
  const extra = Indexing.REGISTER | (u === 0 ? Indexing.SUBTRACT : 0) |
    (p === 0 ? post : w === 1 ? Indexing.WRITE_BACK : 0);
  return { op: memoryOp(access, Form.OTHER), ...operands, extra };
}

/** Where a block of `bytes` starts, and by how much the base moves, for w3 and w2. */
export function blockOf(
  { p, u, w }: Index,
  bytes: number,
): { readonly start: number; readonly moved: number } {
  const start = u === 1 ? (p === 1 ? 4 : 0) : (p === 1 ? 0 : 4) - bytes;
  return { start: start << 8, moved: w === 0 ? 0 : (u === 1 ? bytes : -bytes) << 16 };
}

/** LDM and STM of all kinds, `user`: with the ^ of the ARM encodings. */
export function block(
  { l, rn, list, user = 0 }: { l: number; rn: number; list: number; user?: number },
  index: Index,
): Instruction {
  let count = 0;
  for (let bits = list; bits !== 0; bits &= bits - 1) count++;
  const { start, moved } = blockOf(index, 4 * count);
  const pc = list >>> 15 === 1;
  const load = user === 1 ? (pc ? Op.LDM_RETURN : Op.LDM_USER) : pc ? Op.LDM_PC : Op.LDM;
  const store = user === 1 ? Op.STM_USER : Op.STM;
  return { op: l === 1 ? load : store, rn, immediate: list | moved, extra: start };
}
