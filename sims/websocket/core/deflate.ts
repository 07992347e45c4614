/**
 * permessage-deflate (RFC 7692, section 7): messages through zlib, by whole message. The window that
 * context takeover carries from message to message is the dictionary of the next one, so a connection
 * keeps its window (at most 32 KiB a direction) and no state of zlib's.
 */
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
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
  #window: Uint8Array = NOTHING;

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
    const deflated = deflateRawSync(message, {
      level: this.#level,
      windowBits: this.#direction.windowBits,
      finishFlush: constants.Z_SYNC_FLUSH,
      ...(this.#window.length > 0 && { dictionary: this.#window }),
    });
    this.#window = nextWindow(this.#window, message, this.#direction);
    // An empty message is one empty stored block, of which its first octet is left (7.2.3.6).
    if (message.length === 0) return Uint8Array.of(0x00);
    return deflated.subarray(0, deflated.length - TAIL.length);
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
      window = nextWindow(window, bytes, { windowBits: 15, takeover: true });
      left -= bytes.length;
      // Behind a last block that nobody padded there is the tail alone.
      rest = rest.length - used <= TAIL.length ? NOTHING : rest.subarray(used);
    }
    this.#window = this.#direction.takeover ? window : NOTHING;
    return parts.length === 1 ? parts[0]! : concat(parts);
  }
}

function inflate(
  source: Uint8Array,
  window: Uint8Array,
  left: number,
  max: number,
): { bytes: Uint8Array; used: number } {
  try {
    // At `left` 0 what comes must be nothing; zlib wants room for one octet to say so.
    const { buffer, engine } = inflateRawSync(source, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: Math.max(1, left),
      info: true,
      ...(window.length > 0 && { dictionary: window }),
    }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
    if (buffer.length > left) throw tooBig(max);
    return { bytes: buffer, used: engine.bytesWritten };
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause;
    if ((cause as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw tooBig(max);
    const why = (cause as Error).message;
    throw new ProtocolError(
      `A compressed message is no DEFLATE: ${why}`,
      1007,
      "RFC 7692, section 7.2.2",
    );
  }
}

function tooBig(max: number): ProtocolError {
  const what = `A compressed message inflates to more than the ${max} octets that are taken`;
  return new ProtocolError(what, 1009, "RFC 6455, section 10.4");
}

/** The last octets that the next message may refer to; a copy, so that it keeps no message alive. */
function nextWindow(window: Uint8Array, message: Uint8Array, direction: Direction): Uint8Array {
  if (!direction.takeover) return NOTHING;
  const size = 1 << direction.windowBits;
  if (message.length >= size) return message.slice(-size);
  if (message.length === 0) return window;
  const kept = window.subarray(Math.max(0, window.length + message.length - size));
  return concat([kept, message]);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
