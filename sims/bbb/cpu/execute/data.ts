/** Data processing (ARM Architecture Reference Manual DDI 0406C, sections A4.4.1 and A8.8). */
import type { Core } from "../core.ts";
import { Data, dataOp, Op, Operand } from "../op.ts";
import { WORD } from "../psr.ts";
import { amountOf, type Execute, type Executes, ra, rd, rm, rn, typeOf } from "./handler.ts";
import { shift, type Shifted } from "./shift.ts";

const operand: Shifted = { value: 0, carry: 0 };

/** Sets `operand`, with the carry of the shifter. */
const OPERANDS: readonly ((core: Core, w1: number, w2: number, w3: number) => void)[] = [
  (core, _w1, w2, w3) => {
    operand.value = w2;
    operand.carry = (w3 & 0x200) === 0 ? core.i32[WORD.CF]! : w3 >>> 8 & 1;
  },
  ({ i32 }, w1) => {
    operand.value = i32[rm(w1)]!;
    operand.carry = i32[WORD.CF]!;
  },
  ({ i32 }, w1) => shiftBy(i32, w1, amountOf(w1)),
  ({ i32 }, w1) => shiftBy(i32, w1, i32[ra(w1)]! & 0xff),
];

function shiftBy(i32: Int32Array, w1: number, amount: number): void {
  const how = { type: typeOf(w1), amount, carry: i32[WORD.CF]! };
  const { value, carry } = shift(i32[rm(w1)]!, how);
  operand.value = value;
  operand.carry = carry;
}

/** N and Z of a result. */
function setNz(i32: Int32Array, value: number): void {
  i32[WORD.NF] = value;
  i32[WORD.ZF] = value;
}

type Logical = (a: number, b: number) => number;

const LOGICAL: { readonly [opcode: number]: Logical } = {
  [Data.AND]: (a, b) => a & b,
  [Data.EOR]: (a, b) => a ^ b,
  [Data.TST]: (a, b) => a & b,
  [Data.TEQ]: (a, b) => a ^ b,
  [Data.ORR]: (a, b) => a | b,
  [Data.MOV]: (_, b) => b,
  [Data.BIC]: (a, b) => a & ~b,
  [Data.MVN]: (_, b) => ~b,
  [Data.ORN]: (a, b) => a | ~b,
};

/** As AddWithCarry(x, y, carry in) has it; C: the carry of the flags. */
interface Sum {
  readonly x: "a" | "~a" | "b";
  readonly y: "b" | "~b" | "a";
  readonly carry: 0 | 1 | "C";
}

const SUMS: { readonly [opcode: number]: Sum } = {
  [Data.SUB]: { x: "a", y: "~b", carry: 1 },
  [Data.RSB]: { x: "~a", y: "b", carry: 1 },
  [Data.ADD]: { x: "a", y: "b", carry: 0 },
  [Data.ADC]: { x: "a", y: "b", carry: "C" },
  [Data.SBC]: { x: "a", y: "~b", carry: "C" },
  [Data.RSC]: { x: "~a", y: "b", carry: "C" },
  [Data.CMP]: { x: "a", y: "~b", carry: 1 },
  [Data.CMN]: { x: "a", y: "b", carry: 0 },
};

/** AddWithCarry (A2.2.1), with the flags when `s`. */
function addWithCarry(
  i32: Int32Array,
  [x, y, carry]: [number, number, number],
  s: boolean,
): number {
  const sum = x + y + carry | 0;
  if (s) {
    setNz(i32, sum);
    i32[WORD.CF] = (x >>> 0) + (y >>> 0) + carry > 0xffff_ffff ? 1 : 0;
    i32[WORD.VF] = ((x ^ sum) & (y ^ sum)) >>> 31;
  }
  return sum;
}

function sumOf(i32: Int32Array, { x, y, carry }: Sum, a: number, s: boolean): number {
  const b = operand.value;
  const first = x === "~a" ? ~a : a;
  const second = y === "~b" ? ~b : b;
  return addWithCarry(i32, [first, second, carry === "C" ? i32[WORD.CF]! : carry], s);
}

const compares = (opcode: Data) => opcode >= Data.TST && opcode <= Data.CMN;

function logical(opcode: Data, form: Operand, s: boolean): Execute {
  const combine = LOGICAL[opcode]!, take = OPERANDS[form]!;
  return (core, w1, w2, w3) => {
    take(core, w1, w2, w3);
    const value = combine(core.i32[rn(w1)]!, operand.value);
    if (s && !returns(opcode, w1)) {
      setNz(core.i32, value);
      core.i32[WORD.CF] = operand.carry;
    }
    write(core, w1, { opcode, value, s });
  };
}

function arithmetic(opcode: Data, form: Operand, s: boolean): Execute {
  const sum = SUMS[opcode]!, take = OPERANDS[form]!;
  return (core, w1, w2, w3) => {
    take(core, w1, w2, w3);
    const flags = s && !returns(opcode, w1);
    const value = sumOf(core.i32, sum, core.i32[rn(w1)]!, flags);
    write(core, w1, { opcode, value, s });
  };
}

/** With S, an instruction that writes the PC is an exception return (B9.3.20). */
function returns(opcode: Data, w1: number): boolean {
  return !compares(opcode) && rd(w1) === 15;
}

function write(
  core: Core,
  w1: number,
  { opcode, value, s }: { opcode: Data; value: number; s: boolean },
): void {
  if (compares(opcode)) return;
  if (s && rd(w1) === 15) {
    core.requirePrivilege();
    core.returnTo(value, core.spsr);
  } else core.writeRegister(rd(w1), value);
}

function table(): Executes {
  const executes: Record<number, Execute> = {
    [Op.ADR]: (core, w1, w2) => core.writeRegister(rd(w1), (core.address & ~3) + w2 | 0),
    [Op.MOVT]: ({ i32 }, w1, w2) => {
      i32[rd(w1)] = i32[rd(w1)]! & 0xffff | w2 << 16;
    },
  };
  for (const opcode of Object.values(Data)) {
    for (const form of Object.values(Operand)) {
      for (const s of [0, 1]) {
        const make = LOGICAL[opcode] ? logical : arithmetic;
        executes[dataOp(opcode, form, s)] = make(opcode, form, s === 1);
      }
    }
  }
  return executes;
}

export const DATA: Executes = table();
