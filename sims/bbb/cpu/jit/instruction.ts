/** Decoded instructions as the translator sees them: op.ts's records with their addresses. */
import { AL, Data, Mark, Op, Operand, W1 } from "../op.ts";

/** What the translator does about an instruction: see kind.ts. */
export type Kind =
  /** Translated; the next one follows. */
  | "plain"
  /** Translated; ends a block. */
  | "branch"
  /** Called for from the interpreter; the next one follows, unless there is an exception. */
  | "step"
  /** Left to the interpreter: it may change the mode, the instruction set or the MMU. */
  | "leave";

export interface Instruction extends Decoded {
  readonly kind: Kind;
}

export interface Decoded {
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

export const op = (i: Decoded): number => i.w0 & Mark.OP;
export const rd = (i: Decoded): number => i.w1 >>> W1.RD & 15;
export const rn = (i: Decoded): number => i.w1 >>> W1.RN & 15;
export const rm = (i: Decoded): number => i.w1 >>> W1.RM & 15;
export const ra = (i: Decoded): number => i.w1 >>> W1.RA & 15;
export const cond = (i: Decoded): number => i.w1 >>> W1.COND & 15;
export const setsFlags = (i: Decoded): boolean => (i.w1 >>> W1.S & 1) !== 0;
export const amount = (i: Decoded): number => i.w1 >>> W1.AMOUNT & 63;
export const shiftType = (i: Decoded): number => i.w1 >>> W1.TYPE & 7;

export const conditional = (i: Decoded): boolean => cond(i) < AL;
/** ITSTATE of the instruction: 0 outside an IT block. */
export const itState = (i: Decoded): number => i.w0 & Mark.GOVERNED ? i.w3 & 0xff : 0;
/** ITSTATE behind it, in sequence (ITAdvance, A2.5.2). */
export function stateBehind(i: Decoded): number {
  if (op(i) === Op.IT) return i.w2 & 0xff;
  const it = itState(i);
  return it & 7 ? it & 0xe0 | it << 1 & 0x1f : 0;
}
export const next = (i: Decoded): number => i.address + i.size | 0;
/** What R15 reads as. */
export const pcValue = (i: Decoded): number => i.address + (i.thumb ? 4 : 8) | 0;
/** Of ADR and literal loads: Align(PC, 4) and an offset. */
export const literalAddress = (i: Decoded): number => (i.address & ~3) + i.w2 | 0;
/** Of B, BL, CBZ. */
export const target = (i: Decoded): number => i.address + i.w2 | 0;

/** Opcode and operand form of data processing; undefined of others. */
export function dataOf(i: Decoded): { opcode: Data; operand: Operand; s: boolean } | undefined {
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
