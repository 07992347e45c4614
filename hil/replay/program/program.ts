/**
 * What a scenario did to its targets, as data: the calls of a trace (version 2 on), with what each
 * of them waited for. Made by `read.ts`; driven, shrunk and written as TypeScript by others.
 */
import type { Failure, Json, ObjectKey, Thrown, TraceHeader, UsedRole } from "../../trace/mod.ts";

/**
 * Begins the `on` of what was sent on a channel, where a trace has no calls: "channel:com1". Its
 * method is "write".
 */
export const CHANNEL = "channel:";

/** A call of a port's function, or of an object that a port gave. */
export interface Stimulus {
  /** Of its call in the trace. */
  readonly id: number;
  readonly on: ObjectKey;
  /** Empty where the object is itself the function. */
  readonly method: string;
  /** Encoded: see hil/record/value.ts. */
  readonly args: readonly Json[];
  /** Whole nanoseconds on `clock`. */
  readonly t: number;
  /** Left out when it is the scenario's own. */
  readonly clock?: string;
  /**
   * The calls that had returned before it and after the one before it was made, in that order: what
   * the scenario may have waited for. Its own promise of a call is not among them when it is pending.
   */
  readonly after: readonly number[];
  /** What a target did that the scenario expected, and waited for, before it. */
  readonly awaits?: readonly Awaited[];
  /** It was made inside this call `back`, between its beginning and its return. */
  readonly within?: number;
  /** Left out when it was still pending at the end. */
  readonly returned?: Returned;
}

/** Something on a signal that an expectation waited for. */
export interface Awaited {
  readonly channel: string;
  readonly kind: string;
  /** How many of that kind have come since the stimulus before, with it, and since the beginning. */
  readonly count: number;
  readonly nth: number;
  readonly t: number;
  readonly clock?: string;
}

/** What came of a call. */
export interface Returned {
  /** On the clock of its event, which is `clock` when it is not the scenario's own. */
  readonly t: number;
  readonly clock?: string;
  /** It came at once, not by a promise. */
  readonly sync: boolean;
  readonly value?: Json;
  readonly error?: Thrown;
}

/** A call the other way: the port called a function that the scenario had given it. */
export interface Back {
  readonly id: number;
  /** The function: "fn1". */
  readonly on: ObjectKey;
  readonly args: readonly Json[];
  readonly t: number;
  readonly clock?: string;
  /** The calls made inside it that had returned before it did, in that order. */
  readonly after: readonly number[];
  readonly returned?: Returned;
}

export interface Program {
  readonly header: TraceHeader;
  /** Name in the body to role. */
  readonly uses: ReadonlyMap<string, string>;
  /** Name in the body to the whole of its need. */
  readonly needs: ReadonlyMap<string, UsedRole>;
  /** In the order in which they were made. */
  readonly stimuli: readonly Stimulus[];
  /**
   * In the order in which they came. The n-th of a function decides what that does when it is called
   * for the n-th time: the stimuli `within` it, then its return.
   */
  readonly backs: readonly Back[];
  /** What was waited for after the last stimulus. */
  readonly awaits: readonly Awaited[];
  /** When the scenario last did something itself: whole nanoseconds on its own clock. */
  readonly until: number;
  readonly failure?: Failure;
}
