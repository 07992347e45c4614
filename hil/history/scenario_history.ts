/** What many results of one scenario on its targets come to. */
import { type ChangeOptions, type ChangePoint, changePoints } from "./change_points.ts";
import { counts, type FlakeAccount, flakeAccount, flakesOf, type Trial } from "./flakes.ts";
import { DEFAULT_BUDGET, type FlakeBudget } from "./quarantine.ts";
import { type Interval, median, quantile, type Trend, trendOf, wilson } from "./statistics.ts";

export interface PastRun {
  readonly id: string;
  /** ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly bench: string;
  readonly commit?: string;
  readonly branch?: string;
  /** Files had been changed since that commit. */
  readonly dirty?: boolean;
}

export interface PastResult extends Trial {
  readonly run: PastRun;
  /** Of the attempt that passed, in nanoseconds. */
  readonly durationNs?: number;
}

/** One measured value. */
export interface Sample {
  readonly run: PastRun;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
  readonly verdict?: string;
}

/** All samples of one name and unit, in order of time. */
export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly samples: readonly Sample[];
}

/** What one run came to: the median of its samples, and the limits of the last. */
export interface Point extends Sample {
  readonly samples: number;
}

export interface Change extends Omit<ChangePoint, "index"> {
  /** The first run after it. */
  readonly run: PastRun;
  /** The last one before it. */
  readonly since: PastRun;
  /** Whether it went nearer to a limit, or took longer; "other" when nothing says which is good. */
  readonly way: "worse" | "better" | "other";
}

export interface Series {
  readonly name: string;
  readonly unit: string;
  /** One a run, in order of time. */
  readonly points: readonly Point[];
  readonly median: number;
  readonly p95: number;
  readonly trend?: Trend;
  readonly changes: readonly Change[];
}

export interface ScenarioHistory {
  /** In order of time. */
  readonly results: readonly PastResult[];
  /** Whether each was a flake. */
  readonly flaky: readonly boolean[];
  /** Of results that passed at once, of those that say something. */
  readonly passRate: Interval;
  readonly counted: number;
  readonly flakes: FlakeAccount;
  /** Of passes, in nanoseconds. */
  readonly durations: Series;
  readonly measurements: readonly Series[];
}

export interface HistoryQuestions {
  readonly budget?: FlakeBudget;
  /** Look for changes; they take longer than all else. */
  readonly changes?: boolean;
}

/** The name of the series of durations. */
export const DURATION = "duration";
/** What a machine does besides moves durations by some percent: that is no news. */
const DURATION_EFFECT = 0.1;

export function scenarioHistory(
  results: readonly PastResult[],
  measured: readonly Measured[],
  { budget = DEFAULT_BUDGET, changes = false }: HistoryQuestions = {},
): ScenarioHistory {
  const counted = results.filter(counts);
  const passed = counted.filter(({ verdict }) => verdict === "passed").length;
  const durations = results.flatMap(({ run, durationNs }): Sample[] =>
    durationNs === undefined ? [] : [{ run, value: durationNs }]
  );
  return {
    results,
    flaky: flakesOf(results),
    passRate: wilson(passed, counted.length),
    counted: counted.length,
    flakes: flakeAccount(results, budget),
    durations: seriesOf(
      { name: DURATION, unit: "ns", samples: durations },
      changes && { leastEffect: DURATION_EFFECT },
    ),
    measurements: measured.map((one) => seriesOf(one, changes && {})),
  };
}

/** @param looking how to look for changes; false: not at all */
function seriesOf(
  { name, unit, samples }: Measured,
  looking: ChangeOptions | false,
): Series {
  const points = pointsOf(samples);
  const values = points.map(({ value }) => value);
  const sorted = Float64Array.from(samples, ({ value }) => value).sort();
  const found = looking ? changePoints(values, looking) : [];
  return {
    ...{ name, unit, points, median: quantile(sorted, 0.5), p95: quantile(sorted, 0.95) },
    // Most who ask for a history do not look at it, and it takes as long as all else.
    get trend() {
      return trendOf(values);
    },
    changes: found.map((change) => changeOf(change, points, unit === "ns" && name === DURATION)),
  };
}

function pointsOf(samples: readonly Sample[]): Point[] {
  const points: Point[] = [];
  for (let first = 0; first < samples.length;) {
    const { run } = samples[first]!;
    let next = first + 1;
    while (samples[next]?.run === run) next++;
    const some = samples.slice(first, next);
    const value = some.length === 1 ? some[0]!.value : median(some.map(({ value }) => value));
    points.push({ ...some.at(-1)!, value, samples: some.length });
    first = next;
  }
  return points;
}

function changeOf(
  { index, ...change }: ChangePoint,
  points: readonly Point[],
  isDuration: boolean,
): Change {
  const { run, low, high } = points[index]!;
  const { before, after } = change;
  const gain = isDuration ? before - after : room(after, low, high) - room(before, low, high);
  const way = Number.isNaN(gain) || gain === 0 ? "other" : gain < 0 ? "worse" : "better";
  return { ...change, run, since: points[index - 1]!.run, way };
}

/** How far a value is from the nearer limit; NaN without limits. */
function room(value: number, low: number | undefined, high: number | undefined): number {
  if (low === undefined && high === undefined) return NaN;
  return Math.min(value - (low ?? -Infinity), (high ?? Infinity) - value);
}
