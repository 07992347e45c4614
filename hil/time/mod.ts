/** Time: durations with their unit in the type, and the one place that knows the host's clock. */
export * from "./duration.ts";
export * from "./clock.ts";
