/**
 * The health of a bench: whether each target is to be had, and whether those that can tell are well.
 * A check is an attempt like one at a scenario: in a worker, with a trace, within a limit, under the
 * lease of what is exclusive. What is dead here is dead on a bench, not a defect of what it tests.
 */
import type { BenchTarget } from "../bench/mod.ts";
import { hostNow } from "../time/mod.ts";
import type { Failure } from "../trace/mod.ts";
import { runAttempt } from "./attempt.ts";
import { tryTakeAll } from "./lease.ts";
import type { RunOptions } from "./options.ts";
import type { TargetFacts } from "./protocol.ts";
import { inFolder } from "./run.ts";
import type { RunState } from "./run_state.ts";
import { Survey } from "./survey.ts";

export interface TargetHealth {
  readonly role: string;
  /** Its name in the bench file, with its argument. */
  readonly target: string;
  /**
   * "well": it said so; "there": it is to be had, and cannot say more; "busy": another run has it;
   * "dead": it is not to be had, or not well; "unasked": everything was to end.
   */
  readonly state: "well" | "there" | "busy" | "dead" | "unasked";
  /** What is dead about it, and what would change that. */
  readonly reason: string;
  readonly remedy: string;
  /** Of the check, relative to the root; "" when it left none. */
  readonly trace: string;
  readonly durationNs: number;
}

export interface HealthOptions {
  /** Absolute folder for the traces of checks. */
  readonly traces: string;
  /** The caller has the leases of the targets. */
  readonly leased?: boolean;
  /** Told each that is known, as it comes. */
  readonly onHealth?: (health: TargetHealth) => void;
}

/** Asks targets one after another. */
export async function checkHealth(
  options: RunOptions,
  targets: readonly BenchTarget[],
  health: HealthOptions,
): Promise<TargetHealth[]> {
  return await inFolder(options, async (run) => {
    const survey = new Survey(run, run.hire());
    const all: TargetHealth[] = [];
    for (const target of targets) {
      const began = hostNow();
      const found = run.stop ? UNASKED : await checkOne(run, survey, { target, ...health });
      const { role, name } = target;
      const nothing = { reason: "", remedy: "", trace: "" };
      const told = { role, target: name, ...nothing, ...found, durationNs: hostNow() - began };
      health.onHealth?.(told);
      all.push(told);
    }
    return all;
  });
}

type Found = Partial<TargetHealth> & Pick<TargetHealth, "state">;

const UNASKED: Found = { state: "unasked" };

async function checkOne(
  run: RunState,
  survey: Survey,
  check: HealthOptions & { readonly target: BenchTarget },
): Promise<Found> {
  const { target, leased = false } = check;
  await survey.verdict(target);
  await survey.prepare([{ targets: { [target.role]: target } }]);
  const verdict = await survey.verdict(target);
  if (run.stop) return UNASKED;
  if ("failure" in verdict) return dead(verdict.failure);
  const { missing, healthNs, exclusive } = verdict.facts;
  if (missing) return { state: "dead", ...missing };
  if (healthNs === undefined) return { state: "there" };
  const leases = leased || exclusive === undefined ? [] : tryTakeAll([exclusive]);
  if (!Array.isArray(leases)) {
    return { state: "busy", reason: `another run has it, with process id ${leases.pid}` };
  }
  try {
    return await ask(run, survey, { ...check, facts: verdict.facts });
  } finally {
    for (const lease of leases) lease.release();
  }
}

/** Of this process: two checks never share a folder. */
let checks = 0;

async function ask(
  run: RunState,
  survey: Survey,
  { target, traces, facts }: HealthOptions & { target: BenchTarget; facts: TargetFacts },
): Promise<Found> {
  const { bench, seed, root } = run.options;
  const number = ++checks;
  if (survey.worker.over) survey.worker = run.hire();
  const { worker } = survey;
  const { trace, outcome, failure } = await runAttempt(run, worker, {
    name: "health",
    assignment: {
      ...{ file: bench.file, index: 0, health: true, seed, bench: bench.name },
      timeoutNs: facts.healthNs!,
      targets: { [target.role]: target },
      versions: { [target.role]: facts.versions },
      traceDir: `${traces}/${slug(`${target.role}-${target.name}`)}-${Deno.pid}-${number}`,
      tempDir: `${run.tempDir}/h${number}`,
      environment: { run: "health", root, attempt: 1 },
    },
  });
  if (outcome === "passed") return { state: "well", trace };
  if (!worker.over) await run.dismiss(worker);
  return outcome === "interrupted" ? UNASKED : { ...dead(failure), trace };
}

function dead(failure: Failure | undefined): Found {
  return {
    state: "dead",
    reason: failure?.message ?? "the check of its health failed and left no message",
    remedy: "look at the board, its cables and its power; the bench file says what it is",
  };
}

function slug(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 60);
}
