/** The summary of a night as a structure; Markdown, HTML and text are ways to write it down. */
import {
  type Attempt,
  failureOf,
  oneLine,
  plainText,
  type ScenarioResult,
  targetsText,
} from "../report/mod.ts";
import { quarantineText } from "../history/mod.ts";
import {
  countNight,
  type NightPass,
  type NightResult,
  type NightScenario,
  type NightVerdict,
} from "./model.ts";
import { countsText, healthText, lengthText, many } from "./phrases.ts";

export interface Summary {
  /** "2 of 312 failed", "board=bbb is dead". */
  readonly headline: string;
  /** "bad": of the product; "bench"; "good"; "none": nothing ran or it was ended. */
  readonly mood: "bad" | "bench" | "good" | "none";
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly sections: readonly Section[];
  readonly passes: readonly (readonly string[])[];
}

export interface Section {
  readonly title: string;
  readonly items: readonly Item[];
}

export interface Item {
  readonly title: string;
  readonly lines: readonly string[];
  /** What a board, or a tool, has said. */
  readonly said?: string;
  /** To be typed. */
  readonly command?: string;
  /** Files relative to the root, or absolute. */
  readonly files: readonly string[];
}

/** Names and failures that a list shows before it says how many more there are. */
const MOST_NAMES = 20;
const MOST_SEEDS = 10;
const MOST_SAID = 2000;
const MOST_PASSES = 40;

export const PASS_COLUMNS = [
  "pass",
  "of",
  "seed",
  "passed",
  "failed",
  "flaky",
  "skipped",
  "took",
] as const;

export function summaryOf(night: NightResult): Summary {
  const { scenarios, passes } = night;
  const of = (...verdicts: NightVerdict[]) =>
    scenarios.filter(({ verdict }) => verdicts.includes(verdict));
  const sections: Section[] = [
    { title: "Failed", items: of("failed").map(failureItem) },
    { title: "Flaky", items: of("flaky").map(failureItem) },
    { title: "In quarantine", items: of("quarantined").map(failureItem) },
    { title: "Dead targets", items: deadItems(night) },
    { title: "Not run: bench", items: skipItems(of("bench")) },
    { title: "Skipped", items: skipItems(of("skipped", "interrupted")) },
    {
      title: "Problems",
      items: night.problems.map((text) => ({ title: oneLine(text), lines: [], files: [] })),
    },
  ];
  return {
    ...{ headline: headlineOf(night), mood: moodOf(night), facts: factsOf(night) },
    sections: sections.filter(({ items }) => items.length > 0),
    passes: passRows(passes),
  };
}

/** The first and the last, of a night that has many. */
function passRows(passes: readonly NightPass[]): (readonly string[])[] {
  const rows = passes.map((pass) => [
    ...[String(pass.number), pass.kind, String(pass.seed)],
    ...[pass.passed, pass.failed, pass.flaky, pass.skipped].map(String),
    lengthText(pass.durationNs),
  ]);
  if (rows.length <= MOST_PASSES) return rows;
  const half = MOST_PASSES / 2;
  return [...rows.slice(0, half), PASS_COLUMNS.map(() => "…"), ...rows.slice(-half)];
}

/** One line of ASCII: "[hil] lab: 2 failed, 310 passed (night 20261125-220000)". */
export function subjectOf(night: NightResult): string {
  const counts = countsText(countNight(night.scenarios));
  const end = night.interrupted ? ", interrupted" : "";
  return `[hil] ${night.bench}: ${counts}${end} (night ${night.id})`.replace(/[^ -~]/g, "?");
}

function moodOf({ exitCode }: NightResult): Summary["mood"] {
  if (exitCode === 0) return "good";
  return exitCode === 1 ? "bad" : exitCode === 4 ? "bench" : "none";
}

function headlineOf(night: NightResult): string {
  const { scenarios, interrupted } = night;
  const { failed, flaky, passed, quarantined, bench, skipped } = countNight(scenarios);
  const dead = deadTargets(night);
  const parts = [
    ...(failed > 0 ? [`${failed} of ${many(scenarios.length, "scenario")} failed`] : []),
    ...(flaky > 0 ? [`${flaky} flaky`] : []),
    ...(dead.length > 0 ? [`the bench: ${dead.join(", ")} dead, ${bench} not run`] : []),
    ...(interrupted ? ["interrupted"] : []),
  ];
  if (parts.length > 0) return parts.join("; ");
  if (quarantined > 0) return `${passed} passed, ${quarantined} in quarantine`;
  if (passed > 0 && skipped > 0) return `${passed} passed, ${skipped} did not run`;
  if (passed === 1) return "1 scenario passed";
  return passed > 0 ? `all ${passed} scenarios passed` : "nothing ran";
}

/** Targets that were dead when they were last asked, or once. */
function deadTargets({ health }: NightResult): string[] {
  const dead = health.filter(({ state }) => state === "dead");
  return [...new Set(dead.map(({ role, target }) => `${role}=${target}`))];
}

function factsOf(night: NightResult): [string, string][] {
  const { bench, host, seed, passes, scenarios, durationNs, budgetNs, startedAt, argv } = night;
  const ran = passes.reduce((sum, each) => sum + each.passed + each.failed + each.flaky, 0);
  return [
    ["bench", `${bench} on ${host}`],
    ["began", startedAt],
    ["took", `${lengthText(durationNs)} of ${lengthText(budgetNs)}`],
    ["scenarios", countsText(countNight(scenarios))],
    ["runs", `${ran} in ${many(passes.length, "pass").replace(/passs$/, "passes")}`],
    ["seed", String(seed)],
    ["command", ["deno task nightly", ...argv].join(" ")],
    ["exit code", String(night.exitCode)],
  ];
}

function failureItem(scenario: NightScenario): Item {
  const { failures, passed, failed, flaky, quarantined } = scenario;
  const shown = failures.slice(0, MOST_SEEDS);
  const first = shown[0]!.result;
  const bad = first.attempts.find(({ outcome }) => outcome !== "passed");
  const { blame } = failureOf(bad);
  const times = failed > 0
    ? `failed ${failed}`
    : flaky > 0
    ? `was flaky ${flaky}`
    : `did not pass ${quarantined}`;
  const seeds = shown.map(({ result }) => result.seed).join(", ");
  const more = failures.length > shown.length ? ", …" : "";
  return {
    title: titleOf(scenario),
    lines: [
      `${times} of ${
        passed + failed + flaky + quarantined
      } times; seeds that did not pass: ${seeds}${more}`,
      `at ${placeOf(first, bad)}`,
      ...(first.quarantine ? [quarantineText(first.quarantine)] : []),
      ...(bad?.failure && blame !== "product" ? [`likely to blame: the ${blame}`] : []),
    ],
    said: saidOf(failureOf(bad).message),
    command: first.reproduce,
    files: shown.flatMap(({ result }) => result.attempts)
      .filter(({ outcome, trace }) => outcome !== "passed" && trace).map(({ trace }) => trace),
  };
}

function placeOf({ file, line }: ScenarioResult, attempt: Attempt | undefined): string {
  const failure = attempt?.failure;
  return `${failure?.file ?? file}:${failure?.line ?? line}`;
}

function deadItems({ health }: NightResult): Item[] {
  const dead = health.filter(({ state }) => state === "dead");
  const groups = Map.groupBy(dead, ({ role, target }) => `${role}=${target}`);
  return [...groups].map(([key, checks]) => {
    const [first] = checks, last = checks.at(-1)!;
    const later = health.filter((each) => `${each.role}=${each.target}` === key).at(-1)!;
    return {
      title: healthText(first!),
      lines: [
        first!.pass === 0 ? "dead before the first pass" : `dead in pass ${first!.pass}`,
        ...(later.state !== "dead" ? [`later: ${healthText(later)}`] : []),
        last.remedy,
      ],
      // One line is in the title.
      ...(last.reason.trim().includes("\n") && { said: saidOf(last.reason) }),
      files: checks.filter(({ trace }) => trace).slice(0, 1).map(({ trace }) => trace),
    };
  });
}

/** Grouped by why. */
function skipItems(scenarios: readonly NightScenario[]): Item[] {
  const groups = Map.groupBy(scenarios, ({ skip }) => {
    if (!skip) return "the night was interrupted meanwhile\n";
    return `${plainText(skip.reason).split("\n")[0]}\n${oneLine(skip.remedy)}`;
  });
  return [...groups].map(([why, group]) => {
    const [reason, remedy] = why.split("\n");
    const evidence = group.map(({ skip }) =>
      plainText(skip?.reason ?? "").split("\n").slice(1).map(oneLine)
    );
    // What is said of all is no news of one.
    const isShared = (line: string) =>
      group.length > 1 && evidence.every((lines) => lines.includes(line));
    const names = group.slice(0, MOST_NAMES).map((scenario, i) =>
      [titleOf(scenario), ...evidence[i]!.filter((line) => !isShared(line))].join("; ")
    );
    const more = group.length > MOST_NAMES ? [`… and ${group.length - MOST_NAMES} more`] : [];
    return {
      title: `${many(group.length, "scenario")} because ${reason}`,
      lines: [...(remedy ? [`remedy: ${remedy}`] : []), ...names, ...more],
      files: [],
    };
  });
}

export function titleOf({ planned: { name, targets } }: Pick<NightScenario, "planned">): string {
  const on = targetsText(targets);
  return oneLine(on ? `${name} [${on}]` : name);
}

function saidOf(text: string): string {
  const plain = plainText(text).trim();
  return plain.length > MOST_SAID ? `${plain.slice(0, MOST_SAID)}\n…` : plain;
}
