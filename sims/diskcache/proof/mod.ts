/**
 * The oracle: holds what happened in a run, on any level, to what a disk cache promises.
 *
 * @example
 * ```ts ignore
 * const history = await historyOfTrace("reports/runs/…/trace.jsonl");
 * for (const violation of judge(history).violations) console.log(describe(violation));
 * ```
 */
export { dirtinessOf, judgeDirtiness, judgeLiveness } from "./bounds.ts";
export type { Dirtiness, DirtyLimits, LiveLimits } from "./bounds.ts";
export { type DurabilityReport, judgeCrashes, type Loss } from "./durability.ts";
export { type DriveModel, enumerateCrashes, type Platters } from "./enumerate.ts";
export type { Access, AccessOutcome, DiskCompletion, DiskEvent, History, Sync } from "./history.ts";
export { judgeHonesty } from "./honesty.ts";
export { judge, type Judgement, type JudgeOptions } from "./judge.ts";
export {
  HistoryError,
  historyOf,
  historyOfCache,
  historyOfTrace,
  type HistoryOptions,
} from "./of_trace.ts";
export { expectPromisesKept, ORACLE } from "./oracle.ts";
export { initialAfter, judgeReboot, type Reboot, type Survivor } from "./reboot.ts";
export { describe, type Promised, PROMISES, type Violation } from "./violation.ts";
export { type Order, searchOrder } from "./wgl.ts";
export { type Contradiction, contradictionIn, RepeatedStamp } from "./zones.ts";
