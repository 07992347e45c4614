/**
 * Writes a trace: one line an event, one `write(2)` a line, as it happens, so that all events up
 * to the moment at which a process is killed are in the file. Measured at about 500,000 small
 * events a second on a laptop-class CPU, hence no batching.
 */
import { TRACE_VERSION, type TraceBody, type TraceEvent, type TraceHeader } from "./event.ts";
import { readEnd } from "./end.ts";
import { TraceWriteError } from "./error.ts";
import { MAX_LINE_BYTES } from "./parse.ts";
import type { TraceSink } from "./timeline.ts";

/** What the writer needs of a file; `Deno.FsFile` opened for append has it. */
export interface TraceFile {
  writeSync(bytes: Uint8Array): number;
  truncateSync(length: number): void;
  close(): void;
}

interface Start {
  readonly file: TraceFile;
  readonly path: string;
  /** Bytes in the file that are whole lines. */
  readonly length: number;
  readonly seq: number;
  readonly t: number;
  /** Whether the last of them lacks its newline. */
  readonly torn?: boolean;
}

const NEWLINE = 0x0a;
const encoder = new TextEncoder();

/**
 * The sink that keeps a scenario's events.
 *
 * When the disk refuses a write, {@link write} throws a {@link TraceWriteError} once. From then
 * on the writer drops events and counts them in {@link lost}, so that a target that goes on
 * talking does no further harm; only the `end` event is tried again, in case space was freed.
 * The file always ends with a whole line.
 */
export class TraceWriter implements TraceSink {
  readonly path: string;
  readonly #file: TraceFile;
  #buffer = new Uint8Array(64 * 1024);
  /** Bytes in the file that are whole lines, and bytes in it at all. */
  #length: number;
  #size: number;
  #seq: number;
  #t: number;
  #lost = 0;
  #torn = false;
  #closed = false;
  #failure: TraceWriteError | undefined;

  private constructor(start: Start) {
    this.path = start.path;
    this.#file = start.file;
    this.#length = start.length;
    this.#size = start.length;
    this.#torn = start.torn ?? false;
    this.#seq = start.seq;
    this.#t = start.t;
  }

  /**
   * Begins a new trace file; makes its folder when missing.
   *
   * @throws TraceWriteError when there is a file of that name already or the disk refuses
   */
  static create(path: string, header: TraceHeader): TraceWriter {
    try {
      Deno.mkdirSync(folderOf(path), { recursive: true });
      return TraceWriter.on(
        Deno.openSync(path, { append: true, createNew: true }),
        path,
        header,
      );
    } catch (error) {
      throw error instanceof TraceWriteError ? error : new TraceWriteError(path, error);
    }
  }

  /** Begins a trace on a file that is open already. */
  static on(file: TraceFile, path: string, header: TraceHeader): TraceWriter {
    const writer = new TraceWriter({ file, path, length: 0, seq: 0, t: 0 });
    try {
      writer.#line({ ...header, trace: TRACE_VERSION });
    } catch (error) {
      writer.close();
      throw error;
    }
    return writer;
  }

  /**
   * Goes on with a trace whose writer was killed, to {@link append} its end. A last line that
   * was cut off stays where it is (the reader reports it), and new events start on a new line.
   *
   * @throws TraceReadError when the file is no trace
   * @throws TraceWriteError when it may not be written
   */
  static reopen(path: string): TraceWriter {
    const last = readEnd(path);
    let file: Deno.FsFile;
    try {
      file = Deno.openSync(path, { append: true });
    } catch (error) {
      throw new TraceWriteError(path, error);
    }
    return new TraceWriter({ file, path, ...last });
  }

  /** The number of the last event in the file. */
  get seq(): number {
    return this.#seq;
  }

  /** How many events could not be kept. */
  get lost(): number {
    return this.#lost;
  }

  /** Why events are lost, when they are. */
  get failure(): TraceWriteError | undefined {
    return this.#failure;
  }

  /**
   * Appends an event that has its number and time already.
   *
   * @throws TraceWriteError the first time that the disk refuses; see {@link lost} after that
   * @throws RangeError when the event is larger than a reader would take
   */
  write(event: TraceEvent): void {
    if (this.#closed || (this.#failure && event.type !== "end")) {
      this.#lost++;
      return;
    }
    if (!this.#line(event)) return;
    this.#seq = event.seq;
    this.#t = event.t;
  }

  /** Appends an event with the next number, by default at the time of the last one. */
  append(body: TraceBody, options: { readonly t?: number; readonly clock?: string } = {}): void {
    const { t = this.#t, clock } = options;
    this.write({ seq: this.#seq + this.#lost + 1, t, ...(clock ? { clock } : {}), ...body });
  }

  /** Closes the file. Later events count as {@link lost}. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#file.close();
  }

  /** Whether the line is in the file now. */
  #line(value: unknown): boolean {
    const bytes = this.#encode(JSON.stringify(value));
    if (bytes.length > MAX_LINE_BYTES) {
      this.#lost++;
      throw new RangeError(
        `Cannot write an event of "${bytes.length}" bytes: a line of a trace holds at most ` +
          `${MAX_LINE_BYTES}; split it, or attach it as a file`,
      );
    }
    try {
      if (this.#torn) this.#all(Uint8Array.of(NEWLINE));
      this.#all(bytes);
      this.#torn = false;
      this.#length = this.#size;
      return true;
    } catch (error) {
      this.#lost++;
      this.#repair();
      if (this.#failure) return false;
      throw this.#failure = new TraceWriteError(this.path, error);
    }
  }

  /** The line with its newline, in the one buffer unless it is too long for that. */
  #encode(json: string): Uint8Array {
    const { read, written } = encoder.encodeInto(json, this.#buffer);
    if (read < json.length || written === this.#buffer.length) return encoder.encode(`${json}\n`);
    this.#buffer[written] = NEWLINE;
    return this.#buffer.subarray(0, written + 1);
  }

  #all(bytes: Uint8Array): void {
    let done = 0;
    while (done < bytes.length) {
      const count = this.#file.writeSync(done === 0 ? bytes : bytes.subarray(done));
      if (count === 0) throw new Error("the file takes no more bytes");
      done += count;
      this.#size += count;
    }
  }

  /** Takes back what a failed write left of its line. */
  #repair(): void {
    try {
      this.#file.truncateSync(this.#length);
      this.#size = this.#length;
    } catch {
      this.#torn = true; // A line of its own for the next event, then.
    }
  }
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1) || ".";
}
