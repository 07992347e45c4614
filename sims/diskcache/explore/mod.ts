/**
 * The fastest level of proof: the model's own cache and driver under a chooser, some thousand seeds
 * a second. What is found is made small, replays from its log, and shows that planted defects are
 * found at all.
 *
 * @example
 * ```ts
 * import { describeFailure, exploreModel, shrinkModel } from "sims/diskcache/explore/mod.ts";
 *
 * const options = { seeds: 500, strategy: "pct", bug: "lost-wake-up" };
 * const { found: [failure] } = await exploreModel(options);
 * if (failure) console.log(describeFailure(await shrinkModel(failure, options)));
 * ```
 */
export { type Bug, BUGS, type PromiseName } from "./bugs.ts";
export type { ModelClasses, Variant } from "./code.ts";
export { describeFailure } from "./describe.ts";
export {
  exploreModel,
  type ExploreModelOptions,
  type ExploreModelReport,
  type FoundFailure,
  type ModelFailure,
  replayModel,
  shrinkModel,
  type ShrinkModelOptions,
} from "./explore_model.ts";
export { plant } from "./plant.ts";
export { type ModelRun, type Oracle, runModel, type RunOptions, type Wrong } from "./run.ts";
export { optionsFor, seedsUntil, type SeedsUntilOptions } from "./seeds_until.ts";
