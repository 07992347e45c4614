/**
 * What the ROM takes for a boot image: a table of contents whose item is called CHSETTINGS, and the
 * GP header with size and destination (AM335x TRM SPRUH73, sections 26.1.10 and 26.1.11).
 */

/** Where images may go: 109 KiB of SRAM; behind it lie the ROM's stack and variables. */
export const IMAGE_AREA = { base: 0x402f_0400, size: 109 * 1024 } as const;

const SECTOR = 512;
const TOC_ITEM = 32;
const NAME_AT = 20;
const NAME = "CHSETTINGS";
/** In the settings that the item points to (table 26-39). */
const MAGIC = [0xc0c0_c0c1, 0x0000_0100] as const;
export const GP_HEADER = 8;

export interface GpHeader {
  readonly size: number;
  readonly destination: number;
}

/** Why a sector holds no table of contents that the ROM accepts; undefined when it does. */
export function wrongWithToc(sector: Uint8Array): string | undefined {
  const view = viewOf(sector);
  const first = view.getUint32(0, true);
  if (first === 0 || first === 0xffff_ffff) return `begins with 0x${hex(first)}, so it is empty`;
  for (let at = 0; at + TOC_ITEM <= SECTOR; at += TOC_ITEM) {
    const start = view.getUint32(at, true);
    if (start === 0xffff_ffff) break;
    if (nameAt(sector, at + NAME_AT) !== NAME) continue;
    const magic = start + 8 <= SECTOR &&
      MAGIC.every((word, n) => view.getUint32(start + 4 * n, true) === word);
    return magic ? undefined : `${NAME} without the magic values at 0x${hex(start)}`;
  }
  return `no ${NAME}`;
}

/** Reads the 8 bytes at the start of `bytes`; a text says what is wrong with them. */
export function parseGpHeader(bytes: Uint8Array): GpHeader | string {
  const view = viewOf(bytes);
  const size = view.getUint32(0, true), destination = view.getUint32(4, true);
  if (size === 0 || size === 0xffff_ffff) return `no GP header: its size is 0x${hex(size)}`;
  const end = IMAGE_AREA.base + IMAGE_AREA.size;
  if (destination < IMAGE_AREA.base || destination >= end) {
    return `GP header with destination 0x${hex(destination)}, not in 0x${hex(IMAGE_AREA.base)} ` +
      `to 0x${hex(end - 1)}`;
  }
  // The tool that makes images counts the header in.
  if (destination + size - GP_HEADER > end) {
    return `an image of ${size} bytes, and ${end - destination} fit at 0x${hex(destination)}`;
  }
  return { size, destination };
}

function nameAt(sector: Uint8Array, at: number): string {
  const bytes = sector.subarray(at, at + 12);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? 12 : end));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function hex(value: number): string {
  return value.toString(16);
}
