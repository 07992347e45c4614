/** How much, how old, how late: bounded dirtiness (P6) and liveness after faults (P7). */
import { blockKey, type DiskEvent, type History } from "./history.ts";
import { stampText, type Violation } from "./violation.ts";
import { aboutBlock } from "./shortest.ts";

export interface DirtyLimits {
  /** Blocks that are newer than what the drives took. */
  readonly blocks?: number;
  /** How long a block may be, in units of positions (nanoseconds in a trace). */
  readonly age?: number;
}

export interface Dirtiness {
  readonly mostBlocks: number;
  readonly oldestAge: number;
}

interface Dirty {
  readonly drive: number;
  readonly lba: number;
  readonly stamp: number;
  readonly since: number;
}

/** Events of two kinds on one order: a write that was answered, and a write that a drive took. */
function* changes({ accesses, disk }: History): Generator<{ at: number; of: Dirty | DiskEvent }> {
  const answered = accesses.filter(({ kind, outcome }) => kind === "write" && outcome === "ok")
    .map(({ drive, lba, stamp, end }) => ({ at: end, of: { drive, lba, stamp, since: end } }));
  const taken = disk.map((event) => ({ at: event.at, of: event }));
  yield* [...taken, ...answered].sort((a, b) => a.at - b.at);
}

/** The most that was dirty and the longest that it was, until `until` (default: the last event). */
export function dirtinessOf(history: History): Dirtiness {
  let mostBlocks = 0;
  let oldestAge = 0;
  sweep(history, (dirty, { age }) => {
    mostBlocks = Math.max(mostBlocks, dirty);
    oldestAge = Math.max(oldestAge, age);
  });
  return { mostBlocks, oldestAge };
}

/** P6: the first time each limit is passed. */
export function judgeDirtiness(history: History, limits: DirtyLimits): Violation[] {
  const { blocks = Infinity, age = Infinity } = limits;
  let tooMany: Violation | undefined;
  let tooOld: Violation | undefined;
  sweep(history, (dirty, { of, at, age: own }) => {
    const { drive, lba, stamp } = of;
    const base = { promise: "P6", drive, lba, witness: [stamp] } as const;
    if (dirty > blocks) {
      const message = `${dirty} blocks are dirty, and ${blocks} may be`;
      tooMany ??= { ...base, message, history: aboutBlock(history, drive, lba, at) };
    }
    if (own > age) {
      const message = `${stampText(stamp)} was dirty for ${own}, and ${age} is allowed`;
      tooOld ??= { ...base, message, history: aboutBlock(history, drive, lba, at) };
    }
  });
  return [tooMany, tooOld].filter((violation) => violation !== undefined);
}

/** Calls back whenever a block becomes dirty, clean, or is dirty at the end. */
function sweep(
  history: History,
  told: (dirty: number, of: { of: Dirty; at: number; age: number }) => void,
): void {
  /** By block: what was answered and not taken yet, oldest first. */
  const dirty = new Map<number, Dirty[]>();
  /** What a drive took before the answer was seen. */
  const early = new Set<number>();
  const answeredAt = new Map(history.accesses.map(({ stamp, end }) => [stamp, end]));
  let last = 0;
  for (const { at, of } of changes(history)) {
    last = at;
    if (!("type" in of)) {
      if (early.delete(of.stamp)) continue;
      const key = blockKey(of.drive, of.lba);
      dirty.set(key, [...dirty.get(key) ?? [], of]);
      told(dirty.size, { of, at, age: 0 });
    } else if (of.type === "write") {
      const key = blockKey(of.drive, of.lba);
      const own = dirty.get(key) ?? [];
      const answered = answeredAt.get(of.stamp) ?? -Infinity;
      if (answered > at) early.add(of.stamp);
      // Who was answered before has been overwritten in the cache, or was taken itself.
      const rest = own.filter(({ since }) => since > answered);
      if (rest.length < own.length) told(dirty.size, { of: own[0]!, at, age: at - own[0]!.since });
      if (rest.length > 0) dirty.set(key, rest);
      else dirty.delete(key);
    }
  }
  for (const own of dirty.values()) {
    told(dirty.size, { of: own[0]!, at: last, age: last - own[0]!.since });
  }
}

export interface LiveLimits {
  /** Position from which no fault is in the way. */
  readonly faultsEnd: number;
  /** An operation ends before the drives have finished so many requests more. */
  readonly completions: number;
  /** Nothing more will happen: what is open stays open. */
  readonly isOver?: boolean;
}

/** P7. */
export function judgeLiveness(history: History, limits: LiveLimits): Violation[] {
  const { faultsEnd, completions: most, isOver = false } = limits;
  const ends = (history.completions ?? history.disk).map(({ at }) => at);
  const operations = [
    ...history.accesses.map((access) => ({ ...access, what: access.kind })),
    ...history.syncs.map((sync) => ({ ...sync, what: "sync", drive: sync.drives[0] ?? 0 })),
  ];
  return operations.flatMap((operation): Violation[] => {
    const { begin, end, what, drive, client } = operation;
    const from = Math.max(begin, faultsEnd);
    const waited = end < from ? 0 : countBetween(ends, from, end);
    const isStuck = isOver && end === Infinity;
    if (waited <= most && !isStuck) return [];
    const lba = "lba" in operation ? operation.lba : undefined;
    const stamp = "stamp" in operation && what === "write" ? [operation.stamp] : [];
    const own = lba === undefined
      ? {
        ...history,
        accesses: [],
        disk: [],
        syncs: history.syncs.filter((s) => s.begin === begin),
      }
      : {
        ...history,
        accesses: history.accesses.filter((a) => a.begin === begin && a.client === client),
        syncs: [],
        disk: [],
      };
    const how = isStuck ? "never ended" : "did not end in time";
    const message = `the ${what} of client ${client} ${how}: drives finished ${waited} requests ` +
      `since${begin < faultsEnd ? " faults stopped" : ""}, and ${most} are allowed`;
    return [{ promise: "P7", drive, lba, message, witness: stamp, history: own }];
  });
}

/** How many of sorted numbers lie in `from < x < to`. */
function countBetween(sorted: readonly number[], from: number, to: number): number {
  return Math.max(0, firstAbove(sorted, to, false) - firstAbove(sorted, from, true));
}

function firstAbove(sorted: readonly number[], limit: number, strictly: boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const value = sorted[middle]!;
    if (strictly ? value > limit : value >= limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
