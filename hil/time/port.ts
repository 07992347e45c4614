/** The one way to wait: a clock that knows when something happened. */
import type { Duration } from "./duration.ts";

/** Host clocks are monotonic; virtual ones move only when somebody waits on them. */
export interface Clock {
  /** Unique in a scenario: "host", "diskcache". */
  readonly name: string;
  readonly virtual: boolean;
  /** Whole nanoseconds since the scenario began. */
  now(): number;
  /**
   * The first value other than `undefined` that `probe` gives. It is asked at once and again
   * after each event on the timeline; a virtual clock runs its target on in between.
   * Gives `undefined` when `limit` has passed on this clock, or, on a virtual one, when nothing
   * is left that could happen.
   */
  until<T>(probe: () => T | undefined, limit: Duration): Promise<T | undefined>;
}
