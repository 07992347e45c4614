/**
 * FAT12, FAT16 and FAT32 volumes with files on them (Microsoft's FAT specification 1.03). The same
 * files give the same bytes: dates are those of 1980, the serial number is fixed.
 */
import { BLOCK_SIZE, sizeText } from "./block.ts";
import {
  ENTRY_SIZE,
  type FatBits,
  type FatGeometry,
  fatGeometry,
  FATS,
  ROOT_ENTRIES,
  rootSector,
  sectorOf,
} from "./fat_geometry.ts";
import { longNameEntries } from "./fat_name.ts";
import { directorySize, type FatFile, type FatFolder, fatTree, isFolder } from "./fat_tree.ts";
import { SparseImage } from "./sparse_image.ts";

export type { FatBits } from "./fat_geometry.ts";

export interface FatOptions {
  /** Sectors of 512 bytes. */
  readonly blocks: number;
  /** Default: what `mkfs.fat` would take for the size. */
  readonly bits?: FatBits;
  /** Up to 11 capitals. */
  readonly label?: string;
  /** Of the card, before the volume. */
  readonly hiddenBlocks?: number;
  /** By path; text becomes UTF-8. */
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
}

const ATTRIBUTE = { LABEL: 0x08, FOLDER: 0x10, ARCHIVE: 0x20 } as const;
const MEDIA = 0xf8;
const SERIAL = 0x0bbb_0001;
const FIRST_DAY = 1 << 5 | 1; // 1980-01-01
const FSINFO_SECTOR = 1;
const BACKUP_SECTOR = 6;

/** @throws RangeError when the files do not fit, or have names that FAT does not allow */
export function fatVolume(options: FatOptions): SparseImage {
  return new FatBuilder(options).build();
}

class FatBuilder {
  readonly #geometry: FatGeometry;
  readonly #image: SparseImage;
  /** What the tables hold, by cluster. */
  readonly #table: number[] = [];
  readonly #places = new Map<FatFile | FatFolder, number>();

  constructor(private readonly options: FatOptions) {
    this.#geometry = fatGeometry(options.blocks, options.bits);
    this.#image = new SparseImage(`FAT${this.#geometry.bits}`, options.blocks);
    this.#table.push(this.#mark(0x0fff_ff00 | MEDIA), this.#mark(0x0fff_ffff));
  }

  build(): SparseImage {
    const root = fatTree(this.options.files ?? {});
    this.#allocate(root, "the root folder");
    this.#writeFolder(root);
    this.#writeTables();
    this.#writeBootSectors();
    return this.#image;
  }

  #allocate(node: FatFile | FatFolder, path: string): void {
    const { bits, rootSectors } = this.#geometry;
    const isRoot = isFolder(node) && !node.parent;
    const size = isFolder(node) ? directorySize(node) : node.bytes.length;
    if (isRoot && bits !== 32) {
      if (size > rootSectors * BLOCK_SIZE) throw this.#full(path, size, rootSectors * BLOCK_SIZE);
    } else {
      this.#places.set(node, this.#chain(path, isRoot ? Math.max(size, 1) : size));
    }
    if (!isFolder(node)) return;
    for (const entry of node.entries) {
      this.#allocate(entry, isRoot ? `"${entry.name}"` : `${path.slice(0, -1)}/${entry.name}"`);
    }
  }

  /** Takes clusters one after another; gives the first. An empty file has none, which is 0. */
  #chain(path: string, size: number): number {
    const { clusters, sectorsPerCluster } = this.#geometry;
    const bytes = sectorsPerCluster * BLOCK_SIZE;
    const count = Math.ceil(size / bytes);
    const free = clusters + 2 - this.#table.length;
    if (count > free) throw this.#full(path, size, free * bytes);
    const first = this.#table.length;
    for (let n = 1; n < count; n++) this.#table.push(first + n);
    if (count > 0) this.#table.push(this.#mark(0x0fff_ffff));
    return count > 0 ? first : 0;
  }

  #full(path: string, size: number, free: number): RangeError {
    return new RangeError(
      `Cannot put ${path} (${sizeText(size)}) on a FAT${this.#geometry.bits} volume of ` +
        `${sizeText(this.options.blocks * BLOCK_SIZE)}: ${sizeText(free)} are left; ` +
        `make the volume larger`,
    );
  }

  #mark(value: number): number {
    return this.#geometry.bits === 32 ? value : value & (2 ** this.#geometry.bits - 1);
  }

  #writeFolder(folder: FatFolder): void {
    const bytes = new Uint8Array(directorySize(folder));
    let at = 0;
    const add = (entry: Uint8Array) => bytes.set(entry, (at += ENTRY_SIZE) - ENTRY_SIZE);
    if (folder.parent) {
      add(this.#entry(".".padEnd(11), ATTRIBUTE.FOLDER, folder));
      // The root is 0 as a parent, wherever it is.
      const parent = folder.parent.parent ? folder.parent : undefined;
      add(this.#entry("..".padEnd(11), ATTRIBUTE.FOLDER, parent));
    } else {
      add(this.#entry(this.#label(), ATTRIBUTE.LABEL, undefined));
    }
    for (const node of folder.entries) {
      for (const entry of longNameEntries(node.name, node.short)) add(entry);
      add(this.#entry(node.short, isFolder(node) ? ATTRIBUTE.FOLDER : ATTRIBUTE.ARCHIVE, node));
      if (isFolder(node)) this.#writeFolder(node);
      else this.#writeAt(this.#places.get(node)!, node.bytes);
    }
    const cluster = this.#places.get(folder);
    if (cluster === undefined) this.#image.write(rootSector(this.#geometry), bytes);
    else this.#writeAt(cluster, bytes);
  }

  #writeAt(cluster: number, bytes: Uint8Array): void {
    if (bytes.length > 0) this.#image.write(sectorOf(this.#geometry, cluster), bytes);
  }

  #entry(short: string, attribute: number, node: FatFile | FatFolder | undefined): Uint8Array {
    const entry = new Uint8Array(ENTRY_SIZE);
    const view = new DataView(entry.buffer);
    const cluster = node ? this.#places.get(node)! : 0;
    entry.set(new TextEncoder().encode(short));
    entry[11] = attribute;
    for (const at of [16, 18, 24]) view.setUint16(at, FIRST_DAY, true);
    view.setUint16(20, cluster >>> 16, true);
    view.setUint16(26, cluster & 0xffff, true);
    if (node && !isFolder(node)) view.setUint32(28, node.bytes.length, true);
    return entry;
  }

  #label(): string {
    return (this.options.label ?? "BOOT").toUpperCase().slice(0, 11).padEnd(11);
  }

  #writeTables(): void {
    const { bits, reserved, fatSectors } = this.#geometry;
    const bytes = new Uint8Array(Math.ceil((this.#table.length + 1) * bits / 8));
    const view = new DataView(bytes.buffer);
    for (const [cluster, value] of this.#table.entries()) {
      if (bits === 32) view.setUint32(4 * cluster, value, true);
      else if (bits === 16) view.setUint16(2 * cluster, value, true);
      else {
        const at = Math.floor(cluster * 1.5), shift = 4 * (cluster & 1);
        view.setUint16(at, view.getUint16(at, true) | value << shift, true);
      }
    }
    for (let n = 0; n < FATS; n++) this.#image.write(reserved + n * fatSectors, bytes);
  }

  #writeBootSectors(): void {
    const sector = this.#bootSector();
    this.#image.write(0, sector);
    if (this.#geometry.bits !== 32) return;
    this.#image.write(BACKUP_SECTOR, sector);
    const info = new Uint8Array(BLOCK_SIZE);
    const view = new DataView(info.buffer);
    view.setUint32(0, 0x4161_5252, true);
    view.setUint32(484, 0x6141_7272, true);
    view.setUint32(488, this.#geometry.clusters + 2 - this.#table.length, true);
    view.setUint32(492, this.#table.length, true);
    view.setUint32(508, 0xaa55_0000, true);
    for (const at of [FSINFO_SECTOR, BACKUP_SECTOR + FSINFO_SECTOR]) this.#image.write(at, info);
  }

  #bootSector(): Uint8Array {
    const { bits, sectors, reserved, fatSectors, sectorsPerCluster } = this.#geometry;
    const sector = new Uint8Array(BLOCK_SIZE);
    const view = new DataView(sector.buffer);
    const wide = bits === 32;
    sector.set([0xeb, wide ? 0x58 : 0x3c, 0x90]);
    put(sector, 3, "HIL     ");
    view.setUint16(11, BLOCK_SIZE, true);
    sector[13] = sectorsPerCluster;
    view.setUint16(14, reserved, true);
    sector[16] = FATS;
    view.setUint16(17, wide ? 0 : ROOT_ENTRIES, true);
    const short = !wide && sectors < 0x1_0000;
    view.setUint16(19, short ? sectors : 0, true);
    sector[21] = MEDIA;
    view.setUint16(22, wide ? 0 : fatSectors, true);
    view.setUint16(24, 63, true); // Sectors of a track, and heads: nobody looks.
    view.setUint16(26, 255, true);
    view.setUint32(28, this.options.hiddenBlocks ?? 0, true);
    view.setUint32(32, short ? 0 : sectors, true);
    if (wide) {
      view.setUint32(36, fatSectors, true);
      view.setUint32(44, 2, true);
      view.setUint16(48, FSINFO_SECTOR, true);
      view.setUint16(50, BACKUP_SECTOR, true);
    }
    const at = wide ? 64 : 36;
    sector.set([0x80, 0, 0x29], at);
    view.setUint32(at + 3, SERIAL, true);
    put(sector, at + 7, this.#label());
    put(sector, at + 18, `FAT${bits}`.padEnd(8));
    view.setUint16(510, 0xaa55, true);
    return sector;
  }
}

function put(bytes: Uint8Array, at: number, text: string): void {
  bytes.set(new TextEncoder().encode(text), at);
}
