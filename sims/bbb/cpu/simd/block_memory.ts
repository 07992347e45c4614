/** Loads and stores of extension registers: VLDR, VSTR, VLDM, VSTM, VPUSH, VPOP (ARM ARM A7.6). */

import { PSR, WORD } from "../psr.ts";
import type { Machine } from "./machine.ts";
import { dOf, sOf } from "./registers.ts";
import type { Action, Fields, Row } from "./rows.ts";

const PC = 15;

/** The base; PC reads as a multiple of 4. */
function baseOf({ core }: Machine, n: number): number {
  return n === PC ? core.i32[PC]! & ~3 : core.i32[n]!;
}

/** Words `first` to `first + count - 1`, counted as S registers go on above S31. */
function transfer(
  machine: Machine,
  { address, first, count, load, double }: {
    readonly address: number;
    readonly first: number;
    readonly count: number;
    readonly load: boolean;
    readonly double: boolean;
  },
): void {
  const { core, registers } = machine;
  core.requireAligned(address, 4, load ? "read" : "write");
  // Of a doubleword in big-endian memory the high word comes first.
  const swap = double && (core.i32[WORD.CPSR]! & PSR.E) !== 0 ? 1 : 0;
  for (let i = 0; i < count; i++) {
    const at = address + 4 * i | 0, r = first + i ^ swap;
    if (load) registers.i32[r] = core.read32(at);
    else core.write32(at, registers.i32[r]!);
  }
}

function one(f: Fields, machine: Machine): Action {
  const first = f.z ? 2 * dOf(f.D!, f.d!) : sOf(f.D!, f.d!);
  const offset = f.U ? 4 * f.i! : -4 * f.i!;
  const count = f.z ? 2 : 1;
  return () =>
    transfer(machine, {
      address: baseOf(machine, f.n!) + offset | 0,
      first,
      count,
      load: f.L === 1,
      double: f.z === 1,
    });
}

/** P U W: 010 and 011 go up from the base, 101 ends there. An odd count of words is FLDMX. */
function many(down: boolean) {
  return (f: Fields, machine: Machine): Action | undefined => {
    const { core } = machine;
    const double = f.z === 1;
    const first = double ? 2 * dOf(f.D!, f.d!) : sOf(f.D!, f.d!);
    const count = double ? f.i! & ~1 : f.i!;
    const end = first + count;
    if (count === 0 || end > (double ? 64 : 32) || count > 32) return undefined; // UNPREDICTABLE
    const size = 4 * f.i!;
    return () => {
      const base = baseOf(machine, f.n!);
      const address = down ? base - size | 0 : base;
      transfer(machine, { address, first, count, load: f.L === 1, double });
      if (down) core.i32[f.n!] = address;
      else if (f.W) core.i32[f.n!] = base + size;
    };
  };
}

// deno-fmt-ignore
export const BLOCK_ROWS: readonly Row<Machine>[] = [
  ["1110 1101 UD0L nnnn dddd 101z iiii iiii", one],           // VLDR, VSTR
  ["1110 1100 1DWL nnnn dddd 101z iiii iiii", many(false)],   // VLDM, VSTM, VPOP
  ["1110 1101 0D1L nnnn dddd 101z iiii iiii", many(true)],    // VLDMDB, VSTMDB, VPUSH
];
