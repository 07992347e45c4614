/**
 * What happened in a run, as the oracle reads it: what clients asked and got, and what reached the
 * drives, on one order of all events. Nothing in it knows on which level it happened.
 *
 * Stamps are unique: no two writes of one history have the same, and none has an initial one of
 * another block (0 is taken as "never written" and may be everywhere).
 */

export type AccessOutcome = "ok" | "error" | "open";

/** One read or write of one block. */
export interface Access {
  readonly client: number;
  readonly kind: "read" | "write";
  readonly drive: number;
  readonly lba: number;
  /** Of a write what it writes, of a read what it got (0 when it got nothing). */
  readonly stamp: number;
  /** Of a read: all dwords are equal. */
  readonly whole: boolean;
  /** Positions in one order of all events (seq or time); no two are equal. */
  readonly begin: number;
  /** Infinity: never answered. */
  readonly end: number;
  /** "error" and "open": a write may or may not have happened, now or at any time later. */
  readonly outcome: AccessOutcome;
}

export interface Sync {
  readonly client: number;
  readonly begin: number;
  readonly end: number;
  readonly outcome: AccessOutcome;
  readonly drives: readonly number[];
}

/** What reached the drives, for crash checks. */
export type DiskEvent =
  & {
    readonly at: number;
    readonly drive: number;
  }
  & (
    /** Accepted by the drive: volatile until a flush that completes later, or at once with `fua`. */
    | {
      readonly type: "write";
      readonly lba: number;
      readonly stamp: number;
      readonly fua?: boolean;
      /** False: the drive was given a block of different dwords. */
      readonly whole?: boolean;
    }
    /** Completed: what the drive had accepted before the flush came is on the platter. */
    | { readonly type: "flush"; readonly begin?: number }
  );

/** A request that a drive has finished, well or not. */
export interface DiskCompletion {
  readonly at: number;
  readonly drive: number;
  readonly operation: "read" | "write" | "flush";
  readonly lba: number;
  readonly ok: boolean;
}

export interface History {
  /** What a block held before anything else. */
  readonly initial: (drive: number, lba: number) => number;
  /** In the order in which they began. */
  readonly accesses: readonly Access[];
  readonly syncs: readonly Sync[];
  /** In their order. */
  readonly disk: readonly DiskEvent[];
  /** All that drives finished, in order, for errors and liveness; left out where not known. */
  readonly completions?: readonly DiskCompletion[];
}

/** A number that stands for a block in maps. */
export function blockKey(drive: number, lba: number): number {
  return lba * 4 + drive;
}

/** The accesses of each block, in their order, by {@link blockKey}. */
export function byBlock(accesses: readonly Access[]): Map<number, Access[]> {
  const blocks = new Map<number, Access[]>();
  for (const access of accesses) {
    const key = blockKey(access.drive, access.lba);
    const own = blocks.get(key);
    if (own) own.push(access);
    else blocks.set(key, [access]);
  }
  return blocks;
}

/** Whether it tells what the block held: a read that ended well and whole. */
export function isKnown({ kind, outcome, whole }: Access): boolean {
  return kind === "read" && outcome === "ok" && whole;
}

/** When a write was certainly over: never, when it was not answered, or by an error. */
export function overAt({ outcome, end }: Access): number {
  return outcome === "ok" ? end : Infinity;
}
