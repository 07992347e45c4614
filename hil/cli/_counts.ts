/** How many checks passed: from an exit code, or from a JUnit report. */
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
    isArray: (name) => name === "testsuite" || name === "testcase",
    processEntities: false, // Nobody reads the texts, and serial logs are full of entities.
  });
  const document = parser.parse(xml, true) as Element;
  if (!("testsuites" in document)) {
    throw new TypeError('Cannot count the cases of a JUnit report: it has no "testsuites"');
  }
  return suiteCounts(document.testsuites as Element | "");
}

interface Element {
  readonly [name: string]: unknown;
}

/** Of a suite, of the suites in it, and so on; an empty element is an empty text. */
function suiteCounts(suite: Element | ""): Counts {
  if (typeof suite !== "object") return { passed: 0, failed: 0, skipped: 0 };
  const suites = (suite.testsuite ?? []) as readonly (Element | "")[];
  const cases = (suite.testcase ?? []) as readonly (Element | "")[];
  return sum([...suites.map(suiteCounts), ...cases.map(caseCounts)]);
}

function caseCounts(element: Element | ""): Counts {
  if (typeof element !== "object") return PASSED;
  if (BAD.some((name) => name in element)) return FAILED;
  return "skipped" in element ? SKIPPED : PASSED;
}
