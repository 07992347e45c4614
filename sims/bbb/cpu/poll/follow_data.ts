/** What data-processing instructions do to values that change from round to round. */
import { shifted, shiftedByRegister } from "../interpreter_helpers.ts";
import { Data, Operand, W1 } from "../op.ts";
import { GIVE_UP } from "./give_up.ts";
import { add, type FlagSource, subtract, valueOf } from "./guard.ts";
import { type Affine, combine, constant, type Linear } from "./linear.ts";
import type { RoundState } from "./round_state.ts";

/** Words 1 to 3 of a decoded instruction. */
export type Words = readonly [w1: number, w2: number, w3: number];

const PC = 15;
const RRX = 4;

/** An instruction of `kind` = Op - Op.DATA; what it returns is done once it is executed. */
export function followData(state: RoundState, kind: number, [w1, w2, w3]: Words): () => void {
  const opcode = kind >>> 3, operand = kind >>> 1 & 3, s = (kind & 1) !== 0;
  const d = w1 >>> W1.RD & 15;
  if (s && d === PC && !compares(opcode)) throw GIVE_UP; // an exception return
  const second = secondOperand(state, operand, [w1, w2, w3]);
  const first = opcode === Data.MOV || opcode === Data.MVN
    ? constant(0)
    : state.affine(w1 >>> W1.RN & 15);
  const source = arithmetic(state, opcode, first, second);
  const linear = source ? source.linear : logical(opcode, first, second);
  const keepsCarry = keepsC(state, operand, [w1, w2, w3]);
  if (s && !source && !keepsCarry && second.linear !== undefined) throw GIVE_UP;
  return () => {
    if (!compares(opcode)) state.set(d, linear);
    if (!s) return;
    if (source) state.setAll(changing(source));
    else {
      // Only MOVS and MVNS get here with what changes; their result is in Rd.
      state.setNz(linear && valueOf(state.affine(d)));
      if (!keepsCarry) state.setCarry();
    }
  };
}

/** Whether a logical operation leaves C as it is. */
function keepsC({ core }: RoundState, operand: number, [w1, , w3]: Words): boolean {
  switch (operand) {
    case Operand.REGISTER:
      return true;
    case Operand.IMMEDIATE:
      return (w3 >>> 8 & 2) === 0;
    case Operand.REGISTER_SHIFTED:
      return (core.i32[w1 >>> W1.RA & 15]! & 0xff) === 0;
  }
  return false;
}

function secondOperand(state: RoundState, operand: number, [w1, w2]: Words): Affine {
  const { i32 } = state.core;
  const m = w1 >>> W1.RM & 15;
  if (operand === Operand.IMMEDIATE) return constant(w2);
  if (operand === Operand.REGISTER) return state.affine(m);
  if (m === PC) throw GIVE_UP;
  state.need(m);
  if (operand === Operand.SHIFTED) {
    if ((w1 >>> W1.TYPE & 7) === RRX) state.carry(); // RRX
    return constant(shifted(i32, w1));
  }
  state.need(w1 >>> W1.RA & 15);
  return constant(shiftedByRegister(i32, w1));
}

function arithmetic(
  state: RoundState,
  opcode: number,
  first: Affine,
  second: Affine,
): FlagSource | undefined {
  switch (opcode) {
    case Data.SUB:
    case Data.CMP:
      return subtract(first, second, 1);
    case Data.RSB:
      return subtract(second, first, 1);
    case Data.SBC:
      return subtract(first, second, state.carry());
    case Data.RSC:
      return subtract(second, first, state.carry());
    case Data.ADD:
    case Data.CMN:
      return add(first, second, 0);
    case Data.ADC:
      return add(first, second, state.carry());
  }
  return undefined;
}

function logical(opcode: number, first: Affine, second: Affine): Linear {
  if (opcode === Data.MOV) return second.linear;
  if (opcode === Data.MVN) return combine(undefined, -1, second.linear);
  if (first.linear !== undefined || second.linear !== undefined) throw GIVE_UP;
  return undefined;
}

function compares(opcode: number): boolean {
  return opcode >= Data.TST && opcode <= Data.CMN;
}

/** The source, unless nothing in it changes. */
function changing(source: FlagSource): FlagSource | undefined {
  return source.a.linear === undefined && source.b.linear === undefined ? undefined : source;
}
