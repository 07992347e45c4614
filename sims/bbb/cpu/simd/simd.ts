/**
 * VFPv3-D32 and Advanced SIMD as the Cortex-A8 has them (ARM ARM DDI 0406C, chapters A7 and B1.11):
 * decides whether an instruction may execute, decodes it from the tables and remembers what that gave.
 */

import type { Core, Simd } from "../core.ts";
import { UNDEFINED } from "../fault.ts";
import { STATE } from "../layout.ts";
import { BLOCK_ROWS } from "./block_memory.ts";
import { ELEMENT_ROWS } from "./element_memory.ts";
import { Machine } from "./machine.ts";
import { LONG_ROWS } from "./neon_long.ts";
import { SAME_ROWS } from "./neon_same.ts";
import { SHIFT_ROWS } from "./neon_shift.ts";
import { TWO_ROWS } from "./neon_two.ts";
import { type Action, Table } from "./rows.ts";
import { FPEXC_EN, isSystemAccess, TRANSFER_ROWS } from "./transfers.ts";
import { VFP_ROWS } from "./vfp.ts";

const VFP = new Table<Machine>([...TRANSFER_ROWS, ...BLOCK_ROWS, ...VFP_ROWS]);
/** The order matters: what has 11 for a size is mostly another instruction (TWO_ROWS before LONG_ROWS). */
const NEON = new Table<Machine>([...SAME_ROWS, ...TWO_ROWS, ...LONG_ROWS, ...SHIFT_ROWS]);
const ELEMENTS = new Table<Machine>(ELEMENT_ROWS);

/** Decoded instructions that are remembered, by a hash of their word. */
const REMEMBERED = 4096;
const HASH = 0x9e37_79b1;
const FPEXC = STATE.FPEXC >>> 2;

export class VfpNeon implements Simd {
  readonly #core: Core;
  readonly #machine: Machine;
  readonly #words = new Int32Array(REMEMBERED);
  readonly #actions: (Action | undefined)[] = new Array(REMEMBERED).fill(undefined);

  constructor(core: Core) {
    this.#core = core;
    this.#machine = new Machine(core);
  }

  execute(raw: number, thumb: boolean): void {
    const word = thumb ? fromThumb(raw) : raw >>> 28 === 15 ? raw : raw & 0x0fff_ffff | 0xe000_0000;
    this.#mayExecute(word);
    const slot = Math.imul(word, HASH) >>> 20;
    let action = this.#words[slot] === (word | 0) ? this.#actions[slot] : undefined;
    if (action === undefined) {
      action = decode(word | 0, this.#machine);
      if (action === undefined) throw UNDEFINED;
      this.#words[slot] = word;
      this.#actions[slot] = action;
    }
    action();
  }

  /** CPACR, FPEXC.EN and the privilege that system registers want (B1.11.1). @throws Undefined */
  #mayExecute(word: number): void {
    const core = this.#core;
    const access = core.cp15.get("CPACR") >>> 20 & 3;
    if (access === 0 || (access !== 3 && !core.privileged)) throw UNDEFINED;
    if ((core.i32[FPEXC]! & FPEXC_EN) !== 0) return;
    if (!isSystemAccess(word) || !core.privileged) throw UNDEFINED;
  }
}

/** The ARM encoding of a Thumb one, which differ in their top bits (A7.4, A7.7). */
function fromThumb(raw: number): number {
  const top = raw >>> 24;
  if ((top & 0xef) === 0xef) return 0xf200_0000 | (top & 0x10) << 20 | raw & 0xff_ffff;
  if (top === 0xf9) return 0xf400_0000 | raw & 0xff_ffff;
  return raw;
}

function decode(word: number, machine: Machine): Action | undefined {
  switch (word >>> 24) {
    case 0xf2:
    case 0xf3:
      return NEON.decode(word, machine);
    case 0xf4:
      return ELEMENTS.decode(word, machine);
  }
  return word >>> 28 === 15 ? undefined : VFP.decode(word, machine);
}
