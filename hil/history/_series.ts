/** Series with known changes, for tests and benchmarks of what finds them. */
import { Random } from "../time/mod.ts";

/** A number of the normal distribution (Box and Muller, 1958). */
export function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log((random.next() + 1) / 2 ** 32));
  return radius * Math.cos(2 * Math.PI * random.next() / 2 ** 32);
}

/** Normal, but one of twenty is ten times as far off. */
export function withOutliers(random: Random): number {
  const value = normal(random);
  return random.chance(0.05) ? 10 * value : value;
}

/** Normal, and half of each value is what the one before it was: load that comes and goes. */
export function correlated(): (random: Random) => number {
  let last = 0;
  return (random) => last = 0.5 * last + Math.sqrt(0.75) * normal(random);
}

export interface MadeSeries {
  readonly length: number;
  /** Of the first value after a change, and by how many standard deviations it is larger from then on. */
  readonly steps: readonly (readonly [index: number, deviations: number])[];
  readonly noise: (random: Random) => number;
  readonly seed: number | string;
}

/** Around 100, with noise of a standard deviation of 2. */
export function madeSeries({ length, steps, noise, seed }: MadeSeries): number[] {
  const random = new Random(seed);
  return Array.from({ length }, (_, i) => {
    const level = steps.reduce((sum, [from, size]) => i >= from ? sum + size : sum, 0);
    return 100 + 2 * (noise(random) + level);
  });
}
