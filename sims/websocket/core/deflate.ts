/**
 * permessage-deflate (RFC 7692, section 7): messages through zlib, whole and synchronously. A receiver
 * keeps its window (at most 32 KiB) and no state of zlib's; a sender with context takeover keeps a
 * deflate state, made when the first message is compressed.
 */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { joined, SyncDeflate } from "./sync_deflate.ts";
import { ProtocolError } from "./errors.ts";

/** What both sides have agreed on. */
export interface DeflateParameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  /** 8 to 15. */
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

/** What ends every message and is not sent (section 7.2.1). */
const TAIL = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
const NOTHING = new Uint8Array(0);
/** zlib makes no raw deflate of a smaller window. */
const LEAST_ZLIB_BITS = 9;

interface Direction {
  readonly windowBits: number;
  readonly takeover: boolean;
}

/** What a side sends. */
export class Compressor {
  readonly #direction: Direction;
  readonly #level: number;
  #state: SyncDeflate | undefined;

  constructor(direction: Direction, level = 1) {
    this.#direction = direction;
    this.#level = level;
  }

  /** Whether it can compress at all: a peer that has room for 256 octets gets messages as they are. */
  get able(): boolean {
    return this.#direction.windowBits >= LEAST_ZLIB_BITS;
  }

  /** The payload of a message whose RSV1 is set. */
  compress(message: Uint8Array): Uint8Array {
    // An empty message is one empty stored block, of which its first octet is left (7.2.3.6).
    if (message.length === 0) return Uint8Array.of(0x00);
    const deflated = this.#deflate(message);
    return deflated.subarray(0, deflated.length - TAIL.length);
  }

  /** No message more. */
  close(): void {
    this.#state?.close();
    this.#state = undefined;
  }

  #deflate(message: Uint8Array): Uint8Array {
    const options = { level: this.#level, windowBits: this.#direction.windowBits };
    if (!this.#direction.takeover) {
      return deflateRawSync(message, { ...options, finishFlush: constants.Z_SYNC_FLUSH });
    }
    this.#state ??= new SyncDeflate(options);
    return this.#state.flush(message);
  }
}

/** What a side receives. */
export class Decompressor {
  readonly #direction: Direction;
  readonly #maxBytes: number;
  #window: Uint8Array = NOTHING;

  /** @param maxBytes that a message may inflate to */
  constructor(direction: Direction, maxBytes: number) {
    this.#direction = direction;
    this.#maxBytes = maxBytes;
  }

  /** @throws ProtocolError 1007 when it is no DEFLATE, 1009 when it inflates to more than may be */
  decompress(payload: Uint8Array): Uint8Array {
    let rest: Uint8Array = new Uint8Array(payload.length + TAIL.length);
    rest.set(payload);
    rest.set(TAIL, payload.length);
    const parts: Uint8Array[] = [];
    let window = this.#window;
    let left = this.#maxBytes;
    // A block with BFINAL ends zlib's stream, not the message (7.2.3.4).
    while (rest.length > 0) {
      const { bytes, used } = inflate(rest, window, left, this.#maxBytes);
      if (bytes.length > 0) parts.push(bytes);
      window = nextWindow(window, bytes);
      left -= bytes.length;
      // Behind a last block that nobody padded there is the tail alone.
      rest = rest.length - used <= TAIL.length ? NOTHING : rest.subarray(used);
    }
    this.#window = this.#direction.takeover ? window : NOTHING;
    return parts.length === 1 ? parts[0]! : joined(parts);
  }
}

/**
 * Inflates up to the end of the source or of a stream. The window goes in front as a stored block,
 * and is cut off what comes out: Deno 2.9 takes a dictionary for raw DEFLATE and does not use it.
 */
function inflate(
  source: Uint8Array,
  window: Uint8Array,
  left: number,
  max: number,
): { bytes: Uint8Array; used: number } {
  const prefix = window.length > 0 ? joined([storedHeader(window.length), window]) : NOTHING;
  try {
    // zlib wants room for one octet at least.
    const { buffer, engine } = inflateRawSync(joined([prefix, source]), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: Math.max(1, window.length + left),
      info: true,
    }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
    const bytes = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length)
      .subarray(window.length);
    if (bytes.length > left) throw tooBig(max);
    return { bytes, used: engine.bytesWritten - prefix.length };
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw tooBig(max);
    const what = `A compressed message is no DEFLATE: ${(cause as Error).message}`;
    throw new ProtocolError(what, 1007, "RFC 7692, section 7.2.2");
  }
}

/** Of a stored block that is not the last (RFC 1951, section 3.2.4). */
function storedHeader(length: number): Uint8Array {
  return Uint8Array.of(0, length, length >>> 8, ~length, ~length >>> 8);
}

function tooBig(max: number): ProtocolError {
  const what = `A compressed message inflates to more than the ${max} octets that are taken`;
  return new ProtocolError(what, 1009, "RFC 6455, section 10.4");
}

const WINDOW_BYTES = 32 * 1024;

/** The last octets that the next message may refer to; a copy, so that it keeps no message alive. */
function nextWindow(window: Uint8Array, message: Uint8Array): Uint8Array {
  if (message.length >= WINDOW_BYTES) return message.slice(-WINDOW_BYTES);
  if (message.length === 0) return window;
  return joined([
    window.subarray(Math.max(0, window.length + message.length - WINDOW_BYTES)),
    message,
  ]);
}
