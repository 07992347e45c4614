/**
 * Transfers between core and extension registers (ARM ARM A7.8, A7.9), and the VFP system registers.
 */

import { STATE } from "../layout.ts";
import { writeNzcv } from "../psr.ts";
import type { Machine } from "./machine.ts";
import { dOf, FPSCR, sOf } from "./registers.ts";
import type { Action, Fields, Row } from "./rows.ts";

/** VMRS and VMSR number them. Values: Cortex-A8 TRM, section 13.4 (r3p2). */
const SYSTEM = { FPSID: 0, FPSCR: 1, MVFR1: 6, MVFR0: 7, FPEXC: 8 } as const;
const FPSID = 0x4103_30c3;
const MVFR0 = 0x1111_0222;
const MVFR1 = 0x0001_1111;

export const FPEXC_EN = 1 << 30;
const FPEXC = STATE.FPEXC >>> 2;

/** What VMRS reads into APSR when Rt is 15. */
const TO_APSR = 15;

/** Whether an instruction works although FPEXC.EN is 0 (A7.9): in privileged modes, these do. */
export function isSystemAccess(word: number): boolean {
  return (word & 0x0fe0_0f10) === 0x0ee0_0a10 && (word >>> 16 & 15) !== SYSTEM.FPSCR;
}

function readSystem(f: Fields, { core, registers }: Machine): Action | undefined {
  switch (f.n) {
    case SYSTEM.FPSCR:
      return () => {
        const { fpscr } = registers;
        if (f.t !== TO_APSR) core.i32[f.t!] = fpscr;
        else writeNzcv(core.i32, fpscr);
      };
    case SYSTEM.FPSID:
      return readConstant(f, core, FPSID);
    case SYSTEM.MVFR0:
      return readConstant(f, core, MVFR0);
    case SYSTEM.MVFR1:
      return readConstant(f, core, MVFR1);
    case SYSTEM.FPEXC:
      return () => {
        core.requirePrivilege();
        core.i32[f.t!] = core.i32[FPEXC]!;
      };
  }
  return undefined;
}

function readConstant({ t }: Fields, core: Machine["core"], value: number): Action {
  return () => {
    core.requirePrivilege();
    core.i32[t!] = value;
  };
}

function writeSystem({ n, t }: Fields, { core, registers }: Machine): Action | undefined {
  switch (n) {
    case SYSTEM.FPSCR:
      return () => registers.fpscr = core.i32[t!]! & FPSCR.WRITABLE;
    case SYSTEM.FPEXC:
      return () => {
        core.requirePrivilege();
        core.i32[FPEXC] = core.i32[t!]! & FPEXC_EN;
      };
    case SYSTEM.FPSID:
      return () => core.requirePrivilege(); // ignored
  }
  return undefined;
}

/** VMOV between a core register and an S register; o 1: to the core. */
function single({ o, t, n, N }: Fields, { core, registers }: Machine): Action {
  const s = sOf(N!, n!);
  return o ? () => core.i32[t!] = registers.i32[s]! : () => registers.i32[s] = core.i32[t!]!;
}

/** Two core registers, and one D or two S registers. */
function pair(double: boolean) {
  return ({ o, t, u, m, M }: Fields, { core, registers }: Machine): Action | undefined => {
    const s = double ? 2 * dOf(M!, m!) : sOf(M!, m!);
    if (s > 62) return undefined; // UNPREDICTABLE
    if (o) {
      return () => {
        const low = registers.i32[s]!, high = registers.i32[s + 1]!;
        core.i32[t!] = low;
        core.i32[u!] = high;
      };
    }
    return () => {
      registers.i32[s] = core.i32[t!]!;
      registers.i32[s + 1] = core.i32[u!]!;
    };
  };
}

/** The size and index of a scalar from opc1 and opc2 (table A7-20); undefined: there is none. */
function scalarOf(opc1: number, opc2: number): { size: number; index: number } | undefined {
  if (opc1 & 2) return { size: 0, index: (opc1 & 1) << 2 | opc2 };
  if (opc2 & 1) return { size: 1, index: (opc1 & 1) << 1 | opc2 >>> 1 };
  return opc2 === 0 ? { size: 2, index: opc1 & 1 } : undefined;
}

function toScalar({ a, b, t, D, d }: Fields, { core, registers }: Machine): Action | undefined {
  const scalar = scalarOf(a!, b!);
  if (scalar === undefined) return undefined;
  const lanes = registers.lanes(scalar.size, true);
  const at = (dOf(D!, d!) << 3 >>> scalar.size) + scalar.index;
  return () => lanes[at] = core.i32[t!]!;
}

function fromScalar(
  { u, a, b, t, N, n }: Fields,
  { core, registers }: Machine,
): Action | undefined {
  const scalar = scalarOf(a!, b!);
  if (scalar === undefined || (scalar.size === 2 && u === 1)) return undefined;
  const lanes = registers.lanes(scalar.size, u === 1);
  const at = (dOf(N!, n!) << 3 >>> scalar.size) + scalar.index;
  return () => core.i32[t!] = lanes[at]!;
}

/** VDUP from a core register. */
function duplicate({ b, e, Q, D, d, t }: Fields, { core, registers }: Machine): Action | undefined {
  if ((b && e) || (Q && d! & 1)) return undefined;
  const size = b ? 0 : e ? 1 : 2;
  const lanes = registers.lanes(size, true);
  const from = dOf(D!, d!) << 3 >>> size, count = (Q ? 16 : 8) >>> size;
  return () => lanes.fill(core.i32[t!]!, from, from + count);
}

// deno-fmt-ignore
export const TRANSFER_ROWS: readonly Row<Machine>[] = [
  ["1110 1110 1111 nnnn tttt 1010 xxx1 xxxx", readSystem],        // VMRS
  ["1110 1110 1110 nnnn tttt 1010 xxx1 xxxx", writeSystem],       // VMSR
  ["1110 1110 000o nnnn tttt 1010 Nxx1 xxxx", single],            // VMOV
  ["1110 1110 1bQ0 dddd tttt 1011 D0e1 xxxx", duplicate],         // VDUP
  ["1110 1110 0aa0 dddd tttt 1011 Dbb1 xxxx", toScalar],          // VMOV
  ["1110 1110 uaa1 nnnn tttt 1011 Nbb1 xxxx", fromScalar],        // VMOV
  ["1110 1100 010o uuuu tttt 1010 00M1 mmmm", pair(false)],       // VMOV
  ["1110 1100 010o uuuu tttt 1011 00M1 mmmm", pair(true)],        // VMOV
];
