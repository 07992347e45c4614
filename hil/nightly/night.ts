/**
 * The night itself: the bench is asked, then pass after pass is run until the time is over, nothing is
 * left that fits, or somebody ends it. Time, chance, runs, checks and files come from outside.
 */
import type { PlannedScenario, ScenarioResult } from "../report/mod.ts";
import type { Skip, TargetHealth } from "../runner/mod.ts";
import { nightExitCode, type NightHealth, type NightPass, type NightResult } from "./model.ts";
import { leftText, passText, planText, seenText } from "./phrases.ts";
import { type Memory, type PassPlan, Schedule } from "./schedule.ts";
import { Tally } from "./tally.ts";
import { refsOf, type TargetRef, Watch } from "./watch.ts";

/** What a pass is asked to run. */
export interface PassRequest extends PassPlan {
  readonly rank: (scenario: PlannedScenario) => number;
  readonly hold: (scenario: PlannedScenario) => Promise<Skip | undefined>;
  /** To be told each result as it comes. */
  readonly onResult: (result: ScenarioResult) => void;
}

export interface PassOutcome {
  readonly results: readonly ScenarioResult[];
  readonly problems: readonly string[];
  readonly interrupted: boolean;
}

/** Everything outside of the night. */
export interface NightWorld {
  /** Whole nanoseconds, monotonic. */
  now(): number;
  run(pass: PassRequest): Promise<PassOutcome>;
  check(targets: readonly TargetRef[], leased: boolean): Promise<readonly TargetHealth[]>;
  /** Keeps the files of a result; gives it with the paths of what is kept. */
  keep(pass: number, result: ScenarioResult): ScenarioResult | Promise<ScenarioResult>;
  /** Removes old recordings; gives what could not be done. */
  prune(): Promise<readonly string[]>;
  /** A line for people. */
  say(text: string): void;
  /** Whether somebody wants the night to end. */
  stopped(): boolean;
}

export interface NightPlan {
  readonly id: string;
  /** Calendar time, ISO 8601 in UTC. */
  readonly startedAt: string;
  readonly bench: string;
  readonly host: string;
  readonly argv: readonly string[];
  readonly seed: number;
  readonly budgetNs: number;
  /** Of it, before the night was made: to find its scenarios. */
  readonly spentNs?: number;
  /** At most so many. */
  readonly passes?: number;
  /** All that the night is about. */
  readonly scenarios: readonly PlannedScenario[];
  readonly memory: Memory;
}

export class Night {
  readonly #tally = new Tally();
  readonly #passes: NightPass[] = [];
  readonly #health: NightHealth[] = [];
  /** By what makes two of them one; the latest counts. */
  readonly #problems = new Map<string, string>();
  readonly #schedule: Schedule;
  readonly #watch: Watch;
  readonly #began: number;
  #pass = 0;
  #interrupted = false;
  #broken = false;

  constructor(private readonly plan: NightPlan, private readonly world: NightWorld) {
    this.#began = world.now() - (plan.spentNs ?? 0);
    this.#schedule = new Schedule(plan.seed, plan.scenarios.map(({ id }) => id), plan.memory);
    this.#watch = new Watch({
      check: (targets, leased) => this.#check(targets, leased),
      onStrike: (occasion, skip) => this.#tally.strike(occasion, skip),
    });
  }

  async run(): Promise<NightResult> {
    this.world.say(planText(this.plan));
    await this.#prune();
    await this.#watch.ask(distinct(this.plan.scenarios));
    while (!this.#over()) {
      const pass = this.#schedule.next(this.#leftNs(), {
        may: (id) => this.#may(id),
        troubled: this.#tally.troubled(),
      });
      if (!pass || !await this.#tryPass(pass)) break;
    }
    this.#interrupted ||= this.world.stopped();
    return this.#result();
  }

  /** Whatever breaks: what has been seen is told. */
  async #tryPass(plan: PassPlan): Promise<boolean> {
    try {
      return await this.#runPass(plan);
    } catch (error) {
      this.#broken = true;
      const why = error instanceof Error ? error.message : String(error);
      this.#problem(`The night ended in pass ${plan.number}: ${why}`);
      return false;
    }
  }

  async #runPass(plan: PassPlan): Promise<boolean> {
    this.#pass = plan.number;
    this.world.say(passText(plan, this.#leftNs()));
    const began = this.world.now();
    const { results, problems, interrupted } = await this.world.run({
      ...plan,
      rank: ({ id }) => this.#schedule.rank(id),
      hold: (scenario) => this.#hold(scenario),
      onResult: (result) => this.#watch.onResult(plan.number, result),
    });
    this.#interrupted ||= interrupted;
    // Each pass says them anew, with other numbers.
    for (const problem of problems) this.#problem(problem, problem.replace(/\d+/g, "0"));
    for (const result of results) await this.#take(plan.number, result);
    const seen = this.#summed(plan, results, this.world.now() - began);
    this.#passes.push(seen);
    this.world.say(`${seenText(seen)}; ${leftText(this.#leftNs())}`);
    await this.#prune();
    if (!this.#over()) await this.#watch.after();
    return seen.passed + seen.failed + seen.flaky > 0;
  }

  async #take(pass: number, told: ScenarioResult): Promise<void> {
    const { attempts, id, outcome } = told;
    // What a dead target lacks is no news; that it is dead is.
    const dead = outcome === "skipped" ? this.#watch.deadOf(told.targets) : undefined;
    const result = dead ? { ...told, skip: dead } : told;
    const ended = outcome === "passed" || outcome === "failed" || outcome === "flaky";
    if (ended) this.#schedule.ended(id, Math.max(0, ...attempts.map((each) => each.durationNs)));
    try {
      this.#tally.add(pass, ended ? await this.world.keep(pass, result) : result);
    } catch (error) {
      this.#problem((error as Error).message);
      this.#tally.add(pass, result);
    }
  }

  async #hold({ id, targets }: PlannedScenario): Promise<Skip | undefined> {
    const bench = await this.#watch.hold(targets);
    if (bench) return bench;
    const leftNs = this.#leftNs();
    if (this.#schedule.fits(id, leftNs)) return undefined;
    const longest = this.#schedule.longestNs(id);
    const needs = longest === undefined ? "" : `, and it takes up to ${seconds(longest)}`;
    return {
      // The first line is the same for all, which are told together.
      reason: `time: it would not have ended in time\n${leftText(leftNs)}${needs}`,
      remedy: "give the night a longer --budget, or fewer scenarios",
    };
  }

  async #check(targets: readonly TargetRef[], leased: boolean): Promise<readonly TargetHealth[]> {
    const all = await this.world.check(targets, leased);
    this.#health.push(...all.map((health) => ({ ...health, pass: this.#pass })));
    return all;
  }

  #problem(text: string, key = text): void {
    this.#problems.set(key, text);
  }

  async #prune(): Promise<void> {
    for (const problem of await this.world.prune()) this.#problem(problem);
  }

  #may(id: string): boolean {
    const { targets = {} } = this.plan.scenarios.find((scenario) => scenario.id === id) ?? {};
    return this.#watch.deadOf(targets) === undefined;
  }

  #over(): boolean {
    const { passes = Infinity } = this.plan;
    return this.#interrupted || this.world.stopped() || this.#leftNs() <= 0 ||
      this.#passes.length >= passes;
  }

  #leftNs(): number {
    return Math.max(0, this.#began + this.plan.budgetNs - this.world.now());
  }

  #summed(
    { number, kind, seed }: PassPlan,
    results: readonly ScenarioResult[],
    durationNs: number,
  ): NightPass {
    const count = (outcome: string) => results.filter((each) => each.outcome === outcome).length;
    return {
      ...{ number, kind, seed, durationNs },
      passed: count("passed"),
      failed: count("failed"),
      flaky: count("flaky"),
      skipped: count("skipped"),
    };
  }

  #result(): NightResult {
    const { id, startedAt, bench, host, seed, argv, budgetNs } = this.plan;
    const told = {
      health: this.#health,
      scenarios: [...this.#tally.scenarios(), ...this.#unrun()],
      interrupted: this.#interrupted,
    };
    return {
      ...{ version: 1, id, startedAt, bench, host, seed, argv, budgetNs },
      durationNs: this.world.now() - this.#began,
      passes: this.#passes,
      problems: [...this.#problems.values()],
      ...told,
      exitCode: nightExitCode({ ...told, broken: this.#broken }),
    };
  }

  /** Those that no pass came to: the night was ended before. */
  #unrun() {
    const known = new Set(this.#tally.scenarios().map(({ planned }) => planned.id));
    const skip = { reason: "the night ended before it began", remedy: "give it a longer --budget" };
    const counts = { passed: 0, failed: 0, flaky: 0, quarantined: 0 };
    const nothing = { ...counts, failures: [], durationNs: 0 };
    return this.plan.scenarios.filter(({ id }) => !known.has(id))
      .map((planned) => ({ planned, verdict: "skipped" as const, ...nothing, skip }));
  }
}

function seconds(ns: number): string {
  return `${Math.ceil(ns / 1e9)} s`;
}

/** The targets of all scenarios, each once, in order. */
function distinct(scenarios: readonly PlannedScenario[]): TargetRef[] {
  const all = scenarios.flatMap(({ targets }) => refsOf(targets));
  return [...new Map(all.map((ref) => [`${ref.role}=${ref.target}`, ref])).values()];
}
