/**
 * Replays that stand still where somebody wants to look: of a scenario that runs again, of targets
 * that are put back to a moment, of a recording alone.
 *
 * @example
 * ```ts ignore
 * const ask = (stop: Stop) => {
 *   console.log(stop.t, stop.view.steps);
 *   return Promise.resolve({ to: "quit" } as const);
 * };
 * await runHeld({ trace, header, bench, root, goal: { to: "time", t: 12.348e9 }, ask });
 * ```
 */
export { browse } from "./browse.ts";
export { type HeldOptions, type HeldRun, runHeld } from "./held.ts";
export { HereError, type Ports } from "./here.ts";
export { Moments, momentsFolder, prune } from "./moments.ts";
export type { Ask, Goal, Move, Stop } from "./stop.ts";
export { travel, type TravelOptions } from "./travel.ts";
export { type ChannelView, View } from "./view.ts";
