/** The history of a scenario: its outcomes as a strip, and a plot for each thing that was measured. */
import type { ChangeDetail, HistoryDetail, SeriesDetail } from "../history.ts";
import type { ScenarioDetail } from "../model.ts";
import { make } from "./dom.ts";
import { countText, durationText, numberText } from "./format.ts";
import { chart, strip } from "./history_chart.ts";

type Quarantined = NonNullable<ScenarioDetail["result"]["quarantine"]>;

/** Runs in a table; the plot has all of them. */
const ROWS = 100;

export function quarantineCard(quarantine: Quarantined | undefined): HTMLElement | undefined {
  if (!quarantine) return undefined;
  const { owner, reason, issue, expires, expired } = quarantine;
  const until = expired
    ? `The quarantine expired after ${expires}: it fails again`
    : `In quarantine until ${expires}: it fails no run`;
  return make(
    "section",
    { class: `card quarantine${expired ? " expired" : ""}`, "aria-label": "Quarantine" },
    make("h2", {}, until),
    make("p", {}, reason),
    make("p", { class: "facts" }, `owner ${owner} · issue ${issue}`),
  );
}

export function historyCard(history: HistoryDetail | undefined): HTMLElement | undefined {
  if (!history) return undefined;
  const { runs, results, series } = history;
  const drawn = series.map((one) => figure(one, history));
  return make(
    "section",
    { class: "history card", "aria-label": "History" },
    make("div", { class: "tools" }, make("h2", {}, "History")),
    make("p", {}, rateText(history)),
    strip(history),
    make(
      "p",
      { class: "facts" },
      `${countText(results.length, "result")} of ${countText(runs.length, "run")}, ` +
        `${day(runs[0]!.startedAt)} to ${day(runs.at(-1)!.startedAt)}`,
    ),
    drawn.length > 0 && make("div", { class: "charts" }, ...drawn),
    table(history),
  );
}

function rateText({ passRate: [share, low, high], counted, flakes }: HistoryDetail): string {
  if (share === null) return "No result says anything yet.";
  const percent = (value: number) => String(Number((100 * value).toFixed(1)));
  const rate = `${percent(share)} % of ${counted} passed at once ` +
    `(95 % sure: ${percent(low)} to ${percent(high)} %)`;
  const some = flakes.flakes === 0
    ? "no flakes"
    : `${countText(flakes.flakes, "flake")} in the last ${flakes.results}`;
  return `${rate}; ${some}${flakes.over ? ", more than the budget bears" : ""}`;
}

function day(iso: string): string {
  return iso.slice(0, 10);
}

/** A value with its unit. */
export function valueText({ name, unit }: Pick<SeriesDetail, "name" | "unit">, value: number) {
  if (isDuration({ name, unit })) return durationText(value);
  return `${numberText(Number(value.toPrecision(4)))} ${unit}`.trim();
}

function isDuration({ name, unit }: Pick<SeriesDetail, "name" | "unit">): boolean {
  return name === "duration" && unit === "ns";
}

function figure(series: SeriesDetail, { runs }: HistoryDetail): HTMLElement {
  const { name, median, p95, changes, points } = series;
  const said = changes.map((change) => changeText(series, change, runs));
  const latest = valueText(series, points.at(-1)![1]);
  const label = `${name} over ${countText(points.length, "run")}: latest ${latest}, ` +
    `median ${valueText(series, median)}${said.length > 0 ? `; ${said.join("; ")}` : ""}`;
  const way = (i: number) => `change ${changes[i]!.way}`;
  return make(
    "figure",
    {},
    make(
      "figcaption",
      {},
      make("b", {}, name),
      ` ${latest}`,
      make(
        "span",
        { class: "note" },
        ` median ${valueText(series, median)}, 95 % within ${valueText(series, p95)}`,
      ),
    ),
    chart(series, { runs, label, text: (value) => valueText(series, value) }),
    ...said.map((text, i) => make("p", { class: way(i) }, text)),
  );
}

function changeText(series: SeriesDetail, change: ChangeDetail, runs: HistoryDetail["runs"]) {
  const { before, after, relative, way, confidence } = change;
  const { id, commit, dirty } = runs[change.run]!;
  const at = commit === undefined ? "" : ` at ${commit.slice(0, 7)}${dirty ? " with changes" : ""}`;
  const percent = relative === 0
    ? ""
    : ` (${relative > 0 ? "+" : "−"}${
      numberText(Number((100 * Math.abs(relative)).toFixed(1)))
    } %)`;
  const word = { worse: "worse", better: "better", other: "changed" }[way];
  return `${word} since ${id}${at}: ${valueText(series, before)} → ` +
    `${valueText(series, after)}${percent}, ${(100 * confidence).toFixed(1)} % sure`;
}

/** All that is drawn, for who cannot see it, and for who wants the numbers. */
function table({ runs, results, series }: HistoryDetail): HTMLElement {
  const values = series.map(({ points }) => new Map(points.map(([run, value]) => [run, value])));
  const verdicts = Map.groupBy(results, ({ run }) => run);
  const rows = [...runs.entries()].slice(-ROWS).reverse().map(([i, { id, startedAt, commit }]) => {
    const some = (verdicts.get(i) ?? []).map(({ verdict, flake }) => flake ? "flaky" : verdict);
    const cells = values.map((of, n) => {
      const value = of.get(i);
      return make(
        "td",
        { class: "value" },
        value === undefined ? "" : valueText(series[n]!, value),
      );
    });
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, id),
      make("td", {}, startedAt.slice(0, 16).replace("T", " ")),
      make("td", {}, commit?.slice(0, 7) ?? ""),
      make("td", {}, countsText(some)),
      ...cells,
    );
  });
  const heads = ["run", "began (UTC)", "commit", "outcome", ...series.map(({ name }) => name)];
  const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col" }, text)));
  const shown = make("details", {}, make("summary", {}, "As a table"));
  shown.addEventListener("toggle", () => {
    if (!shown.open || shown.childElementCount > 1) return;
    shown.append(make(
      "div",
      { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table of the history" },
      make("table", {}, make("thead", {}, head), make("tbody", {}, ...rows)),
    ));
  });
  return shown;
}

/** "passed", or of a run with repeats "98 passed, 2 failed". */
function countsText(verdicts: readonly string[]): string {
  if (verdicts.length === 1) return verdicts[0]!;
  return [...Map.groupBy(verdicts, (verdict) => verdict)]
    .map(([verdict, some]) => `${some.length} ${verdict}`).join(", ");
}
