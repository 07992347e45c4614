/**
 * Names in FAT directories: 8.3 names, and the entries before them that hold a long name
 * (Microsoft's FAT specification 1.03, "FAT Long Directory Entries").
 */
import { ENTRY_SIZE } from "./fat_geometry.ts";

const LONGEST = 255;
/** UTF-16 units of a long name in one entry, and where they lie in it. */
// deno-fmt-ignore
const UNITS_AT = [1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30];
const ATTRIBUTE_LONG_NAME = 0x0f;
const LAST = 0x40;

/** What is wrong with a name; undefined when nothing is. */
export function wrongName(name: string): string | undefined {
  if (name === "" || name === "." || name === "..") return "it is no name";
  if (name.length > LONGEST) return `it is longer than ${LONGEST} characters`;
  // deno-lint-ignore no-control-regex
  const bad = name.match(/[\x00-\x1f"*:<>?\\|\x7f]/);
  if (bad) return `FAT does not allow ${JSON.stringify(bad[0])} in names`;
  return /[ .]$/.test(name) ? "it ends with a space or a dot" : undefined;
}

/** The 8.3 name of a file: its own in capitals when it is one, else shortened with a number. */
export function shortName(name: string, taken: ReadonlySet<string>): string {
  const [base, extension] = split(name.toUpperCase());
  const clean = (text: string) => text.replace(/[^A-Z0-9!#$%&'()@^_`{}~-]/g, "_");
  const plain = clean(base.replace(/[ .]/g, "")), suffix = clean(extension).slice(0, 3);
  const exact = plain.padEnd(8).slice(0, 8) + suffix.padEnd(3);
  const fits = plain === base && base.length <= 8 && suffix === extension;
  if (fits && !taken.has(exact)) return exact;
  for (let n = 1;; n++) {
    const tail = `~${n}`;
    const numbered = (plain.slice(0, 8 - tail.length) + tail).padEnd(8) + suffix.padEnd(3);
    if (!taken.has(numbered)) return numbered;
  }
}

function split(name: string): [base: string, extension: string] {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? [name.replace(/^\./, ""), ""] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** "MLO" for "MLO        ", "BOOT.SCR" for "BOOT    SCR". */
export function readable(short: string): string {
  const base = short.slice(0, 8).trimEnd(), extension = short.slice(8).trimEnd();
  return extension ? `${base}.${extension}` : base;
}

/** The entries of a long name, in their order before the short one's; none when it needs none. */
export function longNameEntries(name: string, short: string): Uint8Array[] {
  if (readable(short) === name) return [];
  const check = checksum(short);
  const count = Math.ceil(name.length / UNITS_AT.length);
  const entries: Uint8Array[] = [];
  for (let n = count; n >= 1; n--) {
    const entry = new Uint8Array(ENTRY_SIZE);
    const view = new DataView(entry.buffer);
    entry[0] = n | (n === count ? LAST : 0);
    entry[11] = ATTRIBUTE_LONG_NAME;
    entry[13] = check;
    for (const [i, at] of UNITS_AT.entries()) {
      const index = (n - 1) * UNITS_AT.length + i;
      // A zero ends the name; what is left over is all ones.
      const unit = index < name.length
        ? name.charCodeAt(index)
        : index === name.length
        ? 0
        : 0xffff;
      view.setUint16(at, unit, true);
    }
    entries.push(entry);
  }
  return entries;
}

/** Ties the long name's entries to the short one. */
function checksum(short: string): number {
  let sum = 0;
  for (let i = 0; i < short.length; i++) {
    sum = (((sum & 1) << 7) + (sum >> 1) + short.charCodeAt(i)) & 0xff;
  }
  return sum;
}
