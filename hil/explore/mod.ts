/**
 * Exploring: a run asks a {@link Chooser} at each place where it could go one way or another;
 * strategies choose so that bugs show; the decision log brings a run back and is made small. Knows
 * no target and no host time.
 *
 * @example
 * ```ts
 * import { explore, random, range, replay, shrink } from "hil/explore/mod.ts";
 * import type { Chooser } from "hil/explore/mod.ts";
 *
 * // Two threads add 1 without a lock: read, then write.
 * function run(chooser: Chooser): string | undefined {
 *   const threads = [1, 2];
 *   const read = new Map<number, number>();
 *   let sum = 0;
 *   while (threads.length > 0) {
 *     const way = chooser.choose({ kind: "thread", ways: threads.length, candidates: threads });
 *     const thread = threads[way]!;
 *     if (!read.has(thread)) read.set(thread, sum);
 *     else {
 *       sum = read.get(thread)! + 1;
 *       threads.splice(way, 1);
 *     }
 *   }
 *   return sum === 2 ? undefined : "an update is lost";
 * }
 *
 * const seeds = range(1, 50);
 * const { found } = await explore({ seeds, strategy: "random", chooser: random, run });
 * const { log } = await shrink(found[0]!.log, (log) => run(replay(log)) !== undefined);
 * console.log(log.decisions); // [0, 1]: the first thread reads, then the second one
 * ```
 */
export { type Choice, type Chooser, quiet } from "./choice.ts";
export {
  type Asked,
  type DecisionLog,
  DecisionLogError,
  type DecisionLogReason,
  formatLog,
  parseLog,
} from "./log.ts";
export { type KindCount, type Recording, recording } from "./recorder.ts";
export { DivergenceError, replay } from "./replay.ts";
export {
  pct,
  type PctOptions,
  pos,
  random,
  starve,
  type StarveOptions,
  STRATEGIES,
} from "./strategies.ts";
export { swarm, type SwarmOptions } from "./swarm.ts";
export { ddmin, type Verdict } from "./ddmin.ts";
export { shrink, type ShrinkOptions, type ShrinkProgress, type Shrunk } from "./shrink.ts";
export { explore, type ExploreOptions, type ExploreReport, type Found, range } from "./explore.ts";
export { choosers, type FastCheck } from "./fast_check.ts";
