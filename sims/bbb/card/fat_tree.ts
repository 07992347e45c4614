/** Files and folders of a FAT volume before they have places on it. */
import { ENTRY_SIZE } from "./fat_geometry.ts";
import { longNameEntries, shortName, wrongName } from "./fat_name.ts";

export interface FatFile {
  readonly name: string;
  readonly short: string;
  readonly bytes: Uint8Array;
}

export interface FatFolder {
  readonly name: string;
  readonly short: string;
  readonly parent: FatFolder | undefined;
  readonly entries: (FatFile | FatFolder)[];
}

export function isFolder(node: FatFile | FatFolder): node is FatFolder {
  return "entries" in node;
}

/**
 * @param files by path: "MLO", "overlays/led.dtbo"; text becomes UTF-8
 * @throws RangeError when FAT cannot have such a name
 */
export function fatTree(files: Readonly<Record<string, string | Uint8Array>>): FatFolder {
  const root: FatFolder = { name: "", short: "", parent: undefined, entries: [] };
  const text = new TextEncoder();
  for (const [path, contents] of Object.entries(files)) {
    const parts = path.split("/");
    const name = parts.pop()!;
    let folder = root;
    for (const part of parts) folder = enter(folder, part, path);
    if (find(folder, name)) {
      throw bad(path, "there is one of that name already, and FAT does not tell capitals apart");
    }
    const bytes = typeof contents === "string" ? text.encode(contents) : contents;
    folder.entries.push({ name, short: named(folder, name, path), bytes });
  }
  return root;
}

function enter(folder: FatFolder, name: string, path: string): FatFolder {
  const found = find(folder, name);
  if (found && isFolder(found)) return found;
  if (found) throw bad(path, `"${name}" is a file`);
  const entered = { name, short: named(folder, name, path), parent: folder, entries: [] };
  folder.entries.push(entered);
  return entered;
}

function find(folder: FatFolder, name: string): FatFile | FatFolder | undefined {
  return folder.entries.find((entry) => entry.name.toUpperCase() === name.toUpperCase());
}

function named(folder: FatFolder, name: string, path: string): string {
  const why = wrongName(name);
  if (why) throw bad(path, why);
  return shortName(name, new Set(folder.entries.map(({ short }) => short)));
}

function bad(path: string, why: string): RangeError {
  return new RangeError(`Cannot put file "${path}" on a FAT volume: ${why}; give it another name`);
}

/** Of the directory that lists a folder. */
export function directorySize({ entries, parent }: FatFolder): number {
  const names = entries.map(({ name, short }) => longNameEntries(name, short).length + 1);
  // Its own dots, or of the root the label.
  return ENTRY_SIZE * names.reduce((sum, count) => sum + count, parent ? 2 : 1);
}
