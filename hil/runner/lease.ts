/**
 * Leases on exclusive targets: never two scenarios on one board at once, in one run or in several
 * on this machine. A lease is a lock (flock) on a file, which the kernel takes back when its
 * holder dies, however it dies.
 */

/** One folder for all users of the machine, who share its hardware. */
const FOLDER = "/tmp/hil-leases";

export class Lease {
  private constructor(private readonly path: string, private readonly file: Deno.FsFile) {}

  /**
   * The lease, or the process id of who has it (0 when that is not known).
   *
   * @throws Error when the folder of leases is not one
   */
  static tryTake(name: string, folder = FOLDER): Lease | number {
    const path = pathOf(name, folder);
    for (;;) {
      const file = openShared(path, folder);
      if (!file.tryLockSync(true)) {
        file.close();
        return holder(path);
      }
      if (isCurrent(file, path)) {
        file.truncateSync();
        file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
        return new Lease(path, file);
      }
      file.close(); // The holder removed it between our open and our lock.
    }
  }

  /** Gives it back and leaves no file, nor a folder without files. */
  release(): void {
    try {
      Deno.removeSync(this.path);
      Deno.removeSync(this.path.slice(0, this.path.lastIndexOf("/")));
    } catch { /* There are other leases, or somebody tidied up /tmp. */ }
    this.file.close();
  }
}

/** All of them or none, so that two who want the same ones in another order do not block. */
export function tryTakeAll(
  names: readonly string[],
  folder?: string,
): Lease[] | { readonly name: string; readonly pid: number } {
  const taken: Lease[] = [];
  for (const name of names) {
    const lease = Lease.tryTake(name, folder);
    if (lease instanceof Lease) {
      taken.push(lease);
      continue;
    }
    taken.forEach((lease) => lease.release());
    return { name, pid: lease };
  }
  return taken;
}

/** Removes the files of leases whose holders were killed. */
export function clearLeases(folder = FOLDER): void {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch {
    return; // Nobody has taken one.
  }
  for (const { name } of entries) {
    try {
      const lease = Lease.tryTake(decodeURIComponent(name), folder);
      if (lease instanceof Lease) lease.release();
    } catch { /* It is no file of ours. */ }
  }
}

function pathOf(name: string, folder: string): string {
  return `${folder}/${encodeURIComponent(name).replaceAll("*", "%2A").slice(0, 200)}`;
}

/** Open for those of other users too: whoever comes first makes it. */
function openShared(path: string, folder: string): Deno.FsFile {
  for (;;) {
    try {
      return Deno.openSync(path, { read: true, write: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw cannotTake(path, error);
    }
    try {
      makeFolder(folder);
      Deno.openSync(path, { write: true, createNew: true }).close();
      Deno.chmodSync(path, 0o666);
    } catch (error) {
      // Made by another at the same time, or taken and removed already: once more.
      const { AlreadyExists, NotFound } = Deno.errors;
      if (!(error instanceof AlreadyExists || error instanceof NotFound)) {
        throw cannotTake(path, error);
      }
    }
  }
}

/** Not sticky: a holder removes the file of its lease, whoever made that. */
function makeFolder(folder: string): void {
  Deno.mkdirSync(folder, { recursive: true });
  try {
    Deno.chmodSync(folder, 0o777);
  } catch { /* Another user's: it has its mode already. */ }
}

function cannotTake(path: string, cause: unknown): Error {
  return new Error(
    `Cannot take the lease "${path}": ${(cause as Error).message}; ` +
      `see that its folder is one that everybody may write`,
    { cause },
  );
}

function isCurrent(file: Deno.FsFile, path: string): boolean {
  try {
    return file.statSync().ino === Deno.statSync(path).ino;
  } catch {
    return false;
  }
}

function holder(path: string): number {
  try {
    return Number.parseInt(Deno.readTextFileSync(path)) || 0;
  } catch {
    return 0;
  }
}
