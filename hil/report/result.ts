/**
 * What the runner tells reporters: a plan, live events, and at last the whole run. All paths are
 * relative to the repository root, with `/`.
 */
import type { Quarantined } from "../history/mod.ts";
import type { Failure, MeasureEvent, Outcome } from "../trace/mod.ts";

/** A file that a scenario left. */
export interface Attachment {
  readonly path: string;
  readonly title: string;
  /** Text for the terminal too. */
  readonly print?: true;
}

/** One time that a scenario ran. */
export interface Attempt {
  readonly outcome: Outcome;
  readonly durationNs: number;
  /** Must be there unless `outcome` is "passed" or "skipped". */
  readonly failure?: Failure;
  readonly trace: string;
  /** The command that replays its trace up to its failure; left out when there is none. */
  readonly replay?: string;
  readonly attachments: readonly Attachment[];
  readonly measurements: readonly MeasureEvent[];
  /** What the scenario logged, and the last lines of its channels. */
  readonly output: string;
}

/** What a reporter must know of a scenario before it ran. */
export interface PlannedScenario {
  /** Stable over runs: names the scenario and its targets. */
  readonly id: string;
  /** "(file)" for what went wrong before a file's scenarios were known. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  /** Role to target: `{ board: "sim" }`. */
  readonly targets: Readonly<Record<string, string>>;
  /** From 1, with `--repeat`. */
  readonly repeat?: number;
}

/** How a scenario ended over all its attempts; "flaky": a retry passed. */
export type Verdict = Outcome | "flaky";

export interface ScenarioResult extends PlannedScenario {
  readonly outcome: Verdict;
  /** In order; none for a scenario that was skipped before it began. */
  readonly attempts: readonly Attempt[];
  readonly skip?: { readonly reason: string; readonly remedy: string };
  readonly seed: number;
  /** The command that runs it again in the same way. */
  readonly reproduce: string;
  /** Role to what was found out of its target: `{ board: { uboot: "2024.01" } }`. */
  readonly versions?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** When it failed or was flaky, and the project's quarantine knows of it. */
  readonly quarantine?: Quarantined;
}

/** Whether a result failed and fails the run nevertheless not: it is in quarantine. */
export function isExcused({ quarantine }: Pick<ScenarioResult, "quarantine">): boolean {
  return quarantine !== undefined && !quarantine.expired;
}

/** What the files of a project were when a run began, as git tells. */
export interface Commit {
  /** In full. */
  readonly hash: string;
  /** Left out when none is checked out. */
  readonly branch?: string;
  /** Files had been changed, or added, since. */
  readonly dirty: boolean;
}

export interface RunPlan {
  readonly id: string;
  readonly bench: string;
  readonly seed: number;
  readonly jobs: number;
  readonly scenarios: readonly PlannedScenario[];
}

export interface RunResult {
  readonly id: string;
  /** Calendar time, ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly bench: string;
  readonly host: string;
  readonly seed: number;
  readonly argv: readonly string[];
  /** Left out without git, or when the project is not in its hands. */
  readonly commit?: Commit;
  readonly results: readonly ScenarioResult[];
  readonly durationNs: number;
  /** What went wrong beside the scenarios: a report not written, a history not to be had. */
  readonly problems: readonly string[];
  readonly interrupted: boolean;
  readonly exitCode: number;
}

/** Follows a run. Methods must not throw: a reporter is no reason for a run to fail. */
export interface Reporter {
  onBegin(plan: RunPlan): void;
  /**
   * @param attempt from 1
   * @param trace where its trace will be; it is written as things happen
   */
  onStart(scenario: PlannedScenario, attempt: number, trace: string): void;
  /** The step that runs now: "boot the kernel › wait for the prompt". */
  onStep(scenario: PlannedScenario, name: string): void;
  onResult(result: ScenarioResult): void;
  /** What the harness is at between scenarios: "building the guest kernel". */
  onProgress(text: string): void;
  onEnd(run: RunResult): void | Promise<void>;
}

/** The verdict over attempts, the last of which decides. */
export function verdictOf(attempts: readonly Pick<Attempt, "outcome">[]): Verdict {
  const last = attempts.at(-1)?.outcome ?? "skipped";
  const troubled = attempts.some(({ outcome }) => outcome === "failed");
  return last === "passed" && troubled ? "flaky" : last;
}

/** How long a scenario kept its targets busy: the sum of its attempts. */
export function totalNs(result: Pick<ScenarioResult, "attempts">): number {
  return result.attempts.reduce((sum, attempt) => sum + attempt.durationNs, 0);
}

/** How many results ended in each way. */
export function countVerdicts(results: readonly ScenarioResult[]): Record<Verdict, number> {
  const counts = { passed: 0, failed: 0, skipped: 0, flaky: 0, interrupted: 0 };
  for (const { outcome } of results) counts[outcome]++;
  return counts;
}

/** Targets by role, in order of roles: "disk=qemu, net=lab"; "" when there are none. */
export function targetsText(targets: Readonly<Record<string, string>>): string {
  return Object.entries(targets).sort(([a], [b]) => a < b ? -1 : 1)
    .map(([role, target]) => `${role}=${target}`).join(", ");
}

/** What names a scenario on its targets in each run: "a.scenario.ts#a name [board=sim]". */
export function idOf(
  { file, name, targets }: Pick<PlannedScenario, "file" | "name" | "targets">,
): string {
  const on = targetsText(targets);
  return `${file}#${name}${on ? ` [${on}]` : ""}`;
}

/** The failure of an attempt, or what can be said when it left none. */
export function failureOf(attempt: Attempt | undefined): Failure {
  return attempt?.failure ?? {
    name: "Error",
    message: attempt?.outcome === "interrupted"
      ? "the scenario was interrupted before it had an outcome"
      : "the scenario failed and left no message; see its trace",
    blame: "harness",
  };
}
