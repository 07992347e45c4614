/** A history for programs: as JSON, and as CSV (RFC 4180). */
import { type Change, type PastRun, quarantineOf, type Series } from "../history/mod.ts";
import { targetsText } from "../report/mod.ts";
import type { Answer, HistoryLine, Told } from "./history.ts";

/** All of it, in one object. */
export function historyJson(answer: Answer): string {
  const { path, told, runs, range, budget, quarantine, today } = answer;
  const scenarios = told.map(({ scenario: { key: _, ...scenario }, history }) => {
    const { results, flaky, passRate, counted, flakes, durations, measurements } = history;
    const known = quarantineOf(quarantine, scenario, today);
    return {
      ...scenario,
      results: results.map(({ run, verdict, durationNs }, i) => ({
        ...{ run: run.id, verdict, durationNs },
        ...(flaky[i] && { flake: true }),
      })),
      ...{ counted, passRate, flakes: { ...flakes, budget: budget.share, of: budget.of } },
      ...(known && { quarantine: known }),
      durations: seriesJson(durations),
      measurements: measurements.map(seriesJson),
    };
  });
  const all = told.flatMap(({ history }) => history.results.map(({ run }) => run));
  return JSON.stringify({
    ...{ history: path, runsInAll: runs, ...(range.since && { since: range.since }) },
    runs: Object.fromEntries(all.map(({ id, ...run }) => [id, run])),
    scenarios,
  });
}

function seriesJson({ points, changes, ...series }: Series) {
  return {
    ...series,
    points: points.map(({ run, ...point }) => ({ run: run.id, ...point })),
    changes: changes.map(({ run, since, ...change }) => ({
      ...{ run: run.id, commit: run.commit, since: since.id, ...change },
    })),
  };
}

const RUN = ["run", "started", "bench", "commit", "branch"];
const HEADS = {
  results: ["scenario", "file", "targets", ...RUN, "verdict", "flake", "duration_ns"],
  values: ["scenario", "file", "targets", ...RUN, "measurement", "value", "unit", "low", "high"],
  changes: [
    ...["scenario", "file", "targets", ...RUN, "measurement", "unit", "before", "after"],
    ...["relative", "way", "confidence"],
  ],
};

type Cell = string | number | undefined;

/** Of results, or, as was asked for, of measured values or changes. */
export function historyCsv({ told }: Answer, values: HistoryLine["values"]): string {
  const [heads, rows] = values.changes
    ? [HEADS.changes, told.flatMap(changeRows)]
    : values.measurement
    ? [HEADS.values, told.flatMap(valueRows)]
    : [HEADS.results, told.flatMap(resultRows)];
  return [heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}

function cell(value: Cell): string {
  const text = String(value ?? "");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function headOf({ scenario: { name, file, targets } }: Told, run: PastRun): Cell[] {
  const { id, startedAt, bench, commit, branch } = run;
  return [name, file, targetsText(targets), id, startedAt, bench, commit, branch];
}

function resultRows(told: Told): Cell[][] {
  const { results, flaky } = told.history;
  return results.map(({ run, verdict, durationNs }, i) => {
    return [...headOf(told, run), verdict, flaky[i] ? "yes" : "no", durationNs];
  });
}

function valueRows(told: Told): Cell[][] {
  return told.history.measurements.flatMap(({ name, unit, points }) =>
    points.map(({ run, value, low, high }) => [
      ...headOf(told, run),
      ...[name, value, unit, low, high],
    ])
  );
}

function changeRows(told: Told): Cell[][] {
  const row = ({ name, unit }: Series, change: Change): Cell[] => {
    const { run, before, after, relative, way, confidence } = change;
    return [...headOf(told, run), name, unit, before, after, relative, way, confidence];
  };
  const { durations, measurements } = told.history;
  return [durations, ...measurements]
    .flatMap((series) => series.changes.map((change) => row(series, change)));
}
