/**
 * Flakes: a result that says more of chance than of the product. A scenario is one when a retry of
 * it passed, and when it failed at a commit at which, on the same targets and with the same seed, it has
 * passed too. With another seed it may have found what only that seed finds: that is no flake.
 */
import type { FlakeBudget } from "./quarantine.ts";
import { type Interval, wilson } from "./statistics.ts";

/** One result of a scenario on its targets, in order of time. */
export interface Trial {
  readonly verdict: "passed" | "failed" | "flaky" | "skipped" | "interrupted";
  /** Left out when it is not known, or when files had been changed since. */
  readonly commit?: string;
  /** Left out when it is not known, or makes no difference. */
  readonly seed?: number;
}

/** Whether each of the trials was a flake. */
export function flakesOf(trials: readonly Trial[]): boolean[] {
  const what = ({ commit, seed }: Trial) => `${commit} ${seed}`;
  const passed = new Set(trials.filter(({ verdict }) => verdict === "passed").map(what));
  return trials.map((trial) =>
    trial.verdict === "flaky" ||
    trial.verdict === "failed" && trial.commit !== undefined && passed.has(what(trial))
  );
}

/** Whether a trial says anything of the product. */
export function counts({ verdict }: Trial): boolean {
  return verdict === "passed" || verdict === "failed" || verdict === "flaky";
}

export interface FlakeAccount {
  readonly flakes: number;
  readonly results: number;
  readonly rate: Interval;
  /** How many flakes the budget bears, of as many results as it is for. */
  readonly borne: number;
  readonly over: boolean;
}

/** How the latest trials stand to a budget. */
export function flakeAccount(trials: readonly Trial[], { share, of }: FlakeBudget): FlakeAccount {
  const flaky = flakesOf(trials);
  const some = trials.flatMap((trial, i) => counts(trial) ? [flaky[i]!] : []).slice(-of);
  const flakes = some.filter(Boolean).length;
  const borne = Math.floor(share * of + 1e-9);
  return {
    ...{ flakes, results: some.length, borne },
    rate: wilson(flakes, some.length),
    over: flakes > borne,
  };
}

/** Passes without a flake up to the last trial; undefined of none. */
export function streakOf(trials: readonly Trial[]): number | undefined {
  const some = trials.filter(counts);
  if (some.length === 0) return undefined;
  return some.length - 1 - some.findLastIndex(({ verdict }) => verdict !== "passed");
}
