/**
 * Two traces side by side: what is equal goes by, what differs is held until it can be judged.
 * Memory is bounded by {@link Limits}, not by the traces.
 */
import { align } from "./align.ts";
import { type Item, keyOf } from "./items.ts";
import { ENDING, type Normaliser, TIMES } from "./noise.ts";

/** A stretch of one channel that is there on one side only, or differs. */
export interface Difference {
  readonly channel: string;
  readonly a: readonly Item[];
  readonly b: readonly Item[];
  /** The same items, elsewhere among their neighbours. */
  readonly moved: boolean;
  /** When it happened, on the time of A; for the order of differences. */
  readonly place: number;
}

export interface Comparison {
  /** In the order in which they happened. */
  readonly differences: readonly Difference[];
  /** Pairs of items that are the same, with and without noise. */
  readonly equal: number;
  readonly equalButForNoise: number;
  /** Places of pairs that only noise kept from each other's order. */
  readonly reordered: number;
  /** Whether both traces were compared to their ends. */
  readonly complete: boolean;
  /** Pairs before the first difference (all, when there is none), oldest first. */
  readonly before: readonly Pair[];
  /** What each side had after the first difference, in the order of time. */
  readonly after: { readonly a: readonly Item[]; readonly b: readonly Item[] };
  /** Median of how much longer things took in B; 1 when that cannot be told. */
  readonly stretch: number;
}

export type Pair = readonly [a: Item, b: Item];

export interface Limits {
  /** Items that are held of each side. */
  readonly items?: number;
  /** Characters in them. */
  readonly characters?: number;
}

const ITEMS = 100_000, CHARACTERS = 64 * 1024 * 1024;
const AT_ONCE = 256;
/** Pairs that are kept for context, and of times for the stretch. */
const CONTEXT = 200, TIMES_KEPT = 1000;
const AFTER = 50;

export interface CompareOptions {
  readonly noise: Normaliser;
  readonly limits?: Limits | undefined;
  /** Where both runs had nothing more to do: what is left of a channel then is its ending. */
  readonly over?: { readonly a: number; readonly b: number } | undefined;
}

/** Compares two streams of items; ends with the first window that has a difference. */
export async function compare(
  sides: { readonly a: AsyncIterable<Item>; readonly b: AsyncIterable<Item> },
  { noise, limits: { items = ITEMS, characters = CHARACTERS } = {}, over }: CompareOptions,
): Promise<Comparison> {
  const [a, b] = [new Side(sides.a), new Side(sides.b)];
  const past = new Past();
  const judging = { noise, past, over: noise.has(ENDING) ? over : undefined };
  try {
    while (true) {
      const count = Math.min(AT_ONCE, Math.ceil(items / 4));
      for (const side of [a, b]) await side.pull(noise, count);
      pass(a, b, judging);
      const final = a.done && b.done;
      const full = [a, b].some((side) => side.held > items || side.characters > characters);
      if (!final && !full) continue;
      let found = judge(a, b, { ...judging, open: final });
      // Nothing but ends that the other side has not come to yet: they will not meet any more.
      if (found.length === 0 && !final && Math.max(a.held, b.held) > items * 3 / 4) {
        found = judge(a, b, { ...judging, open: true });
      }
      if (found.length > 0 || final) return past.result(found, { complete: final, a, b });
    }
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

/** One trace: what of it has not met its like yet, by channel. */
class Side {
  readonly #iterator: AsyncIterator<Item>;
  readonly channels = new Map<string, Queue>();
  held = 0;
  characters = 0;
  done = false;

  constructor(items: AsyncIterable<Item>) {
    this.#iterator = items[Symbol.asyncIterator]();
  }

  async pull(noise: Normaliser, count: number): Promise<void> {
    for (let n = 0; n < count && !this.done; n++) {
      const { done, value } = await this.#iterator.next();
      if (done) this.done = true;
      else if (!noise.ignoresChannel(value.channel)) this.queue(value.channel).push(value);
    }
  }

  queue(channel: string): Queue {
    let queue = this.channels.get(channel);
    if (!queue) this.channels.set(channel, queue = new Queue(this));
    return queue;
  }

  /** All that is held, in the order of time. */
  all(): Item[] {
    return [...this.channels.values()].flatMap((queue) => queue.items()).sort(byTime);
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}

function byTime(a: Item, b: Item): number {
  return a.order - b.order || a.seq - b.seq || a.number - b.number;
}

class Queue {
  #items: Item[] = [];
  #from = 0;

  constructor(private readonly side: Side) {}

  get first(): Item | undefined {
    return this.#items[this.#from];
  }

  push(item: Item): void {
    this.#items.push(item);
    this.side.held++;
    this.side.characters += item.text.length;
  }

  drop(count: number): void {
    for (let i = this.#from; i < this.#from + count; i++) {
      this.side.characters -= this.#items[i]!.text.length;
    }
    this.#from += count;
    this.side.held -= count;
    if (this.#from < 1024 && this.#from < this.#items.length) return;
    this.#items = this.#items.slice(this.#from);
    this.#from = 0;
  }

  items(): Item[] {
    return this.#from === 0 ? this.#items : this.#items.slice(this.#from);
  }
}

interface Judging {
  readonly noise: Normaliser;
  readonly past: Past;
  readonly over: CompareOptions["over"];
}

function same(a: Item, b: Item, { noise, past }: Judging): boolean {
  // What is literally the same needs no rules, unless times count.
  if (a.text === b.text && noise.has(TIMES)) return past.met(true);
  return keyOf(a, noise) === keyOf(b, noise) && past.met(a.text === b.text);
}

/** Lets go of all that is equal at the heads of the channels. */
function pass(a: Side, b: Side, judging: Judging): void {
  const pairs: Pair[] = [];
  for (const [channel, queue] of a.channels) {
    const other = b.channels.get(channel);
    while (other?.first && queue.first && same(queue.first, other.first, judging)) {
      pairs.push([queue.first, other.first]);
      queue.drop(1);
      other.drop(1);
    }
  }
  judging.past.remember(pairs);
}

/** Aligns what is held; lets go of what is equal and of noise, as long as nothing differs. */
function judge(a: Side, b: Side, judging: Judging & { readonly open: boolean }): Difference[] {
  const pairs: Pair[] = [];
  const raw: Omit<Difference, "place">[] = [];
  const drops: (() => void)[] = [];
  for (const channel of new Set([...a.channels.keys(), ...b.channels.keys()])) {
    const [x, y] = [a.queue(channel), b.queue(channel)];
    const found = alignChannel(x.items(), y.items(), { ...judging, channel });
    pairs.push(...found.pairs);
    raw.push(...found.differences);
    drops.push(() => {
      x.drop(found.a);
      y.drop(found.b);
    });
  }
  const differences = placed(raw, [...judging.past.recent, ...pairs]);
  if (differences.length === 0) { for (const drop of drops) drop(); }
  return differences;
}

function alignChannel(
  a: readonly Item[],
  b: readonly Item[],
  judging: Judging & { readonly open: boolean; readonly channel: string },
) {
  const { noise, past, open, over } = judging;
  const hunks = align(a.map((item) => keyOf(item, noise)), b.map((item) => keyOf(item, noise)));
  const isTail = hunks.at(-1)?.aTo === a.length && hunks.at(-1)?.bTo === b.length;
  // What is near the end of a window may meet its like in the next one.
  const judged = open
    ? hunks
    : hunks.filter(({ aTo, bTo }) => aTo <= a.length / 2 && bTo <= b.length / 2);
  const { aFrom: aEnd = a.length, bFrom: bEnd = b.length } = hunks[judged.length] ?? {};
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  for (const { aFrom, aTo, bTo } of [...judged, { aFrom: aEnd, aTo: aEnd, bTo: bEnd }]) {
    while (i < aFrom) {
      past.met(a[i]!.text === b[j]!.text);
      pairs.push([a[i++]!, b[j++]!]);
    }
    [i, j] = [aTo, bTo];
  }
  const found = hunks.map(({ aFrom, aTo, bFrom, bTo }) => ({
    a: a.slice(aFrom, aTo),
    b: b.slice(bFrom, bTo),
  }));
  if (open && isTail && over && isEnding(found.at(-1)!, over)) found.pop();
  return { pairs, a: aEnd, b: bEnd, differences: withoutMoves(found, judged.length, judging) };
}

/** Whether all of it, on the one side that has it, came after the scenario's own doings. */
function isEnding({ a, b }: Sides, over: { readonly a: number; readonly b: number }): boolean {
  if (a.length > 0 && b.length > 0) return false;
  return a.every(({ order }) => order > over.a) && b.every(({ order }) => order > over.b);
}

type Sides = { readonly a: readonly Item[]; readonly b: readonly Item[] };

/**
 * The first `count` of what was found without what both sides have, in another place: that is
 * noise, or a difference of another kind.
 */
function withoutMoves(
  found: readonly Sides[],
  count: number,
  { noise, past }: Judging,
): Omit<Difference, "place">[] {
  const { ignored } = past;
  const judged = found.slice(0, count);
  const moved = new Set<Item>();
  const meet = (items: readonly Item[], others: readonly Item[]) => {
    const partners = Map.groupBy(others.filter(fresh), (item) => keyOf(item, noise));
    for (const item of items.filter(fresh)) {
      const partner = partners.get(keyOf(item, noise))?.shift();
      if (!partner) continue;
      const noisy = noise.anyOrder(item.conversation);
      for (const one of [item, partner]) (noisy ? ignored : moved).add(one);
      if (noisy) past.reordered++;
    }
  };
  const fresh = (item: Item) => !ignored.has(item) && !moved.has(item);
  meet(judged.flatMap(({ a }) => a), found.flatMap(({ b }) => b));
  meet(judged.flatMap(({ b }) => b), found.flatMap(({ a }) => a));
  return judged.flatMap(({ a, b }) => {
    const [left, right] = [a, b].map((side) => side.filter((item) => !ignored.has(item)));
    const all = [...left!, ...right!];
    if (all.length === 0) return [];
    const { channel } = all[0]!;
    return [{ channel, a: left!, b: right!, moved: all.every((item) => moved.has(item)) }];
  });
}

/**
 * Puts differences of all channels in order, on the time of A: what only B has happened as long
 * after the last thing that both have as it did in B.
 */
function placed(
  differences: readonly Omit<Difference, "place">[],
  pairs: readonly Pair[],
): Difference[] {
  if (differences.length === 0) return [];
  const anchors = [...pairs].sort(([, x], [, y]) => byTime(x, y));
  const timeOf = (item: Item) => {
    let low = 0, high = anchors.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (byTime(anchors[middle]![1], item) < 0) low = middle + 1;
      else high = middle;
    }
    const before = anchors[low - 1];
    if (!before) return item.order;
    const next = anchors[low]?.[0].order ?? Infinity;
    const [a, b] = before;
    return Math.max(a.order, Math.min(next, a.order + item.order - b.order));
  };
  return differences.map((found) => {
    const [a, b] = [found.a[0], found.b[0]];
    const place = Math.min(a?.order ?? Infinity, b ? timeOf(b) : Infinity);
    return { ...found, place };
  }).sort((x, y) => x.place - y.place || byNumber(x, y));
}

function byNumber(x: Sides, y: Sides): number {
  if (x.a[0] && y.a[0]) return x.a[0].number - y.a[0].number;
  return (x.b[0] ?? x.a[0]!).number - (y.b[0] ?? y.a[0]!).number;
}

/** What went by. */
class Past {
  equal = 0;
  equalButForNoise = 0;
  reordered = 0;
  /** Items that order alone kept from their like: noise, wherever that is. */
  readonly ignored = new WeakSet<Item>();
  recent: readonly Pair[] = [];
  #times: Pair[] = [];
  #seen = 0;

  met(literally: boolean): true {
    this.equal++;
    if (!literally) this.equalButForNoise++;
    return true;
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
    differences: readonly Difference[],
    { complete, a, b }: { readonly complete: boolean; readonly a: Side; readonly b: Side },
  ): Comparison {
    const { equal, equalButForNoise, reordered } = this;
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
