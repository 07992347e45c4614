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
import { type Access, type DiskEvent, type History, isKnown, type Sync } from "./history.ts";
import { blockKey, byBlock } from "./history.ts";
import { type Zone, zonesOf } from "./zones.ts";

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

interface Value {
  readonly stamp: number;
  readonly firstEnd: number;
  /** As far as it is known at the moment of the sweep. */
  lastBegin: number;
}

class Block {
  /** By `firstEnd`. */
  readonly values: readonly Value[];
  readonly #byStamp: ReadonlyMap<number, Value>;
  /** So many of `values` are covered by a sync that returned. */
  #covered = 0;
  #newest: Value | undefined;
  #second = -Infinity;
  /** What the platter certainly has, when nothing of the drive's cache comes to it. */
  #durable: Value;
  /** In the drive's cache, in its order. */
  #volatile: { readonly value: Value; readonly at: number }[] = [];
  #oldest: Value;
  #other: Value | undefined;
  isLost = false;

  constructor(
    readonly drive: number,
    readonly lba: number,
    zones: Map<number, Zone>,
    initial: number,
  ) {
    this.#byStamp = new Map(
      [...zones].map((
        [stamp, { firstEnd, born }],
      ) => [stamp, { stamp, firstEnd, lastBegin: born }]),
    );
    this.values = [...this.#byStamp.values()].sort((a, b) => a.firstEnd - b.firstEnd);
    this.#durable = this.#oldest = this.#byStamp.get(initial)!;
  }

  valueOf(stamp: number): Value | undefined {
    return this.#byStamp.get(stamp);
  }

  /** A sync that began at `begin` has returned. */
  cover(begin: number): void {
    while (this.#covered < this.values.length) {
      const value = this.values[this.#covered]!;
      if (value.firstEnd >= begin) break;
      this.#covered++;
      this.#consider(value);
    }
  }

  /** A read of the value that began then has ended. */
  wasRead(value: Value, begin: number, covered: number): void {
    if (begin <= value.lastBegin) return;
    value.lastBegin = begin;
    if (value.firstEnd < covered) this.#consider(value);
  }

  #consider(value: Value): void {
    const newest = this.#newest;
    if (value === newest) return;
    if (!newest || value.lastBegin > newest.lastBegin) {
      if (newest) this.#second = newest.lastBegin;
      this.#newest = value;
    } else if (value.lastBegin > this.#second) this.#second = value.lastBegin;
  }

  take(value: Value, at: number, fua: boolean): void {
    if (fua) {
      this.#durable = value;
      this.#volatile = [];
      this.#recount();
    } else {
      this.#volatile.push({ value, at });
      this.#count(value);
    }
  }

  /** What the drive took before `begin` is on the platter. */
  flush(begin: number): void {
    const first = this.#volatile.findIndex(({ at }) => at >= begin);
    const flushed = first < 0 ? this.#volatile.length : first;
    if (flushed === 0) return;
    this.#durable = this.#volatile[flushed - 1]!.value;
    this.#volatile = this.#volatile.slice(flushed);
    this.#recount();
  }

  #recount(): void {
    this.#oldest = this.#durable;
    this.#other = undefined;
    for (const { value } of this.#volatile) this.#count(value);
  }

  #count(value: Value): void {
    const oldest = this.#oldest;
    if (value === oldest || value === this.#other) return;
    if (value.firstEnd < oldest.firstEnd) {
      this.#other = oldest;
      this.#oldest = value;
    } else if (!this.#other || value.firstEnd < this.#other.firstEnd) this.#other = value;
  }

  get isDirty(): boolean {
    return this.#volatile.length > 0;
  }

  /** The survivor that is a loss, and what it stands in the place of. */
  loss(): { readonly survivor: Value; readonly lost: Value } | undefined {
    const newest = this.#newest;
    if (!newest) return undefined;
    const oldest = this.#oldest;
    if (oldest !== newest) {
      return oldest.firstEnd < newest.lastBegin ? { survivor: oldest, lost: newest } : undefined;
    }
    if (this.#other && this.#other.firstEnd < newest.lastBegin) {
      return { survivor: this.#other, lost: newest };
    }
    if (oldest.firstEnd >= this.#second) return undefined;
    const lost = this.values.find((value) => value !== oldest && value.lastBegin === this.#second);
    return { survivor: oldest, lost: lost! };
  }
}

type Step =
  | { readonly at: number; readonly rank: 0; readonly disk: DiskEvent }
  | { readonly at: number; readonly rank: 1; readonly read: Access }
  | { readonly at: number; readonly rank: 2; readonly sync: Sync };

/**
 * Judges a power cut after each event. A history that is not linearizable is judged by the zones
 * that it has.
 *
 * @throws RepeatedStamp
 */
export function judgeCrashes(history: History): DurabilityReport {
  const sweep = new Sweep(history);
  const steps = stepsOf(history);
  for (const step of steps) {
    if (step.rank === 0) sweep.disk(step.disk);
    else if (step.rank === 1) sweep.read(step.read);
    else sweep.sync(step.sync);
  }
  return { losses: sweep.losses, crashPoints: steps.length };
}

/** In order of time; what the disk does comes before what a thread sees of it. */
function stepsOf({ accesses, syncs, disk }: History): Step[] {
  const steps: Step[] = [];
  for (const event of disk) steps.push({ at: event.at, rank: 0, disk: event });
  for (const read of accesses) if (isKnown(read)) steps.push({ at: read.end, rank: 1, read });
  for (const sync of syncs) if (sync.outcome === "ok") steps.push({ at: sync.end, rank: 2, sync });
  return steps.sort((a, b) => a.at - b.at || a.rank - b.rank);
}

class Sweep {
  readonly losses: Loss[] = [];
  readonly #blocks = new Map<number, Block>();
  readonly #ofDrive: Block[][] = [];
  /** When the last sync of each drive that has returned began. */
  readonly #covered: number[] = [];
  readonly #dirty: Set<Block>[] = [];

  constructor(history: History) {
    const { initial, accesses, disk } = history;
    for (const [key, own] of byBlock(accesses)) {
      const [{ drive, lba }] = own as [Access];
      this.#add(key, drive, lba, zonesOf(own, initial(drive, lba)), initial(drive, lba));
    }
    for (const event of disk) {
      if (event.type === "flush") continue;
      const { drive, lba } = event;
      const key = blockKey(drive, lba);
      if (this.#blocks.has(key)) continue;
      this.#add(key, drive, lba, zonesOf([], initial(drive, lba)), initial(drive, lba));
    }
  }

  #add(key: number, drive: number, lba: number, zones: Map<number, Zone>, initial: number): void {
    const block = new Block(drive, lba, zones, initial);
    this.#blocks.set(key, block);
    (this.#ofDrive[drive] ??= []).push(block);
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

  read({ drive, lba, stamp, begin, end }: Access): void {
    const block = this.#blocks.get(blockKey(drive, lba))!;
    const value = block.valueOf(stamp);
    if (!value) return;
    block.wasRead(value, begin, this.#covered[drive] ?? -Infinity);
    this.#judge(block, end);
  }

  sync({ drives, begin, end }: Sync): void {
    for (const drive of drives) {
      if (begin <= (this.#covered[drive] ?? -Infinity)) continue;
      this.#covered[drive] = begin;
      for (const block of this.#ofDrive[drive] ?? []) {
        block.cover(begin);
        this.#judge(block, end);
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
