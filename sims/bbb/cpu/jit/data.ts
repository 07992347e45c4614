/** Translates data processing: 17 opcodes, four forms of the second operand (ARM ARM A8.4). */
import { Data, Op, Operand, SHIFT } from "../op.ts";
import { pushCarry, setCarry, setFlagsOfDifference, setSignAndZero } from "./flags.ts";
import {
  amount,
  compares,
  dataOf,
  type Instruction,
  literalAddress,
  op,
  ra,
  rd,
  rm,
  rn,
  shiftType,
} from "./instruction.ts";
import type { RegionWriter } from "./writer.ts";

/** Whether the shifter has a carry for flags: in local `carry`, as a sign. */
type Carries = boolean;

/** Writes the instruction; its result is popped by `result`, which a comparison does not have. */
export function writeData(w: RegionWriter, i: Instruction, result: () => void): void {
  const { opcode, operand, s } = dataOf(i)!;
  const arithmetic = ARITHMETIC[opcode];
  if (!arithmetic) writeLogical(w, i, { opcode, operand, s }, result);
  else {
    writeArithmetic(w, i, { ...arithmetic, operand, s, result: compares(opcode) ? null : result });
  }
}

/** ADR and MOVT. */
export function writeAddress(w: RegionWriter, i: Instruction): void {
  if (op(i) === Op.ADR) w.code.i32(literalAddress(i));
  else w.read(rd(i), i).code.i32(0xffff).op("and").i32(i.w2 << 16).op("or");
  w.write(rd(i));
}

interface Arithmetic {
  /** The operands are exchanged. */
  readonly reverse?: boolean;
  readonly sum?: boolean;
  readonly carry?: boolean;
}

const ARITHMETIC: Partial<Record<Data, Arithmetic>> = {
  [Data.SUB]: {},
  [Data.RSB]: { reverse: true },
  [Data.ADD]: { sum: true },
  [Data.ADC]: { sum: true, carry: true },
  [Data.SBC]: { carry: true },
  [Data.RSC]: { reverse: true, carry: true },
  [Data.CMP]: {},
  [Data.CMN]: { sum: true },
};

interface ArithmeticOf extends Arithmetic {
  readonly operand: Operand;
  readonly s: boolean;
  readonly result: (() => void) | null;
}

function writeArithmetic(w: RegionWriter, i: Instruction, what: ArithmeticOf): void {
  const { code, flags: { x, y, r }, temp: { a, b } } = w;
  const first = () => w.read(rn(i), i);
  const second = () => pushOperand(w, i, { operand: what.operand, carry: false });
  if (!what.s) {
    if (what.reverse) second(), first();
    else first(), second();
    code.op(what.sum ? "add" : "sub");
    pushCarryIn(w, what);
    what.result!();
    return;
  }
  // Flags are written last: the operands, and the carry, are still those from before.
  if (what.reverse) second(), code.set(a), first(), code.set(b);
  else first(), code.set(a), second(), code.set(b);
  code.get(a).get(b).op(what.sum ? "add" : "sub");
  pushCarryIn(w, what);
  code.get(a).set(x).get(b);
  if (what.sum) code.i32(-1).op("xor");
  code.set(y);
  setFlagsOfDifference(w, { compared: !what.sum && !what.carry });
  if (what.result) {
    code.get(r);
    what.result();
  }
}

/** A sum is on the stack, without its carry: adds C, or subtracts NOT C. */
function pushCarryIn(w: RegionWriter, { sum, carry }: Arithmetic): void {
  if (!carry) return;
  pushCarry(w);
  w.code.op("add");
  if (!sum) w.code.i32(1).op("sub");
}

interface LogicalOf {
  readonly opcode: Data;
  readonly operand: Operand;
  readonly s: boolean;
}

function writeLogical(w: RegionWriter, i: Instruction, what: LogicalOf, result: () => void): void {
  const { code, temp: { value, carry } } = w;
  const { opcode, operand, s } = what;
  if (opcode !== Data.MOV && opcode !== Data.MVN) w.read(rn(i), i);
  const carries = pushOperand(w, i, { operand, carry: s });
  LOGICAL[opcode]!(w);
  if (!s) return result();
  code.set(value);
  if (carries) setCarry(w, carry);
  code.get(value);
  setSignAndZero(w);
  if (compares(opcode)) return;
  code.get(value);
  result();
}

const not = ({ code }: RegionWriter) => code.i32(-1).op("xor");

const LOGICAL: Partial<Record<Data, (w: RegionWriter) => unknown>> = {
  [Data.AND]: ({ code }) => code.op("and"),
  [Data.TST]: ({ code }) => code.op("and"),
  [Data.EOR]: ({ code }) => code.op("xor"),
  [Data.TEQ]: ({ code }) => code.op("xor"),
  [Data.ORR]: ({ code }) => code.op("or"),
  [Data.MOV]: () => {},
  [Data.MVN]: not,
  [Data.BIC]: (w) => not(w).op("and"),
  [Data.ORN]: (w) => not(w).op("or"),
};

/** Pushes the second operand; with `carry`, whether the shifter gives one, in local `carry`. */
function pushOperand(
  w: RegionWriter,
  i: Instruction,
  { operand, carry }: { operand: Operand; carry: boolean },
): Carries {
  if (operand === Operand.IMMEDIATE) {
    const kind = i.w3 >>> 8 & 3;
    w.code.i32(i.w2);
    if (!carry || kind === 0) return false;
    w.code.i32(kind === 3 ? -1 : 0).set(w.temp.carry);
    return true;
  }
  if (operand === Operand.REGISTER) {
    w.read(rm(i), i);
    return false;
  }
  const shift = operand === Operand.SHIFTED ? pushShifted : pushShiftedByRegister;
  return shift(w, i, carry);
}

/** Pushes Rm shifted by the constant. */
export function pushShifted(w: RegionWriter, i: Instruction, carry: boolean): Carries {
  const { code } = w;
  const n = amount(i);
  const type = shiftType(i);
  if (n === 0 && type !== SHIFT.RRX) {
    w.read(rm(i), i);
    return false;
  }
  if (carry) {
    const left = type === SHIFT.LSL ? n - 1 : type === SHIFT.RRX ? 31 : 32 - n;
    w.read(rm(i), i).code.i32(left).op("shl").set(w.temp.carry);
  }
  if (type === SHIFT.RRX) {
    pushCarry(w);
    code.i32(31).op("shl");
    w.read(rm(i), i).code.i32(1).op("shr_u", "or");
  } else if (n === 32 && type !== SHIFT.ASR) code.i32(0);
  else w.read(rm(i), i).code.i32(Math.min(n, 31)).op(SHIFTS[type]!);
  return carry;
}

const SHIFTS = ["shl", "shr_u", "shr_s", "rotr"] as const;

/** Pushes Rm shifted by Ra[7:0]. */
function pushShiftedByRegister(w: RegionWriter, i: Instruction, carry: boolean): Carries {
  const { temp: { count: n } } = w;
  const type = shiftType(i);
  if (carry) pushCarryOfRegisterShift(w, i);
  w.read(ra(i), i).code.i32(0xff).op("and").set(n);
  if (type === SHIFT.ROR) {
    w.read(rm(i), i).code.get(n).op("rotr");
    return carry;
  }
  if (type === SHIFT.ASR) {
    w.read(rm(i), i).code.get(n).i32(31).get(n).i32(31).op("lt_u", "select", "shr_s");
    return carry;
  }
  w.read(rm(i), i).code.get(n).op(SHIFTS[type]!).i32(0).get(n).i32(32).op("lt_u", "select");
  return carry;
}

/** Local `carry` becomes a word whose sign is the shifter's carry, which is C for a shift by 0. */
function pushCarryOfRegisterShift(w: RegionWriter, i: Instruction): void {
  const { code, temp: { count: n, carry } } = w;
  const type = shiftType(i);
  pushCarry(w);
  code.i32(31).op("shl").set(carry);
  w.read(ra(i), i).code.i32(0xff).op("and").tee(n).if();
  if (type === SHIFT.ROR) {
    w.read(rm(i), i).code.i32(32).get(n).op("sub", "shl").set(carry);
  } else if (type === SHIFT.ASR) { // By 32 and more, the carry is the sign.
    w.read(rm(i), i).code.i32(32);
    code.get(n).i32(32).get(n).i32(32).op("lt_u", "select", "sub", "shl").set(carry);
  } else {
    w.read(rm(i), i);
    if (type === SHIFT.LSL) code.get(n).i32(1).op("sub", "shl");
    else code.i32(32).get(n).op("sub", "shl");
    code.i32(0).get(n).i32(33).op("lt_u", "select").set(carry);
  }
  code.end();
}
