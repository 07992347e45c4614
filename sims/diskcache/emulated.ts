/**
 * What a machine in an emulator can do that hardware cannot: it goes back to a moment, does a run
 * again, and is looked into while it runs.
 */
import { type Need, need, type Signal } from "hil";
import type { CacheOptions, DiskCache, Machine } from "./port.ts";

/** A moment of the machine and its drives. */
export interface BranchPoint {
  /**
   * Goes back to it, as often as is wanted; takes 12 ms. Requests that are held are given up, and
   * operations that run are lost: do not wait for them any more. The timeline goes on.
   */
  rewind(): Promise<void>;
}

/** A run that can be done again, instruction by instruction. */
export interface Recording {
  readonly folder: string;
  /** Names of its files there. */
  readonly files: readonly string[];
  /** Does it again; as often as is wanted. */
  replay(): Promise<Replay>;
}

/** How a replay went. */
export interface Replay {
  /** The first thing that was not as it was; undefined: it was the same to the last byte. */
  readonly difference: string | undefined;
  /** On COM1. */
  readonly bytes: number;
  /** Of the drives, all answered as they were. */
  readonly requests: number;
  readonly tookMs: number;
}

/** What happened in the guest's cache. */
export type CacheTraceData = {
  /** Thread that ran; 0: none of the operations'. */
  readonly thread: number;
  /** Names the place of an entry; 0: it is about none. */
  readonly entry: number;
  readonly drive: number;
  readonly lba: number;
  readonly flags: number;
  /** submitted: 0 read, 1 write, 2 flush; done: the error, 0 for none; switched: to that thread. */
  readonly value: number;
  /** Of "lost": how many events we were too late for. */
  readonly count?: number;
};

/** Which ways the guest's code went. */
export interface Coverage {
  /** How often each edge between two basic blocks was taken since the last reset, at most 255. */
  counts(): Uint8Array;
  reset(): void;
}

export interface Emulated {
  /**
   * When the need asked for it with `coverage: true` and this machine can make QEMU's plugin; else
   * undefined, and the log says why.
   */
  readonly coverage: Coverage | undefined;
  /**
   * What happens in the guest's cache, when the need asked for it with `trace: true`; brought up
   * to now every 5 ms and by {@link lookAtTrace}. Kinds: "made", "purged" (made in the place of
   * one), "changed", "dropped" for entries; "submitted", "done" for requests; "switched"; "lost".
   */
  readonly trace: Signal<CacheTraceData>;
  /** Brings {@link trace} up to now. The guest does not stop for that, nor notice it. */
  lookAtTrace(): void;
  /**
   * Remembers this moment.
   *
   * @throws Error when an operation runs
   */
  branchPoint(): Promise<BranchPoint>;
  /**
   * Ends the machine and gives its recording, whose files are attached. One that is not ended so is
   * recorded until its scenario is over.
   *
   * @throws Error when the need did not ask for it with `record: true`
   */
  finishRecording(): Promise<Recording>;
}

/**
 * The need for a disk cache on a machine in an emulator.
 *
 * @param options.record all that comes to the guest from outside is recorded
 * @param options.coverage edges of the guest's code are counted, where there is a C compiler
 * @param options.trace the guest's memory is looked into
 */
export function diskCacheEmulated(
  options: CacheOptions & {
    readonly record?: boolean;
    readonly trace?: boolean;
    readonly coverage?: boolean;
  } = {},
): Need<DiskCache & Machine & Emulated> {
  return need<DiskCache & Machine & Emulated>("diskcache", {
    requires: ["machine", "emulated"],
    options: { ...options },
  });
}
