/** What the scenarios of the disk cache do again and again. */
import { expect, type Mark, seconds } from "hil";
import {
  type BlockAddress,
  type DiskCache,
  type Operation,
  OperationFailed,
} from "sims/diskcache/mod.ts";

/** Longest that anything here may take on a target in real time. */
export const LIMIT = seconds(10);

export function at(lba: number, drive = 0): BlockAddress {
  return { drive, lba };
}

/** Reads a block to the end; gives its stamp. */
export async function read(cache: DiskCache, block: BlockAddress): Promise<number> {
  const operation = await cache.read(block);
  return await stampOf(operation);
}

/** The stamp that a read gives, of a block that is whole. */
export async function stampOf(
  read: Awaited<ReturnType<DiskCache["read"]>>,
): Promise<number> {
  const { stamp, whole } = await read.finished({ within: LIMIT });
  expect(whole, "whether the block that was read is whole").toBe(true);
  return stamp;
}

/** Writes a block into the cache. */
export async function write(cache: DiskCache, block: BlockAddress, stamp: number): Promise<void> {
  await (await cache.write(block, stamp)).finished({ within: LIMIT });
}

export async function sync(cache: DiskCache): Promise<void> {
  await (await cache.sync()).finished({ within: LIMIT });
}

/** Checks what is on the disk itself. */
export async function expectOnDisk(
  cache: DiskCache,
  block: BlockAddress,
  stamp: number,
): Promise<void> {
  const found = await cache.drives.peek(block);
  expect(found, `what drive ${block.drive} has in block ${block.lba}`)
    .toEqual({ stamp, whole: true });
}

/** The error that an operation fails with; "none" when it does not. */
export async function errorOf(operation: Operation<unknown>): Promise<string> {
  try {
    await operation.finished({ within: LIMIT });
    return "none";
  } catch (error) {
    if (error instanceof OperationFailed) return error.error;
    throw error;
  }
}

/** Flags of the block's entry; 0 when it has none. */
export async function flagsOf(cache: DiskCache, block: BlockAddress): Promise<number> {
  const entries = await cache.entries();
  const own = entries.filter(({ drive, lba }) => drive === block.drive && lba === block.lba);
  expect(own.length, `entries of block ${block.drive}:${block.lba}`).toBeLessThan(2);
  return own[0]?.flags ?? 0;
}

/** The blocks that the cache has an entry for, as "drive:lba" in order. */
export async function cached(cache: DiskCache): Promise<readonly string[]> {
  return (await cache.entries()).map(({ drive, lba }) => `${drive}:${lba}`).sort();
}

/** The request that reaches a drive next after `after`, whatever it is. */
export async function nextRequest(cache: DiskCache, after: Mark) {
  const kind = ["read", "write", "flush"];
  return await expect(cache.drives.requests).toHappen({ kind, after, within: LIMIT });
}
