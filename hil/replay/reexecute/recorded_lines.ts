/**
 * The lines of a recorded trace one after the other, synchronously, each with its place in the file:
 * whoever compares with what happens just now cannot wait. However long the file is, a piece is held.
 */
import { TraceReadError } from "../../trace/mod.ts";

const NEWLINE = 0x0a;
const CHUNK_BYTES = 256 * 1024;
/** As a reader of traces takes it. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

export interface RecordedLine {
  /** Left out when the line is too long to be one. */
  readonly text: string | undefined;
  /** Bytes before it in the file. */
  readonly offset: number;
  /** Whether its newline is there. */
  readonly whole: boolean;
}

export class RecordedLines implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #decoder = new TextDecoder();
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #rest = new Uint8Array(0);
  /** Of the first byte of `#rest`. */
  #offset: number;
  #over = false;

  /**
   * @param from bytes that are passed over; the next line begins there
   * @throws TraceReadError
   */
  constructor(readonly path: string, from = 0) {
    try {
      this.#file = Deno.openSync(path);
    } catch (cause) {
      const missing = cause instanceof Deno.errors.NotFound;
      const what = missing ? "there is no such file" : (cause as Error).message;
      throw new TraceReadError(path, missing ? "missing" : "unreadable", what, { cause });
    }
    this.#offset = from;
    if (from > 0) this.#file.seekSync(from, Deno.SeekMode.Start);
  }

  /** Undefined at the end; of a file that grows, there may be more later. */
  next(): RecordedLine | undefined {
    let searched = 0;
    for (;;) {
      const end = this.#rest.indexOf(NEWLINE, searched);
      if (end >= 0) return this.#take(end, true);
      searched = this.#rest.length;
      if (!this.#fill()) break;
    }
    return this.#over && this.#rest.length > 0 ? this.#take(this.#rest.length, false) : undefined;
  }

  /** What follows without a newline is a line, too: nothing is written any more. */
  end(): void {
    this.#over = true;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }

  #fill(): boolean {
    const count = this.#file.readSync(this.#chunk);
    if (count === null || count === 0) return false;
    if (this.#rest.length > MAX_LINE_BYTES) { // No line: only its length counts.
      this.#offset += this.#rest.length;
      this.#rest = this.#chunk.slice(0, count);
      return true;
    }
    const joined = new Uint8Array(this.#rest.length + count);
    joined.set(this.#rest);
    joined.set(this.#chunk.subarray(0, count), this.#rest.length);
    this.#rest = joined;
    return true;
  }

  #take(end: number, whole: boolean): RecordedLine {
    const line = this.#rest.subarray(0, end);
    const text = line.length > MAX_LINE_BYTES ? undefined : this.#decoder.decode(line);
    const offset = this.#offset;
    const next = end + Number(whole);
    this.#offset += next;
    this.#rest = this.#rest.subarray(next);
    return { text, offset, whole };
  }
}
