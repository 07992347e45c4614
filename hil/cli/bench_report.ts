/** The JUnit report of a run that could not begin: CI that shows only JUnit must show this too. */
import type { BenchError } from "../bench/mod.ts";
import { type RunResult, type ScenarioResult, writeJunit } from "../report/mod.ts";
import { hostNow, wallClock } from "../time/mod.ts";

/**
 * Writes a report with one failed case, "(bench)".
 *
 * @param file of the bench, as it is shown
 * @throws ReportWriteError when the disk refuses
 */
export async function writeBenchReport(
  error: BenchError,
  { file, junit, argv }: { file: string; junit: string; argv: readonly string[] },
): Promise<void> {
  const { line = 1 } = error.problems[0] ?? {};
  const failure = { name: error.name, message: error.message, blame: "bench", file, line } as const;
  const attempt = {
    outcome: "failed",
    durationNs: 0,
    failure,
    trace: "",
    attachments: [],
    measurements: [],
    output: "",
  } as const;
  const result: ScenarioResult = {
    id: "(bench)",
    name: "(bench)",
    file,
    line,
    targets: {},
    outcome: "failed",
    attempts: [attempt],
    seed: 0,
    reproduce: ["deno task hil", ...argv.map(shellWord)].join(" "),
  };
  const run: RunResult = {
    id: "none",
    startedAt: wallClock().toISOString(),
    bench: file,
    host: Deno.hostname(),
    seed: 0,
    argv,
    results: [result],
    durationNs: hostNow(),
    problems: [],
    interrupted: false,
    exitCode: 2,
  };
  await writeJunit(run, junit);
}

/** A word as a shell takes it. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
