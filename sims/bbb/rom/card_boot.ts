/**
 * Booting from a card: raw sectors first, then the file MLO (AM335x TRM SPRUH73, section 26.1.8.5).
 */
import { type BlockReader, findFatFile } from "./fat.ts";
import { GP_HEADER, type GpHeader, parseGpHeader, wrongWithToc } from "./image.ts";

/** The modes that U-Boot tells apart in the boot parameters. */
export const BOOT_MODE = { RAW: 1, FAT: 2 } as const;

export interface BootImage {
  readonly bytes: Uint8Array;
  readonly destination: number;
  readonly mode: number;
  /** For a person: "raw at sector 0x100", "MLO on FAT". */
  readonly where: string;
  /** It has a table of contents. */
  readonly settings: boolean;
  /** Which of the four raw places, 0 to 3; 0 of a file. */
  readonly trial: number;
}

export interface CardBoot {
  readonly image?: BootImage;
  /** Why there is none: "no CHSETTINGS at sectors 0x0, …; FAT: no MLO". */
  readonly why: string;
  /** Sectors that were read. */
  readonly sectors: number;
}

const SECTOR = 512;
/** Where raw images may begin. */
const RAW_PLACES = [0, 0x100, 0x200, 0x300];

/** What the ROM finds on a card. Looks only: nothing is loaded yet. */
export function bootFromCard(card: BlockReader): CardBoot {
  let sectors = 0;
  const counted: BlockReader = {
    blocks: card.blocks,
    readBlock: (lba) => (sectors++, card.readBlock(lba)),
  };
  const reasons: string[] = [];
  for (const [trial, sector] of RAW_PLACES.entries()) {
    const image = rawImage(counted, sector, trial);
    if (typeof image !== "string") return { image, why: "", sectors };
    reasons.push(`${image} at sector 0x${sector.toString(16)}`);
  }
  const file = fatImage(counted);
  if (typeof file !== "string") return { image: file, why: "", sectors };
  return { why: `raw: ${grouped(reasons)}; FAT: ${file}`, sectors };
}

/** Reasons that are alike are told once. */
function grouped(reasons: readonly string[]): string {
  const alike = new Map<string, string[]>();
  for (const reason of reasons) {
    const [why, at] = reason.split(" at sector ") as [string, string];
    alike.set(why, [...alike.get(why) ?? [], at]);
  }
  return [...alike].map(([why, at]) => `${why} at sector ${at.join(", ")}`).join("; ");
}

function rawImage(card: BlockReader, sector: number, trial: number): BootImage | string {
  if (sector + 1 >= card.blocks) return "the end of the card";
  const wrong = wrongWithToc(card.readBlock(sector));
  if (wrong !== undefined) return wrong;
  const header = parseGpHeader(card.readBlock(sector + 1));
  if (typeof header === "string") return header;
  const bytes = collect(card, header, GP_HEADER, (n) => {
    const lba = sector + 1 + n;
    return lba < card.blocks ? lba : undefined;
  });
  if (typeof bytes === "string") return bytes;
  const where = `raw at sector 0x${sector.toString(16)}`;
  return {
    bytes,
    destination: header.destination,
    mode: BOOT_MODE.RAW,
    where,
    settings: true,
    trial,
  };
}

function fatImage(card: BlockReader): BootImage | string {
  const file = findFatFile(card, "MLO        ");
  if (typeof file === "string") return file;
  const first = file.block(0);
  if (first === undefined) return "MLO is empty";
  const settings = wrongWithToc(card.readBlock(first)) === undefined;
  // A file may also begin with the GP header.
  const from = settings ? 1 : 0;
  const at = file.block(from);
  if (at === undefined) return "MLO ends behind its table of contents";
  const header = parseGpHeader(card.readBlock(at));
  if (typeof header === "string") return `MLO has ${header}`;
  const needed = from * SECTOR + header.size;
  if (file.length < needed) {
    return `MLO is truncated: it has ${file.length} bytes, and its header says ${needed}`;
  }
  const bytes = collect(card, header, GP_HEADER, (n) => file.block(from + n));
  if (typeof bytes === "string") return `MLO: ${bytes}`;
  const { destination } = header;
  return { bytes, destination, mode: BOOT_MODE.FAT, where: "MLO on FAT", settings, trial: 0 };
}

/** The image behind its header, which is in the first of `blocks`. */
function collect(
  card: BlockReader,
  header: GpHeader,
  skip: number,
  blockOf: (n: number) => number | undefined,
): Uint8Array | string {
  // The size counts the header in; what follows in the last sector is copied too.
  const count = Math.ceil(header.size / SECTOR);
  const all = new Uint8Array(count * SECTOR);
  for (let n = 0; n < count; n++) {
    const lba = blockOf(n);
    if (lba === undefined) return `the image ends after ${n} of ${count} sectors`;
    all.set(card.readBlock(lba), n * SECTOR);
  }
  return all.subarray(skip, header.size);
}
