/** Expectations of a {@link Signal}: queries on what it has carried, and waiting for more. */
import type { Json, Mark, Occurrence, Signal } from "../trace/mod.ts";
import { type Duration, formatNs, ns } from "../time/mod.ts";
import { cut, equal } from "./compare.ts";
import { currentPlace } from "./context.ts";
import { judge } from "./judge.ts";
import { awaited } from "./pending.ts";

/** Which occurrences count. */
export interface Query<E> {
  /** One of these kinds; default any. */
  readonly kind?: string | readonly string[];
  /** Asked once of each, as it comes. */
  readonly where?: (data: E) => boolean;
  /**
   * Only those after (before) this mark in the recorded order, whichever clock it is of. After: also
   * those of its clock that were later than it and recorded sooner, as when word of a stimulus
   * comes by a slower cable than that of its effect.
   */
  readonly after?: Mark;
  readonly before?: Mark;
}

export interface TimedQuery<E> extends Query<E> {
  /** Counted on the signal's own clock, from `after`, a mark of that clock, or else from now. */
  readonly within: Duration;
}

export interface SignalExpectations<E> {
  /**
   * Waits for the first match and gives it. Without `after`, one that has been since the scenario
   * began counts: `toHappen({ kind: "rise", within: ms(5) })` is content with a rise long ago,
   * `toHappen({ kind: "rise", after: press, within: ms(5) })` is not.
   *
   * @throws TypeError when `after` is of another clock than the signal
   */
  toHappen(query: TimedQuery<E>): Promise<Occurrence<E>>;
  /** That exactly `count` have happened by now, without waiting. */
  toHaveHappened(count: number, query?: Query<E>): readonly Occurrence<E>[];
  /**
   * That none happens from `after` until `within` has passed. Without `after`, it counts from now:
   * `notToHappen({ kind: "rise", within: ms(5) })` does not mind a rise a moment ago,
   * `notToHappen({ kind: "rise", after: press, within: ms(5) })` does when it followed the press.
   *
   * @throws TypeError when `after` is of another clock than the signal
   */
  notToHappen(query: TimedQuery<E>): Promise<void>;
  /** That the recorded kinds, in order, are these. */
  toHaveGone(kinds: readonly string[], query?: Query<E>): void;
}

/** Occurrences that a message shows after the mark, or the last ones when there is none. */
const SHOWN_AFTER = 12;
const SHOWN_LAST = 8;
/** Characters of an occurrence, and of a `where`, in a message. */
const LINE_CHARACTERS = 200;
const WHERE_CHARACTERS = 120;

export class SignalQueries<E extends Json> implements SignalExpectations<E> {
  constructor(private readonly signal: Signal<E>) {}

  toHappen(query: TimedQuery<E>): Promise<Occurrence<E>> {
    return this.#awaited(say(query), () => this.#toHappen(query));
  }

  notToHappen(query: TimedQuery<E>): Promise<void> {
    return this.#awaited(`no ${say(query)}`, () => this.#notToHappen(query));
  }

  async #awaited<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { context } = currentPlace("expect");
    const begun = { what: `the expectation "${this.signal.channel}: ${what}"` };
    return await awaited(context, begun, work);
  }

  async #toHappen(query: TimedQuery<E>): Promise<Occurrence<E>> {
    const { channel, clock } = this.signal;
    const { start, left } = this.#span(query);
    const search = new Search(this.signal, query);
    let late: Occurrence<E> | undefined;
    const first = await clock.until(() => {
      for (let found = search.next(); found; found = search.next()) {
        if (found.t - start <= query.within.ns) return found;
        late ??= found;
      }
      return undefined;
    }, left);
    judge(first !== undefined, `${channel}: ${say(query)}`, () => {
      const head = `${channel}: no ${say(query)} within ${query.within}` +
        (query.after ? ` of ${cut(query.after.what, LINE_CHARACTERS)}` : "");
      const note = late && `: ${formatNs(late.t - start)} after, ` +
          `${formatNs(late.t - start - query.within.ns)} too late`;
      return `${head}\n${this.#evidence(query, late, note)}`;
    });
    return first!;
  }

  toHaveHappened(count: number, query: Query<E> = {}): readonly Occurrence<E>[] {
    const { channel } = this.signal;
    const found = this.#all(query);
    judge(
      found.length === count,
      `${channel}: ${say(query)} ${times(count)}`,
      () =>
        `${channel}: ${say(query)} happened ${times(found.length)}, ` +
        `${count} expected\n${this.#evidence(query)}`,
    );
    return found;
  }

  async #notToHappen(query: TimedQuery<E>): Promise<void> {
    const { channel, clock, occurrences } = this.signal;
    const { start, left } = this.#span(query);
    const search = new Search(this.signal, query, query.after ? 0 : occurrences.length);
    const first = await clock.until(() => {
      for (let found = search.next(); found; found = search.next()) {
        if (found.t - start <= query.within.ns) return found;
      }
      return undefined;
    }, left);
    judge(
      first === undefined,
      `${channel}: no ${say(query)} for ${query.within}`,
      () =>
        `${channel}: ${say(query)} happened, ${formatNs(first!.t - start)} in; ` +
        `none was expected for ${query.within}\n${this.#evidence(query)}`,
    );
  }

  toHaveGone(kinds: readonly string[], query: Query<E> = {}): void {
    const { channel } = this.signal;
    const gone = this.#all(query).map((found) => found.kind);
    const parting = gone.findIndex((kind, i) => kind !== kinds[i]);
    const at = parting < 0 ? gone.length : parting;
    const expected = listed(kinds, at) || "nothing";
    judge(
      equal(gone, kinds),
      `${channel}: ${expected}`,
      () =>
        `${channel} went ${listed(gone, at) || "nowhere"}; ` +
        `expected ${expected}\n${this.#evidence(query)}`,
    );
  }

  /** From when a limit counts, and what is left of it. */
  #span({ after, within }: TimedQuery<E>): { start: number; left: Duration } {
    const { channel, clock } = this.signal;
    if (after && after.clock !== clock.name) {
      throw new TypeError(
        `Cannot expect of ${channel} within ${within} of "${cut(after.what, LINE_CHARACTERS)}": ` +
          `that is on the clock "${after.clock}", the signal on "${clock.name}"; give a mark of ` +
          `"${clock.name}", or ask toHaveHappened, which goes by the order alone`,
      );
    }
    const now = clock.now();
    const start = after?.t ?? now;
    return { start, left: ns(Math.max(0, start + within.ns - now)) };
  }

  #all(query: Query<E>): Occurrence<E>[] {
    const search = new Search(this.signal, query);
    const all: Occurrence<E>[] = [];
    for (let found = search.next(); found; found = search.next()) all.push(found);
    return all;
  }

  /** What the signal did around the place that was asked about; `note` is said of `late`. */
  #evidence({ after }: Query<E>, late?: Mark, note = ""): string {
    const all = this.signal.occurrences;
    if (all.length === 0) return `  ${this.signal.channel} was silent all the time`;
    const next = after ? firstAfter(this.signal, after) : all.length;
    const from = next < all.length ? next : Math.max(0, all.length - SHOWN_LAST);
    const shown = all.slice(from, from + SHOWN_AFTER);
    const asked = after && { ...after, what: `${after.what} (asked from here)` };
    const marks: Mark[] = shown.filter(({ seq }) => seq !== after?.seq);
    if (asked) marks.push(asked);
    marks.sort((a, b) => a.seq - b.seq);
    const lines = marks.map((mark) => line(mark) + (mark.seq === late?.seq ? note : ""));
    const more = all.length - from - shown.length;
    if (more > 0) lines.push(`… ${more} more`);
    if (late && late.seq > shown.at(-1)!.seq) lines.push(line(late) + note);
    return lines.map((text) => `  ${text}`).join("\n");
  }
}

/** Gives each match once, in the recorded order, looking at each occurrence once. */
class Search<E> {
  #next: number;
  readonly #kinds: readonly string[] | undefined;

  constructor(
    private readonly signal: Signal<E>,
    private readonly query: Query<E>,
    from = 0,
  ) {
    const { kind, after } = query;
    this.#kinds = kind === undefined ? undefined : [kind].flat();
    if (this.#kinds?.length === 0) {
      throw new RangeError(
        `Cannot expect the kind "": the list of kinds is empty, which nothing is in; ` +
          `name one, or leave "kind" out for any`,
      );
    }
    this.#next = after ? firstAfter(signal, after) : from;
  }

  /** The next of those recorded by now. */
  next(): Occurrence<E> | undefined {
    const { occurrences } = this.signal;
    while (this.#next < occurrences.length) {
      const found = occurrences[this.#next++]!;
      if (this.#matches(found)) return found;
    }
    return undefined;
  }

  #matches(found: Occurrence<E>): boolean {
    const { where, before } = this.query;
    return (!this.#kinds || this.#kinds.includes(found.kind)) &&
      (!before || found.seq < before.seq) && (!where || where(found.data));
  }
}

/** Index of the first one after `mark`; they are in the recorded order. */
function firstAfter<E>({ occurrences: all, clock }: Signal<E>, mark: Mark): number {
  const { seq } = mark;
  let low = 0, high = all.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (all[middle]!.seq > seq) high = middle;
    else low = middle + 1;
  }
  const later = (one: Mark) => clock.name === mark.clock && one.t > mark.t;
  while (low > 0 && later(all[low - 1]!)) low--;
  return low;
}

function line({ t, what }: Mark): string {
  return `${(t / 1e9).toFixed(6)} s  ${cut(what, LINE_CHARACTERS)}`;
}

function say({ kind, where }: Query<never>): string {
  const kinds = kind === undefined ? "event" : [kind].flat().join(" or ");
  if (!where) return kinds;
  return `${kinds} (${cut(String(where).replace(/\s+/g, " "), WHERE_CHARACTERS)})`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** A list of words; of a long one what is around `at`. */
function listed(words: readonly string[], at: number): string {
  if (words.length <= SHOWN_AFTER) return words.join(", ");
  const from = Math.max(0, Math.min(at - SHOWN_AFTER / 2, words.length - SHOWN_AFTER));
  const shown = words.slice(from, from + SHOWN_AFTER);
  const before = from > 0 ? "… " : "";
  const after = from + shown.length < words.length ? ", …" : "";
  return `${before}${shown.join(", ")}${after} (${from + 1} to ${from + shown.length} ` +
    `of ${words.length})`;
}
