/**
 * Two traces side by side: what is equal goes by, what differs is held until it can be judged.
 * Memory is bounded by {@link Limits}, not by the traces.
 */
import { align } from "./align.ts";
import { type Item, keyOf } from "./items.ts";
import { type Pair, Past } from "./past.ts";
import { byTime, Side } from "./side.ts";
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
  /** In the order in which they happened; those that are but an order come after the others. */
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

export interface Limits {
  /** Items that are held of each side. */
  readonly items?: number;
  /** Characters in them. */
  readonly characters?: number;
}

const ITEMS = 100_000, CHARACTERS = 64 * 1024 * 1024;
/** Items that are read of each side in turn. */
const AT_ONCE = 256;

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
      // An order alone may be chance on a real target: what is missing or new says more.
      if (!final && found.every(({ moved }) => moved)) past.moved(found);
      else return past.result(found, { complete: final, a, b });
    }
  } finally {
    await Promise.all([a.close(), b.close()]);
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
  judging.past.remember(pairs);
  // What only differs in its order has been told; it must not be in the way.
  if (differences.every(({ moved }) => moved)) drops.forEach((drop) => drop());
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
