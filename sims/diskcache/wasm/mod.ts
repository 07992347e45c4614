/**
 * Level L1: the guest's own C (cache, lists, schedulers) as WebAssembly under a chooser, which may
 * preempt it at any access to shared memory, ends disk requests when it likes and makes them fail;
 * with a detector of data races.
 *
 * @example
 * ```ts ignore
 * const code = await CacheCode.load();
 * const { run, findings } = await runTrial(code, trialOf(1), { races: raceDetector(code, 4) });
 * ```
 */
export { buildWasm, WasmBuildError, type WasmBuildOptions, wasmMutations } from "./build.ts";
export { CacheCode, type ListName, promiseIntegration, type SchedulerName } from "./code.ts";
export { LISTS, SCHEDULERS, WasmError } from "./code.ts";
export { type ExplainedAccess, type ExplainedRace, explainRace } from "./explain.ts";
export { type Catch, type CatchRow, hunt, huntAll } from "./hunt.ts";
export { type Finding, judgeRun } from "./judge.ts";
export type { Access } from "./machine.ts";
export type { Race, RaceDetector } from "./races.ts";
export { raceDetector, runLoad, type WasmRun, type WasmRunOptions } from "./run.ts";
export { shrinkTrial } from "./shrink.ts";
export { type DataSymbol, symbolAt, type Symbols } from "./symbols.ts";
export { type CacheInWasm, cacheInWasm } from "./target.ts";
export { chooserOf, replayCommand, runTrial, standardTrial } from "./trial.ts";
export { type Trial, trialOf, type TrialResult } from "./trial.ts";
