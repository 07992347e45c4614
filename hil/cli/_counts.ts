/** How many checks passed, and which did not: from an exit code, or from a JUnit report. */
import { XMLParser } from "fast-xml-parser";

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export const PASSED: Counts = { passed: 1, failed: 0, skipped: 0 };
export const FAILED: Counts = { passed: 0, failed: 1, skipped: 0 };
export const SKIPPED: Counts = { passed: 0, failed: 0, skipped: 1 };

export function sum(counts: readonly Counts[]): Counts {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { passed, failed, skipped } of counts) {
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped;
  }
  return total;
}

/** "12 passed, 0 failed", and what was skipped when something was: the last line of the gate. */
export function countsText({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

/** A case that has one of these did not pass; a flaky one counts as failed, as in `hil`. */
const BAD = ["failure", "error", "flakyFailure", "rerunFailure"];

/**
 * Counts the cases of a JUnit report.
 *
 * @throws TypeError when it is none
 */
export function junitCounts(xml: string): Counts {
  const parser = new XMLParser({
    ...ARRAYS,
    processEntities: false, // Nobody reads the texts, and serial logs are full of entities.
  });
  return sum(casesOf(parser.parse(xml, true)).map(caseCounts));
}

/**
 * The cases of a JUnit report that did not pass: name, and the beginning of what it says.
 *
 * @throws TypeError when it is none
 */
export function junitFailures(xml: string): string[] {
  const parser = new XMLParser({
    ...ARRAYS,
    ignoreAttributes: false,
    attributeNamePrefix: "@",
    processEntities: { enabled: true, maxTotalExpansions: Infinity, maxExpandedLength: Infinity },
  });
  return casesOf(parser.parse(xml, true)).filter(isBad).map((element) => {
    const bad = [BAD.map((name) => element[name]).find((value) => value !== undefined)].flat()[0];
    const message = typeof bad === "object" && bad !== null
      ? (bad as Element)["@message"] ?? (bad as Element)["#text"]
      : bad;
    const lines = [message, typeof bad === "object" ? (bad as Element)["#text"] : ""]
      .filter(Boolean).join("\n").split("\n").filter((line) => line.trim()).slice(0, SHOWN_LINES);
    return [element["@name"], ...lines.map((line) => `  ${line.slice(0, SHOWN_CHARACTERS)}`)]
      .join("\n");
  });
}

const ARRAYS = { isArray: (name: string) => name === "testsuite" || name === "testcase" };
/** Of the message of a case, in a list. */
const SHOWN_LINES = 8;
const SHOWN_CHARACTERS = 200;

interface Element {
  readonly [name: string]: unknown;
}

/** Of all suites, of the suites in them, and so on; an empty element is an empty text. */
function casesOf(document: Element): Element[] {
  if (!("testsuites" in document)) {
    throw new TypeError('Cannot count the cases of a JUnit report: it has no "testsuites"');
  }
  const found: Element[] = [];
  const visit = (suite: unknown) => {
    if (typeof suite !== "object" || suite === null) return;
    const { testsuite = [], testcase = [] } = suite as Record<string, readonly unknown[]>;
    testsuite.forEach(visit);
    found.push(...testcase.map((one) => typeof one === "object" ? one as Element : {}));
  };
  visit(document.testsuites);
  return found;
}

function isBad(element: Element): boolean {
  return BAD.some((name) => name in element);
}

function caseCounts(element: Element): Counts {
  if (isBad(element)) return FAILED;
  return "skipped" in element ? SKIPPED : PASSED;
}
