/**
 * The exact check of one block as a register with unique values: Gibbons and Korach, "Testing
 * shared memories", SIAM J. Comput. 26(4), 1997, section 4.
 *
 * A value has a zone: from the first end to the last beginning among its write and its reads. A
 * value v certainly comes before w when something of v ended before something of w began. The
 * block is linearizable if and only if no read is without its write or ends before it begins, and
 * no two values come before each other. With zones whose end lies after their beginning
 * ("forward": the value was there all that time) that means: no two forward zones overlap, and no
 * other zone ("backward") lies inside one. n log n, and two values are the witness.
 */
import { type Access, isKnown, overAt } from "./history.ts";
import { stampText } from "./violation.ts";

/** Why no order explains the accesses of one block. */
export interface Contradiction {
  readonly message: string;
  readonly values: readonly number[];
  /** The accesses that suffice for it. */
  readonly evidence: readonly Access[];
}

/** A value of one block. Of the initial one the write is undefined, and over before all. */
interface Zone {
  readonly stamp: number;
  readonly write: Access | undefined;
  /** When the write began. */
  readonly born: number;
  /** The first end among its write and reads, and the one that ended then. */
  firstEnd: number;
  first: Access | undefined;
  /** The last beginning, and the one that began then. */
  lastBegin: number;
  last: Access | undefined;
}

/** Two writes of one block have the same stamp: zones cannot tell, {@link searchOrder} can. */
export class RepeatedStamp extends Error {
  override readonly name = "RepeatedStamp";
  constructor(readonly stamp: number, readonly drive: number, readonly lba: number) {
    super(
      `Cannot check block "${drive}:${lba}" by zones: ${stampText(stamp)} was written twice; ` +
        `give each write a stamp of its own, or search for an order`,
    );
  }
}

/**
 * Why reads and writes of one block have no order that explains them; undefined when they have.
 *
 * @param accesses of one block, in any order
 * @param initial what it held before
 * @throws RepeatedStamp
 */
export function contradictionIn(
  accesses: readonly Access[],
  initial: number,
): Contradiction | undefined {
  const zones = new Map<number, Zone>();
  return fillZones(zones, accesses, initial) ?? overlapOf([...zones.values()]);
}

/** Gives the first read that has no write, or ends before it. */
function fillZones(
  zones: Map<number, Zone>,
  accesses: readonly Access[],
  initial: number,
): Contradiction | undefined {
  zones.set(initial, zoneOf(initial, undefined));
  for (const access of accesses) {
    if (access.kind !== "write") continue;
    const { stamp, drive, lba } = access;
    const before = zones.size;
    zones.set(stamp, zoneOf(stamp, access));
    if (zones.size === before) throw new RepeatedStamp(stamp, drive, lba);
  }
  let wrong: Contradiction | undefined;
  for (const access of accesses) {
    if (!isKnown(access)) continue;
    const zone = zones.get(access.stamp);
    if (!zone || access.end < zone.born) wrong ??= wrongRead(access, zone);
    else extend(zone, access);
  }
  return wrong;
}

/** Of a value that nobody has read. */
function zoneOf(stamp: number, write: Access | undefined): Zone {
  const born = write ? write.begin : -Infinity;
  const firstEnd = write ? overAt(write) : -Infinity;
  return { stamp, write, born, firstEnd, first: write, lastBegin: born, last: write };
}

function extend(zone: Zone, read: Access): void {
  if (read.end < zone.firstEnd) {
    zone.firstEnd = read.end;
    zone.first = read;
  }
  if (read.begin > zone.lastBegin) {
    zone.lastBegin = read.begin;
    zone.last = read;
  }
}

function wrongRead(read: Access, zone: Zone | undefined): Contradiction {
  const value = stampText(read.stamp);
  const values = [read.stamp];
  if (!zone) {
    return { message: `${value} was read and never written there`, values, evidence: [read] };
  }
  const message = `${value} was read before anybody began to write it`;
  return { message, values, evidence: [read, zone.write!] };
}

function overlapOf(zones: Zone[]): Contradiction | undefined {
  const forward = zones.filter((zone) => zone.firstEnd < zone.lastBegin)
    .sort((a, b) => a.firstEnd - b.firstEnd);
  for (let i = 1; i < forward.length; i++) {
    const [zone, next] = [forward[i - 1]!, forward[i]!];
    if (next.firstEnd < zone.lastBegin) return contradiction(zone, next);
  }
  if (forward.length === 0) return undefined;
  for (const zone of zones) {
    if (zone.firstEnd < zone.lastBegin) continue;
    const around = lastBefore(forward, zone.lastBegin);
    if (around && zone.firstEnd < around.lastBegin) return contradiction(around, zone);
  }
  return undefined;
}

/** The last of disjoint forward zones that begins before `at`. */
function lastBefore(forward: readonly Zone[], at: number): Zone | undefined {
  let low = 0;
  let high = forward.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (forward[middle]!.firstEnd < at) low = middle + 1;
    else high = middle;
  }
  return forward[low - 1];
}

function contradiction(outer: Zone, inner: Zone): Contradiction {
  const evidence = [outer, inner].flatMap(({ write, first, last }) => [write, first, last]);
  const life = `the life of ${outer.write ? "" : "the initial "}${stampText(outer.stamp)}`;
  return {
    message: `${stampText(inner.stamp)} was in the block inside ${life}`,
    values: [outer.stamp, inner.stamp],
    evidence: [...new Set(evidence)].filter((access) => access !== undefined),
  };
}
