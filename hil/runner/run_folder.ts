/**
 * The one folder for what a run needs while it runs: sockets, disk images, pipes. It is locked by
 * its owner, so that a later run can tell a folder whose owner was killed, and clear up after it:
 * its processes first, which carry the folder's name as their mark, then the folder.
 */
import { wallClock } from "../time/mod.ts";
import { reap, RUN_MARK } from "./reap.ts";

const PREFIX = "hil-run-";
const OWNER = "owner.lock";
/** The name of a Unix socket has 107 bytes; this leaves 60 for what a target makes of it. */
const LONGEST_BASE = 30;
/** A folder without an owner is one that is being made, or one whose making was cut off. */
const MAKING_MS = 60_000;

export class RunFolder {
  private constructor(readonly path: string, private readonly owner: Deno.FsFile) {}

  static create(base = baseFolder()): RunFolder {
    const path = Deno.makeTempDirSync({ dir: base, prefix: PREFIX });
    // Locked before it has its name: nobody can find it unlocked.
    const owner = Deno.openSync(`${path}/.${OWNER}`, { write: true, createNew: true });
    owner.lockSync(true);
    owner.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    Deno.renameSync(`${path}/.${OWNER}`, `${path}/${OWNER}`);
    return new RunFolder(path, owner);
  }

  /** Ends all processes of the run and removes the folder. */
  remove(): void {
    clearRun(this.path);
    this.owner.close();
  }
}

/** Ends all processes of a run and removes its folder. */
export function clearRun(path: string): void {
  reap(RUN_MARK, path);
  removeTree(path);
}

/** Clears up after runs of this user that were killed, and gives how many there were. */
export function clearStale(base = baseFolder()): number {
  let cleared = 0;
  for (const { name, isDirectory } of Deno.readDirSync(base)) {
    if (!isDirectory || !name.startsWith(PREFIX)) continue;
    const path = `${base}/${name}`;
    const owner = staleOwner(path);
    if (!owner) continue;
    clearRun(path);
    if (owner !== "none") owner.close();
    cleared++;
  }
  return cleared;
}

/** The lock of a folder whose owner is dead, now ours; undefined when it lives. */
function staleOwner(path: string): Deno.FsFile | "none" | undefined {
  try {
    const { uid, mtime } = Deno.lstatSync(path);
    if (uid !== Deno.uid()) return undefined;
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(`${path}/${OWNER}`, { write: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) return undefined;
      return wallClock().getTime() - (mtime?.getTime() ?? 0) > MAKING_MS ? "none" : undefined;
    }
    if (file.tryLockSync(true)) return file;
    file.close();
  } catch { /* It was removed while we looked. */ }
  return undefined;
}

function baseFolder(): string {
  const given = Deno.env.get("TMPDIR")?.replace(/\/+$/, "");
  return given && given.length <= LONGEST_BASE ? given : "/tmp";
}

function removeTree(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
