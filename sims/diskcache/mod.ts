/**
 * The disk cache: the port that scenarios need. Its targets (the TypeScript model, the guest in
 * QEMU) are named by the bench file and not imported here.
 */
export * from "./emulated.ts";
export * from "./port.ts";
export {
  DESKTOP_DRIVE,
  type FaultPlan,
  FaultPlanError,
  NO_FAULTS,
  parsePlan,
  parsePlanText,
  parseWriteLog,
  type PlannedFault,
} from "./disk/mod.ts";
