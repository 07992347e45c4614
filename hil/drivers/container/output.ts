/**
 * What a container without a terminal prints, as the engine sends it: frames of a stream's number
 * (1 stdout, 2 stderr), three zeros, the length in 4 bytes, and that many bytes (Docker Engine API,
 * "Attach to a container", stream format).
 */
import { ContainerError } from "./error.ts";

export interface OutputFrame {
  readonly stream: "stdout" | "stderr";
  readonly bytes: Uint8Array;
}

const HEADER = 8;
const STREAMS = ["stdin", "stdout", "stderr"] as const;
/** The engine copies through a buffer of 32 KiB; what says more than this is no frame of it. */
const MOST_BYTES = 16 << 20;

/** Puts frames together out of pieces of any size. */
export class FrameReader {
  #pending = new Uint8Array(0);

  /** True when no frame is begun. */
  get atBoundary(): boolean {
    return this.#pending.length === 0;
  }

  /** @throws ContainerError at what is no frame */
  push(piece: Uint8Array): OutputFrame[] {
    const bytes = join(this.#pending, piece);
    const frames: OutputFrame[] = [];
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER);
      const stream = STREAMS[view.getUint8(0)];
      const length = view.getUint32(4);
      if (stream === undefined || (view.getUint32(0) & 0xff_ffff) !== 0 || length > MOST_BYTES) {
        const head = bytes.subarray(at, at + HEADER).toHex();
        throw new ContainerError(
          `Cannot read output of a container: "${head}" is no head of a frame; ` +
            `make the container without a terminal`,
        );
      }
      if (bytes.length - at - HEADER < length) break;
      at += HEADER;
      // What went to stdin is sent back as stdout's by no engine, and would be an echo.
      if (stream !== "stdin") frames.push({ stream, bytes: bytes.slice(at, at + length) });
      at += length;
    }
    this.#pending = bytes.slice(at);
    return frames;
  }
}

/** Frames of a body, until its end. */
export async function* framesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<OutputFrame> {
  const reader = new FrameReader();
  for await (const piece of body) yield* reader.push(piece);
}

/** Makes lines of pieces of text in UTF-8; each stream has its own. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #begun = "";

  push(bytes: Uint8Array): string[] {
    const lines = (this.#begun + this.#decoder.decode(bytes, { stream: true })).split(/\r?\n/);
    this.#begun = lines.pop()!;
    return lines;
  }

  /** The last line, when no newline ended it. */
  end(): string[] {
    const last = this.#begun + this.#decoder.decode();
    this.#begun = "";
    return last === "" ? [] : [last];
  }
}

function join(a: Uint8Array<ArrayBuffer>, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
