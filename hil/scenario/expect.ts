/**
 * Expectations. On a {@link Signal} they are queries on the recorded timeline, so nothing is
 * missed between a stimulus and the look at it, and the same check works on a replay. On a plain
 * value they compare. Each is an event in the trace, on a pass too.
 */
import type { Json, Signal } from "../trace/mod.ts";
import { difference, equal, show } from "./compare.ts";
import { currentPlace } from "./context.ts";
import { judge } from "./judge.ts";
import { type SignalExpectations, SignalQueries } from "./signal_queries.ts";

export { ExpectationError } from "./judge.ts";
export type { Query, SignalExpectations, TimedQuery } from "./signal_queries.ts";

export interface ValueExpectations<T> {
  toBe(value: T): void;
  /** Deep equality. */
  toEqual(value: T): void;
  toMatch(this: ValueExpectations<string>, pattern: RegExp): void;
  toBeLessThan(this: ValueExpectations<number>, limit: number): void;
  toBeGreaterThan(this: ValueExpectations<number>, limit: number): void;
  /** Of text a part; of a list an element, by deep equality. */
  toContain(this: ValueExpectations<string | readonly unknown[]>, part: unknown): void;
}

/**
 * @param what how a person calls the value, for the message
 * @example
 * ```ts ignore
 * const read = await expect(cache.disk.requests).toHappen({ kind: "read", within: ms(5) });
 * expect(read.data.lba, "the block that was read").toBe(7);
 * ```
 */
export function expect<E extends Json>(signal: Signal<E>): SignalExpectations<E>;
export function expect<T>(value: T, what?: string): ValueExpectations<T>;
export function expect(
  subject: unknown,
  what = "the value",
): SignalExpectations<Json> | ValueExpectations<unknown> {
  currentPlace("expect"); // Before it waits for anything, not after.
  return isSignal(subject) ? new SignalQueries(subject) : new ValueChecks(subject, what);
}

/** By what it does: a value that is expected to be something may have fields of these names. */
function isSignal(subject: unknown): subject is Signal<Json> {
  if (typeof subject !== "object" || subject === null) return false;
  const { channel, clock, occurrences } = subject as Partial<Signal<Json>>;
  return typeof channel === "string" && typeof clock?.until === "function" &&
    Array.isArray(occurrences);
}

class ValueChecks implements ValueExpectations<unknown> {
  constructor(private readonly value: unknown, private readonly what: string) {}

  #judge(ok: boolean, relation: string, evidence?: () => string | undefined): void {
    judge(ok, `${this.what} ${relation}`, () => {
      const more = evidence?.();
      return `${this.what} is ${show(this.value)}; it ought to ${relation}` +
        (more ? `\n  ${more}` : "");
    });
  }

  toBe(value: unknown): void {
    this.#judge(Object.is(this.value, value), `be ${show(value)}`);
  }
  toEqual(value: unknown): void {
    this.#judge(
      equal(this.value, value),
      `equal ${show(value)}`,
      () => difference(this.value, value),
    );
  }
  toMatch(pattern: RegExp): void {
    // Not `test`: it goes on from where a global pattern has matched before.
    const found = typeof this.value === "string" && this.value.search(pattern) >= 0;
    this.#judge(found, `match ${pattern}`);
  }
  toBeLessThan(limit: number): void {
    checkLimit(limit);
    this.#judge(typeof this.value === "number" && this.value < limit, `be less than ${limit}`);
  }
  toBeGreaterThan(limit: number): void {
    checkLimit(limit);
    this.#judge(typeof this.value === "number" && this.value > limit, `be greater than ${limit}`);
  }
  toContain(part: unknown): void {
    const { value } = this;
    const found = typeof value === "string"
      ? typeof part === "string" && value.includes(part)
      : Array.isArray(value) && value.some((element) => equal(element, part));
    this.#judge(found, `contain ${show(part)}`);
  }
}

/** No number is less or greater than NaN: whatever it comes from, the target is not to blame. */
function checkLimit(limit: number): void {
  if (typeof limit === "number" && !Number.isNaN(limit)) return;
  throw new RangeError(`Cannot compare with "${limit}": it is not a number; check its source`);
}
