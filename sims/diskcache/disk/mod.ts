/**
 * One simulated drive for all targets: arm and spindle, volatile write cache, planned faults, power
 * cuts. It has no time and no chance of its own.
 *
 * @example
 * ```ts
 * import { SimulatedDrive } from "./mod.ts";
 *
 * const drive = new SimulatedDrive({ blocks: 64, chooser: { choose: () => 1 } });
 * const data = new Uint8Array(512).fill(7);
 * const job = drive.begin({ operation: "write", lba: 3, blocks: 1, data }, 0)!;
 * drive.finish(job, 1000); // acknowledged, and not durable
 * drive.powerCut(); // [{ lba: 3, fate: "old" }]
 * ```
 */
export { type Chooser, chooserOf } from "./chance.ts";
export {
  CACHE_BLOCKS,
  type DriveOptions,
  type Job,
  type Result,
  SimulatedDrive,
  type SimulatedRequest,
} from "./drive.ts";
export type { FaultCount } from "./faults.ts";
export { DESKTOP_DRIVE, type Mechanics } from "./mechanics.ts";
export {
  type DriveOperation,
  type FaultKind,
  type FaultPlan,
  FaultPlanError,
  type Moment,
  NO_FAULTS,
  parsePlan,
  parsePlanText,
  type PlannedFault,
} from "./plan.ts";
export { BLOCK_SIZE } from "./platter.ts";
export type { BlockFate } from "./power_cut.ts";
export { formatWriteLog, LogFlag, parseWriteLog, WriteLog, WriteLogError } from "./write_log.ts";
