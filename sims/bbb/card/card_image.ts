/**
 * Images of cards that a board boots from: a partition with a FAT volume, and what lies at sectors
 * of its own, as Debian's README for `u-boot-omap` has it.
 */
import { BLOCK_SIZE, sizeText } from "./block.ts";
import { bootScript } from "./boot_script.ts";
import { type FatBits, fatVolume } from "./fat.ts";
import { fatGeometry } from "./fat_geometry.ts";
import { writeGpt, writeMbr } from "./partitions.ts";
import { SparseImage } from "./sparse_image.ts";

export interface CardImageOptions {
  readonly name?: string;
  /** Of the card. Default: 64. */
  readonly sizeMiB?: number;
  /** Of the FAT volume. Default: half of the card, 32 at most. 0: none, and no table either. */
  readonly fatMiB?: number;
  readonly fatBits?: FatBits;
  /** Default: "mbr". "none": the volume is the whole card, as on a floppy disk. */
  readonly table?: "mbr" | "gpt" | "none";
  /** On the FAT volume, by path. Text is written as it is. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** Commands of U-Boot: becomes `boot.scr` on the FAT volume. */
  readonly bootScript?: string;
  /** At sectors of its own. */
  readonly raw?: readonly { readonly sector: number; readonly bytes: Uint8Array }[];
  /** Where the loader goes: on the FAT volume, or at the sectors where the boot ROM looks too. */
  readonly layout?: "fat" | "raw";
  readonly loader?: { readonly mlo: Uint8Array; readonly uboot: Uint8Array };
}

/** The boot ROM looks for MLO at sectors 0, 0x100, 0x200 and 0x300; U-Boot's SPL at 0x300. */
export const RAW_MLO = 0x100;
export const RAW_UBOOT = 0x300;
/** Of the first partition: 4 MiB leave room for a loader at its sectors. */
const FIRST_PARTITION = (4 << 20) / BLOCK_SIZE;
const MiB = (1 << 20) / BLOCK_SIZE;

/**
 * @throws RangeError when something does not fit
 * @example
 * ```ts ignore
 * const image = cardImage({ sizeMiB: 64, loader: { mlo, uboot }, bootScript: "echo hello" });
 * await image.save("card.img");
 * ```
 */
export function cardImage(options: CardImageOptions): SparseImage {
  const { sizeMiB = 64, table = "mbr", layout = "fat", loader } = options;
  const image = new SparseImage(options.name ?? "card", sizeMiB * MiB);
  const files = filesOf(options);
  const start = table === "none" ? 0 : FIRST_PARTITION;
  const blocks = fatBlocks(options, image, start);
  if (blocks > 0) {
    const { bits } = fatGeometry(blocks, options.fatBits);
    image.place(start, fatVolume({ blocks, bits, hiddenBlocks: start, files }));
    const partition = { start, blocks, kind: `FAT${bits}`, active: true, name: "boot" } as const;
    if (table === "mbr") writeMbr(image, [partition]);
    if (table === "gpt") writeGpt(image, [partition]);
  } else if (Object.keys(files).length > 0) {
    throw new RangeError(
      `Cannot put files on card "${image.name}": it has no FAT volume; give fatMiB a size`,
    );
  }
  if (loader && layout === "raw") {
    writeRaw(image, RAW_MLO, loader.mlo, RAW_UBOOT);
    writeRaw(image, RAW_UBOOT, loader.uboot, blocks > 0 ? start : image.blocks);
  }
  for (const { sector, bytes } of options.raw ?? []) image.write(sector, bytes);
  return image;
}

function filesOf({ loader, layout = "fat", bootScript: script, files }: CardImageOptions) {
  return {
    // First, so that it is in one piece at the beginning.
    ...loader && layout === "fat" ? { "MLO": loader.mlo, "u-boot.img": loader.uboot } : undefined,
    ...files,
    ...script === undefined ? undefined : { "boot.scr": bootScript(script) },
  };
}

function fatBlocks(
  { sizeMiB = 64, fatMiB = Math.min(32, sizeMiB / 2), table }: CardImageOptions,
  image: SparseImage,
  start: number,
): number {
  // The second GPT is at the end of the card.
  const room = image.blocks - start - (table === "gpt" ? 33 : 0);
  const blocks = fatMiB * MiB;
  if (blocks <= room) return blocks;
  throw new RangeError(
    `Cannot put a FAT volume of ${fatMiB} MiB on card "${image.name}": it has ${sizeMiB} MiB, ` +
      `of which ${
        sizeText(room * BLOCK_SIZE)
      } are left for it; make one larger or the other smaller`,
  );
}

function writeRaw(image: SparseImage, sector: number, bytes: Uint8Array, end: number): void {
  const room = (end - sector) * BLOCK_SIZE;
  if (bytes.length > room) {
    throw new RangeError(
      `Cannot write ${sizeText(bytes.length)} at sector ${sector} of card "${image.name}": ` +
        `${sizeText(room)} are free there; put the loader on the FAT volume`,
    );
  }
  image.write(sector, bytes);
}
