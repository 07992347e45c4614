/** Branches (ARM Architecture Reference Manual DDI 0406C, section A4.3). */
import type { Core } from "../core.ts";
import { Op } from "../op.ts";
import { type Execute, type Executes, rm, rn } from "./handler.ts";

const B: Execute = (core, _w1, w2) => core.branch(core.address + w2);

/** The return address, with bit 0 set in Thumb state. */
function link(core: Core, w1: number): void {
  core.i32[14] = core.nextAddress(w1) | (core.thumb ? 1 : 0);
}

const BL: Execute = (core, w1, w2) => {
  const target = core.address + w2;
  link(core, w1);
  core.branch(target);
};

const compareAndBranch = (zero: boolean): Execute => (core, w1, w2) => {
  if ((core.i32[rn(w1)] === 0) === zero) core.branch(core.address + w2);
};

/** TBB and TBH: Thumb only, so R15 is where offsets count from. */
const tableBranch = (width: 1 | 2): Execute => (core, w1) => {
  const at = core.i32[rn(w1)]! + core.i32[rm(w1)]! * width | 0;
  core.branch(core.i32[15]! + 2 * core.mmu.read(at, width));
};

export const BRANCH: Executes = {
  [Op.B]: B,
  [Op.B_NEAR]: B,
  [Op.BL]: BL,
  [Op.BL_NEAR]: BL,
  [Op.BLX_IMMEDIATE]: (core, w1, w2) => {
    const target = (core.address & ~3) + w2;
    link(core, w1);
    core.branchExchange(core.thumb ? target & ~1 : target | 1);
  },
  [Op.BX]: (core, w1) => core.branchExchange(core.i32[rm(w1)]!),
  [Op.BLX]: (core, w1) => {
    const target = core.i32[rm(w1)]!;
    link(core, w1);
    core.branchExchange(target);
  },
  [Op.CBZ]: compareAndBranch(true),
  [Op.CBNZ]: compareAndBranch(false),
  [Op.TBB]: tableBranch(1),
  [Op.TBH]: tableBranch(2),
};
