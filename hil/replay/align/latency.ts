/** From a stimulus to what came of it: its return, and the first thing on each channel. */
import type { Item } from "../diff/items.ts";
import type { Paired } from "./align.ts";
import type { Call, Line } from "./side.ts";

/** Of one kind of call, and one kind of response. */
export interface Latency {
  /** "board.console.run". */
  readonly stimulus: string;
  /** "return", or a channel. */
  readonly response: string;
  readonly count: number;
  readonly a: Spread;
  readonly b: Spread;
}

/** Whole nanoseconds. */
export interface Spread {
  readonly medianNs: number;
  readonly p95Ns: number;
  readonly maxNs: number;
}

type Sample = readonly [a: number, b: number];

/** In the order in which they came first; only where stimulus and response have one clock. */
export function latencies(
  stimuli: readonly Paired<Call>[],
  pairs: readonly Paired<Item>[],
): Latency[] {
  const samples = new Map<string, { stimulus: string; response: string; times: Sample[] }>();
  const add = (stimulus: Paired<Call>, response: Paired, name: string) => {
    const [a, b] = [since(stimulus.a, response.a), since(stimulus.b, response.b)];
    if (a === undefined || b === undefined) return;
    const key = `${stimulus.a.name} ${name}`;
    const known = samples.get(key) ?? { stimulus: stimulus.a.name, response: name, times: [] };
    known.times.push([a, b]);
    samples.set(key, known);
  };
  let next = 0;
  for (const [i, stimulus] of stimuli.entries()) {
    const { a: { answer: x }, b: { answer: y } } = stimulus;
    if (x && y && !x.error && !y.error) add(stimulus, { a: x, b: y }, "return");
    const end = stimuli[i + 1]?.a.seq ?? Infinity;
    const seen = new Set<string>();
    while (pairs[next] && pairs[next]!.a.seq < stimulus.a.seq) next++;
    for (; pairs[next] && pairs[next]!.a.seq < end; next++) {
      const pair = pairs[next]!;
      if (pair.a.source !== "target" || seen.has(pair.a.channel)) continue;
      seen.add(pair.a.channel);
      add(stimulus, pair, pair.a.channel);
    }
  }
  return [...samples.values()].map(({ stimulus, response, times }) => ({
    stimulus,
    response,
    count: times.length,
    a: spread(times.map(([a]) => a)),
    b: spread(times.map(([, b]) => b)),
  }));
}

function since(from: Line, to: Line): number | undefined {
  return from.clock === to.clock && to.t >= from.t ? to.t - from.t : undefined;
}

function spread(times: readonly number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]!;
  return { medianNs: at(0.5), p95Ns: at(0.95), maxNs: sorted.at(-1)! };
}
