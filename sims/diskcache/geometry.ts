/** Blocks and drives: which there are, and what a block holds. */
import type { BlockAddress, BlockContents } from "./port.ts";
import { placeOf } from "./describe.ts";

/** Blocks of drives when a scenario does not say. */
export const FOUR_DRIVES: readonly number[] = [65_536, 65_536, 65_536, 65_536];

/** Of a block: 512 bytes. */
export const DWORDS = 128;

/** 48-bit addresses. */
const LARGEST_DRIVE = 2 ** 48;

/**
 * The sizes of drives in blocks, 0 for none, when they are possible.
 *
 * @throws RangeError
 */
export function checkedSizes(sizes: readonly number[]): readonly number[] {
  const good = (size: number) => Number.isInteger(size) && size >= 0 && size <= LARGEST_DRIVE;
  if (sizes.length >= 1 && sizes.length <= 4 && sizes.every(good)) return sizes;
  throw new RangeError(
    `Cannot make drives of "${sizes.join()}" blocks: there are 1 to 4 drives of 0 to 2^48 ` +
      `blocks; give four sizes, 0 for no drive`,
  );
}

/** @throws RangeError when there is no such drive or no such block on it */
export function checkBlock(verb: string, at: BlockAddress, sizes: readonly number[]): void {
  const size = sizes[at.drive] ?? 0;
  if (Number.isInteger(at.lba) && at.lba >= 0 && at.lba < size) return;
  const fact = size ? `drive ${at.drive} has ${size} blocks` : `drive ${at.drive} is not there`;
  throw new RangeError(
    `Cannot ${verb} block "${placeOf(at)}": ${fact}; ` +
      `give a block of ${sizes.map((blocks, number) => `${number}:0-${blocks}`).join(", ")}`,
  );
}

/** The contents as scenarios see them. */
export function contentsOf(dwords: Uint32Array): BlockContents {
  const stamp = dwords[0]!;
  // A loop: exploring looks at a million blocks a second.
  for (let i = 1; i < dwords.length; i++) if (dwords[i] !== stamp) return { stamp, whole: false };
  return { stamp, whole: true };
}
