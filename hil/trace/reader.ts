/**
 * Reads a trace a piece at a time, however long it is, and makes the best of a damaged one:
 * every intact line is given, everything else is reported with its line number.
 */
import { TRACE_VERSION, type TraceEvent, type TraceHeader } from "./event.ts";
import { TraceReadError } from "./error.ts";
import { MAX_LINE_BYTES, parseEvent, parseHeader } from "./parse.ts";
import { tellReading } from "./reading.ts";

/** Damage that the reader met. */
export interface TraceProblem {
  /** From 1; the header is line 1. */
  readonly line: number;
  /** A clause: "line 7 is damaged (it is not JSON)". */
  readonly message: string;
}

interface Line {
  readonly number: number;
  /** Left out when the line is too long to be one. */
  readonly bytes: Uint8Array | undefined;
  /** Whether its newline is there. */
  readonly whole: boolean;
}

const NEWLINE = 0x0a;
const CHUNK_BYTES = 256 * 1024;
/** How far into a file without a good header an event is looked for before giving up. */
const SALVAGE_BYTES = 1024 * 1024;
/** Problems that are told one by one: a damaged file of gigabytes has any number. */
const MOST_PROBLEMS = 1000;

/** A trace that can be iterated, more than once; see {@link readTrace}. */
export class Trace implements AsyncIterable<TraceEvent> {
  /** Damage met by the latest iteration so far. */
  problems: readonly TraceProblem[] = [];
  /** After an iteration: the last event is no `end`, so the run was killed. */
  cutOff = false;

  constructor(
    readonly path: string,
    readonly header: TraceHeader,
    private readonly headerProblem: string | undefined,
  ) {}

  async *[Symbol.asyncIterator](): AsyncGenerator<TraceEvent, void> {
    const check = new SequenceCheck(this.headerProblem);
    this.problems = check.problems;
    this.cutOff = true;
    for await (const lines of readLines(this.path)) {
      for (const line of lines) {
        if (line.number === 1) continue;
        const event = check.accept(line);
        if (!event) continue;
        this.cutOff = event.type !== "end";
        yield event;
      }
    }
  }
}

export interface ReadOptions {
  /** What of a trace of a newer version is known is read, and its version a problem. */
  readonly newer?: boolean;
}

/**
 * Opens a trace: reads its header now and its events as they are asked for.
 *
 * @example
 * ```ts ignore
 * const trace = await readTrace("reports/runs/1/led/trace.jsonl");
 * for await (const event of trace) console.log(event.t, event.type);
 * for (const { message } of trace.problems) console.warn(message);
 * ```
 * @throws TraceReadError when the file is missing, empty, no trace, or, unless `options` say
 *   otherwise, of a newer version
 */
export async function readTrace(path: string, options: ReadOptions = {}): Promise<Trace> {
  let seen = 0, pieces = 0;
  let first: Line | undefined;
  for await (const lines of readLines(path)) {
    // A file of gigabytes without a line end is no trace, and need not be read to its end.
    if (!first && lines.length === 0 && ++pieces * CHUNK_BYTES > MAX_LINE_BYTES) {
      const what = await foreign(path) ??
        `its first line is longer than ${MAX_LINE_BYTES} bytes; give the path of a trace.jsonl`;
      throw new TraceReadError(path, "not-a-trace", what);
    }
    for (const line of lines) {
      if (!first) {
        first = line;
        const header = line.bytes ? parseHeader(line.bytes) : "it is too long";
        if (typeof header === "object" && "newer" in header) {
          if (!options.newer) throw newer(path, header.newer);
          const what = `line 1 is of version ${header.newer}: what is known of it is read`;
          return new Trace(path, { ...UNKNOWN_HEADER, ...header.fields }, what);
        }
        if (typeof header === "object") return new Trace(path, header, undefined);
      } else if (line.bytes && typeof parseEvent(line.bytes) === "object") {
        // Events without a header are still evidence.
        return new Trace(path, UNKNOWN_HEADER, "line 1, the header, is damaged");
      }
      seen += (line.bytes?.length ?? MAX_LINE_BYTES) + 1;
    }
    if (seen > SALVAGE_BYTES) break;
  }
  if (!first) {
    throw new TraceReadError(
      path,
      "empty",
      "it is empty; its run was killed before it could write, so run the scenario again",
    );
  }
  throw new TraceReadError(
    path,
    "not-a-trace",
    await foreign(path) ??
      (first.whole
        ? "its first line is no trace header; give the path of a trace.jsonl under reports/runs/"
        : "it is cut off within its first line, or no trace; run the scenario again"),
  );
}

/** Files that are given for a trace now and then, by their first bytes in hex. */
const FOREIGN: readonly (readonly [magic: RegExp, what: string])[] = [
  [/^1f8b/, "it is compressed by gzip; unpack it with gunzip"],
  [/^28b52ffd/, "it is compressed by zstd; unpack it with unzstd"],
  [/^fd377a585a/, "it is compressed by xz; unpack it with unxz"],
  [/^504b0304/, "it is a ZIP archive; unpack it"],
  [
    /^(0a0d0d0a|d4c3b2a1|a1b2c3d4|a1b23c4d|4d3cb2a1)/,
    "it is a capture of packets; make a trace of it with: hil import FILE",
  ],
];

async function foreign(path: string): Promise<string | undefined> {
  using file = await open(path);
  const bytes = new Uint8Array(8);
  const start = bytes.subarray(0, await read(file, bytes, path) ?? 0).toHex();
  return FOREIGN.find(([magic]) => magic.test(start))?.[1];
}

const UNKNOWN_HEADER: TraceHeader = {
  trace: TRACE_VERSION,
  scenario: "(unknown)",
  file: "(unknown)",
  line: 0,
  seed: 0,
  bench: "(unknown)",
  targets: {},
  environment: {},
};

function newer(path: string, version: number): TraceReadError {
  return new TraceReadError(
    path,
    "newer",
    `it is of version ${version} and this harness reads versions 1 to ${TRACE_VERSION}; ` +
      `update the harness, or use the one that wrote it`,
  );
}

/** Turns lines to events, and keeps account of those that are damaged or missing. */
class SequenceCheck {
  readonly problems: TraceProblem[] = [];
  #more = 0;
  #seq = 0;
  #damagedSinceLast = 0;

  constructor(headerProblem: string | undefined) {
    if (headerProblem) this.#tell(1, headerProblem);
  }

  #tell(line: number, message: string): void {
    if (this.problems.length < MOST_PROBLEMS) return void this.problems.push({ line, message });
    const more = `${++this.#more} more problems, the last one at line ${line}`;
    this.problems[MOST_PROBLEMS] = { line, message: more };
  }

  accept({ number, bytes, whole }: Line): TraceEvent | undefined {
    if (bytes && isBlank(bytes)) return;
    const event = bytes ? parseEvent(bytes) : `it is longer than ${MAX_LINE_BYTES} bytes`;
    if (typeof event === "string") {
      this.#damagedSinceLast++;
      const what = whole ? `is damaged (${event})` : "is cut off";
      this.#tell(number, `line ${number} ${what}`);
      return;
    }
    this.#order(event.seq, number);
    return event;
  }

  #order(seq: number, number: number): void {
    const missing = seq - this.#seq - 1;
    if (missing > this.#damagedSinceLast) {
      const range = missing === 1
        ? `event ${seq - 1} is`
        : `events ${this.#seq + 1} to ${seq - 1} are`;
      this.#tell(number, `${range} missing before line ${number}`);
    } else if (missing < 0) {
      this.#tell(number, `line ${number} has event ${seq} after event ${this.#seq}`);
    }
    this.#seq = seq;
    this.#damagedSinceLast = 0;
  }
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.length === 0 || (bytes.length === 1 && bytes[0] === 0x0d);
}

/** The lines of a file, in batches: one per piece that was read. */
async function* readLines(path: string): AsyncGenerator<Line[], void> {
  using file = await open(path);
  const splitter = new LineSplitter();
  const chunk = new Uint8Array(CHUNK_BYTES);
  let bytes = 0;
  try {
    while (true) {
      const count = await read(file, chunk, path);
      if (count === null) break;
      tellReading(path, bytes += count);
      yield splitter.push(chunk.subarray(0, count));
    }
    yield splitter.end();
  } finally {
    tellReading(path, undefined);
  }
}

async function open(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      const what = "there is no such file; give the path of a trace.jsonl under reports/runs/";
      throw new TraceReadError(path, "missing", what, { cause: error });
    }
    throw unreadable(path, error);
  }
}

async function read(file: Deno.FsFile, into: Uint8Array, path: string): Promise<number | null> {
  try {
    return await file.read(into);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): TraceReadError {
  const what = error instanceof Deno.errors.IsADirectory
    ? "it is a folder; give the path of a trace.jsonl in it"
    : `${(error as Error).message}; check the path and the rights of the file`;
  return new TraceReadError(path, "unreadable", what, { cause: error });
}

/** Cuts pieces into lines; holds at most one line. */
export class LineSplitter {
  #number = 0;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  /** @param piece is the caller's again when this returns, so what is kept of it is copied */
  push(piece: Uint8Array): Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end; (end = piece.indexOf(NEWLINE, start)) >= 0; start = end + 1) {
      lines.push(this.#take(piece.slice(start, end), true));
    }
    if (start < piece.length) this.#hold(piece.slice(start));
    return lines;
  }

  end(): Line[] {
    return this.#heldBytes > 0 ? [this.#take(new Uint8Array(), false)] : [];
  }

  #hold(rest: Uint8Array): void {
    this.#heldBytes += rest.length;
    if (this.#heldBytes <= MAX_LINE_BYTES) this.#held.push(rest);
    else this.#held = []; // Too long to be a line: its length is all that is kept.
  }

  #take(last: Uint8Array, whole: boolean): Line {
    const length = this.#heldBytes + last.length;
    const bytes = length > MAX_LINE_BYTES
      ? undefined
      : this.#heldBytes > 0
      ? joined([...this.#held, last], length)
      : last;
    this.#held = [];
    this.#heldBytes = 0;
    return { number: ++this.#number, bytes, whole };
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
