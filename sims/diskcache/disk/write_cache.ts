/**
 * The volatile write cache of a drive: what it has acknowledged and not yet written to the platter.
 * A block that was written again keeps what it had before, too: the drive may have destaged that in
 * between, so a power cut may leave any of them.
 */
import type { Platter } from "./platter.ts";
import { eachIn } from "./platter.ts";

export interface Version {
  /** Of acceptance by the drive, over all blocks. */
  readonly order: number;
  readonly bytes: Uint8Array;
}

/** Contents of one block that are remembered, at most. */
const VERSIONS = 8;

export class WriteCache {
  /** Oldest version first; the blocks in the order in which they were first written. */
  #blocks = new Map<number, Version[]>();
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
  get(lba: number): Uint8Array {
    return this.#blocks.get(lba)?.at(-1)?.bytes ?? this.platter.get(lba);
  }

  /** Oldest first. */
  versions(lba: number): readonly Version[] {
    return this.#blocks.get(lba) ?? [];
  }

  /** Keeps `bytes` itself: nobody may change it any more. */
  put(lba: number, bytes: Uint8Array): void {
    let versions = this.#blocks.get(lba);
    if (!versions) this.#blocks.set(lba, versions = []);
    versions.push({ order: ++this.#order, bytes });
    if (versions.length > VERSIONS) this.#destageUpTo(versions[VERSIONS >> 1]!.order);
  }

  /** Makes room: the older half of all versions goes to the platter, in the order of acceptance. */
  destageOlder(): void {
    const orders = [...this.#blocks.values()].flat().map(({ order }) => order);
    this.#destageUpTo(orders.sort((a, b) => a - b)[orders.length >> 1]!);
  }

  /** Writes a block's newest version to the platter. */
  destage(lba: number): void {
    const newest = this.#blocks.get(lba)?.at(-1);
    if (newest) this.platter.set(lba, newest.bytes);
    this.#blocks.delete(lba);
  }

  /** Forgets what it has of a range: the platter has it newer. */
  drop(lba: number, blocks: number): void {
    eachIn(this.#blocks, lba, blocks, (one) => this.#blocks.delete(one));
  }

  #destageUpTo(order: number): void {
    for (const [lba, versions] of this.#blocks) {
      const later = versions.findIndex((version) => version.order > order);
      const gone = versions.splice(0, later < 0 ? versions.length : later);
      if (gone.length > 0) this.platter.set(lba, gone.at(-1)!.bytes);
      if (versions.length === 0) this.#blocks.delete(lba);
    }
  }

  /** Gives what puts all versions back, as often as it is called. */
  remember(): () => void {
    const copy = (blocks: ReadonlyMap<number, readonly Version[]>) =>
      new Map([...blocks].map(([lba, versions]) => [lba, [...versions]]));
    const blocks = copy(this.#blocks);
    return () => void (this.#blocks = copy(blocks));
  }

  clear(): void {
    this.#blocks.clear();
  }
}
