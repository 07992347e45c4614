/**
 * A night as one run, for the JUnit report: a case for each scenario, with its failures over all
 * seeds, and a case for each target that was asked how it is. What a dead target kept from running
 * is skipped, with the evidence; the target itself is an error with the bench to blame.
 */
import { type Attempt, isExcused, type RunResult, type ScenarioResult } from "../report/mod.ts";
import type { NightHealth, NightResult, NightScenario } from "./model.ts";

/** Tries of one scenario that a report holds: readers show few, and GitLab takes 30 MB. */
const MOST_ATTEMPTS = 10;

export function nightAsRun(night: NightResult, benchFile: string): RunResult {
  const { id, startedAt, bench, host, seed, argv, durationNs, problems, interrupted } = night;
  return {
    ...{ id, startedAt, bench, host, seed, durationNs, problems, interrupted },
    argv: ["nightly", ...argv],
    exitCode: night.exitCode,
    results: [
      ...night.scenarios.map((scenario) => scenarioAsResult(night, scenario)),
      ...healthCases(night, benchFile),
    ],
  };
}

function scenarioAsResult(night: NightResult, scenario: NightScenario): ScenarioResult {
  const { planned, verdict, failures, last, skip } = scenario;
  const results = failures.map(({ result }) => result);
  const story = results.find((result) => !isExcused(result)) ?? results[0] ?? last;
  const { seed, reproduce, versions, quarantine } = story ?? { seed: night.seed, reproduce: "" };
  const base = {
    ...{ ...planned, seed, reproduce },
    ...(versions && { versions }),
    ...(quarantine && { quarantine }),
  };
  if (verdict === "bench" || verdict === "skipped") {
    return { ...base, outcome: "skipped", attempts: [], ...(skip && { skip }) };
  }
  const outcome = verdict === "quarantined" ? story!.outcome : verdict;
  return { ...base, outcome, attempts: attemptsOf(scenario, outcome) };
}

/** Failures of all seeds; of what is not failed, a pass as well. */
function attemptsOf(scenario: NightScenario, outcome: ScenarioResult["outcome"]): Attempt[] {
  const results = scenario.failures.map(({ result }) => result);
  const isGood = (attempt: Attempt) => attempt.outcome === "passed";
  const bad = results.flatMap((result) =>
    result.attempts.filter((attempt) => !isGood(attempt)).map((attempt) => seeded(attempt, result))
  ).slice(0, MOST_ATTEMPTS);
  const good = (scenario.last ?? results.at(-1))?.attempts.filter(isGood).slice(-1) ?? [];
  const attempts = outcome === "passed" || outcome === "flaky" ? [...bad, ...good] : bad;
  return attempts.map((attempt, i) => i === 0 ? told(attempt, scenario) : attempt);
}

/** Each failure has a seed of its own. */
function seeded(attempt: Attempt, { seed, reproduce }: ScenarioResult): Attempt {
  const output = `seed ${seed}: ${reproduce}\n${attempt.output}`;
  return { ...attempt, output };
}

function told(attempt: Attempt, scenario: NightScenario): Attempt {
  const { passed, failed, flaky, quarantined } = scenario;
  const known = quarantined > 0 ? `, ${quarantined} quarantined` : "";
  const night = `this night: ${passed} passed, ${failed} failed, ${flaky} flaky${known}`;
  return { ...attempt, output: `${night}\n${attempt.output}` };
}

/** The worst that each target said. */
function healthCases(night: NightResult, file: string): ScenarioResult[] {
  const asked = night.health.filter(({ state }) => state !== "unasked");
  const groups = Map.groupBy(asked, ({ role, target }) => `${role}=${target}`);
  return [...groups].map(([key, checks]) => {
    const worst = checks.find(({ state }) => state === "dead") ?? checks.at(-1)!;
    return {
      id: `(bench)#${key}`,
      name: `health of ${key}`,
      file,
      line: 1,
      targets: { [worst.role]: worst.target },
      outcome: worst.state === "dead" ? "failed" : worst.state === "busy" ? "skipped" : "passed",
      attempts: worst.state === "busy" ? [] : [healthAttempt(worst)],
      ...(worst.state === "busy" && { skip: { reason: worst.reason, remedy: "wait for it" } }),
      seed: night.seed,
      reproduce: ["deno task nightly", ...night.argv].join(" "),
    };
  });
}

function healthAttempt({ state, reason, remedy, trace, durationNs }: NightHealth): Attempt {
  const nothing = { attachments: [], measurements: [], output: "" };
  if (state !== "dead") return { outcome: "passed", durationNs, trace, ...nothing };
  const failure = { name: "DeadTarget", message: `${reason}\n${remedy}`, blame: "bench" } as const;
  return { outcome: "failed", durationNs, trace, failure, ...nothing };
}
