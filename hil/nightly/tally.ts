/** Adds up what the scenarios of a night came to, pass by pass. */
import type { PlannedScenario, ScenarioResult } from "../report/mod.ts";
import { cutEnd, isExcused, totalNs } from "../report/mod.ts";
import type { Skip } from "../runner/mod.ts";
import type { NightFailure, NightScenario, NightVerdict } from "./model.ts";

/** One time that a scenario was to run. */
export interface Occasion {
  readonly pass: number;
  readonly id: string;
  readonly repeat?: number;
}

interface Sum {
  readonly planned: PlannedScenario;
  passed: number;
  failed: number;
  flaky: number;
  quarantined: number;
  interrupted: boolean;
  failures: NightFailure[];
  last?: ScenarioResult;
  skip?: Skip;
  bench?: Skip;
  durationNs: number;
}

/** Failures of a scenario whose output is remembered: a night may have thousands. */
const MOST_WHOLE = 20;
const SHORT = 500;

export class Tally {
  readonly #sums = new Map<string, Sum>();
  readonly #struck = new Map<string, Skip>();

  add(pass: number, result: ScenarioResult): void {
    const sum = this.#sum(result);
    sum.durationNs += totalNs(result);
    const struck = this.#struck.get(keyOf({ ...result, pass }));
    if (result.outcome === "passed") {
      sum.passed++;
      sum.last = result;
    } else if (result.outcome === "skipped") {
      if (isBenchSkip(result.skip)) sum.bench ??= result.skip;
      else sum.skip ??= result.skip;
    } else if (result.outcome === "interrupted") sum.interrupted = true;
    else if (struck) sum.bench = evidence(struck, result);
    else {
      sum[countOf(result)]++;
      const whole = sum.failures.length < MOST_WHOLE;
      sum.failures.push({ pass, result: whole ? result : lean(result) });
    }
  }

  /** A failure, of a pass before or of the present one, for which a dead target is to blame. */
  strike(occasion: Occasion, skip: Skip): void {
    this.#struck.set(keyOf(occasion), skip);
    const sum = this.#sums.get(occasion.id);
    const found = sum?.failures.find(({ pass, result }) =>
      keyOf({ ...result, pass }) === keyOf(occasion)
    );
    if (!sum || !found) return;
    sum.failures = sum.failures.filter((failure) => failure !== found);
    sum[countOf(found.result)]--;
    sum.bench = evidence(skip, found.result);
  }

  /** Ids of those that failed or were flaky tonight. */
  troubled(): string[] {
    return [...this.#sums].filter(([, { failures }]) => failures.length > 0).map(([id]) => id);
  }

  scenarios(): NightScenario[] {
    return [...this.#sums.values()].map((sum) => {
      const { planned, passed, failed, flaky, quarantined, failures, last, durationNs } = sum;
      const verdict = verdictOf(sum);
      const skip = sum.bench ?? (verdict === "skipped" ? sum.skip : undefined);
      return {
        ...{ planned, verdict, passed, failed, flaky, quarantined, failures, durationNs },
        ...(last && { last }),
        ...(skip && { skip }),
      };
    });
  }

  #sum(result: ScenarioResult): Sum {
    const known = this.#sums.get(result.id);
    if (known) return known;
    const { id, name, file, line, targets } = result;
    const planned = { id, name, file, line, targets };
    const nothing = { passed: 0, failed: 0, flaky: 0, quarantined: 0, durationNs: 0 };
    const sum = { planned, ...nothing, interrupted: false, failures: [] };
    this.#sums.set(id, sum);
    return sum;
  }
}

const BENCH = "bench: ";

/** A skip for which the bench is to blame. */
export function benchSkip({ reason, remedy }: Skip): Skip {
  return { reason: `${BENCH}${reason}`, remedy };
}

function isBenchSkip(skip: Skip | undefined): boolean {
  return skip?.reason.startsWith(BENCH) ?? false;
}

/** What was seen before anybody knew that the target was dead. */
function evidence({ reason, remedy }: Skip, { attempts }: ScenarioResult): Skip {
  const bad = attempts.find(({ outcome }) => outcome !== "passed");
  if (!bad) return { reason, remedy };
  const [first] = (bad.failure?.message ?? "it failed").split("\n");
  const trace = bad.trace ? ` (trace: ${bad.trace})` : "";
  return { reason: `${reason}\nbefore that was known: ${first}${trace}`, remedy };
}

/** Without what the recording has. */
function lean(result: ScenarioResult): ScenarioResult {
  const attempts = result.attempts.map((attempt) => {
    const { failure } = attempt;
    const short = failure &&
      { ...failure, message: cutEnd(failure.message, SHORT), stack: undefined };
    return { ...attempt, failure: short, output: "", measurements: [], attachments: [] };
  });
  return { ...result, attempts };
}

/** Of a result that did not pass. */
function countOf(result: ScenarioResult): "failed" | "flaky" | "quarantined" {
  if (isExcused(result)) return "quarantined";
  return result.outcome === "flaky" ? "flaky" : "failed";
}

function verdictOf(
  { passed, failed, flaky, quarantined, interrupted, bench }: Sum,
): NightVerdict {
  if (failed > 0) return "failed";
  if (flaky > 0) return "flaky";
  if (quarantined > 0) return "quarantined";
  if (passed > 0) return "passed";
  return bench ? "bench" : interrupted ? "interrupted" : "skipped";
}

function keyOf({ pass, id, repeat = 1 }: Occasion): string {
  return `${pass} ${repeat} ${id}`;
}
