/** What a drive keeps without power: sparse blocks of 512 bytes. */
export const BLOCK_SIZE = 512;

/** The contents of a block: in memory that nobody changes any more, from `at` on. */
export interface Contents {
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** Of blocks that were never written. */
export const ZEROES: Contents = { bytes: new Uint8Array(BLOCK_SIZE), at: 0 };

/** A view of the block. */
export function bytesOf({ bytes, at }: Contents): Uint8Array {
  return bytes.subarray(at, at + BLOCK_SIZE);
}

export class Platter {
  #blocks = new Map<number, Contents>();

  /** One that was never written is zero. */
  get(lba: number): Contents {
    return this.#blocks.get(lba) ?? ZEROES;
  }

  set(lba: number, contents: Contents): void {
    this.#blocks.set(lba, contents);
  }

  /** Makes a range zero. */
  zero(lba: number, blocks: number): void {
    eachIn(this.#blocks, lba, blocks, (one) => this.#blocks.delete(one));
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
