/** What a machine in an emulator can do that hardware cannot: go back to a moment it has been in. */
import { type Need, need } from "hil";
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

export interface Emulated {
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
 */
export function diskCacheEmulated(
  options: CacheOptions & { readonly record?: boolean } = {},
): Need<DiskCache & Machine & Emulated> {
  return need<DiskCache & Machine & Emulated>("diskcache", {
    requires: ["machine", "emulated"],
    options: { ...options },
  });
}
