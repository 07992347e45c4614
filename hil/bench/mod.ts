/** Bench files, targets and the leases on exclusive hardware. */
export { defineTarget, need } from "./target.ts";
export type { Availability, Need, TargetContext, TargetModule, Tool } from "./target.ts";
