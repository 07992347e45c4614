/**
 * What `hil --quiet` prints, as compilers do: for each scenario that did not pass a line
 * `FILE:LINE: error: TITLE: MESSAGE` that editors jump by, and a line at the end.
 */
import { quarantineText } from "../history/mod.ts";
import { shownLine, shownLines } from "./_style.ts";
import { roughly, titleOf } from "./_summary.ts";
import {
  countVerdicts,
  failureOf,
  isExcused,
  type Reporter,
  type RunResult,
  type ScenarioResult,
} from "./result.ts";

export class QuietReporter implements Reporter {
  /** @param write takes whole lines; what it throws ends the output, not the run */
  constructor(private readonly write: (line: string) => void) {}

  onBegin(): void {}
  onStart(): void {}
  onStep(): void {}
  onProgress(): void {}

  onResult(result: ScenarioResult): void {
    if (result.outcome === "passed" || result.outcome === "skipped") return;
    const bad = result.attempts.find(({ outcome }) => outcome !== "passed");
    const failure = failureOf(bad);
    const { file = result.file, line = result.line } = failure;
    const level = result.outcome === "flaky" || isExcused(result) ? "warning" : "error";
    const known = result.quarantine ? `${shownLine(quarantineText(result.quarantine))}: ` : "";
    const message = known + shownLines(failure.message)[0];
    this.write(`${shownLine(file)}:${line}: ${level}: ${titleOf(result)}: ${message}`);
  }

  onEnd(run: RunResult): void {
    for (const problem of run.problems) this.write(`hil: warning: ${shownLine(problem)}`);
    const counts = Object.entries(countVerdicts(run.results)).filter(([, count]) => count > 0)
      .map(([verdict, count]) => `${count} ${verdict}`).join(", ");
    const end = run.interrupted ? ", interrupted" : "";
    this.write(
      `${counts || "no scenarios"} in ${roughly(run.durationNs)}${end} (seed ${run.seed})`,
    );
  }
}
