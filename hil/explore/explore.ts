/** Runs seed after seed under a strategy until one fails, and counts what really happened. */
import { setImmediate } from "node:timers/promises";
import type { Chooser } from "./choice.ts";
import type { DecisionLog } from "./log.ts";
import { type KindCount, recording } from "./recorder.ts";

export interface ExploreOptions<F> {
  readonly seeds: Iterable<number>;
  /** For the logs. */
  readonly strategy: string;
  readonly chooser: (seed: number) => Chooser;
  /** One run; what is wrong with it, or nothing. What it throws is a defect of the run itself. */
  readonly run: (chooser: Chooser, seed: number) => F | undefined | Promise<F | undefined>;
  /** Goes on after the first one that fails. */
  readonly collect?: boolean;
  /** Asked before each run: true ends the work; the host gets a turn every {@link TURN} runs. */
  readonly stop?: () => boolean;
  /** Told after each {@link TURN} runs. */
  readonly progress?: (runs: number, found: number) => void;
}

export interface Found<F> {
  readonly seed: number;
  /** Runs until and with this one. */
  readonly runs: number;
  readonly log: DecisionLog;
  readonly finding: F;
}

export interface ExploreReport<F> {
  readonly runs: number;
  readonly found: readonly Found<F>[];
  /** Of all runs, by kind of choice: a fault that has never fired has proved nothing. */
  readonly counts: ReadonlyMap<string, Readonly<KindCount>>;
}

/** Runs between two turns of the host's event loop. */
const TURN = 128;

/**
 * @example
 * ```ts ignore
 * const report = await explore({ seeds: range(1, 500), strategy: "pct", chooser: pct, run });
 * report.found[0]?.log; // replay(log) brings it back
 * ```
 */
export async function explore<F>(options: ExploreOptions<F>): Promise<ExploreReport<F>> {
  const { seeds, strategy, chooser, run, collect, stop, progress } = options;
  const found: Found<F>[] = [];
  const counts = new Map<string, KindCount>();
  let runs = 0;
  for (const seed of seeds) {
    if (stop?.()) break;
    const recorder = recording(chooser(seed), { seed, strategy });
    const outcome = run(recorder, seed);
    const finding = outcome instanceof Promise ? await outcome : outcome;
    runs++;
    add(counts, recorder.counts);
    if (finding !== undefined) {
      found.push({ seed, runs, log: recorder.log, finding });
      if (!collect) break;
    }
    if (runs % TURN > 0) continue;
    progress?.(runs, found.length);
    await setImmediate();
  }
  return { runs, found, counts };
}

function add(
  counts: Map<string, KindCount>,
  more: ReadonlyMap<string, Readonly<KindCount>>,
): void {
  for (const [kind, { asked, fired }] of more) {
    const count = counts.get(kind);
    if (count) {
      count.asked += asked;
      count.fired += fired;
    } else counts.set(kind, { asked, fired });
  }
}

/** `count` seeds from `first` on. */
export function* range(first: number, count: number): Generator<number> {
  for (let seed = first; seed < first + count; seed++) yield seed;
}
