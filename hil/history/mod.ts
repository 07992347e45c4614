/** What many runs tell: rates, trends, changes, flakes, and what is in quarantine. */
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
