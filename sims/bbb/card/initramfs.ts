/** Archives that a Linux kernel unpacks into its first file system (cpio, format "newc"). */

export interface InitramfsEntry {
  readonly path: string;
  /** Type and permissions, as in st_mode: 0o100755 is a program, 0o40755 a folder. */
  readonly mode: number;
  /** Text is written as it is. */
  readonly contents?: string | Uint8Array;
  /** Of a device node. */
  readonly device?: readonly [major: number, minor: number];
}

const MAGIC = "070701";
const TRAILER = "TRAILER!!!";

/** @example `initramfs([{ path: "init", mode: 0o100755, contents: "#!/bin/sh\n…" }])` */
export function initramfs(entries: readonly InitramfsEntry[]): Uint8Array {
  const parts = [...entries, { path: TRAILER, mode: 0 }].flatMap(partsOf);
  const archive = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

function partsOf(entry: InitramfsEntry, number: number): Uint8Array[] {
  const { path, mode, contents = "", device: [major, minor] = [0, 0] } = entry;
  const text = new TextEncoder();
  const data = typeof contents === "string" ? text.encode(contents) : contents;
  const name = text.encode(path + "\0");
  // Inode, mode, owner, group, links, time, size, device, node, length of the name, no checksum.
  const fields = [number + 1, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, name.length, 0];
  const header = MAGIC + fields.map((field) => field.toString(16).padStart(8, "0")).join("");
  return [padded(new Uint8Array([...text.encode(header), ...name])), padded(data)];
}

/** To a multiple of four. */
function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  whole.set(bytes);
  return whole;
}
