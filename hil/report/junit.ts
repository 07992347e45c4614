/**
 * The JUnit report, in the dialect that Jenkins, GitLab, Azure, mikepenz/action-junit-report,
 * dorny/test-reporter and EnricoMi/publish-unit-test-result-action all read: one `testsuites`,
 * one flat `testsuite` per scenario file and choice of targets, one `testcase` per scenario
 * however often it was tried (the tries that failed are `flakyFailure` or `rerunFailure`, as
 * Maven's Surefire has them). Times are sums over the tries.
 */
import {
  attribute,
  caseElement,
  caseName,
  type Element,
  isError,
  propertyElement,
  secondsText,
  text,
  type TextLimits,
} from "./_junit_case.ts";
import { isExcused, type RunResult, type ScenarioResult, targetsText, totalNs } from "./result.ts";
import { writeAtomically } from "./atomic.ts";

/** GitLab refuses files past 30 MB. */
const SIZE_LIMIT = 28_000_000;
/** Jenkins keeps 1,000 characters of a good case's output and 100,000 of a failed one's. */
const LIMITS: TextLimits = { failed: 100_000, passed: 10_000 };

/**
 * Writes the report of a run: whole, or not at all.
 *
 * @throws ReportWriteError when the disk refuses
 */
export async function writeJunit(run: RunResult, path: string): Promise<void> {
  await writeAtomically(path, junitXml(run), "JUnit report");
}

/** The report as a string; its texts are cut shorter until it is one that GitLab takes. */
export function junitXml(run: RunResult): string {
  let xml = "";
  for (let share = 1; share > 1e-4; share /= 4) {
    const limits = { failed: LIMITS.failed * share, passed: LIMITS.passed * share };
    xml = `<?xml version="1.0" encoding="UTF-8"?>\n${elementText("testsuites", root(run, limits))}`;
    if (xml.length < SIZE_LIMIT / 3 || byteLength(xml) <= SIZE_LIMIT) break;
  }
  return xml;
}

function byteLength(value: string): number {
  return new TextEncoder().encode(value).length;
}

/**
 * An element whose values are escaped already: a builder that can do more takes three times as long,
 * and its own escaping loses line ends in attributes.
 */
function elementText(name: string, element: Element, indent = ""): string {
  let attributes = "", children = "";
  const inside = `${indent}  `;
  for (const [key, value] of Object.entries(element)) {
    if (key === "#text") return `${indent}<${name}${attributes}>${value}</${name}>\n`;
    if (key.startsWith("@")) attributes += ` ${key.slice(1)}="${value}"`;
    else {
      for (const child of [value].flat()) children += elementText(key, child as Element, inside);
    }
  }
  if (!children) return `${indent}<${name}${attributes}/>\n`;
  return `${indent}<${name}${attributes}>\n${children}${indent}</${name}>\n`;
}

function root(run: RunResult, limits: TextLimits): Element {
  const suites = [...groupBy(run.results, suiteName)].map(([name, results], i) => {
    return suiteElement(run, { name, results, first: i === 0 }, limits);
  });
  return {
    "@name": "hil",
    ...counts(run.results),
    "@time": secondsText(run.durationNs),
    "@timestamp": timestamp(run),
    testsuite: suites,
  };
}

interface Suite {
  readonly name: string;
  readonly results: readonly ScenarioResult[];
  readonly first: boolean;
}

function suiteElement(run: RunResult, suite: Suite, limits: TextLimits): Element {
  const unique = uniqueNames();
  const cases = suite.results.map((result) => {
    const classname = className(result);
    return caseElement(result, { classname, name: unique(caseName(result)) }, limits);
  });
  const problems = suite.first ? run.problems.join("\n") : "";
  return {
    "@name": attribute(suite.name),
    ...counts(suite.results),
    "@time": secondsText(suite.results.reduce((sum, result) => sum + totalNs(result), 0)),
    "@timestamp": timestamp(run),
    "@hostname": attribute(run.bench),
    properties: { property: suiteProperties(run, suite.results).map(propertyElement) },
    testcase: cases,
    ...(problems ? { "system-err": { "#text": text(problems) } } : {}),
  };
}

function counts(results: readonly ScenarioResult[]): Element {
  const count = (test: (result: ScenarioResult) => boolean) => String(results.filter(test).length);
  return {
    "@tests": String(results.length),
    "@failures": count((result) =>
      result.outcome === "failed" && !isError(result) && !isExcused(result)
    ),
    "@errors": count(isError),
    "@skipped": count((result) =>
      result.outcome === "skipped" || result.outcome === "failed" && isExcused(result)
    ),
  };
}

function suiteProperties(run: RunResult, results: readonly ScenarioResult[]): [string, string][] {
  const versions = new Map(results.flatMap((result) => Object.entries(result.versions ?? {})));
  return [
    ["run", run.id],
    ["bench", run.bench],
    ["host", run.host],
    ["seed", String(run.seed)],
    ...commitProperties(run),
    ["command", run.argv.join(" ")],
    ...Object.entries(results[0]?.targets ?? {}).map(([role, target]): [string, string] => [
      `target ${role}`,
      target,
    ]),
    ...[...versions].flatMap(([role, found]) =>
      Object.entries(found).map(([what, value]): [string, string] => [`${role} ${what}`, value])
    ),
  ];
}

function commitProperties({ commit }: RunResult): [string, string][] {
  if (!commit) return [];
  const { hash, branch, dirty } = commit;
  return [
    ["commit", dirty ? `${hash}, with files changed since` : hash],
    ...(branch ? [["branch", branch] as [string, string]] : []),
  ];
}

function suiteName({ file, targets }: ScenarioResult): string {
  const on = targetsText(targets);
  return on ? `${file} [${on}]` : file;
}

/**
 * Role, target and stem of the file: "disk.qemu.cache". Dots make packages in Jenkins, so the
 * parts have none of their own. A folder is not in it; `file` tells namesakes apart.
 */
export function className({ file, targets }: ScenarioResult): string {
  const stem = file.slice(file.lastIndexOf("/") + 1).replace(/(\.scenario)?\.[cm]?[jt]sx?$/, "");
  const roles = Object.entries(targets).sort(([a], [b]) => a < b ? -1 : 1).flat();
  return [...(roles.length > 0 ? roles : ["no-target"]), stem]
    .map((part) => part.replace(/[^\p{L}\p{N}_-]+/gu, "_") || "_").join(".");
}

/** Numbers the second and later namesakes of one suite: GitLab keeps only the first of a name. */
function uniqueNames(): (name: string) => string {
  const used = new Set<string>(), lastNumbers = new Map<string, number>();
  return (name) => {
    let unique = name;
    while (used.has(unique)) {
      const number = (lastNumbers.get(name) ?? 1) + 1;
      lastNumbers.set(name, number);
      unique = `${name} (${number})`;
    }
    used.add(unique);
    return unique;
  };
}

/** UTC, in whole seconds: "2026-11-24T16:24:39Z". */
function timestamp({ startedAt }: RunResult): string {
  const date = new Date(startedAt);
  if (Number.isNaN(date.getTime())) return attribute(startedAt);
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}

function groupBy<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  return Map.groupBy(items, key) as Map<string, T[]>;
}
