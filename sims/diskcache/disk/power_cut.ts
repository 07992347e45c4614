/**
 * What a power cut leaves of a drive. Each block that was not durable ends as one of what it could
 * be: what it was, or any of the writes since (facts/proof.md, P3: every surviving subset). A
 * sector that is being written at that moment is old or new; in torn mode it may be part of each.
 */
import type { Chooser } from "./chance.ts";
import type { FaultPlan } from "./plan.ts";
import { BLOCK_SIZE, bytesOf, type Contents, type Platter } from "./platter.ts";
import type { Version, WriteCache } from "./write_cache.ts";

/**
 * "newest": the last write survived; "older": an earlier one that no flush had covered; "old": none
 * did; "torn": part of a write that was under way, part of what was there before.
 */
export type BlockFate = {
  readonly lba: number;
  readonly fate: "newest" | "older" | "old" | "torn";
};

/** A write under way. */
export interface UnderWay {
  readonly lba: number;
  readonly data: Uint8Array;
  /** All its data had come: it may have reached the platter. */
  readonly whole: boolean;
}

export interface Remains {
  readonly platter: Platter;
  /** Is empty afterwards. */
  readonly cache: WriteCache;
  readonly writes: readonly UnderWay[];
  readonly chooser: Chooser;
  readonly plan: FaultPlan;
}

/** A sector is written from its beginning on, in parts of this size. */
const PART = 32;

interface Candidate extends Contents {
  readonly order: number;
  /** Was never acknowledged. */
  readonly underWay: boolean;
}

/** Decides, writes the platter and empties the cache; the fates in the order of the blocks. */
export function survive(remains: Remains): readonly BlockFate[] {
  const { platter, cache } = remains;
  const candidates = candidatesOf(remains);
  const limit = lastSurvivor(candidates, remains);
  const fates: BlockFate[] = [];
  for (const [lba, versions] of [...candidates].sort(([a], [b]) => a - b)) {
    const possible = versions.filter(({ order }) => order <= limit);
    const chosen = pick(possible, remains);
    const torn = chosen && tear(chosen, platter.get(lba), remains);
    if (chosen) platter.set(lba, torn ?? { bytes: bytesOf(chosen).slice(), at: 0 });
    fates.push({ lba, fate: torn ? "torn" : fateOf(chosen, versions) });
  }
  cache.clear();
  return fates;
}

/** What each block could become beside staying as it is, oldest first. */
function candidatesOf({ cache, writes }: Remains): Map<number, Candidate[]> {
  const all = new Map<number, Candidate[]>();
  const acknowledged = ({ order, bytes, at }: Version) => ({ order, bytes, at, underWay: false });
  for (const lba of cache.lbas) all.set(lba, cache.versions(lba).map(acknowledged));
  for (const { lba, data } of writes.filter(({ whole }) => whole)) {
    for (let at = 0; at < data.length; at += BLOCK_SIZE) {
      const block = lba + at / BLOCK_SIZE;
      const candidate = { order: Infinity, bytes: data, at, underWay: true };
      all.set(block, [...all.get(block) ?? [], candidate]);
    }
  }
  return all;
}

/** In order: the last write that survives, and with it all before; else any may. */
function lastSurvivor(
  candidates: ReadonlyMap<number, readonly Candidate[]>,
  { plan, chooser }: Remains,
): number {
  if (plan.survivors === "none") return -Infinity;
  if (plan.survivors !== "in order") return Infinity;
  const orders = [...candidates.values()].flat().map(({ order }) => order).sort((a, b) => b - a);
  return [...orders, -Infinity][chooser.choose({ kind: "survivors", ways: orders.length + 1 })]!;
}

/** Undefined: the block stays as it was. Way 0 is the newest: nothing is lost. */
function pick(possible: readonly Candidate[], { plan, chooser }: Remains): Candidate | undefined {
  if (plan.survivors === "all" || plan.survivors === "in order") return possible.at(-1);
  if (possible.length === 0) return undefined;
  const lost = chooser.choose({ kind: "survivors", ways: possible.length + 1 });
  return possible[possible.length - 1 - lost];
}

/** In torn mode, of a write that was under way: its first parts, and the old ones after them. */
function tear(chosen: Candidate, old: Contents, { plan, chooser }: Remains) {
  if (!plan.torn || !chosen.underWay) return undefined;
  const parts = BLOCK_SIZE / PART;
  const missing = chooser.choose({ kind: "torn", ways: parts });
  if (missing === 0) return undefined;
  const bytes = bytesOf(old).slice();
  bytes.set(bytesOf(chosen).subarray(0, (parts - missing) * PART));
  return { bytes, at: 0 };
}

function fateOf(chosen: Candidate | undefined, versions: readonly Candidate[]) {
  if (!chosen) return "old";
  return chosen === versions.at(-1) ? "newest" : "older";
}
