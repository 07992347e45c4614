/**
 * How a FAT volume is divided (Microsoft's FAT specification 1.03, "Boot Sector and BPB"): reserved
 * sectors, two file allocation tables, the root directory of FAT12 and FAT16, clusters.
 */
import { BLOCK_SIZE, sizeText } from "./block.ts";

export type FatBits = 12 | 16 | 32;

export interface FatGeometry {
  readonly bits: FatBits;
  /** Sectors of 512 bytes in all. */
  readonly sectors: number;
  readonly reserved: number;
  /** Sectors of one of the two tables. */
  readonly fatSectors: number;
  /** Sectors of the root directory; 0 for FAT32, which has it in clusters. */
  readonly rootSectors: number;
  readonly sectorsPerCluster: number;
  readonly clusters: number;
}

export const FATS = 2;
export const ROOT_ENTRIES = 512;
export const ENTRY_SIZE = 32;

/** The number of clusters alone tells a reader which kind it is. */
// deno-fmt-ignore
const CLUSTERS: Readonly<Record<FatBits, readonly [least: number, most: number]>> = {
  12: [1, 4084], 16: [4085, 65524], 32: [65525, 0x0fff_fff5],
};
const LARGEST_CLUSTER = 64;
const MiB = (1 << 20) / BLOCK_SIZE;

/**
 * @param bits default: what `mkfs.fat` would take for the size
 * @throws RangeError when no such volume of that size can be
 */
export function fatGeometry(sectors: number, bits = usualBits(sectors)): FatGeometry {
  const [least, most] = CLUSTERS[bits];
  const usual = usualCluster(sectors, bits);
  // Larger clusters when there are too many for the kind, smaller ones when too few.
  for (const step of [2, 0.5]) {
    for (let size = usual; size >= 1 && size <= LARGEST_CLUSTER; size *= step) {
      const geometry = divide(sectors, bits, size);
      if (geometry.clusters >= least && geometry.clusters <= most) return geometry;
    }
  }
  throw new RangeError(
    `Cannot make a FAT${bits} volume of ${sizeText(sectors * BLOCK_SIZE)}: it would have too ` +
      `${sectors > most ? "many" : "few"} clusters; choose another size or kind`,
  );
}

function usualBits(sectors: number): FatBits {
  if (sectors >= 512 * MiB) return 32;
  return sectors >= 4 * MiB ? 16 : 12;
}

function usualCluster(sectors: number, bits: FatBits): number {
  if (bits === 32) return sectors < 260 * MiB ? 1 : sectors < 8192 * MiB ? 8 : 16;
  return 4;
}

function divide(sectors: number, bits: FatBits, sectorsPerCluster: number): FatGeometry {
  const reserved = bits === 32 ? 32 : 1;
  const rootSectors = bits === 32 ? 0 : ROOT_ENTRIES * ENTRY_SIZE / BLOCK_SIZE;
  let fatSectors = 0, clusters = 0;
  // More clusters need larger tables, which leave fewer clusters: soon nothing changes.
  for (;;) {
    const data = sectors - reserved - rootSectors - FATS * fatSectors;
    clusters = Math.max(0, Math.floor(data / sectorsPerCluster));
    const needed = Math.ceil((clusters + 2) * bits / 8 / BLOCK_SIZE);
    if (needed <= fatSectors) break;
    fatSectors = needed;
  }
  return { bits, sectors, reserved, fatSectors, rootSectors, sectorsPerCluster, clusters };
}

/** The sector at which the root directory of FAT12 and FAT16 begins. */
export function rootSector({ reserved, fatSectors }: FatGeometry): number {
  return reserved + FATS * fatSectors;
}

/** The first sector of a cluster; the first cluster is number 2. */
export function sectorOf(geometry: FatGeometry, cluster: number): number {
  return rootSector(geometry) + geometry.rootSectors + (cluster - 2) * geometry.sectorsPerCluster;
}
