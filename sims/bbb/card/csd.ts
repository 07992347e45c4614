/** The CSD register: how large a card is and how it is addressed (JESD84-B50 §7.3; SD §5.3). */
import { type BitField, checked } from "./bits.ts";

/** Where a card is larger than what plain bytes can address, addresses are sectors. */
export const BYTE_ADDRESSED_BLOCKS = 2 ** 31 / 512;
/** SDHC counts its size in units of 512 KiB. */
export const SDHC_UNIT_BLOCKS = 1024;

interface PlainSize {
  readonly cSize: number;
  readonly cSizeMult: number;
  readonly readBlLen: number;
}

/** `(C_SIZE + 1) * 2^(C_SIZE_MULT + 2)` blocks of `2^READ_BL_LEN` bytes: the largest within `blocks`. */
function plainSize(blocks: number): PlainSize {
  const readBlLen = blocks > BYTE_ADDRESSED_BLOCKS / 2 ? 10 : 9;
  const units = Math.floor(blocks / 2 ** (readBlLen - 9));
  // Most sizes can be told in several ways: the smallest unit comes closest.
  let cSizeMult = 0;
  while (units >> (cSizeMult + 2) > 4096) cSizeMult++;
  return { cSize: (units >> (cSizeMult + 2)) - 1, cSizeMult, readBlLen };
}

function plainBlocks({ cSize, cSizeMult, readBlLen }: PlainSize): number {
  return (cSize + 1) * 2 ** (cSizeMult + 2) * 2 ** (readBlLen - 9);
}

/** How many of `blocks` a card of SD's or of a small eMMC can tell of: the rest cannot be reached. */
export function tellableBlocks(blocks: number): number {
  return blocks > BYTE_ADDRESSED_BLOCKS
    ? Math.floor(blocks / SDHC_UNIT_BLOCKS) * SDHC_UNIT_BLOCKS
    : plainBlocks(plainSize(blocks));
}

/** The smallest card that holds so many blocks and can tell of all of them. */
export function cardBlocksFor(blocks: number): number {
  for (let unit = 4; unit <= SDHC_UNIT_BLOCKS; unit *= 2) {
    const rounded = Math.ceil(blocks / unit) * unit;
    if (tellableBlocks(rounded) === rounded) return rounded;
  }
  return Math.ceil(blocks / SDHC_UNIT_BLOCKS) * SDHC_UNIT_BLOCKS;
}

// deno-fmt-ignore
const VOLTAGES: readonly BitField[] = [
  [61, 59, 7], [58, 56, 7], [55, 53, 7], [52, 50, 7], // The most current that can be told.
];

/** eMMC: the size of a large one is in EXT_CSD. */
// deno-fmt-ignore
export function emmcCsd(blocks: number): Uint8Array {
  const { cSize, cSizeMult, readBlLen } = blocks > BYTE_ADDRESSED_BLOCKS
    ? { cSize: 0xfff, cSizeMult: 7, readBlLen: 9 } : plainSize(blocks);
  return checked([
    [127, 126, 3],      // CSD_STRUCTURE: as EXT_CSD says
    [125, 122, 4],      // SPEC_VERS: 4.x
    [119, 112, 0x27],   // TAAC: 1.5 * 10 ms at most
    [111, 104, 1],      // NSAC
    [103, 96, 0x32],    // TRAN_SPEED: 26 MHz
    [95, 84, 0x035],    // CCC: classes 0, 2, 4, 5
    [83, 80, readBlLen],
    [73, 62, cSize],
    ...VOLTAGES,
    [49, 47, cSizeMult],
    [46, 42, 0x1f],     // ERASE_GRP_SIZE
    [41, 37, 0x1f],     // ERASE_GRP_MULT: 1,024 blocks of 512 bytes
    [36, 32, 0x0f],     // WP_GRP_SIZE
    [28, 26, 2],        // R2W_FACTOR: a write takes four times as long as a read
    [25, 22, readBlLen], // WRITE_BL_LEN
  ]);
}

/** SDSC has CSD version 1, SDHC version 2. */
// deno-fmt-ignore
export function sdCsd(blocks: number, highCapacity: boolean): Uint8Array {
  const common: readonly BitField[] = [
    [103, 96, 0x32],    // TRAN_SPEED: 25 MHz
    [95, 84, 0x535],    // CCC: classes 0, 2, 4, 5, 8, 10
    [46, 46, 1],        // ERASE_BLK_EN: single blocks
    [45, 39, 0x7f],     // SECTOR_SIZE
    [28, 26, 2],        // R2W_FACTOR
  ];
  if (highCapacity) {
    return checked([
      ...common,
      [127, 126, 1],    // CSD_STRUCTURE
      [119, 112, 0x0e], // TAAC: 1 ms
      [83, 80, 9],      // READ_BL_LEN
      [69, 48, Math.floor(blocks / SDHC_UNIT_BLOCKS) - 1], // C_SIZE
      [25, 22, 9],      // WRITE_BL_LEN
    ]);
  }
  const { cSize, cSizeMult, readBlLen } = plainSize(blocks);
  return checked([
    ...common,
    ...VOLTAGES,
    [119, 112, 0x26],   // TAAC: 1.5 ms
    [83, 80, readBlLen],
    [79, 79, 1],        // READ_BL_PARTIAL
    [73, 62, cSize],
    [49, 47, cSizeMult],
    [25, 22, readBlLen], // WRITE_BL_LEN
  ]);
}
