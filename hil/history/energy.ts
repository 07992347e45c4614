/** The energy statistic of E-divisive, over ranks: how unlike the two parts of a series are. */

/** From 1; those of equal values are their mean. */
export function ranksOf(values: readonly number[]): Float64Array {
  const order = Uint32Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(values.length);
  for (let first = 0; first < order.length;) {
    let next = first + 1;
    while (next < order.length && values[order[next]!] === values[order[first]!]) next++;
    for (let i = first; i < next; i++) ranks[order[i]!] = (first + next + 1) / 2;
    first = next;
  }
  return ranks;
}

/**
 * The energy between the values before a place and those from it on, for each place of a series:
 * Q = mn/(m+n) (2 E|X-Y| - E|X-X'| - E|Y-Y'|), Matteson and James (5), with distances of ranks. A
 * value that moves from the right to the left changes the three sums by its distances to both
 * sides, which two Fenwick trees over doubled ranks know: how many lie below it, and their sum.
 */
export class Energy {
  readonly #counts: Float64Array;
  readonly #sums: Float64Array;
  /** All distances from each doubled rank. */
  readonly #toAll: Float64Array;
  readonly #within: number;

  /** @param ranks of the series; it may then be asked about any order of them */
  constructor(ranks: Float64Array, private readonly least: number) {
    const size = 2 * ranks.length + 1;
    this.#counts = new Float64Array(size);
    this.#sums = new Float64Array(size);
    this.#toAll = new Float64Array(size);
    let within = 0;
    const sorted = Float64Array.from(ranks).sort();
    let total = 0;
    for (const rank of sorted) total += rank;
    let below = 0;
    for (const [i, rank] of sorted.entries()) {
      const distance = rank * i - below + (total - below) - rank * (sorted.length - i);
      this.#toAll[2 * rank] = distance;
      within += distance;
      below += rank;
    }
    this.#within = within / 2;
  }

  /** The place of the greatest energy, and that. */
  clearest(ranks: Float64Array): { index: number; value: number } {
    const n = ranks.length, size = this.#counts.length;
    const counts = this.#counts.fill(0), sums = this.#sums.fill(0);
    // Sums of distances: within the left part, within the right one, between the two.
    let left = 0, right = this.#within, between = 0, moved = 0;
    let index = 0, value = -Infinity;
    for (let m = 1; m <= n - this.least; m++) {
      const rank = ranks[m - 1]!, key = 2 * rank;
      let below = 0, belowSum = 0;
      for (let i = key; i > 0; i -= i & -i) {
        below += counts[i]!;
        belowSum += sums[i]!;
      }
      const toLeft = rank * below - belowSum + (moved - belowSum) - rank * (m - 1 - below);
      const toRight = this.#toAll[key]! - toLeft;
      left += toLeft;
      right -= toRight;
      between += toRight - toLeft;
      moved += rank;
      for (let i = key; i < size; i += i & -i) {
        counts[i]! += 1;
        sums[i]! += rank;
      }
      if (m < this.least) continue;
      const k = n - m;
      const inLeft = m > 1 ? 2 * left / (m * (m - 1)) : 0;
      const inRight = k > 1 ? 2 * right / (k * (k - 1)) : 0;
      const energy = m * k / n * (2 * between / (m * k) - inLeft - inRight);
      if (energy > value) {
        value = energy;
        index = m;
      }
    }
    return { index, value };
  }
}
