/**
 * The slow way to judge power cuts: every subset of what a drive had not flushed, one after the
 * other in Gray code (one block changes from state to state), each state judged by definition. The
 * cross-check of {@link judgeCrashes}, and the way to ask for what needs several blocks at once.
 */
import { type Access, blockKey, byBlock, type History, isKnown } from "./history.ts";
import { contradictionIn } from "./zones.ts";

/**
 * What a drive may have written out of its cache when the power goes.
 * "any-subset": any of its writes, whichever order it likes (real drives, and what is promised);
 * "in-order": the oldest ones up to some point, as if its cache were a queue.
 */
export type DriveModel = "any-subset" | "in-order";

/** What is on the platters; what was never written out is not in it. */
export type Platters = ReadonlyMap<number, number>;

interface Volatile {
  readonly key: number;
  readonly stamp: number;
  readonly at: number;
}

/**
 * Calls back with each state in which the platters may be found after a cut at each moment: before
 * all, and after each disk event. The map is the same one each time. Gives how many there were.
 *
 * @param visit returns false to stop
 */
export function enumerateCrashes(
  { disk }: Pick<History, "disk">,
  model: DriveModel,
  visit: (platters: Platters, crash: number) => boolean | void,
): number {
  const durable = new Map<number, number>();
  let cached: Volatile[] = [];
  let states = 0;
  const all = (crash: number) => {
    for (const platters of statesOf(durable, cached, model)) {
      states++;
      if (visit(platters, crash) === false) return false;
    }
    return true;
  };
  if (!all(-Infinity)) return states;
  for (const event of disk) {
    if (event.type === "flush") {
      const { drive, begin = Infinity } = event;
      const isFlushed = ({ key, at }: Volatile) => key % 4 === drive && at < begin;
      for (const { key, stamp } of cached.filter(isFlushed)) durable.set(key, stamp);
      cached = cached.filter((one) => !isFlushed(one));
    } else {
      const key = blockKey(event.drive, event.lba);
      if (event.fua) {
        cached = cached.filter((one) => one.key !== key);
        durable.set(key, event.stamp);
      } else cached.push({ key, stamp: event.stamp, at: event.at });
    }
    if (!all(event.at)) return states;
  }
  return states;
}

function statesOf(
  durable: ReadonlyMap<number, number>,
  cached: readonly Volatile[],
  model: DriveModel,
): Iterable<Platters> {
  return model === "in-order" ? prefixes(durable, cached) : subsets(durable, cached);
}

/** Every drive has its own queue: a prefix of each. */
function* prefixes(
  durable: ReadonlyMap<number, number>,
  cached: readonly Volatile[],
): Generator<Platters> {
  const queues = [...Map.groupBy(cached, ({ key }) => key % 4).values()];
  const combine = function* (platters: Map<number, number>, drive: number): Generator<Platters> {
    const queue = queues[drive];
    if (!queue) return yield platters;
    for (let length = 0; length <= queue.length; length++) {
      const own = new Map(platters);
      for (const { key, stamp } of queue.slice(0, length)) own.set(key, stamp);
      yield* combine(own, drive + 1);
    }
  };
  yield* combine(new Map(durable), 0);
}

/** In the order of a Gray code: write number `ctz(i)` comes or goes. */
function* subsets(
  durable: ReadonlyMap<number, number>,
  cached: readonly Volatile[],
): Generator<Platters> {
  const platters = new Map(durable);
  const isOut = new Uint8Array(cached.length);
  const same = cached.map(({ key }) => [...cached.keys()].filter((i) => cached[i]!.key === key));
  yield platters;
  for (let i = 1; i < 2 ** cached.length; i++) {
    const flipped = 31 - Math.clz32(i & -i);
    isOut[flipped]! ^= 1;
    const { key } = cached[flipped]!;
    const last = same[flipped]!.findLast((one) => isOut[one]);
    const stamp = last === undefined ? durable.get(key) : cached[last]!.stamp;
    if (stamp === undefined) platters.delete(key);
    else platters.set(key, stamp);
    yield platters;
  }
}

/** When the last of the syncs of a drive began that had returned well at a moment. */
export function coveredAt({ syncs }: History, drive: number, at: number): number {
  let covered = -Infinity;
  for (const sync of syncs) {
    const counts = sync.outcome === "ok" && sync.end <= at && sync.drives.includes(drive);
    if (counts) covered = Math.max(covered, sync.begin);
  }
  return covered;
}

/**
 * Whether a block may hold `stamp` after a cut, by the definition of durable linearizability: what
 * survives is one more read, which began with the sync and ends with the cut.
 *
 * @param accesses of that block
 */
export function mayRemain(
  accesses: readonly Access[],
  initial: number,
  survivor: { readonly stamp: number; readonly covered: number; readonly crash: number },
): boolean {
  const { stamp, covered: begin, crash: end } = survivor;
  const known = knownAt(accesses, end);
  const isThere = stamp === initial ||
    known.some((access) => access.kind === "write" && access.stamp === stamp);
  if (!isThere || begin === -Infinity) return isThere;
  const block = { drive: 0, lba: 0, client: 0 };
  const read: Access = {
    ...block,
    ...{ kind: "read", stamp, whole: true, begin, end, outcome: "ok" },
  };
  return contradictionIn([...known, read], initial) === undefined;
}

/** What had happened by then: a write that was not over may or may not have been. */
export function knownAt(accesses: readonly Access[], at: number): Access[] {
  return accesses
    .filter((access) => access.begin <= at && (access.end <= at || !isKnown(access)))
    .map((access) => access.end <= at ? access : { ...access, end: Infinity, outcome: "open" });
}

/** The losses that enumeration finds: the first cut of each block, by its key. */
export function lossesByEnumeration(history: History, model: DriveModel): Map<number, number> {
  const losses = new Map<number, number>();
  const accesses = byBlock(history.accesses);
  const keys = new Set([
    ...accesses.keys(),
    ...history.disk.flatMap((event) =>
      event.type === "flush" ? [] : [blockKey(event.drive, event.lba)]
    ),
  ]);
  // The platters change with disk events, what they must have with syncs and reads too.
  const moments = [
    ...history.syncs.map(({ end }) => end),
    ...history.accesses.filter(isKnown).map(({ end }) => end),
  ].sort((a, b) => a - b);
  enumerateCrashes(history, model, (platters, crash) => {
    const next = history.disk.find(({ at }) => at > crash)?.at ?? Infinity;
    for (const at of [crash, ...moments.filter((one) => one > crash && one < next)]) {
      for (const key of keys) {
        if ((losses.get(key) ?? Infinity) <= at) continue;
        const [drive, lba] = [key % 4, Math.floor(key / 4)];
        const initial = history.initial(drive, lba);
        const stamp = platters.get(key) ?? initial;
        const covered = coveredAt(history, drive, at);
        const survivor = { stamp, covered, crash: at };
        if (!mayRemain(accesses.get(key) ?? [], initial, survivor)) losses.set(key, at);
      }
    }
  });
  return losses;
}
