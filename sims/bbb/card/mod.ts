/**
 * Memory cards of the board: images that it boots from, what a card remembers, and the eMMC and SD
 * cards that a host controller talks to.
 *
 * ```ts ignore
 * const image = cardImage({ sizeMiB: 64, loader: { mlo, uboot }, bootScript: "echo hello" });
 * const storage = new CardStorage("sd", image.blocks, image);
 * ```
 */
export { BLOCK_SIZE, type BlockSource, ZERO_BLOCK } from "./block.ts";
export { bootScript } from "./boot_script.ts";
export { cardImage, type CardImageOptions, RAW_MLO, RAW_UBOOT } from "./card_image.ts";
export { type FatBits, type FatOptions, fatVolume } from "./fat.ts";
export { ImageError, ImageFile, saveChanges } from "./image_file.ts";
export { type Partition, type PartitionKind, writeGpt, writeMbr } from "./partitions.ts";
export { SparseImage } from "./sparse_image.ts";
export { CardStorage, type PowerCut } from "./storage.ts";
export type { CardBlock, CardResponse, CardTimings, CrcStatus, MmcCard } from "./card.ts";
export { BYTE_ADDRESSED_BLOCKS, cardBlocksFor } from "./csd.ts";
export { Emmc, EMMC_BLOCKS } from "./emmc.ts";
export type { MemoryCardOptions } from "./memory_card.ts";
export { SdCard } from "./sd.ts";
export { describeStatus, STATUS } from "./status.ts";
