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

export interface Emulated {
  /**
   * Remembers this moment.
   *
   * @throws Error when an operation runs
   */
  branchPoint(): Promise<BranchPoint>;
}

/** The need for a disk cache on a machine in an emulator. */
export function diskCacheEmulated(
  options: CacheOptions = {},
): Need<DiskCache & Machine & Emulated> {
  return need<DiskCache & Machine & Emulated>("diskcache", {
    requires: ["machine", "emulated"],
    options: { ...options },
  });
}
