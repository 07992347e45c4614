/**
 * Durations with their unit in the type, so that `within: 5` does not compile.
 *
 * @example
 * ```ts
 * import { ms, seconds } from "hil";
 * const limit = seconds(1.5);
 * console.log(limit.ns, `${ms(5)}`); // 1500000000 "5 ms"
 * ```
 */

/** A length of time in whole nanoseconds (a safe integer: up to 104 days). */
export class Duration {
  /** @param ns whole nanoseconds, 0 or more */
  private constructor(readonly ns: number) {}

  /** @throws RangeError when the amount is negative, not finite, or past 104 days */
  static fromNs(amount: number): Duration {
    const whole = Math.round(amount);
    if (!Number.isSafeInteger(whole) || amount < 0) {
      throw new RangeError(
        `Cannot make a duration of "${amount}" ns: it is not between 0 and 104 days; ` +
          `give a positive, finite amount`,
      );
    }
    return new Duration(whole);
  }

  /** Milliseconds, with a fraction. */
  get ms(): number {
    return this.ns / 1e6;
  }

  toString(): string {
    return formatNs(this.ns);
  }

  toJSON(): number {
    return this.ns;
  }
}

/** From the smallest; each up to `below` of its own. */
const UNITS: readonly (readonly [name: string, ns: number, below: number])[] = [
  ["ns", 1, 1000],
  ["us", 1e3, 1000],
  ["ms", 1e6, 1000],
  ["s", 1e9, Infinity],
];

/** Nanoseconds as people say them: `formatNs(7_284_000)` is "7.284 ms". */
export function formatNs(amountNs: number): string {
  if (amountNs !== 0 && amountNs % 60e9 === 0) return `${amountNs / 60e9} min`;
  // What is rounded counts: 999.9996 ms are 1 s, not 1000 ms.
  for (const [name, ns, below] of UNITS) {
    const rounded = Number((amountNs / ns).toFixed(3));
    if (Math.abs(rounded) < below) return `${rounded} ${name}`;
  }
  return `${amountNs} ns`;
}

export const ns = (amount: number): Duration => Duration.fromNs(amount);
export const us = (amount: number): Duration => Duration.fromNs(amount * 1e3);
export const ms = (amount: number): Duration => Duration.fromNs(amount * 1e6);
export const seconds = (amount: number): Duration => Duration.fromNs(amount * 1e9);
export const minutes = (amount: number): Duration => Duration.fromNs(amount * 60e9);
