/** The one way to wait: a clock that knows when something happened. */
import type { Duration } from "./duration.ts";
import type { Past } from "./past.ts";

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
  /**
   * Of a virtual clock: as soon as it shows `t`, when it shows more already, as soon as somebody waits
   * on it, `held` is called, and time stands still until that resolves. Once; the latest call counts.
   */
  hold?(t: number, held: () => Promise<void>): void;
  /** Of a virtual clock, when all that lives on it can be put back into an earlier state. */
  readonly past?: Past;
}
