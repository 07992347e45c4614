/** Load and store multiple (ARM Architecture Reference Manual DDI 0406C, sections A4.7, B9.3). */
import type { Core } from "../core.ts";
import { UNDEFINED } from "../fault.ts";
import { Mode, registerOf } from "../modes.ts";
import { Op } from "../op.ts";
import { type Execute, type Executes, rn } from "./handler.ts";

/** What is loaded, until it is certain that nothing aborts. */
const values = new Int32Array(16);

/** Reads the registers of a list to `values`, in order. @throws Abort */
function readList(core: Core, address: number, list: number): void {
  core.requireAligned(address, 4, "read");
  for (let bits = list, n = 0; bits !== 0; bits &= bits - 1) {
    values[n++] = core.read32(address);
    address = address + 4 | 0;
  }
}

/** The base is not written back when it was loaded. */
function writeBack(core: Core, w1: number, { base, w2 }: { base: number; w2: number }): void {
  const n = rn(w1);
  if (w2 >> 16 !== 0 && (w2 >>> n & 1) === 0) core.i32[n] = base + (w2 >> 16);
}

/** Loads R0 to R14 of the list; what comes for the PC is returned. */
function loadList(core: Core, w1: number, w2: number, w3: number): number {
  const base = core.i32[rn(w1)]!;
  const list = w2 & 0xffff;
  readList(core, base + (w3 >> 8) | 0, list);
  let n = 0;
  for (let r = 0; r < 15; r++) if ((list >>> r & 1) !== 0) core.i32[r] = values[n++]!;
  writeBack(core, w1, { base, w2 });
  return values[n]!;
}

const STM: Execute = (core, w1, w2, w3) => {
  const base = core.i32[rn(w1)]!;
  let address = base + (w3 >> 8) | 0;
  core.requireAligned(address, 4, "write");
  for (let r = 0; r < 16; r++) {
    if ((w2 >>> r & 1) === 0) continue;
    core.write32(address, core.i32[r]!);
    address = address + 4 | 0;
  }
  if (w2 >> 16 !== 0) core.i32[rn(w1)] = base + (w2 >> 16);
};

/** @throws Undefined in the modes that have no User registers beside their own */
function requireBanks(core: Core): void {
  if (core.mode === Mode.USR || core.mode === Mode.SYS) throw UNDEFINED;
}

const LDM_USER: Execute = (core, w1, w2, w3) => {
  requireBanks(core);
  const base = core.i32[rn(w1)]!;
  readList(core, base + (w3 >> 8) | 0, w2 & 0xffff);
  let n = 0;
  for (let r = 0; r < 15; r++) {
    if ((w2 >>> r & 1) === 0) continue;
    core.i32[registerOf(r, { mode: Mode.USR, present: core.mode })] = values[n++]!;
  }
  writeBack(core, w1, { base, w2 });
};

const STM_USER: Execute = (core, w1, w2, w3) => {
  requireBanks(core);
  const base = core.i32[rn(w1)]!;
  let address = base + (w3 >> 8) | 0;
  core.requireAligned(address, 4, "write");
  for (let r = 0; r < 16; r++) {
    if ((w2 >>> r & 1) === 0) continue;
    core.write32(address, core.i32[registerOf(r, { mode: Mode.USR, present: core.mode })]!);
    address = address + 4 | 0;
  }
  if (w2 >> 16 !== 0) core.i32[rn(w1)] = base + (w2 >> 16);
};

export const MULTIPLE: Executes = {
  [Op.LDM]: (core, w1, w2, w3) => void loadList(core, w1, w2, w3),
  [Op.LDM_PC]: (core, w1, w2, w3) => core.branchExchange(loadList(core, w1, w2, w3)),
  [Op.STM]: STM,
  [Op.LDM_USER]: LDM_USER,
  [Op.STM_USER]: STM_USER,
  [Op.LDM_RETURN]: (core, w1, w2, w3) => {
    requireBanks(core);
    core.returnTo(loadList(core, w1, w2, w3), core.spsr);
  },
};
