/** A trace that is still being written: what is new in it, as often as one asks. */
import type { TraceEvent, TraceHeader } from "./event.ts";
import { parseEvent, parseHeader } from "./parse.ts";
import { LineSplitter } from "./reader.ts";

const CHUNK_BYTES = 256 * 1024;

/**
 * Reads whole lines only: one that is half written waits for its rest. Damaged lines are left out;
 * who reads the trace when it has ended is told of them.
 */
export class TraceFollower implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #splitter = new LineSplitter();
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #header: TraceHeader | undefined;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Undefined while there is no such file. */
  static async open(path: string): Promise<TraceFollower | undefined> {
    try {
      return new TraceFollower(await Deno.open(path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Once it has been read. */
  get header(): TraceHeader | undefined {
    return this.#header;
  }

  /** The next events, a piece of the file at a time; undefined: there are no more for now. */
  async read(): Promise<readonly TraceEvent[] | undefined> {
    const count = await this.#file.read(this.#chunk);
    if (count === null) return undefined;
    const events: TraceEvent[] = [];
    for (const { number, bytes } of this.#splitter.push(this.#chunk.subarray(0, count))) {
      if (!bytes) continue;
      if (number === 1) {
        const header = parseHeader(bytes);
        if (typeof header === "object" && !("newer" in header)) this.#header = header;
        continue;
      }
      const event = parseEvent(bytes);
      if (typeof event === "object") events.push(event);
    }
    return events;
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
