/**
 * Two timelines of the same stimuli, side by side, across clocks and targets. Stimuli are paired
 * first; between two pairs, what targets did is paired by channel, on what it says without noise.
 */
import { align } from "../diff/align.ts";
import { type Item, keyOf } from "../diff/items.ts";
import {
  CHANNELS,
  ENDING,
  type NoiseOptions,
  Normaliser,
  ORDER,
  PACE,
  PEER_PORTS,
} from "../diff/noise.ts";
import type { DescribeFrame } from "../diff/items.ts";
import {
  answerKey,
  answerText,
  type Call,
  callKey,
  type Line,
  readSide,
  type Side,
} from "./side.ts";
import { latencies, type Latency } from "./latency.ts";
import { leaveOutOwnFields } from "./own_fields.ts";
import { type ClockSegment, segmentsOf } from "./clocks.ts";

export interface AlignOptions extends NoiseOptions {
  /** Makes packets readable; without it they are compared byte by byte. */
  readonly describe?: DescribeFrame;
}

/** The same in both; `a` is the recorded one, `b` the new one. */
export interface Paired<T extends Line = Line> {
  readonly a: T;
  readonly b: T;
}

/** A stretch of one channel that only one side has, or that is otherwise. */
export interface Divergence {
  readonly channel: string;
  readonly a: readonly Line[];
  readonly b: readonly Line[];
  /** The stimulus that it came after. */
  readonly after?: Paired<Call>;
  /** When, on the clock of A: whole nanoseconds. */
  readonly place: number;
}

export interface Alignment {
  readonly a: Side;
  readonly b: Side;
  readonly stimuli: readonly Paired<Call>[];
  /** Stimuli whose answers are the same. */
  readonly answered: number;
  readonly pairs: readonly Paired<Item>[];
  /** Pairs of which one came before a stimulus that the other came after. */
  readonly shifted: number;
  readonly first?: Divergence;
  /** In the order in which they happened; the first one too. */
  readonly divergences: readonly Divergence[];
  /** Events of channels that only one of two different targets has: they are not compared. */
  readonly own: ReadonlyMap<string, { readonly on: "a" | "b"; readonly events: number }>;
  /** Fields that only one of them gives, likewise: "pbx registered name". */
  readonly ownFields: readonly string[];
  readonly clocks: readonly ClockSegment[];
  readonly latencies: readonly Latency[];
  /** Rule to how many times it stood in for something. */
  readonly ignored: ReadonlyMap<string, number>;
}

/**
 * Aligns a recorded trace with that of its re-drive, or of the same scenario on another target.
 *
 * @throws TraceReadError when one cannot be read at all
 */
export async function alignTraces(
  a: string,
  b: string,
  options: AlignOptions = {},
): Promise<Alignment> {
  const { describe } = options;
  return alignSides(await readSide(a, describe), await readSide(b, describe), options);
}

export function alignSides(a: Side, b: Side, options: NoiseOptions = {}): Alignment {
  const noise = normaliser(a, b, options);
  noise.known = a.addresses.intersection(b.addresses);
  const stimuli = pairCalls(a, b, noise);
  const own = ownChannels(a, b, noise);
  const differ = noise.has(CHANNELS) && targetsOf(a) !== targetsOf(b);
  const ownFields = differ ? leaveOutOwnFields(a.items, b.items, noise) : [];
  const matcher = new Matcher(without(a, own), without(b, own), noise, stimuli);
  const { pairs, shifted } = matcher.match();
  const divergences = [
    ...matcher.left(),
    ...callsOf(a, b, stimuli),
    ...answersOf(stimuli, noise),
  ].sort((x, y) => x.place - y.place || seqOf(x) - seqOf(y));
  const [first] = divergences;
  return {
    a,
    b,
    stimuli,
    answered: stimuli.filter(({ a, b }) => answerKey(a, noise) === answerKey(b, noise)).length,
    pairs,
    shifted,
    ...(first && { first }),
    divergences,
    own,
    ownFields,
    clocks: segmentsOf(stimuli),
    latencies: latencies(stimuli, pairs),
    ignored: new Map(noise.hits),
  };
}

/** Of two different targets, one is the slower, and each has a network of its own. */
function normaliser(a: Side, b: Side, options: NoiseOptions): Normaliser {
  const { ignore = [] } = options;
  const same = targetsOf(a) === targetsOf(b);
  return new Normaliser(same ? options : { ...options, ignore: [...ignore, PACE, PEER_PORTS] });
}

function ownChannels(a: Side, b: Side, noise: Normaliser): Alignment["own"] {
  if (!noise.has(CHANNELS) || targetsOf(a) === targetsOf(b)) return new Map();
  const counts = (items: readonly Item[]) => Map.groupBy(items, ({ channel }) => channel);
  const [x, y] = [counts(a.items), counts(b.items)];
  const only = (counts: typeof x, other: typeof x, on: "a" | "b") =>
    [...counts].filter(([channel]) => !other.has(channel))
      .map(([channel, items]) => [channel, { on, events: items.length }] as const);
  return new Map([...only(x, y, "a"), ...only(y, x, "b")]);
}

function targetsOf({ header: { targets } }: Side): string {
  return JSON.stringify(Object.entries(targets).map(([role, { target }]) => [role, target]).sort());
}

function without(side: Side, own: Alignment["own"]): Side {
  return { ...side, items: side.items.filter(({ channel }) => !own.has(channel)) };
}

function seqOf({ a, b }: Divergence): number {
  return (a[0] ?? b[0])!.seq;
}

function pairCalls(a: Side, b: Side, noise: Normaliser): Paired<Call>[] {
  const pairs: Paired<Call>[] = [];
  eachPair(
    a.calls.map((call) => callKey(call, noise)),
    b.calls.map((call) => callKey(call, noise)),
    (i, j) => pairs.push({ a: a.calls[i]!, b: b.calls[j]! }),
  );
  return pairs;
}

/** Calls back with the places of what is the same. */
function eachPair(
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

/** Stimuli that only one side has; a trace may be of a time, or a source, that has none. */
function callsOf(a: Side, b: Side, stimuli: readonly Paired<Call>[]): Divergence[] {
  if (a.calls.length === 0 || b.calls.length === 0) return [];
  const paired = new Set(stimuli.flatMap(({ a, b }) => [a, b]));
  const only = (side: Side, of: "a" | "b") =>
    side.calls.filter((call) => !paired.has(call)).map((call) => {
      const after = stimuli.findLast((pair) => pair[of].seq < call.seq);
      const place = placeOf(call, of, after);
      const lines = of === "a" ? { a: [call], b: [] } : { a: [], b: [call] };
      return { channel: "calls", ...lines, ...(after && { after }), place };
    });
  return [...only(a, "a"), ...only(b, "b")];
}

/** Answers that are not the same, with what differs of them. */
function answersOf(stimuli: readonly Paired<Call>[], noise: Normaliser): Divergence[] {
  return stimuli.filter(({ a, b }) => answerKey(a, noise) !== answerKey(b, noise)).map((after) => {
    const lines = (call: Call, other: Call) =>
      call.answer ? [{ ...call.answer, text: answerText(call, other.answer, noise) }] : [];
    const [a, b] = [lines(after.a, after.b), lines(after.b, after.a)];
    const place = a[0]?.t ?? placeOf(b[0]!, "b", after);
    return { channel: "answers", a, b, after, place };
  });
}

/** On the clock of A: as long after the stimulus as on its own. */
function placeOf(line: Line, of: "a" | "b", after: Paired | undefined): number {
  return of === "a" || !after ? line.t : after.a.t + line.t - after.b.t;
}

type Sides<T> = { readonly a: T; readonly b: T };

/** Pairs what targets did. */
class Matcher {
  readonly #pairs: Paired<Item>[] = [];
  readonly #paired = new Set<Item>();
  #shifted = 0;

  constructor(
    private readonly a: Side,
    private readonly b: Side,
    private readonly noise: Normaliser,
    private readonly stimuli: readonly Paired<Call>[],
  ) {}

  match(): { readonly pairs: readonly Paired<Item>[]; readonly shifted: number } {
    const a = this.#segments(this.a, "a"), b = this.#segments(this.b, "b");
    for (const [i, items] of a.entries()) this.#matchChannels({ a: items, b: b[i]! });
    const before = this.#pairs.length;
    // A target may be slower than the scenario: what is left may be on the other side of a stimulus.
    this.#matchChannels({ a: this.#left(this.a.items), b: this.#left(this.b.items) });
    if (this.noise.has(ORDER)) this.#matchLanes();
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
      const left = { a: this.#told(items, this.a), b: this.#told(b[i]!, this.b) };
      const after = this.stimuli[i - 1];
      for (const channel of channelsOf(left)) {
        const [x, y] = [onChannel(left.a, channel), onChannel(left.b, channel)];
        const place = Math.min(
          ...x.slice(0, 1).map(({ t }) => t),
          ...y.slice(0, 1).map((item) => placeOf(item, "b", after)),
        );
        found.push({ channel, a: x, b: y, ...(after && { after }), place });
      }
    }
    return found;
  }

  /** What came on one side alone before the first stimulus, or after the end, is no answer. */
  #told(items: readonly Item[], { calls, until }: Side): Item[] {
    const ending = this.noise.has(ENDING);
    const from = calls[0]?.seq ?? 0;
    return this.#left(items).filter(({ seq, channel }) =>
      !(ending && (seq < from || seq > until)) && !this.noise.ignoresChannel(channel)
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

  #matchChannels(sides: Sides<readonly Item[]>): void {
    for (const channel of channelsOf(sides)) {
      const [a, b] = [onChannel(sides.a, channel), onChannel(sides.b, channel)];
      eachPair(this.#keys(a), this.#keys(b), (i, j) => this.#pair(a[i]!, b[j]!));
    }
  }

  /** What several do side by side is in order for each of them. */
  #matchLanes(): void {
    const [a, b] = [this.a, this.b].map(({ items }) =>
      Map.groupBy(this.#left(items), (item) => `${item.channel} ${laneOf(item)}`)
    );
    for (const [lane, items] of a!) {
      this.#matchChannels({ a: items, b: b!.get(lane) ?? [] });
    }
  }

  /** Of several conversations at once, as far as their order means nothing. */
  #matchAnyOrder(): void {
    if (!this.noise.has(ORDER)) return;
    const free = (side: Side) =>
      this.#left(side.items).filter(({ conversation }) => this.noise.anyOrder(conversation));
    const keyed = (item: Item) => `${item.channel} ${keyOf(item, this.noise)}`;
    const partners = Map.groupBy(free(this.b), keyed);
    for (const item of free(this.a)) {
      const partner = partners.get(keyed(item))?.shift();
      if (partner) this.#pair(item, partner);
    }
  }

  #keys(items: readonly Item[]): string[] {
    return items.map((item) => keyOf(item, this.noise));
  }

  #pair(a: Item, b: Item): void {
    this.#pairs.push({ a, b });
    this.#paired.add(a).add(b);
  }
}

/** Fields that tell which of several did it, side by side. */
const LANES = /^(thread|task|core|drive)$/;

function laneOf({ event }: Item): string {
  const data = event?.type === "signal" ? event.data : undefined;
  if (typeof data !== "object" || data === null) return "";
  return JSON.stringify(Object.entries(data).filter(([key]) => LANES.test(key)));
}

function channelsOf({ a, b }: Sides<readonly Item[]>): Set<string> {
  return new Set([...a, ...b].map(({ channel }) => channel));
}

function onChannel(items: readonly Item[], channel: string): Item[] {
  return items.filter((item) => item.channel === channel);
}
