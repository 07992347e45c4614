/** Where an export goes: a file, or standard output; small pieces are gathered. */
import { print } from "./output.ts";
import { typedPath } from "./paths.ts";

/** Standard output. */
const STDOUT = "-";
const GATHERED = 256 * 1024;
const encoder = new TextEncoder();

export class OutputFile implements Disposable {
  readonly #buffer = new Uint8Array(GATHERED);
  readonly #to: { write(bytes: Uint8Array): Promise<number> };
  #length = 0;

  constructor(readonly file: string, private readonly own: Deno.FsFile | undefined) {
    this.#to = own ?? Deno.stdout;
  }

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
    if (this.own) print(`${what}: ${this.file}`);
  }

  [Symbol.dispose](): void {
    this.own?.close();
  }

  async #all(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.#to.write(bytes.subarray(at));
  }
}

/** Of a name as the user typed it. */
export async function outputFile(file: string): Promise<OutputFile> {
  if (file === STDOUT) return new OutputFile(file, undefined);
  const options = { write: true, create: true, truncate: true };
  return new OutputFile(file, await Deno.open(typedPath(file), options));
}
