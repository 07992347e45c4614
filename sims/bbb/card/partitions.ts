/**
 * Partition tables: the MBR, as the boot ROM reads it (AM335x TRM SPRUH73, section 26.1.8.5), and
 * GPT (UEFI specification 2.10, section 5.3) with the protective MBR before it.
 */
import { crc32 } from "node:zlib";
import { BLOCK_SIZE } from "./block.ts";
import type { SparseImage } from "./sparse_image.ts";

export interface Partition {
  /** First block. */
  readonly start: number;
  readonly blocks: number;
  readonly kind: PartitionKind;
  /** MBR: marked as active; the boot ROM takes the first that is. GPT: "legacy BIOS bootable". */
  readonly active?: boolean;
  /** GPT only. */
  readonly name?: string;
}

/** What is on it. */
export type PartitionKind = "FAT12" | "FAT16" | "FAT32" | "linux";

/** Basic data; Linux filesystem data. */
const GUIDS = {
  fat: "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7",
  linux: "0fc63daf-8483-4772-8e79-3d69d8477de4",
} as const;
const MBR_TYPE: Readonly<Record<PartitionKind, number>> = {
  FAT12: 0x01,
  FAT16: 0x0e,
  FAT32: 0x0c,
  linux: 0x83,
};
const MBR_PROTECTIVE = 0xee;
const MBR_ENTRIES = 4;
const MBR_TABLE_AT = 446;
const DISK_SIGNATURE = 0x0bbb_0001;
/** A cylinder, head and sector that say "too large": everybody takes the block number. */
const NO_CHS = [0xfe, 0xff, 0xff];

const GPT_ENTRIES = 128;
const GPT_ENTRY_SIZE = 128;
const GPT_ENTRY_BLOCKS = GPT_ENTRIES * GPT_ENTRY_SIZE / BLOCK_SIZE;
const GPT_HEADER_SIZE = 92;
const LEGACY_BOOTABLE = 1 << 2;
const DISK_GUID = "0bbb0000-0000-4000-8000-000000000000";

/** @throws RangeError when there are more than four, or they overlap or lie outside the image */
export function writeMbr(image: SparseImage, partitions: readonly Partition[]): void {
  check(image, partitions, { most: MBR_ENTRIES, first: 1, end: image.blocks });
  image.write(0, mbr(partitions.map((p) => ({ ...p, type: MBR_TYPE[p.kind] }))));
}

/** @throws RangeError when they overlap or lie outside what the tables leave */
export function writeGpt(image: SparseImage, partitions: readonly Partition[]): void {
  const first = 2 + GPT_ENTRY_BLOCKS, last = image.blocks - first;
  check(image, partitions, { most: GPT_ENTRIES, first, end: last + 1 });
  const rest = Math.min(image.blocks - 1, 0xffff_ffff);
  image.write(0, mbr([{ start: 1, blocks: rest, type: MBR_PROTECTIVE }]));
  const entries = gptEntries(partitions);
  const end = image.blocks - 1;
  const header = { first, last, entriesCrc: crc32(entries) };
  image.write(1, gptHeader({ ...header, at: 1, other: end, entriesAt: 2 }));
  image.write(2, entries);
  image.write(end - GPT_ENTRY_BLOCKS, entries);
  image.write(end, gptHeader({ ...header, at: end, other: 1, entriesAt: end - GPT_ENTRY_BLOCKS }));
}

function check(
  image: SparseImage,
  partitions: readonly Partition[],
  { most, first, end }: { readonly most: number; readonly first: number; readonly end: number },
): void {
  const bad = (why: string) =>
    new RangeError(`Cannot partition "${image.name}" of ${image.blocks} blocks: ${why}`);
  if (partitions.length > most) {
    throw bad(`the table has room for ${most} partitions, not ${partitions.length}; take fewer`);
  }
  let free = first;
  for (
    const [n, { start, blocks }] of [...partitions].sort((a, b) => a.start - b.start).entries()
  ) {
    if (start < free || blocks <= 0 || start + blocks > end) {
      throw bad(
        `partition ${n + 1} has blocks ${start} to ${start + blocks - 1}, and ${free} to ` +
          `${end - 1} are free for it; move it or make it smaller`,
      );
    }
    free = start + blocks;
  }
}

interface MbrEntry {
  readonly start: number;
  readonly blocks: number;
  readonly type: number;
  readonly active?: boolean;
}

function mbr(entries: readonly MbrEntry[]): Uint8Array {
  const sector = new Uint8Array(BLOCK_SIZE);
  const view = new DataView(sector.buffer);
  view.setUint32(440, DISK_SIGNATURE, true);
  for (const [n, { start, blocks, type, active }] of entries.entries()) {
    const at = MBR_TABLE_AT + 16 * n;
    sector.set([active ? 0x80 : 0, ...NO_CHS, type, ...NO_CHS], at);
    view.setUint32(at + 8, start, true);
    view.setUint32(at + 12, blocks, true);
  }
  view.setUint16(510, 0xaa55, true);
  return sector;
}

function gptEntries(partitions: readonly Partition[]): Uint8Array {
  const bytes = new Uint8Array(GPT_ENTRIES * GPT_ENTRY_SIZE);
  const view = new DataView(bytes.buffer);
  for (const [n, { start, blocks, kind, active, name = "" }] of partitions.entries()) {
    const at = n * GPT_ENTRY_SIZE;
    bytes.set(guid(GUIDS[kind === "linux" ? "linux" : "fat"]), at);
    bytes.set(guid(DISK_GUID.slice(0, -2) + (n + 1).toString(16).padStart(2, "0")), at + 16);
    view.setBigUint64(at + 32, BigInt(start), true);
    view.setBigUint64(at + 40, BigInt(start + blocks - 1), true);
    view.setUint32(at + 48, active ? LEGACY_BOOTABLE : 0, true);
    for (let i = 0; i < Math.min(name.length, 36); i++) {
      view.setUint16(at + 56 + 2 * i, name.charCodeAt(i), true);
    }
  }
  return bytes;
}

interface GptHeader {
  readonly at: number;
  readonly other: number;
  readonly entriesAt: number;
  readonly first: number;
  readonly last: number;
  readonly entriesCrc: number;
}

function gptHeader({ at, other, entriesAt, first, last, entriesCrc }: GptHeader): Uint8Array {
  const bytes = new Uint8Array(GPT_HEADER_SIZE);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("EFI PART"));
  view.setUint32(8, 0x0001_0000, true); // Revision 1.0
  view.setUint32(12, GPT_HEADER_SIZE, true);
  for (const [n, block] of [at, other, first, last].entries()) {
    view.setBigUint64(24 + 8 * n, BigInt(block), true);
  }
  bytes.set(guid(DISK_GUID), 56);
  view.setBigUint64(72, BigInt(entriesAt), true);
  view.setUint32(80, GPT_ENTRIES, true);
  view.setUint32(84, GPT_ENTRY_SIZE, true);
  view.setUint32(88, entriesCrc, true);
  view.setUint32(16, crc32(bytes), true);
  return bytes;
}

/** The first three parts of a GUID are stored with their lowest byte first. */
function guid(text: string): Uint8Array {
  const bytes = Uint8Array.fromHex(text.replaceAll("-", ""));
  for (const [from, to] of [[0, 4], [4, 6], [6, 8]] as const) bytes.subarray(from, to).reverse();
  return bytes;
}
