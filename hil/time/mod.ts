/** Time and chance: durations with their unit in the type, the host's clock, chance from a seed. */
export * from "./duration.ts";
export * from "./clock.ts";
export type { Clock } from "./port.ts";
export type { Data, Moment, Past } from "./past.ts";
export { Random } from "./random.ts";
