/**
 * What a trace holds: one JSON object a line, first a {@link TraceHeader}, then events in the
 * order in which they happened. The format is versioned; a reader of version N reads 1 to N.
 */

/** The version that the writer writes. */
export const TRACE_VERSION = 2;

/** The first line of a trace. */
export interface TraceHeader {
  /** The version that it was written in, from 1 on. */
  readonly trace: number;
  readonly scenario: string;
  /** Scenario file, relative to the repository root, and the line of its `scenario(` call. */
  readonly file: string;
  readonly line: number;
  readonly seed: number;
  readonly bench: string;
  /** Role to target and what was found out of it (versions), all as text. */
  readonly targets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Name in the scenario's body to what it is of. Since version 2, and there may be none. */
  readonly uses?: Readonly<Record<string, UsedRole>>;
  /** What differs from run to run of one seed; left out of {@link traceHash}. */
  readonly environment: Readonly<Record<string, string | number>>;
}

/** A need of a scenario. */
export interface UsedRole {
  readonly role: string;
  readonly requires: readonly string[];
  /** Encoded: see hil/record/value.ts. */
  readonly options: Json;
}

/** What every event has. */
export interface EventBase {
  /** Position in the trace, from 1, without gaps. */
  readonly seq: number;
  /** Whole nanoseconds on `clock` since the scenario began. */
  readonly t: number;
  /** The clock of `t`; left out when it is the scenario's own. */
  readonly clock?: string;
}

/** Bytes on a link. `rx`: the target said it; `tx`: the harness said it. */
export interface BytesEvent {
  readonly type: "bytes";
  readonly channel: string;
  readonly dir: "rx" | "tx";
  /** The bytes as text when they are valid UTF-8, else as `base64`. */
  readonly text?: string;
  readonly base64?: string;
}

/** Something that a target did or was done to: a disk request, an edge, a packet. */
export interface SignalEvent {
  readonly type: "signal";
  readonly channel: string;
  /** One word from the channel's own vocabulary: "read", "rise", "blocked". */
  readonly kind: string;
  readonly data?: Json;
}

export interface StepBeginEvent {
  readonly type: "step.begin";
  readonly id: number;
  readonly parent?: number;
  readonly name: string;
}

export interface StepEndEvent {
  readonly type: "step.end";
  readonly id: number;
  readonly ok: boolean;
  readonly error?: string;
}

export interface ExpectEvent {
  readonly type: "expect";
  readonly what: string;
  readonly ok: boolean;
  readonly detail?: string;
}

/** A measured number, kept on a pass too. */
export interface MeasureEvent {
  readonly type: "measure";
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly within?: readonly [min: number | null, max: number | null];
  readonly marginal?: readonly [min: number | null, max: number | null];
  readonly verdict: "pass" | "marginal" | "fail";
}

/**
 * The scenario asked something of a port: it called a function of it, or of an object that it was
 * given by one. Since version 2; {@link ObjectKey} says how objects are named.
 */
export interface CallEvent {
  readonly type: "call";
  /** Counts from 1. */
  readonly id: number;
  /** The object; of a call `back`, the scenario's function. */
  readonly on: ObjectKey;
  /** Empty where the object is itself the function. */
  readonly method: string;
  /** Encoded: see hil/record/value.ts. */
  readonly args: readonly Json[];
  /** The other way round: the port called a function that the scenario had given it. */
  readonly back?: true;
}

/** What came of a {@link CallEvent}: at once, or when its promise was settled. */
export interface ReturnEvent {
  readonly type: "return";
  readonly id: number;
  /** It came at once, not by a promise. */
  readonly sync?: true;
  /** Encoded; left out where there is none, and when it threw. */
  readonly value?: Json;
  readonly error?: Thrown;
}

/** The scenario read a property of a port's object: recorded the first time, and when it is another. */
export interface GetEvent {
  readonly type: "get";
  readonly on: ObjectKey;
  readonly name: string;
  /** Encoded; left out where it was undefined. */
  readonly value?: Json;
}

/**
 * What was thrown, with what else it said: `fields` are its own properties, encoded. What was no error
 * has the name "" and the field "value".
 */
export interface Thrown {
  readonly name: string;
  readonly message: string;
  /** The name of its class, where that is not `name`. */
  readonly class?: string;
  readonly fields?: Readonly<Record<string, Json>>;
}

/**
 * How a trace names an object: a port by the name that the scenario's body has for it ("board"), the
 * value of a property by that ("board.console"), what call 3 gave by "#3", what lies in that by
 * "#3.events", of a list by "#3.0", the n-th function that the scenario gave by "fn1", the first
 * argument with which the port called one, in call 7, by "#7.0". Of two names of an object the first is
 * kept; another object that comes to have a name already taken is "board.current.0~2".
 */
export type ObjectKey = string;

/** What the harness, or the scenario by `console.log`, has to say. */
export interface LogEvent {
  readonly type: "log";
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
}

/** A file beside the trace, by its path relative to the trace's folder. */
export interface AttachmentEvent {
  readonly type: "attachment";
  readonly path: string;
  readonly title: string;
  /** Text that is shown on the terminal too, when the scenario has ended. */
  readonly print?: true;
}

/** How a scenario ended. The last event of a trace that was not cut off. */
export interface EndEvent {
  readonly type: "end";
  readonly outcome: Outcome;
  readonly error?: Failure;
  /** Host time, in milliseconds; left out of {@link traceHash}. */
  readonly environment?: Readonly<Record<string, string | number>>;
}

export type TraceBody =
  | BytesEvent
  | SignalEvent
  | StepBeginEvent
  | StepEndEvent
  | ExpectEvent
  | MeasureEvent
  | CallEvent
  | ReturnEvent
  | GetEvent
  | LogEvent
  | AttachmentEvent
  | EndEvent;

export type TraceEvent = EventBase & TraceBody;

export type Outcome = "passed" | "failed" | "skipped" | "interrupted";

/** Who is likely to blame: the system under test, the bench it stands on, or this harness. */
export type Blame = "product" | "bench" | "harness" | "scenario";

/** A failure that stands alone: it says all that is needed without the log around it. */
export interface Failure {
  /** The built-in or own class: "AssertionError", "ConsoleTimeout". */
  readonly name: string;
  /** First line: one sentence. The lines after it: evidence. */
  readonly message: string;
  readonly blame: Blame;
  /** Where in the scenario, relative to the repository root. */
  readonly file?: string;
  readonly line?: number;
  readonly stack?: string;
  /** What was running, outermost first: steps, then the call. */
  readonly running?: readonly string[];
}

export type Json = string | number | boolean | null | readonly Json[] | {
  readonly [key: string]: Json;
};
