/**
 * The volatile write cache of a drive: what it has acknowledged and not yet written to the platter.
 * A block that was written again keeps what it had before, too: the drive may have destaged that in
 * between, so a power cut may leave any of them.
 */
import { type Contents, eachIn, type Platter } from "./platter.ts";

export interface Version extends Contents {
  /** Of acceptance by the drive, over all blocks. */
  readonly order: number;
  /** What the block was before, when the platter does not have that yet. */
  readonly older: Version | undefined;
  /** How many it is with those before it. */
  readonly depth: number;
}

/** Contents of one block that are remembered, at most. */
const VERSIONS = 8;

export class WriteCache {
  /** The newest version of each block. */
  #blocks = new Map<number, Version>();
  #order = 0;

  constructor(private readonly platter: Platter) {}

  /** Blocks in it. */
  get size(): number {
    return this.#blocks.size;
  }

  /** Those that are in it. */
  get lbas(): number[] {
    return [...this.#blocks.keys()];
  }

  has(lba: number): boolean {
    return this.#blocks.has(lba);
  }

  /** What the drive reads out: the newest version, else the platter's. */
  get(lba: number): Contents {
    return this.#blocks.get(lba) ?? this.platter.get(lba);
  }

  /** Oldest first. */
  versions(lba: number): readonly Version[] {
    return chain(this.#blocks.get(lba)).reverse();
  }

  put(lba: number, { bytes, at }: Contents): void {
    const older = this.#blocks.get(lba);
    const depth = older ? older.depth + 1 : 1;
    this.#blocks.set(lba, { order: ++this.#order, bytes, at, older, depth });
    if (depth > VERSIONS) this.#destageUpTo(this.versions(lba)[VERSIONS >> 1]!.order);
  }

  /** Makes room: about the older half of all versions goes to the platter, oldest first. */
  destageOlder(): void {
    let oldest = this.#order;
    for (const { order } of this.#blocks.values()) oldest = Math.min(oldest, order);
    this.#destageUpTo((oldest + this.#order) / 2);
  }

  /** Writes a block's newest version to the platter. */
  destage(lba: number): void {
    const newest = this.#blocks.get(lba);
    if (!newest) return;
    const { bytes, at, older } = newest;
    this.platter.set(lba, older ? { bytes, at } : newest); // Older ones need no memory any more.
    this.#blocks.delete(lba);
  }

  /** Forgets what it has of a range: the platter has it newer. */
  drop(lba: number, blocks: number): void {
    eachIn(this.#blocks, lba, blocks, (one) => this.#blocks.delete(one));
  }

  /** Gives what puts all versions back, as often as it is called. */
  remember(): () => void {
    const blocks = new Map(this.#blocks);
    return () => void (this.#blocks = new Map(blocks));
  }

  clear(): void {
    this.#blocks.clear();
  }

  #destageUpTo(limit: number): void {
    for (const [lba, newest] of this.#blocks) {
      if (newest.order <= limit) this.destage(lba);
      else if (newest.older) this.#shorten(lba, limit);
    }
  }

  /** Destages all but the versions after `limit`. */
  #shorten(lba: number, limit: number): void {
    const versions = this.versions(lba);
    const first = versions.findIndex(({ order }) => order > limit);
    if (first === 0) return;
    const { bytes, at } = versions[first - 1]!;
    this.platter.set(lba, { bytes, at });
    let older: Version | undefined;
    for (const version of versions.slice(first)) {
      older = { ...version, older, depth: older ? older.depth + 1 : 1 };
    }
    this.#blocks.set(lba, older!);
  }
}

/** Newest first. */
function chain(newest: Version | undefined): Version[] {
  const versions: Version[] = [];
  for (let one = newest; one; one = one.older) versions.push(one);
  return versions;
}
