/** Files that are there whole or not at all. */
import { codeOf } from "../trace/mod.ts";

/** Thrown when a report cannot be written; whatever was at its path is untouched. */
export class ReportWriteError extends Error {
  override readonly name = "ReportWriteError";
  readonly code: string;

  constructor(what: string, readonly path: string, cause: unknown) {
    const code = codeOf(cause);
    const why = cause instanceof Deno.errors.NotCapable
      ? "Deno keeps it from programs that have not all rights; choose another path"
      : REMEDIES[code] ?? `${(cause as Error).message}; check the path and the disk`;
    super(`Cannot write the ${what} "${path}": ${why}`, { cause });
    this.code = code;
  }
}

const REMEDIES: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the device; free space there or choose another path",
  EDQUOT: "the disk quota is used up; free space there or choose another path",
  EACCES: "it may not be written; give write permission to its folder or choose another path",
  EROFS: "the file system is read-only; choose another path",
  ENOENT: "there is no such folder; make it or choose another path",
  EISDIR: "it is a folder; give the path of a file",
  EEXIST: "a file is in the place of a folder; choose another path", // Of mkdir: the temporary name is free.
  ENOTDIR: "a part of its path is no folder; choose another path",
};

let temporaries = 0;

/**
 * Writes beside the path and renames, so that a reader never sees half a file and the last good
 * one survives a full disk. Makes the folder when missing.
 *
 * @param what for the message: "JUnit report"
 * @throws ReportWriteError when the disk refuses
 */
export async function writeAtomically(path: string, text: string, what: string): Promise<void> {
  const slash = path.lastIndexOf("/") + 1;
  const folder = path.slice(0, slash), name = path.slice(slash);
  const temporary = `${folder}.${name}.${Deno.pid}-${++temporaries}.tmp`;
  try {
    if (folder) await Deno.mkdir(folder, { recursive: true });
    await Deno.writeTextFile(temporary, text, { createNew: true });
    await Deno.rename(temporary, path);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {}); // Most often it was never made.
    throw new ReportWriteError(what, path, error);
  }
}
