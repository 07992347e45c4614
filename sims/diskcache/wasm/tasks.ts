/**
 * Tasks and their places in the module's memory: beyond what the C uses, first the interrupts'
 * stack, then each task's, with the block that it reads or writes above it.
 */
import type { CacheCode } from "./code.ts";

const STACK = 16 * 1024;
const BLOCK = 512;
const PLACE = STACK + BLOCK;
/** Where a stack ends; a task that has overrun it has overwritten this. */
const CANARY = 0x5afe_57ac;

export interface Task {
  readonly id: number;
  /** Lowest address of what is its own, and how much that is. */
  readonly own: number;
  readonly ownSize: number;
  /** Address of its block. */
  readonly block: number;
  state: "ready" | "blocked" | "over";
  stackPointer: number;
  /** The access before which it was preempted: `address` is -1 when there is none. */
  address: number;
  what: number;
  at: number;
  resume: () => void;
}

/** @throws RangeError when there is no memory for it */
export function makeTask(code: CacheCode, id: number): Task {
  const own = firstPlace(code) + (id + 1) * PLACE;
  const { words } = code;
  if (own + PLACE > words.byteLength) {
    throw new RangeError(
      `Cannot run "${id + 1}" clients: there is no memory for so many stacks; make it fewer`,
    );
  }
  words.fill(0, own / 4, (own + PLACE) / 4);
  words[own / 4] = CANARY;
  const block = own + STACK;
  return {
    ...{ id, own, ownSize: PLACE, block, state: "ready", stackPointer: block },
    ...{ address: -1, what: 0, at: 0, resume: () => {} },
  };
}

export function hasOverrun(code: CacheCode, { own }: Task): boolean {
  return code.words[own / 4] !== CANARY;
}

/** Where the interrupts' stack begins, downwards. */
export function interruptStack(code: CacheCode): number {
  return firstPlace(code) + STACK;
}

/** Whose stack or block an address is in; undefined for what is shared. */
export function ownerOf(code: CacheCode, address: number): number | undefined {
  const id = Math.floor((address - firstPlace(code)) / PLACE) - 1;
  return id < 0 ? undefined : id;
}

function firstPlace(code: CacheCode): number {
  return Math.ceil(code.heapBase / BLOCK) * BLOCK;
}
