/** The run as a whole: at a glance in the header, and what did not pass when no scenario is open. */
import type { ReportIndex, ScenarioRow } from "../model.ts";
import { make } from "./dom.ts";
import { countText, durationText } from "./format.ts";
import { MARKS, VERDICTS } from "./list.ts";
import { hasEnded, verdictBadge } from "./scenario.ts";

type Scenarios = readonly ScenarioRow[];
type LinkTo = (key: string, text: string) => HTMLElement;

const MOST_FAILURES = 60;
const SLOWEST = 8;
/** A cell each, up to this; above it, one for each verdict. */
const MOST_CELLS = 400;

function countsOf(scenarios: Scenarios): (readonly [verdict: string, count: number])[] {
  return VERDICTS.map((verdict) =>
    [
      verdict,
      scenarios.filter(({ outcome }) => outcome === verdict).length,
    ] as const
  ).filter(([, count]) => count > 0);
}

export function runStrip(scenarios: Scenarios): HTMLElement {
  const counts = countsOf(scenarios);
  const label = counts.map(([verdict, count]) => `${count} ${verdict}`).join(", ");
  const strip = make("span", { class: "strip", role: "img", "aria-label": label, title: label });
  if (scenarios.length <= MOST_CELLS) {
    strip.append(...scenarios.map(({ outcome }) => make("i", { class: outcome })));
    return strip;
  }
  strip.append(...counts.map(([verdict, count]) => {
    const part = make("i", { class: verdict });
    part.style.flexGrow = String(count);
    return part;
  }));
  return strip;
}

export function runPage({ run, scenarios, live }: ReportIndex, linkTo: LinkTo): HTMLElement {
  const ended = scenarios.filter(({ outcome }) => hasEnded(outcome));
  const troubled = ended.filter(({ outcome }) => outcome !== "passed" && outcome !== "skipped");
  const slowest = [...ended].sort((a, b) => b.durationNs - a.durationNs).slice(0, SLOWEST);
  const more = troubled.length - MOST_FAILURES;
  const { problems, argv } = run;
  return make(
    "article",
    { class: "overview-page" },
    make("h1", {}, headingOf(troubled.length, live)),
    make(
      "div",
      { class: "counts" },
      ...countsOf(scenarios).map(([verdict, count]) => {
        const number = make("b", {}, count.toLocaleString("en"));
        return make(
          "div",
          { class: verdict },
          number,
          make("span", {}, `${MARKS[verdict]} ${verdict}`),
        );
      }),
    ),
    runningCard(scenarios, linkTo),
    problems.length > 0 && make(
      "section",
      { class: "card problems" },
      make("h2", {}, "Beside the scenarios"),
      make("ul", {}, ...problems.map((problem) => make("li", {}, problem))),
    ),
    ...byReason(troubled.slice(0, MOST_FAILURES), linkTo),
    more > 0 && make("p", { class: "note" }, `and ${countText(more, "scenario")} more in the list`),
    skipsCard(scenarios),
    slowest.length > 0 && make("h2", {}, "Slowest"),
    slowest.length > 0 && make("section", { class: "card" }, found(slowest, linkTo)),
    argv.length > 0 &&
      make("p", { class: "facts" }, make("code", {}, `deno task hil ${argv.join(" ")}`)),
  );
}

function headingOf(troubled: number, live: ReportIndex["live"]): string {
  if (troubled > 0) return "What did not pass";
  if (live?.state === "began") return live.doing ?? "Looking for scenarios";
  return live?.state === "running" ? "Nothing failed so far" : "Nothing failed";
}

/** What runs now, and the step that it is at. */
function runningCard(scenarios: Scenarios, linkTo: LinkTo): HTMLElement | undefined {
  const running = scenarios.filter(({ outcome }) => outcome === "running");
  if (running.length === 0) return undefined;
  return make(
    "section",
    { class: "card now", "aria-label": "Running now" },
    make("h2", {}, "Running now"),
    found(running, linkTo),
  );
}

/** What failed for one reason is together, what most failed for is first. */
function byReason(troubled: Scenarios, linkTo: LinkTo): HTMLElement[] {
  const reasons = [...Map.groupBy(troubled, ({ why = "" }) => why)];
  return reasons.sort(([, a], [, b]) => b.length - a.length).map(([why, some]) =>
    make(
      "section",
      { class: "card" },
      why !== "" && make("h2", { class: "why" }, why),
      some.length > 1 && make("p", { class: "note" }, countText(some.length, "scenario")),
      found(some, linkTo),
    )
  );
}

function found(scenarios: Scenarios, linkTo: LinkTo): HTMLElement {
  const items = scenarios.map(({ key, outcome, name, targets, durationNs, why = "" }) =>
    make(
      "li",
      {},
      verdictBadge(outcome),
      linkTo(key, name),
      make("span", { class: "time" }, durationText(durationNs)),
      make(
        "span",
        { class: "sub" },
        [targets, outcome === "running" && why].filter(Boolean).join(" · "),
      ),
    )
  );
  return make("ul", { class: "found" }, ...items);
}

function skipsCard(scenarios: Scenarios): HTMLElement | undefined {
  const skipped = scenarios.filter(({ outcome }) => outcome === "skipped");
  if (skipped.length === 0) return undefined;
  const reasons = [...Map.groupBy(skipped, ({ why = "no reason was given" }) => why)];
  const items = reasons.map(([why, some]) =>
    make("li", {}, `${countText(some.length, "scenario")}: ${why}`)
  );
  return make(
    "section",
    { class: "card" },
    make("h2", {}, "Skipped"),
    make("ul", {}, ...items),
  );
}
