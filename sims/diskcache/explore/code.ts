/** The model's classes that a machine is made of: as they are, or with a defect planted in them. */
import { Cache } from "../model/cache.ts";
import { Driver } from "../model/driver.ts";
import { Deadline, FirstPending, type IoScheduler, Look } from "../model/io_scheduler.ts";
import { type BlockList, FixedArray } from "../model/list.ts";
import { Tree } from "../model/tree.ts";
import { type CacheSettings, DEFAULT_SETTINGS } from "../settings.ts";

export interface ModelClasses {
  readonly Cache: typeof Cache;
  readonly Driver: typeof Driver;
  readonly FixedArray: typeof FixedArray;
  readonly Tree: typeof Tree;
  readonly FirstPending: typeof FirstPending;
  readonly Look: typeof Look;
  readonly Deadline: typeof Deadline;
}

/** The model as it is. */
export const MODEL: ModelClasses = {
  Cache,
  Driver,
  FixedArray,
  Tree,
  FirstPending,
  Look,
  Deadline,
};

/** Which list and scheduler, by the names of settings. */
export type Variant = Pick<CacheSettings, "list" | "scheduler" | "writeDeadline">;

export function listOf(classes: ModelClasses, { list }: Variant, entries: number): BlockList {
  return list === "tree" ? new classes.Tree(entries) : new classes.FixedArray(entries);
}

export function schedulerOf(
  classes: ModelClasses,
  { scheduler, writeDeadline = DEFAULT_SETTINGS.writeDeadline }: Variant,
  now: () => number,
): IoScheduler {
  if (scheduler === "deadline") return new classes.Deadline(writeDeadline, now);
  return scheduler === "look" ? new classes.Look() : new classes.FirstPending();
}
