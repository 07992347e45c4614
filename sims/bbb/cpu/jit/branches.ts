/** Translates what ends a block. */
import { Op } from "../op.ts";
import { dataOf, type Instruction, next, op, rm, rn, target } from "./instruction.ts";
import { writeData } from "./data.ts";
import { writeBlock, writeMemory, writeTableOffset } from "./memory.ts";
import type { RegionWriter } from "./writer.ts";

/** Goes to an address in this instruction set, in the region or out of it. */
export type Goto = (address: number) => void;

/** What a branch does once its condition holds. */
export function writeBranch(w: RegionWriter, i: Instruction, goto: Goto): void {
  const write = BRANCHES.get(op(i));
  if (write) write(w, i, goto);
  else if (dataOf(i)) writeData(w, i, () => branchTo(w, i, "data"));
  else if (op(i) === Op.LDM_PC) writeBlock(w, i);
  else writeMemory(w, i);
}

type Write = (w: RegionWriter, i: Instruction, goto: Goto) => void;

const BRANCHES: ReadonlyMap<number, Write> = new Map<number, Write>([
  [Op.B, (_, i, goto) => goto(target(i))],
  [Op.B_NEAR, (_, i, goto) => goto(target(i))],
  [Op.BL, writeCall],
  [Op.BL_NEAR, writeCall],
  [Op.BLX_IMMEDIATE, (w, i) => {
    writeLink(w, i);
    w.code.i32((i.address & ~3) + i.w2 | (i.thumb ? 0 : 1)).set(w.pc).br(w.labels.lookup);
  }],
  [Op.BX, (w, i) => {
    w.read(rm(i), i);
    branchTo(w, i, "exchange");
  }],
  [Op.BLX, (w, i) => {
    w.read(rm(i), i).code.set(w.pc);
    writeLink(w, i);
    w.code.br(w.labels.lookup);
  }],
  [Op.CBZ, (w, i, goto) => writeCompareBranch(w, i, goto)],
  [Op.CBNZ, (w, i, goto) => writeCompareBranch(w, i, goto)],
  [Op.TBB, writeTable],
  [Op.TBH, writeTable],
]);

function writeCall(w: RegionWriter, i: Instruction, goto: Goto): void {
  writeLink(w, i);
  goto(target(i));
}

function writeLink(w: RegionWriter, i: Instruction): void {
  w.code.i32(next(i) | (i.thumb ? 1 : 0));
  w.write(14);
}

/** Pops an address; data processing in Thumb state does not change the instruction set. */
function branchTo(w: RegionWriter, i: Instruction, how: "exchange" | "data"): void {
  if (how === "data" && i.thumb) w.code.i32(1).op("or");
  w.code.set(w.pc).br(w.labels.lookup);
}

function writeCompareBranch(w: RegionWriter, i: Instruction, goto: Goto): void {
  w.read(rn(i), i);
  if (op(i) === Op.CBZ) w.code.op("eqz");
  w.code.if();
  goto(target(i));
  w.code.end();
}

function writeTable(w: RegionWriter, i: Instruction): void {
  writeTableOffset(w, i);
  w.code.i32(1).op("shl").i32(next(i) | 1).op("add").set(w.pc).br(w.labels.lookup);
}
