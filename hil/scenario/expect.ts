/**
 * Expectations. On a {@link Signal} they are queries on the recorded timeline, so nothing is
 * missed between a stimulus and the look at it, and the same check works on a replay. On a plain
 * value they compare. Each is an event in the trace, on a pass too.
 */
import type { Json, Mark, Occurrence, Signal } from "../trace/mod.ts";
import { equal, show } from "./compare.ts";
import { currentPlace } from "./context.ts";
import { type Duration, formatNs, ns } from "../time/mod.ts";

/** What was expected did not happen or is not so. */
export class ExpectationError extends Error {
  override readonly name = "ExpectationError";
}

/** Which occurrences count. */
export interface Query<E> {
  /** One of these kinds; default any. */
  readonly kind?: string | readonly string[];
  readonly where?: (data: E) => boolean;
  /** Only those after (before) this mark in the recorded order. */
  readonly after?: Mark;
  readonly before?: Mark;
}

export interface TimedQuery<E> extends Query<E> {
  /** Counted on the signal's own clock, from `after` or, without it, from now. */
  readonly within: Duration;
}

export interface SignalExpectations<E> {
  /** Waits for the first match and gives it. */
  toHappen(query: TimedQuery<E>): Promise<Occurrence<E>>;
  /** That exactly `count` have happened by now, without waiting. */
  toHaveHappened(count: number, query?: Query<E>): readonly Occurrence<E>[];
  /** That none happens from `after` (default: now) until `within` has passed. */
  notToHappen(query: TimedQuery<E>): Promise<void>;
  /** That the recorded kinds, in order, are these. */
  toHaveGone(kinds: readonly string[], query?: Query<E>): void;
}

export interface ValueExpectations<T> {
  toBe(value: T): void;
  /** Deep equality. */
  toEqual(value: T): void;
  toMatch(this: ValueExpectations<string>, pattern: RegExp): void;
  toBeLessThan(this: ValueExpectations<number>, limit: number): void;
  toBeGreaterThan(this: ValueExpectations<number>, limit: number): void;
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
  return isSignal(subject) ? new SignalQueries(subject) : new ValueChecks(subject, what);
}

function isSignal(subject: unknown): subject is Signal<Json> {
  return typeof subject === "object" && subject !== null && "occurrences" in subject &&
    "channel" in subject && "clock" in subject;
}

function judge(ok: boolean, what: string, detail: () => string): void {
  const { context } = currentPlace("expect");
  const text = ok ? undefined : detail();
  context.timeline.record({ type: "expect", what, ok, detail: text });
  if (!ok) throw new ExpectationError(text);
}

class SignalQueries<E extends Json> implements SignalExpectations<E> {
  constructor(private readonly signal: Signal<E>) {}

  async toHappen(query: TimedQuery<E>): Promise<Occurrence<E>> {
    const { clock } = this.signal;
    const start = query.after?.t ?? clock.now();
    const left = Math.max(0, start + query.within.ns - clock.now());
    const first = await clock.until(() => this.#matching(query)[0], ns(left));
    const inTime = first !== undefined && first.t - start <= query.within.ns;
    judge(inTime, `${this.signal.channel}: ${say(query)}`, () => {
      const head = `${this.signal.channel}: no ${say(query)} within ${query.within}` +
        (query.after ? ` of ${query.after.what}` : "");
      const late = first && `  ${line(first)}: ${formatNs(first.t - start)} after, ` +
          `${formatNs(first.t - start - query.within.ns)} too late`;
      return [head, late, this.#evidence(query)].filter(Boolean).join("\n");
    });
    return first!;
  }

  toHaveHappened(count: number, query: Query<E> = {}): readonly Occurrence<E>[] {
    const found = this.#matching(query);
    judge(
      found.length === count,
      `${this.signal.channel}: ${say(query)} ${count} times`,
      () =>
        `${this.signal.channel}: ${say(query)} happened ${found.length} times, ` +
        `${count} expected\n${this.#evidence(query)}`,
    );
    return found;
  }

  async notToHappen(query: TimedQuery<E>): Promise<void> {
    const { clock } = this.signal;
    const start = query.after?.t ?? clock.now();
    const seen = query.after ? 0 : this.signal.occurrences.length;
    const left = Math.max(0, start + query.within.ns - clock.now());
    const fresh = () =>
      this.#matching(query, seen).find((found) => found.t - start <= query.within.ns);
    const first = await clock.until(fresh, ns(left));
    judge(
      first === undefined,
      `${this.signal.channel}: no ${say(query)} for ${query.within}`,
      () =>
        `${this.signal.channel}: ${say(query)} happened, ${formatNs(first!.t - start)} in; ` +
        `none was expected for ${query.within}\n${this.#evidence(query)}`,
    );
  }

  toHaveGone(kinds: readonly string[], query: Query<E> = {}): void {
    const gone = this.#matching(query).map((found) => found.kind);
    judge(
      equal(gone, kinds),
      `${this.signal.channel}: ${kinds.join(", ")}`,
      () =>
        `${this.signal.channel} went ${gone.join(", ") || "nowhere"}; ` +
        `expected ${kinds.join(", ") || "nothing"}\n${this.#evidence(query)}`,
    );
  }

  #matching({ kind, where, after, before }: Query<E>, from = 0): Occurrence<E>[] {
    const kinds = kind === undefined ? undefined : [kind].flat();
    return this.signal.occurrences.slice(from).filter((found) =>
      (!kinds || kinds.includes(found.kind)) &&
      (!after || found.seq > after.seq) && (!before || found.seq < before.seq) &&
      (!where || where(found.data))
    );
  }

  /** What the signal did around the place that was asked about. */
  #evidence({ after }: Query<E>): string {
    const all = this.signal.occurrences;
    if (all.length === 0) return `  ${this.signal.channel} was silent all the time`;
    const from = after ? all.findIndex((found) => found.seq > after.seq) : all.length - 8;
    const shown = (from < 0 ? all.slice(-8) : all.slice(Math.max(0, from))).slice(0, 12);
    const marks = after
      ? [{ t: after.t, seq: after.seq, what: `${after.what} (asked from here)` }]
      : [];
    return [...marks, ...shown].sort((a, b) => a.seq - b.seq).map((mark) => `  ${line(mark)}`)
      .join("\n");
  }
}

function line(mark: Mark): string {
  return `${(mark.t / 1e9).toFixed(6)} s  ${mark.what}`;
}

function say(query: Query<never>): string {
  const kind = query.kind === undefined ? "event" : [query.kind].flat().join(" or ");
  return query.where ? `${kind} (${String(query.where).replace(/\s+/g, " ")})` : kind;
}

class ValueChecks implements ValueExpectations<unknown> {
  constructor(private readonly value: unknown, private readonly what: string) {}

  #judge(ok: boolean, relation: string): void {
    judge(
      ok,
      `${this.what} ${relation}`,
      () => `${this.what} is ${show(this.value)}; it ought to ${relation}`,
    );
  }

  toBe(value: unknown): void {
    this.#judge(Object.is(this.value, value), `be ${show(value)}`);
  }
  toEqual(value: unknown): void {
    this.#judge(equal(this.value, value), `equal ${show(value)}`);
  }
  toMatch(pattern: RegExp): void {
    this.#judge(pattern.test(String(this.value)), `match ${pattern}`);
  }
  toBeLessThan(limit: number): void {
    this.#judge((this.value as number) < limit, `be less than ${limit}`);
  }
  toBeGreaterThan(limit: number): void {
    this.#judge((this.value as number) > limit, `be greater than ${limit}`);
  }
  toContain(part: unknown): void {
    const whole = this.value as { includes(part: unknown): boolean };
    this.#judge(whole.includes(part), `contain ${show(part)}`);
  }
}
