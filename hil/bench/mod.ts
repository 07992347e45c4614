/** Bench files, targets and the leases on exclusive hardware. */
export {
  type Bench,
  type BenchRole,
  type BenchTarget,
  loadBench,
  targetName,
  targetNamed,
} from "./bench.ts";
export { BenchError, type BenchProblem } from "./error.ts";
export { nearest, suggestion } from "./nearest.ts";
export { defineTarget, need } from "./target.ts";
export type {
  Availability,
  Need,
  Oracle,
  RecordedFiles,
  Rerun,
  TargetContext,
  TargetHealthContext,
  TargetModule,
  TargetOptions,
  Tool,
  Wrong,
} from "./target.ts";
