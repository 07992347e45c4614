/**
 * The jump caches: where translated code finds the code at an address, by privilege. Two words for
 * each of some addresses in the board's memory (layout.ts): the address with bit 0 set for Thumb
 * code, and what is there: {@linkcode jumpTo}. What is not there, the host looks for.
 */
import { JUMPS } from "../layout.ts";

export const JUMP_BYTES = 8;
/** A jump is the slot of a region, above the block of it. */
export const SLOT_SHIFT = 10;
/** Blocks that a region may have. */
export const BLOCKS_MAX = 1 << SLOT_SHIFT;
/** No code is at this address: it is neither ARM's nor Thumb's. */
const NOWHERE = -2;

export const jumpTo = (slot: number, block: number): number => slot << SLOT_SHIFT | block;

export class JumpCache {
  readonly #used: number[] = [];

  constructor(readonly i32: Int32Array, readonly privileged: boolean) {
    for (let at = 0; at < JUMPS.ENTRIES; at++) this.#clear(this.#base + 2 * at);
  }

  /** The jump to `pc`, which has bit 0 set for Thumb code; 0 when there is none. */
  find(pc: number): number {
    const at = this.#at(pc);
    return this.i32[at] === pc ? this.i32[at + 1]! : 0;
  }

  enter(pc: number, jump: number): void {
    const at = this.#at(pc);
    if (this.i32[at] === NOWHERE) this.#used.push(at);
    this.i32[at] = pc;
    this.i32[at + 1] = jump;
  }

  empty(): void {
    for (const at of this.#used) this.#clear(at);
    this.#used.length = 0;
  }

  get #base(): number {
    return (this.privileged ? JUMPS.PRIVILEGED : JUMPS.USER) >> 2;
  }

  #at(pc: number): number {
    return this.#base + 2 * (pc >>> 1 & JUMPS.ENTRIES - 1);
  }

  #clear(at: number): void {
    this.i32[at] = NOWHERE;
    this.i32[at + 1] = 0;
  }
}
