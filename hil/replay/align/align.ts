/**
 * Two timelines of the same stimuli, side by side, across clocks and targets. Stimuli are paired
 * first; between two pairs, what targets did is paired by channel, on what it says without noise.
 */
import type { Item } from "../diff/items.ts";
import { CHANNELS, type NoiseOptions, Normaliser, PACE, PEER_PORTS } from "../diff/noise.ts";
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
import { eachPair, Matcher, placeOf } from "./matcher.ts";
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

function alignSides(a: Side, b: Side, options: NoiseOptions = {}): Alignment {
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
