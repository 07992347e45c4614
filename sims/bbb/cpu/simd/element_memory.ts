/** Loads and stores of elements and structures: VLD1 to VLD4, VST1 to VST4 (ARM ARM A7.7). */

import { PSR, WORD } from "../psr.ts";
import type { Machine } from "./machine.ts";
import { dOf } from "./registers.ts";
import type { Action, Fields, Row } from "./rows.ts";

/** Registers of the post-index field Rm that mean something else. */
const NO_WRITE_BACK = 15;
const BY_SIZE = 13;
const PC = 15;

/** One element: where it lies in the registers, as a lane of `8 << size` bits. */
interface Element {
  readonly d: number;
  readonly lane: number;
}

interface Transfer {
  readonly load: boolean;
  readonly size: number;
  /** In the order in which they lie in memory. */
  readonly elements: readonly Element[];
  /** Bytes that the address has to be aligned to; 1: only as SCTLR.A says. */
  readonly alignment: number;
  /** Registers that lie in memory as they are, one behind the other (VLD1, VST1). */
  readonly whole?: number;
  /** Loads to all lanes of the register instead of one. */
  readonly allLanes?: number;
}

/** Undefined: UNDEFINED or UNPREDICTABLE. */
function transfer(f: Fields, machine: Machine, how: Transfer | undefined): Action | undefined {
  if (how === undefined || f.n === PC) return undefined;
  const { core } = machine;
  const { elements, size } = how;
  if (elements.some(({ d }) => d + (how.allLanes ?? 1) > 32)) return undefined;
  const bytes = elements.length << size;
  return () => {
    const address = core.i32[f.n!]!;
    if ((address & (how.alignment - 1)) !== 0) {
      core.mmu.alignmentFault(address, how.load ? "read" : "write");
    }
    if (how.whole !== undefined && (address & 3) === 0 && (core.i32[WORD.CPSR]! & PSR.E) === 0) {
      wholeRegisters(machine, how.load, [2 * elements[0]!.d, 2 * how.whole], address);
    } else {
      elements.forEach((element, i) => one(machine, how, element, address + (i << size) | 0));
    }
    if (f.m === NO_WRITE_BACK) return;
    core.i32[f.n!] = address + (f.m === BY_SIZE ? bytes : core.i32[f.m!]!);
  };
}

/** Words instead of lanes: little-endian, they are the same. */
function wholeRegisters(
  { core, registers: { i32 } }: Machine,
  load: boolean,
  [first, count]: readonly [number, number],
  address: number,
): void {
  for (let i = 0; i < count; i++) {
    const at = address + 4 * i | 0;
    if (load) i32[first + i] = core.read32(at);
    else core.write32(at, i32[first + i]!);
  }
}

/** A doubleword is two words, in the order of memory. */
function one(machine: Machine, how: Transfer, { d, lane }: Element, address: number): void {
  const { core, registers } = machine;
  const { size, load, allLanes } = how;
  if (size === 3) {
    const low = 2 * (d + lane) + ((core.i32[WORD.CPSR]! & PSR.E) !== 0 ? 1 : 0), high = low ^ 1;
    if (load) {
      registers.i32[low] = core.read32(address);
      registers.i32[high] = core.read32(address + 4 | 0);
    } else {
      core.write32(address, registers.i32[low]!);
      core.write32(address + 4 | 0, registers.i32[high]!);
    }
    return;
  }
  const lanes = registers.lanes(size, true);
  const at = (d << 3 >>> size) + lane;
  const width = (1 << size) as 1 | 2 | 4;
  if (!load) core.mmu.write(address, lanes[at]!, width);
  else if (allLanes === undefined) lanes[at] = core.mmu.read(address, width);
  else lanes.fill(core.mmu.read(address, width), at, at + (allLanes << 3 >>> size));
}

/** Registers and distance of a structure of multiple elements, by type (table A7-20). */
const MULTIPLE: Readonly<
  Record<number, { n: number; registers: number; distance: number; alignments: readonly number[] }>
> = {
  0b0111: { n: 1, registers: 1, distance: 1, alignments: [0, 1] },
  0b1010: { n: 1, registers: 2, distance: 1, alignments: [0, 1, 2] },
  0b0110: { n: 1, registers: 3, distance: 1, alignments: [0, 1] },
  0b0010: { n: 1, registers: 4, distance: 1, alignments: [0, 1, 2, 3] },
  0b1000: { n: 2, registers: 1, distance: 1, alignments: [0, 1, 2] },
  0b1001: { n: 2, registers: 1, distance: 2, alignments: [0, 1, 2] },
  0b0011: { n: 2, registers: 2, distance: 2, alignments: [0, 1, 2, 3] },
  0b0100: { n: 3, registers: 1, distance: 1, alignments: [0, 1] },
  0b0101: { n: 3, registers: 1, distance: 2, alignments: [0, 1] },
  0b0000: { n: 4, registers: 1, distance: 1, alignments: [0, 1, 2, 3] },
  0b0001: { n: 4, registers: 1, distance: 2, alignments: [0, 1, 2, 3] },
};

/** Of n registers, `distance` apart, the lanes in turn; that for `registers` groups of them. */
function multiple(f: Fields, machine: Machine): Action | undefined {
  const form = MULTIPLE[f.t!];
  if (form === undefined || !form.alignments.includes(f.a!)) return undefined;
  if (f.s === 3 && form.n > 1) return undefined;
  const d = dOf(f.D!, f.d!), lanes = 8 >>> f.s!;
  const elements: Element[] = [];
  for (let r = 0; r < form.registers; r++) {
    for (let lane = 0; lane < lanes; lane++) {
      for (let i = 0; i < form.n; i++) elements.push({ d: d + r + i * form.distance, lane });
    }
  }
  return transfer(f, machine, {
    load: f.l === 1,
    size: f.s!,
    elements,
    whole: form.n === 1 ? form.registers : undefined,
    alignment: f.a === 0 ? 1 : 4 << f.a!,
  });
}

/** One element to or from one lane of each of n registers (tables A7-21 to A7-24). */
function oneLane(f: Fields, machine: Machine): Action | undefined {
  const size = f.s!, n = f.t! + 1, index = f.i!;
  if (size === 3) return undefined;
  const lane = index >>> size + 1;
  // Below the lane: of 8 bits one bit, of 16 two, of 32 three; the top one is the distance.
  const low = index & ((2 << size) - 1);
  const apart = size > 0 && n > 1 && (index >>> size & 1) === 1;
  const alignment = laneAlignment(n, size, low);
  if (alignment === undefined) return undefined;
  const d = dOf(f.D!, f.d!);
  const elements = Array.from({ length: n }, (_, i) => ({ d: d + i * (apart ? 2 : 1), lane }));
  return transfer(f, machine, { load: f.l === 1, size, elements, alignment });
}

/** By the bits of index_align below the lane; undefined: UNDEFINED. */
function laneAlignment(n: number, size: number, low: number): number | undefined {
  const bits = size === 2 ? low & 3 : low & 1;
  switch (n) {
    case 1:
      if (size === 0) return low === 0 ? 1 : undefined;
      if (size === 1) return low === 0 ? 1 : low === 1 ? 2 : undefined;
      return low === 0 ? 1 : low === 3 ? 4 : undefined;
    case 2:
      if (size === 2 && (bits & 2) !== 0) return undefined;
      return (bits & 1) === 1 ? 2 << size : 1;
    case 3:
      return bits === 0 ? 1 : undefined;
    default:
      if (size === 2) return bits === 3 ? undefined : bits === 0 ? 1 : 4 << bits;
      return bits === 1 ? 4 << size : 1;
  }
}

/** One element to all lanes of each of n registers; T: of two registers, or two apart. */
function allLanes(f: Fields, machine: Machine): Action | undefined {
  const n = f.t! + 1;
  const d = dOf(f.D!, f.d!);
  let size = f.s!, alignment = 1;
  if (n === 4 && size === 3) {
    if (f.a === 0) return undefined;
    size = 2;
    alignment = 16;
  } else if (size === 3 || (n === 3 && f.a === 1) || (n === 1 && size === 0 && f.a === 1)) {
    return undefined;
  } else if (f.a === 1) {
    alignment = n === 4 ? (size === 2 ? 8 : 4 << size) : n << size;
  }
  const distance = n > 1 && f.T ? 2 : 1;
  const elements = Array.from({ length: n }, (_, i) => ({ d: d + i * distance, lane: 0 }));
  return transfer(f, machine, {
    load: true,
    size,
    elements,
    alignment,
    allLanes: n === 1 && f.T ? 2 : 1,
  });
}

// deno-fmt-ignore
export const ELEMENT_ROWS: readonly Row<Machine>[] = [
  ["1111 0100 0Dl0 nnnn dddd tttt ssaa mmmm", multiple],
  ["1111 0100 1D10 nnnn dddd 11tt ssTa mmmm", allLanes],
  ["1111 0100 1Dl0 nnnn dddd sstt iiii mmmm", oneLane],
];
