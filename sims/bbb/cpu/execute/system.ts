/**
 * Status registers, exceptions, hints and barriers (ARM Architecture Reference Manual DDI 0406C,
 * chapter B9 and section A4.11).
 */
import type { Core } from "../core.ts";
import { enterException } from "../exceptions.ts";
import { UNDEFINED } from "../fault.ts";
import { isMode, Mode, registerOf, spsrOf } from "../modes.ts";
import { Op } from "../op.ts";
import { PSR, WORD, writeNzcv } from "../psr.ts";
import { type Execute, type Executes, rd, rm, rn } from "./handler.ts";
import { rotateRight } from "./shift.ts";

/** IFSR of a BKPT: debug event. */
const DEBUG_EVENT = 0x002;

const SPSR_FIELD = 0x10;
/** Execution state: MRS reads it as 0. */
const IT_AND_J = 0x0700_fc00;

/** CPSRWriteByInstr (B1.3.3), of MSR: execution state bits stay. */
function writeCpsrFields(core: Core, value: number, fields: number): void {
  const { i32 } = core;
  if ((fields & 8) !== 0) {
    writeNzcv(i32, value);
    i32[WORD.QF] = value >>> 27 & 1;
  }
  if ((fields & 4) !== 0) i32[WORD.GE] = value >>> 16 & 15;
  let mask = 0;
  if ((fields & 2) !== 0) mask |= core.privileged ? PSR.E | PSR.A : PSR.E;
  if ((fields & 1) !== 0 && core.privileged) {
    mask |= PSR.I | PSR.F | (isMode(value & PSR.MODE) ? PSR.MODE : 0);
  }
  if (mask !== 0) core.cpsr = core.cpsr & ~mask | value & mask;
}

function writeStatus(core: Core, w1: number, { value, w2 }: { value: number; w2: number }): void {
  const fields = w2 & 15;
  if ((w2 & SPSR_FIELD) === 0) {
    writeCpsrFields(core, value, fields);
    return core.synchronize(w1);
  }
  core.requirePrivilege();
  let mask = 0;
  for (let n = 0; n < 4; n++) if ((fields >>> n & 1) !== 0) mask |= 0xff << (8 * n);
  core.spsr = core.spsr & ~mask | value & mask;
}

const MRS: Execute = (core, w1, w2) => {
  if (w2 === 1) core.requirePrivilege();
  const visible = ~(PSR.T | IT_AND_J);
  core.i32[rd(w1)] = w2 === 1 ? core.spsr : core.cpsr & visible;
};

/** In user mode it does nothing (B9.3.2). */
const CPS: Execute = (core, w1, w2) => {
  if (!core.privileged) return;
  const affected = w2 & (PSR.A | PSR.I | PSR.F);
  let psr = core.cpsr;
  if ((w2 & 0x200) !== 0) psr &= ~affected;
  if ((w2 & 0x400) !== 0) psr |= affected;
  if ((w2 & 0x20) !== 0 && isMode(w2 & PSR.MODE)) psr = psr & ~PSR.MODE | w2 & PSR.MODE;
  core.cpsr = psr;
  core.synchronize(w1);
};

/** Stores R14 and SPSR on the stack of another mode. */
const SRS: Execute = (core, _w1, w2, w3) => {
  const mode = w2 & PSR.MODE;
  if (core.mode === Mode.USR || core.mode === Mode.SYS || !isMode(mode)) throw UNDEFINED;
  const sp = registerOf(13, { mode, present: core.mode });
  const address = core.i32[sp]! + (w3 >> 8) | 0;
  core.requireAligned(address, 4, "write");
  core.write32(address, core.i32[14]!);
  core.write32(address + 4, core.i32[spsrOf(core.mode)]!);
  core.i32[sp]! += w2 >> 16;
};

const RFE: Execute = (core, w1, w2, w3) => {
  core.requirePrivilege();
  const base = core.i32[rn(w1)]!, address = base + (w3 >> 8) | 0;
  core.requireAligned(address, 4, "read");
  const target = core.read32(address), psr = core.read32(address + 4);
  core.i32[rn(w1)] = base + (w2 >> 16);
  core.returnTo(target, psr);
};

const SETEND: Execute = (core, w1, w2) => {
  core.cpsr = w2 === 1 ? core.cpsr | PSR.E : core.cpsr & ~PSR.E;
  core.synchronize(w1);
};

const nothing: Execute = () => {};

export const SYSTEM: Executes = {
  [Op.NOP]: nothing,
  [Op.BARRIER]: nothing,
  [Op.WFE]: nothing,
  [Op.ISB]: (core, w1) => core.synchronize(w1),
  [Op.WFI]: (core) => {
    if (core.inputs !== 0) return;
    core.waiting = true;
    core.countdown.stop();
  },
  [Op.UNDEFINED]: () => {
    throw UNDEFINED;
  },
  [Op.IT]: ({ i32 }, _w1, w2) => {
    i32[WORD.IT] = w2;
  },
  [Op.MRS]: MRS,
  [Op.MSR]: (core, w1, w2) => writeStatus(core, w1, { value: core.i32[rm(w1)]!, w2 }),
  [Op.MSR_IMMEDIATE]: (core, w1, w2, w3) => {
    const value = rotateRight(w3 >>> 8 & 0xff, 2 * (w3 >>> 16 & 15));
    writeStatus(core, w1, { value, w2 });
  },
  [Op.CPS]: CPS,
  [Op.SETEND]: SETEND,
  [Op.SRS]: SRS,
  [Op.RFE]: RFE,
  [Op.SVC]: (core, w1) => enterException(core, "svc", core.nextAddress(w1)),
  [Op.SMC]: (core, w1) => {
    core.requirePrivilege();
    enterException(core, "smc", core.nextAddress(w1));
  },
  [Op.BKPT]: (core) => {
    throw core.mmu.abort.with("fetch", DEBUG_EVENT, core.address);
  },
};
