/** The closing words of a run on a console. */
import { quarantineText } from "../history/mod.ts";
import { formatNs } from "../time/mod.ts";
import type { Failure } from "../trace/mod.ts";
import { shownLine, shownLines, type Style } from "./_style.ts";
import {
  type Attempt,
  countVerdicts,
  failureOf,
  isExcused,
  type RunResult,
  type ScenarioResult,
  targetsText,
  totalNs,
  type Verdict,
} from "./result.ts";

const SLOWEST = 5;
/** Names that a group of skipped scenarios lists. */
const NAMES = 5;

/** Paths of reports, for the last lines. */
export interface Reports {
  readonly junit?: string;
  readonly html?: string;
}

/** How the problem begins that a report could not be written; the page comes after the result. */
const UNWRITTEN = {
  junit: /^Cannot write the JUnit report /,
  html: /^Cannot write the (HTML report|result of the run) /,
};

/** Those of this run: in the place of one that could not be written there may be an older one. */
export function writtenReports(reports: Reports, problems: readonly string[]): Reports {
  const names = (["junit", "html"] as const).filter((name) =>
    reports[name] !== undefined && !problems.some((text) => UNWRITTEN[name].test(text))
  );
  return Object.fromEntries(names.map((name) => [name, reports[name]]));
}

/** The parts of a summary, each a block of lines; empty ones are left out. */
export function summaryBlocks(run: RunResult, style: Style, reports: Reports): string[][] {
  const { results } = run;
  return [
    ...failureBlocks(results, "failed", style),
    ...failureBlocks(results, "interrupted", style),
    flakyBlock(results, style),
    skippedBlock(results, style),
    slowestBlock(results, style),
    run.problems.length > 0
      ? [style.bold("Problems"), ...run.problems.flatMap((text) => indented(shownLines(text)))]
      : [],
    closingBlock(run, style, reports),
  ].filter((block) => block.length > 0);
}

/** "a press toggles the LED [board=sim] (repeat 2)". */
export function titleOf(
  { name, targets, repeat }: Pick<ScenarioResult, "name" | "targets" | "repeat">,
): string {
  const on = targetsText(targets);
  const repeated = repeat === undefined ? "" : ` (repeat ${repeat})`;
  return shownLine(`${name}${on ? ` [${on}]` : ""}${repeated}`);
}

/** A duration to about three digits: nobody reads the microseconds of a minute. */
export function roughly(amountNs: number): string {
  if (amountNs <= 0) return "0 s";
  if (amountNs >= 60e9) {
    const total = Math.round(amountNs / 1e9);
    return `${Math.floor(total / 60)} min ${total % 60} s`;
  }
  const unit = 10 ** (Math.floor(Math.log10(amountNs)) - 2);
  return formatNs(unit > 1 ? Math.round(amountNs / unit) * unit : Math.round(amountNs));
}

function failureBlocks(
  results: readonly ScenarioResult[],
  verdict: Verdict,
  style: Style,
): string[][] {
  return results.filter(({ outcome }) => outcome === verdict).map((result) => {
    const { attempts } = result;
    const bad = attempts.filter(({ outcome }) => outcome !== "passed");
    const head = isExcused(result)
      ? style.verdict.flaky("FAILED, IN QUARANTINE")
      : style.verdict[verdict](verdict.toUpperCase());
    return [
      `${head} ${style.bold(titleOf(result))}`,
      ...quarantineLines(result),
      ...(bad.length > 0 ? bad : [undefined]).flatMap((attempt) => {
        const number = attempt && attempts.length > 1
          ? [style.dim(`  attempt ${attempts.indexOf(attempt) + 1} of ${attempts.length}:`)]
          : [];
        return [...number, ...indented(failureLines(result, attempt, style))];
      }),
      `  ${style.dim("reproduce:")} ${shownLine(result.reproduce)}`,
    ];
  });
}

function quarantineLines({ quarantine }: ScenarioResult): string[] {
  return quarantine ? [`  ${shownLine(quarantineText(quarantine))}`] : [];
}

function failureLines(
  result: ScenarioResult,
  attempt: Attempt | undefined,
  style: Style,
): string[] {
  const { message, running, blame, ...failure }: Failure = failureOf(attempt);
  const { file = result.file, line = result.line } = failure;
  return [
    ...shownLines(message),
    `${style.dim("at:")} ${shownLine(file)}:${line}`,
    ...(running?.length ? [`${style.dim("running:")} ${shownLine(running.join(" › "))}`] : []),
    ...(blame === "product" || !attempt?.failure
      ? []
      : [`${style.dim("likely to blame:")} the ${blame}`]),
    ...(attempt?.trace ? [`${style.dim("trace:")} ${shownLine(attempt.trace)}`] : []),
    ...(attempt?.replay ? [`${style.dim("replay:")} ${shownLine(attempt.replay)}`] : []),
  ];
}

function flakyBlock(results: readonly ScenarioResult[], style: Style): string[] {
  const lines = results.filter(({ outcome }) => outcome === "flaky").flatMap((result) => {
    const bad = result.attempts.filter(({ outcome }) => outcome !== "passed");
    const first = bad[0];
    return [
      `${titleOf(result)}: failed ${bad.length} of ${result.attempts.length} times`,
      ...quarantineLines(result),
      `  ${shownLines(failureOf(first).message)[0]}`,
      ...(first?.trace ? [`  ${style.dim("trace:")} ${shownLine(first.trace)}`] : []),
      `  ${style.dim("reproduce:")} ${shownLine(result.reproduce)}`,
    ];
  });
  return lines.length > 0 ? [style.verdict.flaky("Flaky"), ...indented(lines)] : [];
}

function skippedBlock(results: readonly ScenarioResult[], style: Style): string[] {
  const skipped = results.filter(({ outcome }) => outcome === "skipped");
  const groups = Map.groupBy(skipped, ({ skip }) => {
    return skip ? `${shownLine(skip.reason)}\n${shownLine(skip.remedy)}` : "no reason was given\n";
  });
  const lines = [...groups].flatMap(([why, group]) => {
    const [reason, remedy] = why.split("\n");
    const more = group.length > NAMES ? [`  … and ${group.length - NAMES} more`] : [];
    return [
      `${group.length} because ${reason}`,
      ...(remedy ? [`  ${style.dim("remedy:")} ${remedy}`] : []),
      ...group.slice(0, NAMES).map((result) => `  ${titleOf(result)}`),
      ...more,
    ];
  });
  return lines.length > 0 ? [style.verdict.skipped("Skipped"), ...indented(lines)] : [];
}

function slowestBlock(results: readonly ScenarioResult[], style: Style): string[] {
  const slowest = results.filter((result) => totalNs(result) > 0)
    .sort((a, b) => totalNs(b) - totalNs(a)).slice(0, SLOWEST);
  // Among a few, everybody sees which one was slow.
  if (results.length <= SLOWEST) return [];
  const lines = slowest.map((result) => `${roughly(totalNs(result))}  ${titleOf(result)}`);
  return lines.length > 0 ? [style.bold("Slowest"), ...indented(lines)] : [];
}

function closingBlock(run: RunResult, style: Style, reports: Reports): string[] {
  const { junit, html } = writtenReports(reports, run.problems);
  const counts = Object.entries(countVerdicts(run.results)) as [Verdict, number][];
  const parts = counts.filter(([, count]) => count > 0)
    .map(([verdict, count]) => style.verdict[verdict](`${count} ${verdict}`));
  const excused = run.results.filter(isExcused).length;
  if (excused > 0) parts.push(style.dim(`${excused} of these in quarantine`));
  const outcome = parts.length > 0 ? parts.join(", ") : "no scenarios";
  const end = run.interrupted ? `, ${style.verdict.interrupted("interrupted")}` : "";
  return [
    `${outcome} in ${roughly(run.durationNs)}${end} ${style.dim(`(seed ${run.seed})`)}`,
    ...(junit ? [`${style.dim("report:")} ${junit}`] : []),
    ...(html ? [`${style.dim("to look at:")} ${html}`] : []),
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => line ? `  ${line}` : line);
}
