/** What the report of a run has of the runs before it: for each scenario its history, compacted. */
import type { Change, PastRun, ScenarioHistory, Series } from "../../history/mod.ts";
import { HistoryReadError, viewHistory } from "../history_view.ts";
import type { ScenarioResult } from "../result.ts";

export interface HistoryDetail {
  /** In order of time; all others name them by their position. */
  readonly runs: readonly PastRun[];
  readonly results: readonly {
    readonly run: number;
    readonly verdict: string;
    readonly flake?: true;
  }[];
  /** From 0 to 1; null when no result says something. */
  readonly passRate: readonly [share: number | null, low: number, high: number];
  readonly counted: number;
  readonly flakes: { readonly flakes: number; readonly results: number; readonly over: boolean };
  /** Durations first. */
  readonly series: readonly SeriesDetail[];
}

export interface SeriesDetail {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly p95: number;
  readonly points: readonly (readonly [
    ...[run: number, value: number],
    ...[low: number | null, high: number | null],
  ])[];
  readonly changes: readonly ChangeDetail[];
}

export interface ChangeDetail
  extends Pick<Change, "before" | "after" | "relative" | "way" | "confidence"> {
  readonly run: number;
}

/**
 * Scenario id to its history up to this run, or all there is when it is not in there yet; nothing
 * where there is no history, or none that can be read: the run has told that.
 */
export async function historiesOf(
  path: string | undefined,
  run: { readonly id: string; readonly results: readonly Pick<ScenarioResult, "id">[] },
): Promise<ReadonlyMap<string, HistoryDetail>> {
  if (path === undefined) return new Map();
  const ids = new Set(run.results.map(({ id }) => id));
  try {
    return await viewHistory(path, path, (view) => {
      const range = { until: run.id, changes: true };
      return new Map(
        view.scenarios().filter(({ id }) => ids.has(id)).map((scenario) =>
          [scenario.id, compact(view.history(scenario, range))] as const
        ).filter(([, { results }]) => results.length > 0),
      );
    });
  } catch (error) {
    if (error instanceof HistoryReadError) return new Map();
    throw error;
  }
}

function compact(history: ScenarioHistory): HistoryDetail {
  const { results, flaky, passRate, counted, flakes, durations, measurements } = history;
  const runs = [...new Set(results.map(({ run }) => run))];
  const position = new Map(runs.map((run, i) => [run, i]));
  const at = (run: PastRun) => position.get(run)!;
  return {
    runs,
    results: results.map(({ run, verdict }, i) => ({
      ...{ run: at(run), verdict },
      ...(flaky[i] && { flake: true }),
    })),
    passRate: [Number.isNaN(passRate.share) ? null : passRate.share, passRate.low, passRate.high],
    counted,
    flakes: { flakes: flakes.flakes, results: flakes.results, over: flakes.over },
    series: [durations, ...measurements].filter(({ points }) => points.length > 0)
      .map((series) => seriesDetail(series, at)),
  };
}

function seriesDetail(
  { name, unit, median, p95, points, changes }: Series,
  at: (run: PastRun) => number,
): SeriesDetail {
  return {
    ...{ name, unit, median, p95 },
    points: points.map(({ run, value, low, high }) => {
      return [at(run), value, low ?? null, high ?? null] as const;
    }),
    changes: changes.map(({ run, before, after, relative, way, confidence }) => {
      // Infinity, from 0 on, is no JSON.
      const told = Number.isFinite(relative) ? relative : 0;
      return { run: at(run), before, after, relative: told, way, confidence };
    }),
  };
}
