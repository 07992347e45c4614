/** What the translator does about an instruction. */
import { Access, type Data, Mark, Op } from "../op.ts";
import {
  compares,
  dataOf,
  type Decoded,
  type Instruction,
  itState,
  type Kind,
  op,
  ra,
  rd,
  rn,
  stateBehind,
} from "./instruction.ts";
import { MEDIA } from "./media.ts";
import { accessOf, unprivileged, writesBase } from "./memory.ts";

const PLAIN: ReadonlySet<number> = new Set([Op.NOP, Op.WFE, Op.BARRIER, Op.ISB, Op.IT]);
// deno-fmt-ignore
const BRANCHES: ReadonlySet<number> = new Set([
  Op.B, Op.B_NEAR, Op.BL, Op.BL_NEAR, Op.BLX_IMMEDIATE, Op.BX, Op.BLX, Op.CBZ, Op.CBNZ, Op.TBB,
  Op.TBH,
]);
const STEPS: ReadonlySet<number> = new Set([Op.MRS, Op.MRC, Op.MRRC, Op.SIMD]);

/** The instruction of a record. */
export function instructionOf(decoded: Decoded): Instruction {
  const kind = kindByOp(decoded);
  // Inside an IT block only the last one may branch: others are the interpreter's guess.
  const guess = kind === "branch" && stateBehind(decoded) !== 0;
  return { ...decoded, kind: guess ? "leave" : kind };
}

function kindByOp(i: Decoded): Kind {
  const what = op(i);
  const r15 = (i.w0 & Mark.R15) !== 0;
  if (what === Op.IT && itState(i) !== 0) return "leave"; // UNPREDICTABLE.
  if (PLAIN.has(what)) return "plain";
  if (BRANCHES.has(what)) return "branch";
  const data = dataOf(i);
  if (data) return kindOfData(i, data);
  if (what === Op.ADR || what === Op.MOVT) return rd(i) === 15 ? "leave" : "plain";
  if (what >= Op.MEMORY && what < Op.LDM) return kindOfMemory(i);
  if (what === Op.LDM || what === Op.STM || what === Op.LDM_PC) return kindOfBlock(i);
  if (MEDIA.has(what)) return r15 ? "leave" : "plain";
  if (what >= Op.MUL && what < Op.MRS || STEPS.has(what)) return "step";
  return "leave";
}

function kindOfData(i: Decoded, { opcode, s }: { opcode: Data; s: boolean }): Kind {
  if (compares(opcode) || rd(i) !== 15) return "plain";
  return s ? "leave" : "branch";
}

function kindOfMemory(i: Decoded): Kind {
  if (unprivileged(i)) return "step";
  const access = accessOf(i);
  const pair = access === Access.LDRD || access === Access.STRD;
  if (writesBase(i) && rn(i) === 15 || pair && ra(i) === 15) return "leave";
  if (rd(i) !== 15) return "plain";
  return access === Access.LDR ? "branch" : access === Access.STR ? "plain" : "leave";
}

function kindOfBlock(i: Decoded): Kind {
  if ((i.w2 & 0xffff) === 0 || rn(i) === 15) return "leave";
  return op(i) === Op.LDM_PC ? "branch" : "plain";
}

/** Whether what ends a block may also go on behind it: so it does after a call that returns. */
export function goesOn(i: Instruction): boolean {
  const what = op(i);
  return what === Op.BL || what === Op.BL_NEAR || what === Op.BLX || what === Op.BLX_IMMEDIATE ||
    what === Op.CBZ || what === Op.CBNZ;
}

/** Whether it goes to an address that it tells, in the same instruction set. */
export function goesToTarget(i: Instruction): boolean {
  const what = op(i);
  return what === Op.B || what === Op.B_NEAR || what === Op.BL || what === Op.BL_NEAR ||
    what === Op.CBZ || what === Op.CBNZ;
}
