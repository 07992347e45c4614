/** What a drive keeps without power: sparse blocks of 512 bytes. */
export const BLOCK_SIZE = 512;

const ZEROES = new Uint8Array(BLOCK_SIZE);

export class Platter {
  #blocks = new Map<number, Uint8Array>();

  /** Blocks that are not zero, and some that are. */
  get written(): number {
    return this.#blocks.size;
  }

  /** Not to be changed by the caller; one that was never written is zero. */
  get(lba: number): Uint8Array {
    return this.#blocks.get(lba) ?? ZEROES;
  }

  /** Keeps `block` itself: nobody may change it any more. */
  set(lba: number, block: Uint8Array): void {
    this.#blocks.set(lba, block);
  }

  /** Makes a range zero. */
  zero(lba: number, blocks: number): void {
    eachIn(this.#blocks, lba, blocks, (one) => this.#blocks.delete(one));
  }

  clear(): void {
    this.#blocks.clear();
  }

  /** Gives what puts all blocks back, as often as it is called. */
  remember(): () => void {
    const blocks = new Map(this.#blocks);
    return () => void (this.#blocks = new Map(blocks));
  }
}

/** The keys of a map that are in a range, which may be far longer than the map. */
export function eachIn(
  map: ReadonlyMap<number, unknown>,
  lba: number,
  blocks: number,
  visit: (lba: number) => void,
): void {
  if (blocks < map.size) {
    for (let one = lba; one < lba + blocks; one++) if (map.has(one)) visit(one);
  } else {
    for (const one of [...map.keys()]) if (one >= lba && one < lba + blocks) visit(one);
  }
}
