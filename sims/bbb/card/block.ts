/** Blocks of 512 bytes: what cards, images and file systems are made of. */

export const BLOCK_SIZE = 512;

/** Of blocks that nobody wrote. Not to be changed. */
export const ZERO_BLOCK: Uint8Array = new Uint8Array(BLOCK_SIZE);

/** What a card holds when it leaves the drawer. */
export interface BlockSource {
  /** For messages: the file, or how it was made. */
  readonly name: string;
  readonly blocks: number;
  /** Whether `lba` was ever written; the others are zero. */
  has(lba: number): boolean;
  /** Not to be changed. */
  readBlock(lba: number): Uint8Array;
}

/** For messages: "64 MiB", "8,192 bytes". */
export function sizeText(bytes: number): string {
  const MiB = 1 << 20;
  return bytes % MiB === 0 ? `${bytes / MiB} MiB` : `${bytes.toLocaleString("en")} bytes`;
}
