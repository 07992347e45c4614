/**
 * Every byte of a console onto the timeline, as it comes. Text where it is UTF-8, base64 where it
 * is not. A character that is cut in two by a chunk's end waits for its other half: at most three
 * bytes, until the next chunk or {@link Recorder.flush}.
 */
import { Buffer } from "node:buffer";
import type { Clock } from "../../ports/mod.ts";
import type { Timeline } from "../../trace/mod.ts";
import { latin1 } from "./log.ts";
import { characterSize } from "./view.ts";

/** Longer chunks become several events, so that a line of the trace stays handy. */
const EVENT_SIZE = 32 << 10;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export interface RecorderOptions {
  readonly channel: string;
  readonly dir: "rx" | "tx";
  readonly timeline: Timeline;
  readonly clock: Clock;
}

export class Recorder {
  /** The beginning of a character. */
  #half: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(private readonly options: RecorderOptions) {}

  /** @throws TraceWriteError when the disk refuses the event */
  record(chunk: Uint8Array, t: number): void {
    const bytes = this.#half.length ? Buffer.concat([this.#half, chunk]) : chunk;
    this.#half = new Uint8Array(0);
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + EVENT_SIZE);
      const size = piece.length - halfAtEnd(piece);
      at += size;
      if (size > 0) this.#event(piece.subarray(0, size), t);
      if (at + (piece.length - size) === bytes.length) {
        this.#half = Uint8Array.from(piece.subarray(size));
        return;
      }
    }
  }

  /** The link has ended: what waits for its other half waits in vain. */
  flush(t: number): void {
    const half = this.#half;
    this.#half = new Uint8Array(0);
    if (half.length) this.#event(half, t);
  }

  #event(bytes: Uint8Array, t: number): void {
    const { channel, dir, timeline, clock } = this.options;
    timeline.record({ type: "bytes", channel, dir, ...encode(bytes) }, { clock, t });
  }
}

function encode(bytes: Uint8Array): { text: string } | { base64: string } {
  try {
    return { text: decoder.decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64") };
  }
}

/** Bytes at the end that are the beginning of a character and not the whole of it. */
function halfAtEnd(bytes: Uint8Array): number {
  const end = latin1(bytes.subarray(-3));
  for (let at = 0; at < end.length; at++) {
    if (characterSize(end, at) === "incomplete") return end.length - at;
  }
  return 0;
}
