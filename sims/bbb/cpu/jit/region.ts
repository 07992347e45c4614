/**
 * Finds the region around a hot address: the blocks that are reached from it without leaving its
 * page, of instructions that the interpreter has decoded, that is, executed before.
 */
import {
  conditional,
  type Instruction,
  itState,
  next,
  stateBehind,
  target,
} from "./instruction.ts";
import { goesOn, goesToTarget } from "./kind.ts";
import { BLOCKS_MAX } from "./jumps.ts";
import type { RegionPlace } from "./writer.ts";

/**
 * The instruction at an address, under an ITSTATE (0 outside an IT block); undefined when none is
 * decoded there, or when it is in another page.
 */
export type Source = (address: number, it: number) => Instruction | undefined;

export interface Block {
  /** All but the last one are plain. */
  readonly instructions: readonly Instruction[];
}

/** A region: blocks in the order of their addresses. */
export interface Region {
  readonly blocks: readonly Block[];
}

/** A longer function compiles slowly, for code that is seldom all hot. */
const INSTRUCTIONS_MAX = 700;

export const addressOf = (block: Block): number => block.instructions[0]!.address;

/** The region of `entry`; without blocks when nothing can be translated there. */
export function findRegion(source: Source, entry: number): Region {
  const { instructions, leaders } = explore(source, entry);
  const blocks: Instruction[][] = [];
  let previous: Instruction | undefined;
  for (const i of [...instructions.values()].sort((a, b) => a.address - b.address)) {
    const follows = previous && next(previous) === i.address && previous.kind === "plain" &&
      stateBehind(previous) === itState(i);
    if (!follows || leaders.has(i.address)) {
      if (blocks.length === BLOCKS_MAX) break;
      blocks.push([]);
    }
    blocks.at(-1)!.push(i);
    previous = i;
  }
  return { blocks: blocks.map((instructions) => ({ instructions })) };
}

interface Found {
  readonly instructions: ReadonlyMap<number, Instruction>;
  /** Addresses that a block starts at. */
  readonly leaders: ReadonlySet<number>;
}

/** Breadth first, so that a limit keeps what is near. */
function explore(source: Source, entry: number): Found {
  const instructions = new Map<number, Instruction>();
  const leaders = new Set<number>();
  const queue: { address: number; it: number }[] = [{ address: entry, it: 0 }];
  for (const { address, it } of queue) {
    leaders.add(address);
    walk({ source, instructions, queue }, address, it);
    if (instructions.size >= INSTRUCTIONS_MAX) break;
  }
  return { instructions, leaders };
}

interface Walk {
  readonly source: Source;
  readonly instructions: Map<number, Instruction>;
  readonly queue: { address: number; it: number }[];
}

/** Instructions in sequence, until one ends it; where it goes is queued. */
function walk({ source, instructions, queue }: Walk, address: number, state: number): void {
  let it = state;
  for (let at = address; !instructions.has(at) && instructions.size < INSTRUCTIONS_MAX;) {
    const i = source(at, it);
    if (!i || itState(i) !== it || i.kind === "leave") return;
    instructions.set(at, i);
    it = stateBehind(i);
    if (goesToTarget(i)) queue.push({ address: target(i), it: 0 });
    if (i.kind !== "plain") {
      if (i.kind === "step" || conditional(i) || goesOn(i)) queue.push({ address: next(i), it });
      return;
    }
    at = next(i);
  }
}

/** All that makes the code of a region, but its slot: two of the same contents are alike. */
export function contentsOf(
  { blocks }: Region,
  { thumb, privileged }: Omit<RegionPlace, "slot">,
): string {
  const length = blocks.reduce((sum, { instructions }) => sum + 2 + 4 * instructions.length, 1);
  const words = new Int32Array(length);
  let at = 0;
  words[at++] = (thumb ? 1 : 0) | (privileged ? 2 : 0);
  for (const { instructions } of blocks) {
    words[at++] = instructions[0]!.address;
    words[at++] = instructions.length;
    for (const { w0, w1, w2, w3 } of instructions) {
      words[at++] = w0;
      words[at++] = w1;
      words[at++] = w2;
      words[at++] = w3;
    }
  }
  // To spread a typed array takes six times as long.
  return String.fromCharCode.apply(null, new Uint16Array(words.buffer) as unknown as number[]);
}
