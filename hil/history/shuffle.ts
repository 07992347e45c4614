/**
 * Orders by chance for a permutation test. What neighbours have in common, as the load of a shared
 * machine, is no change; so they are kept together, in blocks (Kirch, "Block permutation principles
 * for the change analysis of dependent data", 2007).
 */
import type { Random } from "../time/mod.ts";

/** A series has no fewer blocks than that, or no order would be unlikely. */
const FEWEST = 8;

/**
 * How many neighbours are kept together: for an autoregressive series of their correlation (Carlstein,
 * "The use of subseries values", 1986). 1 when they have nothing in common.
 *
 * @param index where the series parts
 */
export function blockLength(ranks: Float64Array, index: number): number {
  // A step is a correlation too: to the first, other steps than that one; to the second, all a little.
  const r = Math.min(0.95, correlation(ranks, index), correlationByDifferences(ranks));
  if (!(r > 0)) return 1;
  const length = (2 * r / (1 - r * r)) ** (2 / 3) * ranks.length ** (1 / 3);
  return Math.max(1, Math.min(Math.floor(length), Math.floor(ranks.length / FEWEST)));
}

/** Of each value with the next, about the mean of their part. */
function correlation(ranks: Float64Array, index: number): number {
  let together = 0, alone = 0;
  for (const part of [ranks.subarray(0, index), ranks.subarray(index)]) {
    const mean = part.reduce((sum, rank) => sum + rank, 0) / part.length;
    for (let i = 0; i < part.length; i++) {
      alone += (part[i]! - mean) ** 2;
      if (i > 0) together += (part[i]! - mean) * (part[i - 1]! - mean);
    }
  }
  return alone > 0 ? together / alone : 0;
}

/**
 * The same, told from how far values are from the next and from the next but one: in an
 * autoregressive series the squares of these are as 1 to 1 + r. Few of them have a step in them.
 */
function correlationByDifferences(ranks: Float64Array): number {
  const apart = (lag: number) => {
    let sum = 0;
    for (let i = lag; i < ranks.length; i++) sum += Math.abs(ranks[i]! - ranks[i - lag]!);
    return sum / (ranks.length - lag);
  };
  const one = apart(1);
  return one > 0 ? (apart(2) / one) ** 2 - 1 : 0;
}

interface Shuffle {
  readonly into: Float64Array;
  /** Of a block. */
  readonly length: number;
  readonly random: Random;
  /** Room for the order of the blocks, which are at most as many as the values. */
  readonly blocks: Uint32Array;
}

/**
 * Puts `from` into `into` in an order by chance: blocks of `length`, the first from any place on, as if
 * the series were a ring (Fisher and Yates).
 */
export function shuffle(from: Float64Array, { into, length, random, blocks }: Shuffle): void {
  const values = from.length, start = length > 1 ? random.below(values) : 0;
  const count = Math.ceil(values / length);
  for (let i = 0; i < count; i++) blocks[i] = i;
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const kept = blocks[i]!;
    blocks[i] = blocks[j]!;
    blocks[j] = kept;
  }
  let at = 0;
  for (let n = 0; n < count; n++) {
    const first = blocks[n]! * length, end = Math.min(values, first + length);
    for (let i = first; i < end; i++) into[at++] = from[(start + i) % values]!;
  }
}
