/**
 * What a scenario imports.
 *
 * @example
 * ```ts ignore
 * import { expect, ms, scenario, step } from "hil";
 * import { diskCache } from "sims/diskcache/mod.ts";
 *
 * scenario("a write is read back", { uses: { cache: diskCache() } }, async ({ cache }) => {
 *   await step("write", () => cache.write({ drive: 0, lba: 7 }, 0xcafe).finished);
 *   const read = await cache.read({ drive: 0, lba: 7 }).finished;
 *   expect(read.stamp, "what was read").toBe(0xcafe);
 * });
 * ```
 */
export { Duration, formatNs, minutes, ms, ns, seconds, us } from "./time/mod.ts";
export { scenario } from "./scenario/scenario.ts";
export type { Ports, ScenarioOptions, Uses } from "./scenario/scenario.ts";
export { step, TimeLimitError } from "./scenario/step.ts";
export type { StepOptions } from "./scenario/step.ts";
export { expect, ExpectationError } from "./scenario/expect.ts";
export type {
  Query,
  SignalExpectations,
  TimedQuery,
  ValueExpectations,
} from "./scenario/expect.ts";
export { attach } from "./scenario/attach.ts";
export type { AttachOptions } from "./scenario/attach.ts";
export { measure } from "./scenario/measure.ts";
export { seed } from "./scenario/seed.ts";
export type { Limits, MeasureOptions } from "./scenario/measure.ts";
export { defineTarget, need } from "./bench/mod.ts";
export type {
  Availability,
  Need,
  Oracle,
  RecordedFiles,
  Rerun,
  TargetContext,
  TargetHealthContext,
  TargetModule,
  Tool,
} from "./bench/mod.ts";
export { registerError } from "./record/errors.ts";
export { unrecorded } from "./record/_kinds.ts";
export type { Mark, Occurrence, Signal } from "./trace/mod.ts";
export type * from "./ports/mod.ts";
export { redriveOn } from "./replay/program/elsewhere.ts";
export type { Elsewhere, ElsewhereOptions } from "./replay/program/elsewhere.ts";
