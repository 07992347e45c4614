/** What a run of one scenario says of a mutation, read from the run's JUnit report. */
import { XMLParser } from "fast-xml-parser";

export type Verdict =
  /** The scenario failed, and blames the guest. */
  | { readonly type: "killed"; readonly why: string }
  /** The scenario passed on the broken guest. */
  | { readonly type: "survived" }
  /** Nothing can be said: no such scenario, no QEMU, a guest that did not build. */
  | { readonly type: "void"; readonly why: string };

interface Case {
  readonly name: string;
  readonly failure?: Problem | readonly Problem[];
  readonly error?: Problem | readonly Problem[];
  readonly skipped?: Problem | string;
}

interface Problem {
  readonly message?: string;
}

/**
 * Judges by the first case of that name. An `error` blames the bench or the harness, so that it
 * kills nothing.
 */
export function verdictOf(junit: string, scenario: string): Verdict {
  const cases = casesOf(junit);
  const found = cases.find(({ name }) => name === scenario);
  if (!found) {
    const other = cases.map(({ name, error }) => `${name}: ${messageOf(error)}`).join("; ");
    return { type: "void", why: `no scenario of that name ran${other && ` (${other})`}` };
  }
  if (found.failure !== undefined) return { type: "killed", why: messageOf(found.failure) };
  if (found.error !== undefined) return { type: "void", why: messageOf(found.error) };
  if (found.skipped !== undefined) return { type: "void", why: messageOf(found.skipped) };
  return { type: "survived" };
}

function casesOf(junit: string): Case[] {
  const parser = new XMLParser({
    ignoreAttributes: false,
    attributeNamePrefix: "",
    isArray: (name) => name === "testsuite" || name === "testcase",
  });
  const suites: readonly { readonly testcase?: Case[] }[] =
    parser.parse(junit).testsuites?.testsuite ?? [];
  return suites.flatMap(({ testcase = [] }) => testcase);
}

/** The first line of a problem's message. */
function messageOf(problem: Problem | string | readonly Problem[] | undefined): string {
  const one = Array.isArray(problem) ? problem[0] : problem;
  const text = typeof one === "string" ? one : one?.message ?? "";
  return text.split(/\r?\n|&#10;/, 1)[0]!;
}
