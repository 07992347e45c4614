/** Finds the last event of a trace without reading what is before it. */
import { TraceReadError } from "./error.ts";
import type { TraceEvent } from "./event.ts";
import { MAX_LINE_BYTES, parseEvent, parseHeader } from "./parse.ts";

const NEWLINE = 0x0a;
/** Enough for the longest line with as much damage behind it. */
const MAX_SPAN_BYTES = 2 * MAX_LINE_BYTES;

export interface TraceEnd {
  readonly length: number;
  /** Number and time of the last whole event; 0 without one. */
  readonly seq: number;
  readonly t: number;
  readonly event?: TraceEvent;
  /** Whether it does not end with a line. */
  readonly torn: boolean;
}

/**
 * The last whole event, by the last lines only.
 *
 * @throws TraceReadError
 */
export function readEnd(path: string): TraceEnd {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(path);
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    const what = missing ? "there is no such file; give the path of a trace.jsonl" : `${error}`;
    throw new TraceReadError(path, missing ? "missing" : "unreadable", what, { cause: error });
  }
  using _ = file;
  const length = file.statSync().size;
  for (let span = 64 * 1024;; span *= 4) {
    const from = Math.max(0, length - span);
    const tail = readRange(file, from, length);
    const torn = length > 0 && tail.at(-1) !== NEWLINE;
    const lines = splitLines(tail);
    if (from > 0) lines.shift(); // Its beginning is not in this span.
    for (const line of lines.reverse()) {
      const event = parseEvent(line);
      if (typeof event !== "string") return { length, seq: event.seq, t: event.t, event, torn };
      if (typeof parseHeader(line) !== "string") return { length, seq: 0, t: 0, torn };
    }
    if (from > 0 && span < MAX_SPAN_BYTES) continue;
    if (length === 0) throw new TraceReadError(path, "empty", "it is empty; make a new one");
    throw new TraceReadError(path, "not-a-trace", "no line of it is an event; make a new one");
  }
}

function readRange(file: Deno.FsFile, from: number, to: number): Uint8Array {
  const bytes = new Uint8Array(to - from);
  file.seekSync(from, Deno.SeekMode.Start);
  let done = 0;
  while (done < bytes.length) {
    const count = file.readSync(bytes.subarray(done));
    if (count === null) break;
    done += count;
  }
  return bytes.subarray(0, done);
}

function splitLines(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, start);
    lines.push(bytes.subarray(start, end < 0 ? bytes.length : end));
    start = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}
