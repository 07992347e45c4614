/**
 * The runner: finds scenarios, plans, runs each in a worker process, and leaves reports.
 *
 * @example
 * ```ts ignore
 * const { exitCode } = await runScenarios({ root, files: ["scenarios/diskcache"], bench, … });
 * ```
 */
export { type Code, codeOf, codeText } from "./code.ts";
export { checkHealth, type TargetHealth } from "./health.ts";
export { INTERRUPTED, onInterrupt } from "./interrupt.ts";
export { Lease } from "./lease.ts";
export { LIMITS, type Limits } from "./limits.ts";
export { type PlaybackOptions, runPlayback } from "./playback.ts";
export type { Skip } from "./plan.ts";
export { type RunOptions, UsageError } from "./options.ts";
export { type ListedScenario, type Listing, listScenarios, runScenarios } from "./run.ts";
// For commands that start targets in their own process.
export { RUN_MARK } from "./reap.ts";
export { clearStale, RunFolder } from "./run_folder.ts";
export { importTarget } from "./worker/targets.ts";
export type { OpenPlayback, Playback, PlaybackContext } from "./worker/playback.ts";
export { Teardown } from "./worker/teardown.ts";
