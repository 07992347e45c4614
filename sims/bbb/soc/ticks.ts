/** Ticks of a clock in virtual time: counted from time 0, so that nothing adds up to an error. */
import type { ClockInput } from "./clock_input.ts";

const NS_A_SECOND = 1e9;

/** A rate as a whole fraction, exact where plain multiplication would round. */
export class Rate {
  /** So many ticks come in so many nanoseconds: whole numbers without a common divisor. */
  readonly ticks: number;
  readonly ns: number;

  /** @param hz rounded to whole hertz; not 0 */
  constructor(readonly hz: number) {
    const whole = Math.round(hz);
    if (!(whole > 0)) throw new RangeError(`Cannot count ticks at "${hz}" Hz: the clock stands`);
    const divisor = gcd(whole, NS_A_SECOND);
    this.ticks = whole / divisor;
    this.ns = NS_A_SECOND / divisor;
  }

  /** How many ticks have come by `t` nanoseconds after one. */
  count(t: number): number {
    return divide(t, this.ticks, this.ns, 0);
  }

  /** The first whole nanosecond at which so many ticks have come. */
  time(count: number): number {
    return divide(count, this.ns, this.ticks, this.ticks - 1);
  }
}

/** Rates of a clock input as it changes; undefined while it stands. */
export function rateOf(source: ClockInput): Rate | undefined {
  return source.hz > 0 ? new Rate(source.hz) : undefined;
}

/** `(a * b + c) / by` in whole numbers, rounded down. */
function divide(a: number, b: number, by: number, c: number): number {
  const product = a * b + c;
  if (product <= Number.MAX_SAFE_INTEGER) return Math.floor(product / by);
  return Number((BigInt(a) * BigInt(b) + BigInt(c)) / BigInt(by));
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
