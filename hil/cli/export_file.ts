/** Where an export goes: a file, or standard output; small pieces are gathered. */
import { ReportWriteError } from "../report/mod.ts";
import { print } from "./output.ts";
import { typedPath } from "./paths.ts";

/** Standard output. */
const STDOUT = "-";
const GATHERED = 256 * 1024;
const encoder = new TextEncoder();

/**
 * Opened by its first byte: an export that is refused touches no file.
 * Its methods throw a ReportWriteError when the disk refuses.
 */
export class OutputFile implements Disposable {
  readonly #buffer = new Uint8Array(GATHERED);
  #length = 0;
  #own: Deno.FsFile | undefined;

  /** @param file as the user typed it */
  constructor(readonly file: string) {}

  async write(piece: Uint8Array | string): Promise<void> {
    if (piece.length === 0) return;
    const bytes = typeof piece === "string" ? encoder.encode(piece) : piece;
    if (this.#length + bytes.length > GATHERED) await this.flush();
    if (bytes.length > GATHERED) return await this.#all(bytes);
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  async flush(): Promise<void> {
    await this.#all(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
  }

  /** Nothing but the file goes to standard output. */
  tell(what: string): void {
    if (this.file !== STDOUT) print(`${what}: ${this.file}`);
  }

  [Symbol.dispose](): void {
    this.#own?.close();
  }

  async #all(bytes: Uint8Array): Promise<void> {
    try {
      const to = this.file === STDOUT ? Deno.stdout : this.#own ??= await this.#open();
      for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
    } catch (error) {
      // Who reads, as `head` does, has had enough: that is no error.
      if (error instanceof Deno.errors.BrokenPipe) throw error;
      throw new ReportWriteError("export", this.file, error);
    }
  }

  async #open(): Promise<Deno.FsFile> {
    return await Deno.open(typedPath(this.file), { write: true, create: true, truncate: true });
  }
}
