/** A night in virtual time: a bench of scenarios whose fates are written down, for tests. */
import type { Attempt, PlannedScenario, ScenarioResult } from "../report/mod.ts";
import type { TargetHealth } from "../runner/mod.ts";
import {
  Night,
  type NightPlan,
  type NightWorld,
  type PassOutcome,
  type PassRequest,
} from "./night.ts";

export const SECOND = 1e9;

/** What a scenario does when it runs: how long it takes, and how it ends. */
export interface Fate {
  readonly targets?: Readonly<Record<string, string>>;
  readonly takes: number;
  /** @param time since the night began */
  readonly quarantine?: ScenarioResult["quarantine"];
  readonly ends?: (seed: number, time: number) => "passed" | "failed" | "flaky" | "interrupted";
}

export function plannedOf(name: string, { targets = {} }: Partial<Fate> = {}): PlannedScenario {
  return { id: `x.scenario.ts#${name}`, name, file: "x.scenario.ts", line: 3, targets };
}

export function resultOf(
  planned: PlannedScenario,
  outcome: ScenarioResult["outcome"],
  more: Partial<ScenarioResult> & { readonly durationNs?: number } = {},
): ScenarioResult {
  const { durationNs = SECOND, ...rest } = more;
  const attempt = (how: "passed" | "failed"): Attempt => ({
    outcome: how,
    durationNs,
    trace: `reports/runs/1/${planned.name}/trace.jsonl`,
    attachments: [],
    measurements: [],
    output: "",
    ...(how === "failed" && {
      failure: { name: "ExpectationError", message: `${planned.name} is dark`, blame: "product" },
    }),
  });
  const attempts = { passed: ["passed"], failed: ["failed"], flaky: ["failed", "passed"] } as const;
  const seed = rest.seed ?? 1;
  return {
    ...{ ...planned, outcome, seed },
    attempts: (attempts[outcome as "passed"] ?? []).map(attempt),
    reproduce: `deno task hil --seed ${seed}`,
    ...rest,
  };
}

/** Its clock moves only when a scenario runs, a target is asked or `idle` is called. */
export class FakeBench implements NightWorld {
  time = 0;
  /** What happened: "pass 1 all", "run a 7", "ask board=bbb". */
  readonly log: string[] = [];
  readonly said: string[] = [];
  readonly requests: PassRequest[] = [];
  /** Since when each target is dead: "board=bbb". */
  readonly deadSince = new Map<string, number>();
  readonly pruneProblems: string[] = [];
  stopAfter = Infinity;

  constructor(readonly fates: Readonly<Record<string, Fate>>) {}

  night(plan: Partial<NightPlan> = {}): Night {
    const nothing = new Set<string>();
    return new Night({
      ...{ id: "20261125-220000", startedAt: "2026-11-25T22:00:00Z", bench: "lab", host: "pi" },
      ...{ argv: ["--bench", "lab.yaml"], seed: 7, budgetNs: 100 * SECOND },
      scenarios: Object.entries(this.fates).map(([name, fate]) => plannedOf(name, fate)),
      memory: { failed: nothing, flaky: nothing, unreached: nothing, durations: new Map() },
      ...plan,
    }, this);
  }

  now = () => this.time;
  stopped = () => this.time >= this.stopAfter;
  say = (text: string) => void this.said.push(text);
  prune = () => Promise.resolve(this.pruneProblems);
  keep = (pass: number, result: ScenarioResult) => ({
    ...result,
    attempts: result.attempts.map((each) => ({ ...each, trace: `kept/p${pass}/${result.name}` })),
  });

  check(targets: readonly { role: string; target: string }[]): Promise<TargetHealth[]> {
    return Promise.resolve(targets.map(({ role, target }) => {
      const key = `${role}=${target}`;
      this.log.push(`ask ${key}`);
      this.time += SECOND;
      const dead = (this.deadSince.get(key) ?? Infinity) <= this.time;
      const nothing = { remedy: "look at it", trace: dead ? "checks/1" : "", durationNs: SECOND };
      const state = dead ? "dead" : "well";
      return { role, target, state, reason: dead ? "no prompt" : "", ...nothing };
    }));
  }

  /** One after another, as one job does. */
  async run(pass: PassRequest): Promise<PassOutcome> {
    this.log.push(`pass ${pass.number} ${pass.kind}`);
    this.requests.push(pass);
    const results: ScenarioResult[] = [];
    const all = Object.entries(this.fates).map(([name, fate]) => plannedOf(name, fate))
      .filter(({ id }) => pass.ids.has(id)).sort((a, b) => pass.rank(a) - pass.rank(b));
    for (const planned of all) {
      for (let repeat = 1; repeat <= pass.repeat && !this.stopped(); repeat++) {
        const result = await this.#one(pass, planned, repeat);
        pass.onResult(result);
        results.push(result);
      }
    }
    return { results, problems: [], interrupted: this.stopped() };
  }

  async #one(pass: PassRequest, planned: PlannedScenario, repeat: number) {
    const seed = pass.seed + repeat - 1;
    const numbered = pass.repeat > 1 ? { ...planned, repeat } : planned;
    const skip = await pass.hold(numbered);
    if (skip) return resultOf(numbered, "skipped", { skip, seed });
    const { takes, ends, quarantine, targets = {} } = this.fates[planned.name]!;
    this.log.push(`run ${planned.name} ${seed}`);
    this.time += takes;
    const dead = Object.entries(targets).some(([role, target]) =>
      (this.deadSince.get(`${role}=${target}`) ?? Infinity) <= this.time
    );
    const outcome = dead ? "failed" : ends?.(seed, this.time) ?? "passed";
    const known = outcome === "passed" ? {} : { quarantine };
    return resultOf(numbered, outcome, { seed, durationNs: takes, ...known });
  }
}
