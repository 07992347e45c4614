/**
 * Targets: what a bench file names and a scenario needs. A target module exports
 * `default defineTarget({ … })`; ours and a user's own plug in the same way.
 */
import type { Duration } from "../time/mod.ts";
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
}

export function defineTarget<Port>(target: TargetModule<Port>): TargetModule<Port> {
  return target;
}
