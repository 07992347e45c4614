/**
 * What survives a power cut, at every moment at which it could come and for every subset of what
 * the drives had not flushed yet: exact, without trying subsets, because blocks are independent.
 *
 * After a cut a block holds what was flushed last, or any one that the drive took since. Drives
 * that write their cache out in any order, in order for each block, or as a prefix of all they
 * took differ in which blocks go together, not in what one block may hold: one check is exact for
 * all three. In torn mode the sector in flight may hold neither; that is no survivor to judge.
 *
 * A survivor d is a loss if a sync that began at B has returned and some other value v was there
 * before B and is certainly newer: `firstEnd(v) < B` and `firstEnd(d) < lastBegin(v)`, with zones
 * as far as they are known at the cut. So each block needs two numbers of each side: the largest
 * `lastBegin` of what a sync covers, and the smallest `firstEnd` of what may survive (and the
 * second of both, for a value does not contradict itself). The whole is one sweep over events.
 */
import { Block, type Value } from "./_survivors.ts";
import { type Access, type DiskEvent, type History, type Sync } from "./history.ts";
import { blockKey, isKnown, overAt } from "./history.ts";

export interface Loss {
  readonly drive: number;
  readonly lba: number;
  /** Position after which the power is cut. */
  readonly crash: number;
  /** What may be found there; undefined where the drive was given what nobody wrote there. */
  readonly survivor: number;
  /** What is lost; undefined where the survivor was never written there. */
  readonly lost: number | undefined;
}

export interface DurabilityReport {
  /** The first of each block. */
  readonly losses: readonly Loss[];
  /** Moments at which a cut was judged: after each disk event, sync and access that matters. */
  readonly crashPoints: number;
}

/**
 * Judges a power cut after each event. A history that is not linearizable is judged by the zones
 * that it has.
 *
 * @throws RepeatedStamp
 */
export function judgeCrashes(history: History): DurabilityReport {
  const { disk } = history;
  const sweep = new Sweep(history);
  const { reads } = sweep;
  const syncs = history.syncs.filter(({ outcome }) => outcome === "ok")
    .sort((a, b) => a.end - b.end);
  let [d, r, s] = [0, 0, 0];
  // In order of time; what the disk does comes before what a thread sees of it.
  for (;;) {
    const disksAt = disk[d]?.at ?? Infinity;
    const readsAt = reads[r]?.end ?? Infinity;
    const syncsAt = syncs[s]?.end ?? Infinity;
    if (d < disk.length && disksAt <= readsAt && disksAt <= syncsAt) sweep.disk(disk[d++]!);
    else if (r < reads.length && readsAt <= syncsAt) sweep.read(reads[r++]!);
    else if (s < syncs.length) sweep.sync(syncs[s++]!);
    else break;
  }
  return { losses: sweep.losses, crashPoints: d + r + s };
}

/** A read that tells that a value was there. */
interface Sighting {
  readonly block: Block;
  readonly value: Value;
  readonly begin: number;
  readonly end: number;
}

class Sweep {
  readonly losses: Loss[] = [];
  /** In order of their ends. */
  readonly reads: readonly Sighting[];
  readonly #initial: History["initial"];
  readonly #blocks = new Map<number, Block>();
  readonly #ofDrive: Block[][] = [];
  /** When the last sync of each drive that has returned began. */
  readonly #covered: number[] = [];
  readonly #dirty: Set<Block>[] = [];

  constructor({ initial, accesses, disk }: History) {
    this.#initial = initial;
    for (const access of accesses) {
      if (access.kind !== "write") continue;
      const { drive, lba, stamp, begin } = access;
      this.#block(drive, lba).add(stamp, begin, overAt(access));
    }
    this.reads = this.#sightings(accesses);
    for (const event of disk) if (event.type === "write") this.#block(event.drive, event.lba);
    for (const block of this.#blocks.values()) block.begin();
  }

  #sightings(accesses: readonly Access[]): readonly Sighting[] {
    const reads: Sighting[] = [];
    for (const access of accesses) {
      if (!isKnown(access)) continue;
      const { drive, lba, stamp, begin, end } = access;
      const block = this.#block(drive, lba);
      const value = block.valueOf(stamp);
      // Of what nobody had written yet it tells nothing: that is another promise's business.
      if (!value || end < value.lastBegin) continue;
      if (end < value.firstEnd) value.firstEnd = end;
      reads.push({ block, value, begin, end });
    }
    return reads.sort((a, b) => a.end - b.end);
  }

  #block(drive: number, lba: number): Block {
    const key = blockKey(drive, lba);
    const known = this.#blocks.get(key);
    if (known) return known;
    const block = new Block(drive, lba, this.#initial(drive, lba));
    this.#blocks.set(key, block);
    (this.#ofDrive[drive] ??= []).push(block);
    return block;
  }

  disk(event: DiskEvent): void {
    const { drive, at } = event;
    const dirty = this.#dirty[drive] ??= new Set();
    if (event.type === "flush") {
      for (const block of dirty) {
        block.flush(event.begin ?? Infinity);
        if (!block.isDirty) dirty.delete(block);
      }
      return;
    }
    const block = this.#blocks.get(blockKey(drive, event.lba))!;
    const value = block.valueOf(event.stamp);
    if (!value) return this.#lose(block, at, event.stamp, undefined);
    block.take(value, at, event.fua ?? false);
    if (block.isDirty) dirty.add(block);
    this.#judge(block, at);
  }

  read({ block, value, begin, end }: Sighting): void {
    const covered = this.#covered[block.drive] ?? -Infinity;
    if (block.wasRead(value, begin, covered)) this.#judge(block, end);
  }

  sync({ drives, begin, end }: Sync): void {
    for (const drive of drives) {
      if (begin <= (this.#covered[drive] ?? -Infinity)) continue;
      this.#covered[drive] = begin;
      for (const block of this.#ofDrive[drive] ?? []) {
        if (block.cover(begin)) this.#judge(block, end);
      }
    }
  }

  #judge(block: Block, at: number): void {
    const loss = block.loss();
    if (loss) this.#lose(block, at, loss.survivor.stamp, loss.lost.stamp);
  }

  #lose(block: Block, crash: number, survivor: number, lost: number | undefined): void {
    if (block.isLost) return;
    block.isLost = true;
    const { drive, lba } = block;
    this.losses.push({ drive, lba, crash, survivor, lost });
  }
}
