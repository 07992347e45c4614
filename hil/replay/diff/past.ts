/** What two traces have in common so far: counted, and its end kept for context. */
import type { Comparison, Difference } from "./compare.ts";
import type { Item } from "./items.ts";
import { byTime, type Side } from "./side.ts";

/** The same thing in both traces. */
export type Pair = readonly [a: Item, b: Item];

/** Pairs that are kept for context, and of times for the stretch. */
const CONTEXT = 200, TIMES_KEPT = 1000;
const AFTER = 50;
const MOST_MOVED = 1000;

export class Past {
  equal = 0;
  equalButForNoise = 0;
  reordered = 0;
  /** Items that order alone kept from their like: noise, wherever that is. */
  readonly ignored = new WeakSet<Item>();
  recent: readonly Pair[] = [];
  readonly #moved: Difference[] = [];
  #times: Pair[] = [];
  #seen = 0;

  met(literally: boolean): true {
    this.equal++;
    if (!literally) this.equalButForNoise++;
    return true;
  }

  /** Takes note of differences that are but an order. */
  moved(found: readonly Difference[]): void {
    this.#moved.push(...found.slice(0, MOST_MOVED - this.#moved.length));
  }

  remember(pairs: readonly Pair[]): void {
    for (const pair of pairs) {
      // Every pair at first, then fewer and fewer, evenly over the trace.
      if (this.#seen++ % Math.max(1, Math.floor(this.#seen / TIMES_KEPT)) === 0) {
        if (pair[0].clock === undefined && pair[1].clock === undefined) this.#times.push(pair);
      }
    }
    if (this.#times.length > 8 * TIMES_KEPT) {
      this.#times = this.#times.filter((_, i) => i % 2 === 0);
    }
    // The last window whole, which a difference in it is placed by, and some before it.
    this.recent = [...this.recent.slice(-4 * CONTEXT), ...pairs];
  }

  result(
    found: readonly Difference[],
    { complete, a, b }: { readonly complete: boolean; readonly a: Side; readonly b: Side },
  ): Comparison {
    const { equal, equalButForNoise, reordered } = this;
    const all = [...this.#moved, ...found];
    const differences = [...all.filter(({ moved }) => !moved), ...all.filter(({ moved }) => moved)];
    const [first] = differences;
    const recent = [...this.recent].sort(([x], [y]) => byTime(x, y));
    const until = (item: Item | undefined, i: 0 | 1) => (pair: Pair) =>
      !item || byTime(pair[i], item) < 0;
    const before = first
      ? recent.filter(first.a[0] ? until(first.a[0], 0) : until(first.b[0], 1))
      : recent;
    const own = new Set(first ? [...first.a, ...first.b] : []);
    const after = (side: Side, item: Item | undefined, at: number) =>
      side.all().filter((one) => !own.has(one) && (item ? byTime(one, item) > 0 : one.order >= at))
        .slice(0, AFTER);
    const [lastA, lastB] = [before.at(-1)?.[0].order ?? 0, before.at(-1)?.[1].order ?? 0];
    return {
      differences,
      equal,
      equalButForNoise,
      reordered,
      complete,
      before: before.slice(-CONTEXT),
      after: first
        ? { a: after(a, first.a[0], lastA), b: after(b, first.b[0], lastB) }
        : { a: [], b: [] },
      stretch: stretchOf(this.#times),
    };
  }
}

/** Of times that are long enough to be compared. */
function stretchOf(pairs: readonly Pair[]): number {
  const [first] = pairs;
  if (!first) return 1;
  const ratios = pairs.map(([a, b]) =>
    [a.order - first[0].order, b.order - first[1].order] as const
  ).filter(([a, b]) => a > 0 && b > 0).map(([a, b]) => b / a).sort((x, y) => x - y);
  return ratios.length < 10 ? 1 : ratios[ratios.length >> 1]!;
}
