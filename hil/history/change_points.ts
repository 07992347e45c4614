/**
 * Where a series of values begins to be another one: E-divisive (Matteson and James, "A
 * nonparametric approach for multiple change point analysis of multivariate data", 2014), as
 * MongoDB finds regressions with it (Daly et al., ICPE 2020), and with Hunter's second look at what
 * was found (Fleming et al., ICPE 2023). These things are our own way:
 *
 * The energy statistic is taken of ranks, so that one absurd value weighs no more than one large
 * one, and takes O(n log n) by running sums over ranks instead of a matrix of all distances. The
 * permutation test is seeded, thus the same values give the same answer, ends as soon as it cannot be
 * significant any more (Besag and Clifford, 1991), and keeps neighbours together that are alike, as
 * durations on a shared machine are. Of ranks without equals and neighbours that are not alike, chance
 * makes the same of any series of a length: what it makes is drawn once for all of them. A change smaller than `leastEffect` is no news, however sure.
 */
import { Random } from "../time/mod.ts";
import { Energy, ranksOf } from "./energy.ts";
import { blockLength, shuffle } from "./shuffle.ts";
import { median, robustDeviation } from "./statistics.ts";

export interface ChangeOptions {
  /** The chance that values without a change are said to have one. Default: 0.005. */
  readonly significance?: number;
  /** Values that there must be on either side, at least 2. Default: 4. */
  readonly least?: number;
  /** Of the median before, as a share: smaller changes are left out. Default: 0.01. */
  readonly leastEffect?: number;
  /** Of the permutations. Default: 1. */
  readonly seed?: number;
}

export interface ChangePoint {
  /** Of the first value after the change. */
  readonly index: number;
  /** Medians between the changes before and after this one. */
  readonly before: number;
  readonly after: number;
  /** `after - before`. */
  readonly size: number;
  /** Of `before`, as a share; Infinity when that is 0. */
  readonly relative: number;
  /** In standard deviations of the noise, robustly estimated; Infinity when there is none. */
  readonly deviations: number;
  /** 1 less the chance of as clear a change in values without one. */
  readonly confidence: number;
}

/** With that many permutations, a chance of 0.005 is told from one of 0.01. */
const PERMUTATIONS = 999;
/** How often what was found is looked at again, each time with one change less or none moved. */
const PASSES = 8;

/**
 * The changes of values in their order, NaN left out by whoever calls.
 *
 * @example
 * ```ts
 * const values = [5.1, 5.0, 5.2, 5.1, 4.9, 5.0, 5.1, 5.0, 5.9, 6.1, 6.0, 5.9, 6.0, 6.1];
 * changePoints(values); // [{ index: 8, before: 5.05, after: 6, … }]
 * ```
 */
export function changePoints(
  values: readonly number[],
  options: ChangeOptions = {},
): ChangePoint[] {
  const { significance = 0.005, least = 4, leastEffect = 0.01, seed = 1 } = options;
  const test: Test = { values, significance, least: Math.max(2, least), seed };
  let found: Split[] = [];
  bisect(test, 0, values.length, found);
  found.sort((a, b) => a.index - b.index);
  for (let pass = 0; pass < PASSES; pass++) {
    const again = looked(test, found, leastEffect);
    const same = again.length === found.length &&
      again.every(({ index }, i) => index === found[i]!.index);
    found = again;
    if (same) break;
  }
  const placed = found.map((split, i) => ({ ...split, index: placeOf(values, found, i) }));
  return placed.map((split, i) => pointOf(values, placed, split, i));
}

/** How far a change may be moved to where the values themselves, not their ranks, put it. */
const NEAR = 3;

/**
 * The place near a change at which values are nearest to the medians on both sides (least absolute
 * deviations): ranks take the largest value before a step for one behind it.
 */
function placeOf(values: readonly number[], found: readonly Split[], i: number): number {
  const { index } = found[i]!;
  const from = found[i - 1]?.index ?? 0, to = found[i + 1]?.index ?? values.length;
  const cost = (at: number) => deviation(values.slice(from, at)) + deviation(values.slice(at, to));
  let best = index, least = cost(index);
  for (let at = Math.max(from + 2, index - NEAR); at <= Math.min(to - 2, index + NEAR); at++) {
    const other = cost(at);
    if (other < least) [best, least] = [at, other];
  }
  return best;
}

function deviation(values: readonly number[]): number {
  const middle = median(values);
  return values.reduce((sum, value) => sum + Math.abs(value - middle), 0);
}

interface Split {
  readonly index: number;
  readonly chance: number;
}

interface Test {
  readonly values: readonly number[];
  readonly significance: number;
  readonly least: number;
  readonly seed: number;
}

function bisect(test: Test, from: number, to: number, found: Split[]): void {
  const split = clearest(test, from, to);
  if (!split) return;
  found.push(split);
  bisect(test, from, split.index, found);
  bisect(test, split.index, to, found);
}

/**
 * Each change once more, between its neighbours: it moves to where it is clearest now. Of those that
 * are not clear enough the least is taken out, as the others may be clear without it.
 */
function looked(test: Test, found: readonly Split[], leastEffect: number): Split[] {
  const bounds = (i: number) =>
    [found[i - 1]?.index ?? 0, found[i + 1]?.index ?? test.values.length] as const;
  const again = found.map((_, i) => clearest(test, ...bounds(i)));
  const weights = again.map((split, i) => {
    if (!split) return -1;
    const [from, to] = bounds(i);
    const { relative } = effect(test.values, from, split.index, to);
    return Math.abs(relative) < leastEffect ? Math.abs(relative) : Infinity;
  });
  const weakest = weights.indexOf(Math.min(...weights));
  if (weights[weakest] === Infinity || weakest < 0) return again.map((split) => split!);
  return found.filter((_, i) => i !== weakest);
}

function effect(values: readonly number[], from: number, index: number, to: number) {
  const before = median(values.slice(from, index)), after = median(values.slice(index, to));
  const size = after - before;
  return { before, after, size, relative: size === 0 ? 0 : size / Math.abs(before) };
}

function pointOf(
  values: readonly number[],
  found: readonly Split[],
  { index, chance }: Split,
  i: number,
): ChangePoint {
  const from = found[i - 1]?.index ?? 0, to = found[i + 1]?.index ?? values.length;
  const told = effect(values, from, index, to);
  const noise = robustDeviation([
    ...values.slice(from, index).map((value) => value - told.before),
    ...values.slice(index, to).map((value) => value - told.after),
  ], 0);
  const deviations = told.size === 0 ? 0 : Math.abs(told.size) / noise;
  return { index, ...told, deviations, confidence: 1 - chance };
}

/** Where `from` to `to` parts best, when that is no chance. */
function clearest(test: Test, from: number, to: number): Split | undefined {
  const { least, significance } = test;
  if (to - from < 2 * least) return undefined;
  const ranks = ranksOf(test.values.slice(from, to));
  const energy = new Energy(ranks, least);
  const { index, value } = energy.clearest(ranks);
  if (!(value > 0)) return undefined;
  const orders = ordersOf(ranks, energy, blockLength(ranks, index), test);
  const most = Math.floor(significance * (PERMUTATIONS + 1)) - 1;
  let asClear = 0;
  for (let i = 0; i < PERMUTATIONS; i++) {
    // As clear within rounding: equal values give equal sums only in exact arithmetic.
    if (orders.energy(i) >= value * (1 - 1e-9) && ++asClear > most) return undefined;
  }
  return { index: from + index, chance: (asClear + 1) / (PERMUTATIONS + 1) };
}

/** What orders by chance of some ranks come to, drawn as they are asked for. */
class Orders {
  readonly #drawn: number[] = [];
  readonly #into: Float64Array;
  readonly #order: Parameters<typeof shuffle>[1];

  constructor(
    private readonly ranks: Float64Array,
    private readonly of: Energy,
    { length, seed }: { readonly length: number; readonly seed: number },
  ) {
    const into = this.#into = new Float64Array(ranks.length);
    const random = new Random(`${seed} ${ranks.length}`);
    this.#order = { into, length, random, blocks: new Uint32Array(ranks.length) };
  }

  energy(i: number): number {
    while (this.#drawn.length <= i) {
      shuffle(this.ranks, this.#order);
      this.#drawn.push(this.of.clearest(this.#into).value);
    }
    return this.#drawn[i]!;
  }
}

const MOST_SHARED = 256;
const shared = new Map<string, Orders>();

/** Ranks without equals are the same for all series of a length: so are their orders. */
function ordersOf(ranks: Float64Array, energy: Energy, length: number, { least, seed }: Test) {
  if (length > 1 || haveEquals(ranks)) return new Orders(ranks, energy, { length, seed });
  const name = `${ranks.length} ${least} ${seed}`;
  let orders = shared.get(name);
  if (orders) return orders;
  if (shared.size >= MOST_SHARED) shared.clear();
  orders = new Orders(ranks.slice().sort(), energy, { length, seed });
  shared.set(name, orders);
  return orders;
}

/** Equal values have the mean of their ranks, which makes the sum of the squares less. */
function haveEquals(ranks: Float64Array): boolean {
  const n = ranks.length;
  return ranks.reduce((sum, rank) => sum + rank * rank, 0) < n * (n + 1) * (2 * n + 1) / 6;
}
