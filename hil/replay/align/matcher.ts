/** Pairs what targets did, between the stimuli of both runs. */
import { align } from "../diff/align.ts";
import { type Item, keyOf } from "../diff/items.ts";
import { ENDING, type Normaliser, ORDER } from "../diff/noise.ts";
import type { Divergence, Paired } from "./align.ts";
import { Lanes } from "./lanes.ts";
import type { Call, Line, Side } from "./side.ts";

type Sides<T> = { readonly a: T; readonly b: T };

export class Matcher {
  readonly #pairs: Paired<Item>[] = [];
  readonly #paired = new Set<Item>();
  readonly #lanes: Lanes;
  #shifted = 0;

  constructor(
    private readonly a: Side,
    private readonly b: Side,
    private readonly noise: Normaliser,
    private readonly stimuli: readonly Paired<Call>[],
  ) {
    this.#lanes = new Lanes(noise.has(ORDER));
  }

  match(): { readonly pairs: readonly Paired<Item>[]; readonly shifted: number } {
    const a = this.#segments(this.a, "a"), b = this.#segments(this.b, "b");
    for (const [i, items] of a.entries()) this.#matchLanes({ a: items, b: b[i]! });
    const before = this.#pairs.length;
    // A target may be slower than the scenario: what is left may be on the other side of a stimulus.
    this.#matchLanes({ a: this.#left(this.a.items), b: this.#left(this.b.items) });
    this.#matchAnyOrder();
    this.#shifted = this.#pairs.length - before;
    this.#pairs.sort((x, y) => x.a.seq - y.a.seq);
    return { pairs: this.#pairs, shifted: this.#shifted };
  }

  /** What only one side has, by channel and stimulus. */
  left(): Divergence[] {
    const found: Divergence[] = [];
    const a = this.#segments(this.a, "a"), b = this.#segments(this.b, "b");
    for (const [i, items] of a.entries()) {
      const after = this.stimuli[i - 1];
      const left = { a: this.#told(items, "a"), b: this.#told(b[i]!, "b") };
      const [x, y] = [byChannel(left.a), byChannel(left.b)];
      for (const channel of new Set([...x.keys(), ...y.keys()])) {
        const [mine, theirs] = [x.get(channel) ?? [], y.get(channel) ?? []];
        const place = Math.min(
          ...mine.slice(0, 1).map(({ t }) => t),
          ...theirs.slice(0, 1).map((item) => placeOf(item, "b", after)),
        );
        found.push({ channel, a: mine, b: theirs, ...(after && { after }), place });
      }
    }
    return found;
  }

  /**
   * What came on one side alone before the first stimulus, after the end, or when the other side
   * looked on no more, is no answer.
   */
  #told(items: readonly Item[], of: "a" | "b"): Item[] {
    const { calls, until } = this[of], other = of === "a" ? "b" : "a";
    const last = this.stimuli.at(-1);
    const looked = last ? last[of].t + this[other].untilT - last[other].t : Infinity;
    const isAnswer = ({ seq, t, clock }: Item) =>
      seq >= (calls[0]?.seq ?? 0) && seq <= until && (clock !== undefined || t <= looked);
    return this.#left(items).filter((item) =>
      !this.noise.ignoresChannel(item.channel) && (!this.noise.has(ENDING) || isAnswer(item))
    );
  }

  /** Items before the first stimulus, after it, after the second one, … */
  #segments({ items }: Side, of: "a" | "b"): Item[][] {
    const segments: Item[][] = [[]];
    let next = 0;
    for (const item of items) {
      while (this.stimuli[next] && this.stimuli[next]![of].seq < item.seq) {
        segments.push([]);
        next++;
      }
      segments.at(-1)!.push(item);
    }
    while (segments.length <= this.stimuli.length) segments.push([]);
    return segments;
  }

  #left(items: readonly Item[]): Item[] {
    return items.filter((item) => !this.#paired.has(item));
  }

  #matchLanes({ a, b }: Sides<readonly Item[]>): void {
    const others = this.#lanes.of(b);
    for (const [lane, mine] of this.#lanes.of(a)) {
      const theirs = others.get(lane) ?? [];
      eachPair(this.#keys(mine), this.#keys(theirs), (i, j) => {
        const pair = { a: mine[i]!, b: theirs[j]! };
        if (this.#lanes.take(lane, pair)) this.#pair(pair);
      });
    }
  }

  /** Of several conversations at once, as far as their order means nothing. */
  #matchAnyOrder(): void {
    const free = (side: Side) =>
      this.#left(side.items).filter(({ conversation }) => this.noise.anyOrder(conversation));
    const keyed = (item: Item) => `${item.channel} ${keyOf(item, this.noise)}`;
    const partners = Map.groupBy(free(this.b), keyed);
    for (const item of free(this.a)) {
      const partner = partners.get(keyed(item))?.shift();
      if (partner) this.#pair({ a: item, b: partner });
    }
  }

  #keys(items: readonly Item[]): string[] {
    return items.map((item) => keyOf(item, this.noise));
  }

  #pair(pair: Paired<Item>): void {
    this.#pairs.push(pair);
    this.#paired.add(pair.a).add(pair.b);
  }
}

function byChannel(items: readonly Item[]): Map<string, Item[]> {
  return Map.groupBy(items, ({ channel }) => channel);
}

/** Calls back with the places of what is the same. */
export function eachPair(
  a: readonly string[],
  b: readonly string[],
  pair: (i: number, j: number) => void,
): void {
  const end = { aFrom: a.length, aTo: a.length, bTo: b.length };
  let i = 0, j = 0;
  for (const { aFrom, aTo, bTo } of [...align(a, b), end]) {
    while (i < aFrom) pair(i++, j++);
    [i, j] = [aTo, bTo];
  }
}

/** On the clock of A: as long after the stimulus as on its own. */
export function placeOf(line: Line, of: "a" | "b", after: Paired | undefined): number {
  return of === "a" || !after ? line.t : after.a.t + line.t - after.b.t;
}
