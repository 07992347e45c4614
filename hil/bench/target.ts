/**
 * Targets: what a bench file names and a scenario needs. A target module exports
 * `default defineTarget({ … })`; ours and a user's own plug in the same way.
 */
import type { Duration } from "../time/mod.ts";
import type { TraceEvent } from "../trace/event.ts";
import type { Timeline } from "../trace/timeline.ts";

/** What a scenario needs, as data; the port that it gets for it is the type argument. */
export interface Need<Port> {
  /** The role that the bench maps to a target: "diskcache". */
  readonly role: string;
  /** Capabilities beyond the role's plain port that the target must offer. */
  readonly requires: readonly string[];
  /** Options for the target's `start`, merged over those of the bench file. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Only for inference; never set. */
  readonly port?: Port;
}

/** Declares a need. A package of ports exports a function that calls it: `diskCache({ … })`. */
export function need<Port>(
  role: string,
  need: { requires?: readonly string[]; options?: Readonly<Record<string, unknown>> } = {},
): Need<Port> {
  return { role, requires: need.requires ?? [], options: need.options ?? {} };
}

/** Whether this machine can offer a target; if not, why, and what would change that. */
export type Availability =
  | { readonly ok: true; readonly versions?: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

/** A program that a target needs on this machine, and the Debian package that has it. */
export interface Tool {
  /** Name on the PATH, of a library ("libunicorn.so.2"), or an absolute path of a file. */
  readonly command: string;
  readonly debianPackage: string;
  /** What it is for: "runs the guest". */
  readonly purpose: string;
}

/** The options of a target, as the bench file has them. */
export type TargetOptions = Readonly<Record<string, unknown>>;

/** What a target is given. Everything from outside comes in here. */
export interface TargetContext<Options = Readonly<Record<string, unknown>>> {
  readonly role: string;
  /** Name in the bench file: "qemu"; with its argument, where it has one. */
  readonly target: string;
  readonly options: Options;
  /** Of this scenario and repeat; the only source of chance. */
  readonly seed: number;
  readonly timeline: Timeline;
  /** Below the run's own folder for temporary files; removed at the end, whatever happens. */
  readonly tempDir: string;
  /** Beside the trace; what is written there and recorded as `attachment` is kept. */
  readonly attachmentsDir: string;
  /** Set in the environment of every process that the target starts: see hil/runner/reap.ts. */
  readonly processEnv: Readonly<Record<string, string>>;
  /** Aborts when the scenario is to end now. */
  readonly signal: AbortSignal;
  /** Registers what is to be undone, before it is done. Runs in reverse order. */
  defer(what: string, undo: () => void | Promise<void>): void;
}

/** What a target left beside a trace, and what it is given to do it again. */
export interface RecordedFiles extends Pick<TargetContext, "tempDir" | "processEnv"> {
  /** Absolute folder of the trace. */
  readonly folder: string;
  /** Paths of its attachments, relative to that. */
  readonly attachments: readonly string[];
}

export interface Rerun {
  /** The first thing that was not as it was; left out when all was. */
  readonly difference?: string;
  /** What was done again: "4,711 bytes on COM1 and 212 requests of the drives". */
  readonly what: string;
}

/** What an oracle has found. */
export interface Wrong {
  /** Names what was broken: "P1". Two failures are the same one when theirs are. */
  readonly kind: string;
  /** What it is, with its evidence in further lines. */
  readonly message: string;
}

/** Holds what happened on a target to what the target promises, whatever a scenario expects. */
export interface Oracle {
  /** The first thing that is wrong; undefined: nothing is, as far as the events of a trace tell. */
  judge(events: Iterable<TraceEvent>): Wrong | undefined;
  /** The function by which a scenario has the same judged, given its port; and its module. */
  readonly expectation: { readonly name: string; readonly from: string };
}

export interface TargetModule<Port = unknown> {
  /** What it is: "disk cache guest in QEMU". */
  readonly title: string;
  /** Capabilities it offers beyond the role's plain port, or what they are by its options. */
  readonly offers: readonly string[] | ((options: TargetOptions) => readonly string[]);
  /**
   * What it takes behind a colon, for messages: "FILE.pcapng" for `--use pbx=capture:FILE.pcapng`. It
   * comes as the option `argument`, a text. Default: it takes none.
   */
  readonly argument?: string;
  /**
   * Scenarios that share this name never run at once; default: targets are not exclusive. A
   * function where it depends on what the options name: a board, a port.
   */
  readonly exclusive?: string | ((options: TargetOptions) => string);
  /** Longest that `start` may take. */
  readonly startLimit?: Duration;
  /** Programs it cannot do without: `doctor --install` and the set-up of `task hil` get them. */
  readonly tools?: readonly Tool[] | ((options: TargetOptions) => readonly Tool[]);
  /**
   * One seed and one body give one trace, to the bit: `hil replay` runs its scenarios again, where
   * that of other targets is played.
   */
  readonly deterministic?: boolean | ((options: TargetOptions) => boolean);
  /**
   * Does again, exactly, what it recorded of itself beside a trace; undefined when nothing is there.
   *
   * @throws Error when the recording cannot be done again
   */
  rerun?(recorded: RecordedFiles): Promise<Rerun | undefined>;
  availability(options: Readonly<Record<string, unknown>>): Availability | Promise<Availability>;
  /**
   * Once a run, before the first scenario that uses it: builds firmware or images, fetches what is
   * needed. What it cannot get makes the target one that is not available.
   */
  prepare?(
    options: Readonly<Record<string, unknown>>,
    progress: (text: string) => void,
  ): Promise<Availability | void>;
  start(context: TargetContext): Promise<Port>;
  /** For `hil shrink`: tells a failure without the scenario that has met it. */
  readonly oracle?: Oracle;
  /**
   * Whether what it is made of works: power comes on, a prompt is there, a link is up. Started as for
   * a scenario; whatever it throws, or `start` does, is why the target is dead. Nights ask first,
   * and again when the scenarios on it fail in a row. Default: `availability` is all that is asked.
   */
  health?(port: Port, context: TargetHealthContext): void | Promise<void>;
  /** Longest that `start` and `health` may take together. Default: 60 s. */
  readonly healthLimit?: Duration;
}

/** What a check of health is given beside the port. */
export interface TargetHealthContext {
  readonly options: TargetOptions;
  /** Aborts when the check is to end now. */
  readonly signal: AbortSignal;
}

export function defineTarget<Port>(target: TargetModule<Port>): TargetModule<Port> {
  return target;
}
