/**
 * Where a TFTP server's files are: in a folder, or in memory. Nobody gets out of a folder: a name is
 * always below it ("/os.bin" is "os.bin"), `..` is refused, and what a symbolic link leads to counts.
 */
import { join, sep } from "node:path";
import { ERRORS } from "./packet.ts";

/** What a client is told instead of a file. */
export class TftpRefusal extends Error {
  override readonly name = "TftpRefusal";
  /** @param code one of {@link ERRORS} */
  constructor(readonly code: number, message: string) {
    super(message);
  }
}

export interface TftpRoot {
  /** @throws TftpRefusal */
  read(name: string): Uint8Array;
  /**
   * Called when all of it has arrived.
   *
   * @throws TftpRefusal
   */
  write(name: string, content: Uint8Array): void;
  /**
   * Called when a client asks to write.
   *
   * @throws TftpRefusal
   */
  mayWrite(name: string): void;
}

/** Files in memory. Clients may write when `writable`. */
export class MemoryRoot implements TftpRoot {
  readonly files: Map<string, Uint8Array>;
  readonly #writable: boolean;

  constructor(
    files: Readonly<Record<string, Uint8Array>> = {},
    options: { readonly writable?: boolean } = {},
  ) {
    this.files = new Map(Object.entries(files));
    this.#writable = options.writable ?? false;
  }

  read(name: string): Uint8Array {
    const content = this.files.get(segments(name).join("/"));
    if (!content) throw notFound(name);
    return content;
  }

  write(name: string, content: Uint8Array): void {
    this.mayWrite(name);
    this.files.set(segments(name).join("/"), content);
  }

  mayWrite(name: string): void {
    if (!this.#writable) throw readOnly();
    if (segments(name).length === 0) throw notFound(name);
  }
}

/** Files of a folder of the host. Clients may write when `writable`. */
export class FolderRoot implements TftpRoot {
  readonly folder: string;
  readonly #writable: boolean;

  /** @throws Error when there is no such folder */
  constructor(folder: string, options: { readonly writable?: boolean } = {}) {
    try {
      this.folder = Deno.realPathSync(folder);
    } catch (cause) {
      throw new Error(
        `Cannot serve folder "${folder}" by TFTP: ${reason(cause)}; name a folder that exists`,
        { cause },
      );
    }
    this.#writable = options.writable ?? false;
  }

  read(name: string): Uint8Array {
    const path = this.#existing(name);
    if (path === undefined) throw notFound(name);
    try {
      if (!Deno.statSync(path).isFile) throw accessViolation(name, "it is not a file");
      return Deno.readFileSync(path);
    } catch (error) {
      if (error instanceof TftpRefusal) throw error;
      throw accessViolation(name, reason(error));
    }
  }

  write(name: string, content: Uint8Array): void {
    this.mayWrite(name);
    try {
      Deno.writeFileSync(this.#existing(name) ?? this.#fresh(name), content);
    } catch (error) {
      if (error instanceof TftpRefusal) throw error;
      throw accessViolation(name, reason(error));
    }
  }

  mayWrite(name: string): void {
    if (!this.#writable) throw readOnly();
    const path = this.#existing(name) ?? this.#fresh(name);
    const isThere = path !== undefined && exists(path);
    if (isThere && !Deno.statSync(path).isFile) throw accessViolation(name, "it is not a file");
  }

  /** The real path of what is there, or undefined. */
  #existing(name: string): string | undefined {
    let path: string;
    try {
      path = Deno.realPathSync(join(this.folder, ...segments(name)));
    } catch (error) {
      if (error instanceof TftpRefusal) throw error;
      return undefined;
    }
    if (!this.#inside(path)) throw accessViolation(name, "it leads out of the served folder");
    return path;
  }

  /** The path of a file to be made; its folder has to be there. */
  #fresh(name: string): string {
    const parts = segments(name);
    const file = parts.pop();
    if (file === undefined) throw notFound(name);
    const folder = this.#existing(parts.join("/"));
    if (folder === undefined) throw notFound(name);
    const path = join(folder, file);
    // A link that leads nowhere has no real path; to write through it would make a file elsewhere.
    if (exists(path)) throw accessViolation(name, "it is a link that leads nowhere");
    return path;
  }

  #inside(path: string): boolean {
    const top = this.folder.endsWith(sep) ? this.folder : this.folder + sep;
    return path === this.folder || path.startsWith(top);
  }
}

/** The parts of a client's file name. */
function segments(name: string): string[] {
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..") || /[\\\0]/.test(name)) {
    throw accessViolation(name, "it leads out of the served folder");
  }
  return parts;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function notFound(name: string): TftpRefusal {
  return new TftpRefusal(ERRORS.FILE_NOT_FOUND, `File not found: ${name}`);
}

function readOnly(): TftpRefusal {
  return new TftpRefusal(ERRORS.ACCESS_VIOLATION, "Access violation: nobody may write here");
}

function accessViolation(name: string, why: string): TftpRefusal {
  return new TftpRefusal(ERRORS.ACCESS_VIOLATION, `Access violation: ${name}: ${why}`);
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is none";
  return error instanceof Error ? error.message.split(/[:(]/)[0]!.trim().toLowerCase() : `${error}`;
}
