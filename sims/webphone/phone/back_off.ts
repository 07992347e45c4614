/** How long to wait before the next attempt: doubled from one to the next, scattered, bounded. */

export interface BackOff {
  readonly minS: number;
  readonly maxS: number;
}

/**
 * Seconds before attempt `n`, from 1 on. Phones that a restart has thrown off all at once come back
 * at different times: a half is fixed, the other by chance.
 *
 * @param chance from 0 up to 1
 */
export function backOffS({ minS, maxS }: BackOff, n: number, chance: number): number {
  const full = Math.min(maxS, minS * 2 ** Math.min(n - 1, 30));
  return Math.max(minS, full / 2 + full / 2 * chance);
}
