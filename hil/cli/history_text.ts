/** A history for people: tables with a line a scenario, or all of a few. */
import {
  type Change,
  DURATION,
  type Interval,
  quarantineOf,
  quarantineText,
  type Series,
  type Trend,
} from "../history/mod.ts";
import { many } from "../nightly/phrases.ts";
import { DEFAULT_RESULTS, oneLine, roughly, targetsText, type Verdict } from "../report/mod.ts";
import type { Answer, HistoryLine, Told } from "./history.ts";
import { DETAILED } from "./history_options.ts";
import { bar, paints, sparkline, strip, table } from "./history_table.ts";

/** Results and values that a line draws, the latest. */
const DRAWN = 24;
/** A trend that is less sure than that, or less than a few percent, is none. */
const TREND = { confidence: 0.99, relative: 0.02 };

export function historyText(answer: Answer, values: HistoryLine["values"]): string {
  const { told } = answer;
  if (told.length === 0) {
    return values.since === undefined
      ? "no results yet; run something first: deno task hil"
      : "no results in that time; without --since all are shown";
  }
  if (values.changes) return changesText(answer, values.measurement === undefined);
  if (values.flaky) return flakyText(answer);
  if (values.measurement) return measurementText(answer);
  const body = told.length <= DETAILED && answer.range.changes
    ? told.flatMap((one) => [...detail(one, answer), ""]).slice(0, -1)
    : overview(answer);
  return [...body, "", closing(answer)].join("\n");
}

function closing({ told, runs, range, path }: Answer): string {
  const all = told.flatMap(({ history }) => history.results.map(({ run }) => run.startedAt)).sort();
  const days = [...new Set([all[0]!.slice(0, 10), all.at(-1)!.slice(0, 10)])].join(" to ");
  const some = many(told.length, "scenario");
  const from = `${many(runs, "run")} in ${path}`;
  return paints().dim(
    `${some}, the latest ${range.limit ?? DEFAULT_RESULTS} results of each, ${days}; ${from}`,
  );
}

function titleOf({ scenario: { name, targets } }: Told): string {
  const on = targetsText(targets);
  return oneLine(`${name}${on ? ` [${on}]` : ""}`);
}

const HEADS = ["results", "passed", "flakes", "median", "p95", "trend", "durations", "results", ""];

function overview({ told, quarantine, today }: Answer): string[] {
  const paint = paints();
  const lines: string[] = [];
  const groups = [...Map.groupBy(told, ({ scenario }) => scenario.file)];
  const rows = groups.flatMap(([, some]) =>
    some.map((one) => {
      const { passRate, counted, flakes, durations } = one.history;
      const known = quarantineOf(quarantine, one.scenario, today);
      return [
        String(counted),
        rateText(passRate),
        flakes.flakes === 0
          ? ""
          : flakes.over
          ? paint.bad(`${flakes.flakes}!`)
          : `${flakes.flakes}`,
        timeText(durations.median),
        timeText(durations.p95),
        trendText(durations.trend, true),
        sparkline(durations.points.slice(-DRAWN).map(({ value }) => value)),
        outcomes(one),
        titleOf(one) + (known ? paint.odd(` (${known.expired ? "expired" : "quarantined"})`) : ""),
      ];
    })
  );
  const [head = "", ...drawn] = table([HEADS, ...rows], "rlrrrrll");
  lines.push(paint.dim(head));
  for (const [file, some] of groups) {
    lines.push(paint.bold(file), ...drawn.splice(0, some.length));
  }
  return lines;
}

function outcomes({ history: { results, flaky } }: Told): string {
  const all = results.map(({ verdict }, i): Verdict => flaky[i] ? "flaky" : verdict);
  return strip(all.slice(-DRAWN));
}

/** "98.5 % (95.7–99.5)". */
function rateText({ share, low, high }: Interval): string {
  if (Number.isNaN(share)) return "";
  const percent = (value: number) => String(Number((100 * value).toFixed(1)));
  return `${percent(share)} % (${percent(low)}–${percent(high)})`;
}

function timeText(ns: number): string {
  return Number.isNaN(ns) ? "" : roughly(ns);
}

function trendText(trend: Trend | undefined, upIsBad?: boolean): string {
  if (!trend || trend.confidence < TREND.confidence) return "";
  if (Math.abs(trend.relative) < TREND.relative) return "";
  const text = percentText(trend.relative);
  const paint = paints();
  return upIsBad ? (trend.relative > 0 ? paint.bad(text) : paint.good(text)) : text;
}

function percentText(share: number): string {
  if (!Number.isFinite(share)) return share > 0 ? "from 0" : "";
  const percent = 100 * share;
  const text = Math.abs(percent) < 10 ? percent.toFixed(1) : percent.toFixed(0);
  return `${percent > 0 ? "+" : ""}${text} %`.replace("-", "−");
}

/** A value with its unit, in four digits. */
function valueText({ name, unit }: Pick<Series, "name" | "unit">, value: number): string {
  if (unit === "ns" && name === DURATION) return timeText(value);
  return `${Number(value.toPrecision(4))} ${unit}`.trim();
}

function limitsText(series: Series): string {
  const { low, high } = series.points.at(-1) ?? {};
  if (low === undefined && high === undefined) return "";
  if (low === undefined) return `≤ ${valueText(series, high!)}`;
  if (high === undefined) return `≥ ${valueText(series, low)}`;
  return `${Number(low.toPrecision(4))} to ${valueText(series, high)}`;
}

/** "duration: 12 ms → 18 ms (+50 %) since 20261125-105251 at 97c7c0a, confidence 99.8 %". */
export function changeText(series: Series, change: Change): string {
  const { before, after, relative, run, since, confidence } = change;
  const limits = limitsText(series);
  const from = since.commit && since.commit !== run.commit
    ? `, good until ${since.id} at ${since.commit.slice(0, 7)}`
    : "";
  return `${series.name}: ${valueText(series, before)} → ${valueText(series, after)} ` +
    `(${percentText(relative)}${limits ? `, limit ${limits}` : ""}) since ${runText(run)}` +
    `${from}, confidence ${(100 * confidence).toFixed(1)} %`;
}

function runText({ id, commit, dirty }: Change["run"]): string {
  if (commit === undefined) return id;
  return `${id} at ${commit.slice(0, 7)}${dirty ? " with changes" : ""}`;
}

function painted(series: Series, change: Change): string {
  const paint = { worse: paints().bad, better: paints().good, other: paints().odd }[change.way];
  return `${paint(change.way.padEnd(6))} ${changeText(series, change)}`;
}

/** @param durations whether those are asked about too */
function changesText({ told }: Answer, durations: boolean): string {
  const found = told.flatMap((one) => {
    const { history } = one;
    return [...(durations ? [history.durations] : []), ...history.measurements]
      .flatMap((series) => series.changes.map((change) => ({ one, series, change })));
  });
  if (found.length === 0) {
    return `no change in ${many(told.length, "scenario")}`;
  }
  found.sort((a, b) => a.change.run.startedAt < b.change.run.startedAt ? 1 : -1);
  return found.flatMap(({ one, series, change }) => [
    `${painted(series, change)}`,
    paints().dim(`       ${one.scenario.file}  ${titleOf(one)}`),
  ]).join("\n");
}

function flakyText({ told, budget }: Answer): string {
  const some = told.filter(({ history }) => history.flaky.some(Boolean));
  const paint = paints();
  const bears = `the budget bears ${Math.floor(budget.share * budget.of + 1e-9)} in ${budget.of} ` +
    `results (${Number((100 * budget.share).toFixed(2))} %)`;
  if (some.length === 0) return `no flakes in ${told.length} scenarios; ${bears}`;
  some.sort((a, b) => b.history.flakes.flakes - a.history.flakes.flakes);
  const rows = some.map((one) => {
    const { flakes: { flakes, results, rate, over } } = one.history;
    const verdict = over ? paint.bad("over") : "within";
    return [`${flakes} of ${results}`, rateText(rate), verdict, outcomes(one), titleOf(one)];
  });
  const [head = "", ...lines] = table(
    [["flakes", "share", "budget", "results", ""], ...rows],
    "rll",
  );
  return [paint.dim(head), ...lines, "", paint.dim(bears)].join("\n");
}

const MEASURED = ["runs", "latest", "median", "p95", "limits", "trend", "values", "", ""];

function measuredRow(series: Series): string[] {
  const { points } = series;
  const values = points.slice(-DRAWN).map(({ value }) => value);
  return [
    String(points.length),
    valueText(series, points.at(-1)!.value),
    valueText(series, series.median),
    valueText(series, series.p95),
    limitsText(series),
    trendText(series.trend),
    sparkline(values),
    bar(points.at(-1)!),
  ];
}

function measurementText(answer: Answer): string {
  const rows = answer.told.flatMap((one) =>
    one.history.measurements.map((series) => [
      ...measuredRow(series),
      `${oneLine(series.name)}  ${paints().dim(titleOf(one))}`,
    ])
  );
  const [head = "", ...lines] = table([MEASURED, ...rows], "rrrrlrll");
  const changes = answer.told.flatMap(({ history }) =>
    history.measurements.flatMap((series) =>
      series.changes.map((change) => painted(series, change))
    )
  );
  return [
    ...[paints().dim(head), ...lines, "", ...changes],
    ...(changes.length > 0 ? [""] : []),
    closing(answer),
  ].join("\n");
}

function detail(one: Told, { quarantine, today }: Answer): string[] {
  const { passRate, counted, flakes, durations, measurements } = one.history;
  const paint = paints();
  const trend = trendText(durations.trend, true);
  const changes = [durations, ...measurements]
    .flatMap((series) => series.changes.map((change) => painted(series, change)));
  const rows = measurements.map((series) => [...measuredRow(series), oneLine(series.name)]);
  const [head = "", ...measured] = table([MEASURED, ...rows], "rrrrlrll");
  const known = quarantineOf(quarantine, one.scenario, today);
  return [
    paint.bold(titleOf(one)),
    paint.dim(one.scenario.file),
    ...(known ? [paint.odd(quarantineText(known))] : []),
    `passed     ${rateText(passRate)} of ${counted}   ${outcomes(one)}`,
    `flakes     ${flakes.flakes} of the last ${flakes.results}, the budget bears ${flakes.borne}` +
    (flakes.over ? paint.bad("  over the budget") : ""),
    ...(durations.points.length === 0 ? [] : [
      `duration   median ${timeText(durations.median)}, 95 % within ${timeText(durations.p95)}` +
      `${trend ? `, trend ${trend}` : ""}   ` +
      sparkline(durations.points.slice(-DRAWN).map(({ value }) => value)),
    ]),
    ...(rows.length > 0 ? ["", paint.dim(head), ...measured] : []),
    ...(changes.length > 0 ? ["", ...changes] : []),
  ];
}
