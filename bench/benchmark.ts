/** What a benchmark is, and what it gives: figures of ours beside those of a peer. */

/** One measured thing. Both numbers come from the same run of the benchmarks. */
export interface Figure {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly peer?: { readonly name: string; readonly value: number };
  /** What issue or design ask for, and whether it is so. */
  readonly wanted?: { readonly text: string; readonly met: boolean };
}

export interface BenchmarkContext {
  /** Fewer rounds, smaller sizes: a look, not a figure to quote. */
  readonly quick: boolean;
  /** For files; removed afterwards. */
  readonly folder: string;
  /** What is being done now, for people who wait. */
  readonly progress: (text: string) => void;
  /** Lines of its own below the figures. */
  readonly note: (text: string) => void;
}

export interface Benchmark {
  readonly name: string;
  /** For the help: what is measured, and beside what. */
  readonly title: string;
  /** The state that it is measured in: what is warm, what is cached. */
  readonly conditions: string;
  /** @throws Error when it cannot be measured at all */
  run(context: BenchmarkContext): Promise<readonly Figure[]>;
}

/** Tells a benchmark that its peer is not on this machine. */
export class PeerMissing extends Error {
  override readonly name = "PeerMissing";
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * The median of each contestant over `rounds`, in which all take turns, so that what else the
 * machine does meets all alike. Every second round goes backwards.
 */
export async function alternate<Name extends string>(
  rounds: number,
  contestants: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Record<Name, number>> {
  const names = Object.keys(contestants) as Name[];
  const taken = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 ? names.toReversed() : names) {
      taken.get(name)!.push(await contestants[name]());
    }
  }
  const medians = names.map((name) => [name, median(taken.get(name)!)]);
  return Object.fromEntries(medians) as Record<Name, number>;
}

export function atLeast(value: number, limit: number, unit: string): Figure["wanted"] {
  return { text: `≥ ${limit} ${unit}`, met: value >= limit };
}

export function atMost(value: number, limit: number, unit: string): Figure["wanted"] {
  return { text: `≤ ${limit} ${unit}`, met: value <= limit };
}
