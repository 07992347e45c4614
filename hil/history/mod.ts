/**
 * What many runs tell: rates, trends, changes, flakes, and what is in quarantine. Knows values and
 * verdicts only; the history of a project, in `hil/report`, has them.
 *
 * @example
 * ```ts
 * import { changePoints, wilson } from "hil/history/mod.ts";
 * const latencyMs = [3.1, 3.2, 3.1, 3.3, 3.2, 3.1, 3.2, 3.2, 3.6, 3.7, 3.6, 3.6, 3.7, 3.6];
 * const [change] = changePoints(latencyMs); // { index: 8, before: 3.2, after: 3.6, … }
 * const rate = wilson(49, 50); // 98 % passed; the true share is between 89.5 and 99.6 %
 * ```
 */
export { type ChangeOptions, type ChangePoint, changePoints } from "./change_points.ts";
export {
  type Interval,
  median,
  quantile,
  robustDeviation,
  type Trend,
  trendOf,
  wilson,
} from "./statistics.ts";
export {
  counts,
  type FlakeAccount,
  flakeAccount,
  flakesOf,
  streakOf,
  type Trial,
} from "./flakes.ts";
export {
  dayOf,
  DEFAULT_BUDGET,
  type FlakeBudget,
  NO_QUARANTINE,
  type Quarantine,
  type Quarantined,
  type QuarantineEntry,
  quarantineOf,
  quarantineText,
  removable,
  removableText,
} from "./quarantine.ts";
export {
  type Change,
  DURATION,
  type HistoryQuestions,
  type Measured,
  type PastResult,
  type PastRun,
  type Point,
  type Sample,
  type ScenarioHistory,
  scenarioHistory,
  type Series,
} from "./scenario_history.ts";
export { wildcard } from "./wildcard.ts";
