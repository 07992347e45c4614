/**
 * Coprocessor instructions (ARM Architecture Reference Manual DDI 0406C, section A7.6). The Cortex-A8
 * has CP15, system control; CP14, of which ThumbEE and Jazelle are as good as absent; and CP10 and
 * CP11, VFP and Advanced SIMD.
 */
import type { Core } from "../core.ts";
import { UNDEFINED } from "../fault.ts";
import { Op } from "../op.ts";
import { writeNzcv } from "../psr.ts";
import type { Execute, Executes } from "./handler.ts";

/** Rows of CP14: opc1, CRn, CRm, opc2. They read as this, and ignore writes. */
// deno-fmt-ignore
const CP14: readonly (readonly [key: number, value: number])[] = [
  [key(0, 0, 0, 0), 0x1514_1000], // DBGDIDR
  [key(6, 0, 0, 0), 0],           // TEECR: ThumbEE is not entered
  [key(6, 1, 0, 0), 0],           // TEEHBR
  [key(7, 0, 0, 0), 0],           // JIDR: trivial Jazelle
  [key(7, 1, 0, 0), 0],           // JOSCR
  [key(7, 2, 0, 0), 0],           // JMCR
];
const cp14 = new Map(CP14);

function key(opc1: number, crn: number, crm: number, opc2: number): number {
  return opc1 << 12 | crn << 8 | crm << 4 | opc2;
}

/** CRn, opc1, CRm, opc2 of MCR and MRC. */
function registerOf(raw: number): [number, number, number, number] {
  return [raw >>> 16 & 15, raw >>> 21 & 7, raw & 15, raw >>> 5 & 7];
}

function read(core: Core, raw: number): number {
  const [crn, opc1, crm, opc2] = registerOf(raw);
  const number = raw >>> 8 & 15;
  if (number === 15) return core.cp15.read(crn, opc1, crm, opc2);
  const value = number === 14 ? cp14.get(key(opc1, crn, crm, opc2)) : undefined;
  if (value === undefined) throw UNDEFINED;
  return value;
}

const MRC: Execute = (core, _w1, raw) => {
  const value = read(core, raw);
  const rt = raw >>> 12 & 15;
  if (rt === 15) writeNzcv(core.i32, value);
  else core.i32[rt] = value;
};

const MCR: Execute = (core, w1, raw) => {
  const [crn, opc1, crm, opc2] = registerOf(raw);
  const value = core.i32[raw >>> 12 & 15]!;
  if ((raw >>> 8 & 15) === 15) core.cp15.write(crn, opc1, crm, opc2, value);
  else read(core, raw);
  core.synchronize(w1);
};

const absent: Execute = () => {
  throw UNDEFINED;
};

export const COPROCESSOR: Executes = {
  [Op.CDP]: absent,
  [Op.MCR]: MCR,
  [Op.MRC]: MRC,
  [Op.MCRR]: absent,
  [Op.MRRC]: absent,
  [Op.LDC]: absent,
  [Op.STC]: absent,
  [Op.SIMD]: (core, _w1, raw) => {
    if (!core.simd) throw UNDEFINED;
    core.simd.execute(raw, core.thumb);
  },
};
