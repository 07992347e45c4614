/** Decoded instructions as the translator sees them: op.ts's records with their addresses. */
import { AL, Data, Mark, Op, Operand, W1 } from "../op.ts";

export interface Instruction {
  /** Virtual. */
  readonly address: number;
  readonly thumb: boolean;
  /** In bytes. */
  readonly size: 2 | 4;
  readonly w0: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
}

export const op = (i: Instruction): number => i.w0 & Mark.OP;
export const rd = (i: Instruction): number => i.w1 >>> W1.RD & 15;
export const rn = (i: Instruction): number => i.w1 >>> W1.RN & 15;
export const rm = (i: Instruction): number => i.w1 >>> W1.RM & 15;
export const ra = (i: Instruction): number => i.w1 >>> W1.RA & 15;
export const cond = (i: Instruction): number => i.w1 >>> W1.COND & 15;
export const setsFlags = (i: Instruction): boolean => (i.w1 >>> W1.S & 1) !== 0;
export const amount = (i: Instruction): number => i.w1 >>> W1.AMOUNT & 63;
export const shiftType = (i: Instruction): number => i.w1 >>> W1.TYPE & 7;

export const conditional = (i: Instruction): boolean => cond(i) < AL;
/** ITSTATE of the instruction: 0 outside an IT block. */
export const itState = (i: Instruction): number => i.w0 & Mark.GOVERNED ? i.w3 & 0xff : 0;
/** ITSTATE behind it, in sequence (ITAdvance, A2.5.2). */
export function stateBehind(i: Instruction): number {
  if (op(i) === Op.IT) return i.w2 & 0xff;
  const it = itState(i);
  return it & 7 ? it & 0xe0 | it << 1 & 0x1f : 0;
}
export const next = (i: Instruction): number => i.address + i.size | 0;
/** What R15 reads as. */
export const pcValue = (i: Instruction): number => i.address + (i.thumb ? 4 : 8) | 0;
/** Of ADR and literal loads: Align(PC, 4) and an offset. */
export const literalAddress = (i: Instruction): number => (i.address & ~3) + i.w2 | 0;
/** Of B, BL, CBZ. */
export const target = (i: Instruction): number => i.address + i.w2 | 0;

/** Opcode and operand form of data processing; undefined of others. */
export function dataOf(i: Instruction): { opcode: Data; operand: Operand; s: boolean } | undefined {
  const offset = op(i) - Op.DATA;
  if (offset < 0 || op(i) >= Op.ADR) return undefined;
  return {
    opcode: (offset >> 3) as Data,
    operand: (offset >> 1 & 3) as Operand,
    s: (offset & 1) !== 0,
  };
}

/** Whether the opcode has no Rd: TST, TEQ, CMP, CMN. */
export const compares = (opcode: Data): boolean => opcode >= Data.TST && opcode <= Data.CMN;
