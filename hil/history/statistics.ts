/** Figures of few, skewed and outlier-ridden values: medians, intervals and trends that hold for them. */

/** A share with the bounds between which the true one lies, all from 0 to 1. */
export interface Interval {
  readonly share: number;
  readonly low: number;
  readonly high: number;
}

/** 95 % of a normal distribution are nearer to its middle than this many standard deviations. */
const Z95 = 1.959963984540054;

/**
 * The interval of a share at 95 % (Wilson, "Probable inference, the law of succession, and
 * statistical inference", 1927): it holds for few trials and for shares near 0 and 1, where the
 * textbook's leaves the range (Brown, Cai and DasGupta 2001). Of no trials: all is possible.
 */
export function wilson(successes: number, trials: number, z = Z95): Interval {
  if (trials === 0) return { share: NaN, low: 0, high: 1 };
  const share = successes / trials;
  const square = z * z / trials;
  const middle = (share + square / 2) / (1 + square);
  const half = z / (1 + square) * Math.sqrt(share * (1 - share) / trials + square / (4 * trials));
  // At the ends the bound is exact; rounding would leave some 1e-17.
  return {
    share,
    low: successes === 0 ? 0 : middle - half,
    high: successes === trials ? 1 : middle + half,
  };
}

/** Of values in ascending order, between neighbours (type 7 of Hyndman and Fan 1996); NaN of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return NaN;
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const from = sorted[below]!, to = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return from === to ? from : from + (to - from) * (at - below);
}

export function median(values: Iterable<number>): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}

/**
 * The spread that half of the values keep from their median (median absolute deviation), scaled to
 * be the standard deviation of a normal distribution. Up to half of the values may be nonsense.
 */
export function robustDeviation(values: readonly number[], middle = median(values)): number {
  return 1.4826 * median(values.map((value) => Math.abs(value - middle)));
}

export interface Trend {
  /** Of the value from one to the next: the median of all slopes (Theil 1950, Sen 1968). */
  readonly slope: number;
  /** What comes of it from the first value to the last, as a share of where it began. */
  readonly relative: number;
  /** How sure it is that there is one, 0 to 1 (Mann 1945, Kendall 1975). */
  readonly confidence: number;
}

/** Values of a trend are read up to this many, the latest: its cost is their square. */
const TREND_VALUES = 40;

/** The trend of values in order; undefined of fewer than eight, of which nothing can be said. */
export function trendOf(all: readonly number[]): Trend | undefined {
  const values = all.slice(-TREND_VALUES);
  const n = values.length;
  if (n < 8) return undefined;
  const slopes = new Float64Array(n * (n - 1) / 2);
  let score = 0, count = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const step = values[j]! - values[i]!;
      score += Math.sign(step);
      slopes[count++] = step / (j - i);
    }
  }
  const slope = quantile(slopes.sort(), 0.5), gain = slope * (n - 1);
  const begin = median(values) - gain / 2;
  const deviation = Math.sqrt(scoreVariance(values));
  const z = deviation === 0 ? 0 : Math.max(0, Math.abs(score) - 1) / deviation;
  return {
    slope,
    relative: gain === 0 ? 0 : gain / Math.abs(begin),
    confidence: 1 - 2 * upperTail(z),
  };
}

/** Of Kendall's score when there is no trend, less what equal values take from it. */
function scoreVariance(values: readonly number[]): number {
  const of = (n: number) => n * (n - 1) * (2 * n + 5) / 18;
  const ties = new Map<number, number>();
  for (const value of values) ties.set(value, (ties.get(value) ?? 0) + 1);
  return [...ties.values()].reduce((sum, count) => sum - of(count), of(values.length));
}

/** Of the normal distribution, for z ≥ 0; within 1e-7 (Abramowitz and Stegun, 26.2.17). */
function upperTail(z: number): number {
  const t = 1 / (1 + 0.2316419 * z);
  const factors = [1.330274429, -1.821255978, 1.781477937, -0.356563782, 0.31938153];
  const sum = factors.reduce((rest, factor) => rest * t + factor, 0) * t;
  return Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI) * sum;
}
