/**
 * Values that change from one round of a loop to the next in the only ways that can be foreseen: by
 * the same amount each round, and with what is read of a counter. All modulo 2^32.
 */

/** Readings of counters in one round. */
export const READINGS = 4;
/**
 * Symbols: the number of the round; then the readings two rounds before, one round before, and now.
 * Those two rounds before are there for what a round leaves behind of the one before it.
 */
export const ROUND = 0;
export const OLDER = 1;
export const BEFORE = OLDER + READINGS;
export const NOW = BEFORE + READINGS;
export const SYMBOLS = NOW + READINGS;

/** Coefficients by symbol; undefined: the value is the same each round. */
export type Linear = readonly number[] | undefined;

/** A value as it is in the round that is looked at, and what becomes of it in others. */
export interface Affine {
  readonly value: number;
  readonly linear: Linear;
}

export function constant(value: number): Affine {
  return { value, linear: undefined };
}

/** One symbol. */
export function symbol(n: number): Linear {
  const linear = new Array<number>(SYMBOLS).fill(0);
  linear[n] = 1;
  return linear;
}

/** `a + factor * b`. */
export function combine(a: Linear, factor: number, b: Linear): Linear {
  if (b === undefined || factor === 0) return a;
  const sum = b.map((coefficient, n) => (a?.[n] ?? 0) + factor * coefficient);
  return sum.some((coefficient) => coefficient !== 0) ? sum : undefined;
}

export function equal(a: Linear, b: Linear): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.every((coefficient, n) => coefficient === b[n]);
}

/** At the beginning of the next round: now is then one round before; `step` is added each round. */
export function nextRound(linear: Linear, step: number): Linear {
  if (linear === undefined && step === 0) return undefined;
  const next = new Array<number>(SYMBOLS).fill(0);
  next[ROUND] = step;
  for (let n = BEFORE; n < SYMBOLS; n++) next[n - READINGS] = linear?.[n] ?? 0;
  return next;
}

/** Whether it depends on readings of more than one round before. */
export function looksFarBack(linear: Linear): boolean {
  return linear !== undefined && linear.slice(OLDER, BEFORE).some((factor) => factor !== 0);
}
