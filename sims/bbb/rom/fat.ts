/**
 * The FAT file system as the ROM reads it: one file, in the root directory of the active primary
 * partition or of a card without partitions (AM335x TRM SPRUH73, section 26.1.8.5.7).
 */

/** A card's blocks of 512 bytes. */
export interface BlockReader {
  readonly blocks: number;
  readBlock(lba: number): Uint8Array;
}

/** Where a file's sectors are. */
export interface FatFile {
  readonly length: number;
  /** The block of its n-th sector; undefined behind the end of its chain. */
  block(sector: number): number | undefined;
}

const SECTOR = 512;
const ACTIVE = 0x80;
/** Partition types that the ROM searches (table 26-22). */
const FAT_TYPES = [0x01, 0x04, 0x06, 0x0b, 0x0c, 0x0e, 0x0f];
const ATTR_VOLUME_ID = 0x08;
const ATTR_DIRECTORY = 0x10;
const ENTRY = 32;

interface Volume {
  readonly bits: 12 | 16 | 32;
  readonly clusterSectors: number;
  readonly clusters: number;
  /** The FAT that counts: the last copy, or the one that ExtFlags names. */
  readonly fat: number;
  readonly root: number;
  readonly rootSectors: number;
  readonly rootCluster: number;
  readonly data: number;
}

/**
 * Finds a file by its name in 8.3 format, 11 characters with spaces: "MLO        ". Otherwise a text
 * says why there is none.
 */
export function findFatFile(card: BlockReader, name: string): FatFile | string {
  const start = partitionOf(card);
  if (typeof start === "string") return start;
  if (start >= card.blocks) return `a partition at block ${start}, behind the end of the card`;
  const volume = volumeOf(card, start);
  if (typeof volume === "string") return volume;
  return inRoot(card, volume, name) ?? `FAT${volume.bits} at block ${start}: no ${name.trim()}`;
}

/** First block of the active FAT partition; 0 when there is no partition table. */
function partitionOf(card: BlockReader): number | string {
  const sector = card.readBlock(0);
  const view = viewOf(sector);
  if (view.getUint16(510, true) !== 0xaa55) return "no signature in block 0";
  if (isBootSector(view)) return 0;
  const active: number[] = [];
  for (let at = 0x1be; at < 0x1fe; at += 16) {
    const state = sector[at]!, type = sector[at + 4]!;
    if (type === 0) continue;
    if (state !== 0 && state !== ACTIVE) return `a partition in state 0x${state.toString(16)}`;
    if (state === ACTIVE && FAT_TYPES.includes(type)) active.push(view.getUint32(at + 8, true));
  }
  if (active.length === 1) return active[0]!;
  return active.length === 0 ? "no active FAT partition" : "more than one active FAT partition";
}

/** Whether a sector has what every FAT boot sector has. */
function isBootSector(view: DataView): boolean {
  const sectors = view.getUint8(13), copies = view.getUint8(16);
  return view.getUint16(510, true) === 0xaa55 && view.getUint16(11, true) === SECTOR &&
    sectors > 0 && (sectors & (sectors - 1)) === 0 && (copies === 1 || copies === 2) &&
    view.getUint16(14, true) > 0;
}

function volumeOf(card: BlockReader, start: number): Volume | string {
  const view = viewOf(card.readBlock(start));
  if (!isBootSector(view)) return `no FAT boot sector in block ${start}`;
  const clusterSectors = view.getUint8(13), reserved = view.getUint16(14, true);
  const copies = view.getUint8(16), rootSectors = view.getUint16(17, true) * ENTRY / SECTOR;
  const fatSectors = view.getUint16(22, true) || view.getUint32(36, true);
  const total = view.getUint16(19, true) || view.getUint32(32, true);
  const root = start + reserved + copies * fatSectors;
  const data = root + Math.ceil(rootSectors);
  const clusters = Math.floor((total - (data - start)) / clusterSectors);
  if (clusters <= 0 || fatSectors === 0) return `a FAT boot sector without clusters at ${start}`;
  const bits = clusters < 4085 ? 12 : clusters < 65525 ? 16 : 32;
  const flags = bits === 32 ? view.getUint16(40, true) : 0;
  const copy = flags & 0x80 ? flags & 0xf : copies - 1;
  return {
    bits,
    clusterSectors,
    clusters,
    fat: start + reserved + copy * fatSectors,
    root,
    rootSectors: bits === 32 ? 0 : Math.ceil(rootSectors),
    rootCluster: bits === 32 ? view.getUint32(44, true) : 0,
    data,
  };
}

/** The value of a cluster in the FAT; undefined at the end of a chain, or where it is broken. */
function next(card: BlockReader, volume: Volume, cluster: number): number | undefined {
  const byte = (at: number) => {
    const lba = volume.fat + Math.floor(at / SECTOR);
    return lba < card.blocks ? card.readBlock(lba)[at % SECTOR]! : 0;
  };
  const bytes = (at: number, count: number) => {
    let value = 0;
    for (let n = count - 1; n >= 0; n--) value = value * 256 + byte(at + n);
    return value;
  };
  let value: number;
  if (volume.bits === 12) {
    const pair = bytes(cluster + (cluster >> 1), 2);
    value = cluster & 1 ? pair >> 4 : pair & 0xfff;
  } else if (volume.bits === 16) value = bytes(2 * cluster, 2);
  else value = bytes(4 * cluster, 4) % 0x1000_0000;
  return inData(volume, value) ? value : undefined;
}

function inData(volume: Volume, cluster: number): boolean {
  return cluster >= 2 && cluster < volume.clusters + 2;
}

/** A chain of clusters, found as far as it is asked for. */
function chainOf(card: BlockReader, volume: Volume, first: number) {
  const chain: number[] = inData(volume, first) ? [first] : [];
  return (sector: number): number | undefined => {
    const index = Math.floor(sector / volume.clusterSectors);
    while (chain.length > 0 && chain.length <= index && chain.length <= volume.clusters) {
      const cluster = next(card, volume, chain.at(-1)!);
      if (cluster === undefined) return undefined;
      chain.push(cluster);
    }
    const cluster = chain[index];
    if (cluster === undefined) return undefined;
    const lba = volume.data + (cluster - 2) * volume.clusterSectors +
      sector % volume.clusterSectors;
    return lba < card.blocks ? lba : undefined;
  };
}

function inRoot(card: BlockReader, volume: Volume, name: string): FatFile | undefined {
  const chain = chainOf(card, volume, volume.rootCluster);
  const most = volume.bits === 32 ? volume.clusters * volume.clusterSectors : volume.rootSectors;
  for (let sector = 0; sector < most; sector++) {
    const lba = volume.bits === 32 ? chain(sector) : volume.root + sector;
    if (lba === undefined || lba >= card.blocks) return undefined;
    const bytes = card.readBlock(lba), view = viewOf(bytes);
    for (let at = 0; at < SECTOR; at += ENTRY) {
      if (bytes[at] === 0) return undefined;
      const attributes = bytes[at + 11]!;
      // Erased entries have another first character, long names are volume IDs.
      if (attributes & (ATTR_VOLUME_ID | ATTR_DIRECTORY)) continue;
      if (String.fromCharCode(...bytes.subarray(at, at + 11)) !== name) continue;
      const first = view.getUint16(at + 20, true) * 0x1_0000 + view.getUint16(at + 26, true);
      return { length: view.getUint32(at + 28, true), block: chainOf(card, volume, first) };
    }
  }
  return undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
