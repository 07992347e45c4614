/** A night: what it was asked, what it did, and what it came to. Saved as `night.json`. */
import type { PlannedScenario, ScenarioResult } from "../report/mod.ts";
import type { Skip, TargetHealth } from "../runner/mod.ts";

/**
 * How a scenario came out of a night. "failed": with a seed at least; "flaky": a retry with the same
 * seed passed; "quarantined": so it was, and the project's quarantine excuses it; "bench": a target of
 * it was dead; "skipped": this bench cannot, or time was over.
 */
export type NightVerdict =
  | "passed"
  | "failed"
  | "flaky"
  | "quarantined"
  | "bench"
  | "skipped"
  | "interrupted";

/** One time that a scenario did not pass. */
export interface NightFailure {
  /** From 1. */
  readonly pass: number;
  /** With the paths of what is kept. */
  readonly result: ScenarioResult;
}

export interface NightScenario {
  readonly planned: PlannedScenario;
  readonly verdict: NightVerdict;
  /** How often it came to an end, and how. */
  readonly passed: number;
  readonly failed: number;
  readonly flaky: number;
  /** Failed or flaky, and excused. */
  readonly quarantined: number;
  /** In order; those that a dead target is to blame for are not among them. */
  readonly failures: readonly NightFailure[];
  /** The one that passed last. */
  readonly last?: ScenarioResult;
  /** Why it did not run, or what the bench is to blame for. */
  readonly skip?: Skip;
  readonly durationNs: number;
}

export interface NightPass {
  /** From 1. */
  readonly number: number;
  /** "troubled": those that failed or were flaky, each with several seeds. */
  readonly kind: "all" | "troubled";
  readonly seed: number;
  readonly passed: number;
  readonly failed: number;
  readonly flaky: number;
  /** Not begun: dead targets, no time left, nothing to run on. */
  readonly skipped: number;
  readonly durationNs: number;
}

/** What a target said, and before which pass (0: before the night). */
export interface NightHealth extends TargetHealth {
  readonly pass: number;
}

export interface NightResult {
  readonly version: 1;
  /** "20261125-220000": sorts by time. */
  readonly id: string;
  /** Calendar time, ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly bench: string;
  readonly host: string;
  readonly seed: number;
  readonly argv: readonly string[];
  readonly budgetNs: number;
  readonly durationNs: number;
  readonly interrupted: boolean;
  readonly passes: readonly NightPass[];
  readonly health: readonly NightHealth[];
  readonly scenarios: readonly NightScenario[];
  /** What went wrong beside the scenarios: a pruning, a report, a file. */
  readonly problems: readonly string[];
  readonly exitCode: number;
}

/** What exit codes mean; scripts and CI rely on them. */
export const NIGHT_EXIT_CODES = {
  passed: 0,
  failed: 1,
  usage: 2,
  nothing: 3,
  bench: 4,
  busy: 5,
  interrupted: 130,
} as const;

/** The exit code of a night: a failure of the product is news before a dead board is. */
export function nightExitCode(
  { scenarios, health, interrupted, broken }:
    & Pick<NightResult, "scenarios" | "health" | "interrupted">
    & { readonly broken: boolean },
): number {
  const some = (...verdicts: NightVerdict[]) =>
    scenarios.some(({ verdict }) => verdicts.includes(verdict));
  if (interrupted) return NIGHT_EXIT_CODES.interrupted;
  if (broken || some("failed", "flaky", "interrupted")) return NIGHT_EXIT_CODES.failed;
  if (some("bench") || health.some(({ state }) => state === "dead")) return NIGHT_EXIT_CODES.bench;
  return some("passed", "quarantined") ? NIGHT_EXIT_CODES.passed : NIGHT_EXIT_CODES.nothing;
}

/** How many scenarios came out in each way. */
export function countNight(scenarios: readonly NightScenario[]): Record<NightVerdict, number> {
  const nothing = { passed: 0, failed: 0, flaky: 0, quarantined: 0 };
  const counts = { ...nothing, bench: 0, skipped: 0, interrupted: 0 };
  for (const { verdict } of scenarios) counts[verdict]++;
  return counts;
}
