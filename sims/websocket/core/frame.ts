/** Frames on the wire (RFC 6455, section 5.2). */
import { mask } from "./mask.ts";
import type { SendMemory } from "./send_memory.ts";

export const OPCODE = {
  CONTINUATION: 0x0,
  TEXT: 0x1,
  BINARY: 0x2,
  CLOSE: 0x8,
  PING: 0x9,
  PONG: 0xa,
} as const;

export const FIN = 0x80;
/** RSV1: the message is compressed (RFC 7692, section 6). */
export const RSV1 = 0x40;
export const RSV = 0x70;
export const MASK = 0x80;

/** A control frame's payload is no longer (section 5.5). */
export const CONTROL_MAX_BYTES = 125;

/** Octets after the second: of the longer length, of the key. */
export function restOfHeader(second: number): number {
  const length = second & 0x7f;
  return (length === 126 ? 2 : length === 127 ? 8 : 0) + (second & MASK ? 4 : 0);
}

const EMPTY = new Uint8Array(0);

/** Frames one after another, in the buffer that they are sent from. */
export class FrameWriter {
  readonly #memory: SendMemory | undefined;
  #buffer: Uint8Array<ArrayBuffer> = EMPTY;
  #used = 0;
  /** The memory of what was taken last. */
  #lent: Uint8Array<ArrayBuffer> = EMPTY;

  /** @param memory that is given back once it was sent; default: fresh memory */
  constructor(memory?: SendMemory) {
    this.#memory = memory;
  }

  /** Octets that have not been taken. */
  get pending(): number {
    return this.#used;
  }

  /**
   * Adds a frame; `payload` itself stays as it is.
   *
   * @param first FIN, RSV bits and opcode
   * @param key as {@link mask} takes it; undefined: not masked
   */
  frame(first: number, payload: Uint8Array, key?: number): void {
    const length = payload.length;
    const buffer = this.#room(14 + length);
    let at = this.#used;
    const masked = key === undefined ? 0 : MASK;
    buffer[at++] = first;
    if (length < 126) buffer[at++] = masked | length;
    else if (length < 65536) {
      buffer[at++] = masked | 126;
      buffer[at++] = length >>> 8;
      buffer[at++] = length;
    } else {
      buffer[at++] = masked | 127;
      at = putNumber(buffer, at, length, 8);
    }
    if (key !== undefined) {
      for (let i = 0; i < 4; i++) buffer[at++] = key >>> (8 * i);
    }
    buffer.set(payload, at);
    if (key !== undefined) mask(buffer.subarray(at, at + length), key);
    this.#used = at + length;
  }

  /** Adds an unmasked frame of short ASCII text; says no, and adds nothing, to any other. */
  ascii(first: number, text: string): boolean {
    const length = text.length;
    if (length > CONTROL_MAX_BYTES) return false;
    const buffer = this.#room(2 + length);
    const at = this.#used + 2;
    let seen = 0;
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i);
      seen |= unit;
      buffer[at + i] = unit;
    }
    if (seen >= 0x80) return false;
    buffer[at - 2] = first;
    buffer[at - 1] = length;
    this.#used = at + length;
    return true;
  }

  /** Adds octets as they are. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length).set(bytes, this.#used);
    this.#used += bytes.length;
  }

  /** What {@link take} gave last was sent: its memory may be used again. */
  recycle(): void {
    this.#memory?.giveBack(this.#lent);
    this.#lent = EMPTY;
  }

  /** What is to be sent; it belongs to the caller from then on. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.subarray(0, this.#used);
    this.#lent = this.#buffer;
    this.#buffer = EMPTY;
    this.#used = 0;
    return taken;
  }

  #room(bytes: number): Uint8Array {
    const needed = this.#used + bytes;
    if (needed > this.#buffer.length) this.#grow(needed);
    return this.#buffer;
  }

  #grow(needed: number): void {
    const wanted = this.#used === 0 ? needed : Math.max(needed, 1024) * 2;
    const grown = this.#memory?.take(needed) ?? new Uint8Array(wanted);
    if (this.#used > 0) grown.set(this.#buffer.subarray(0, this.#used));
    this.#memory?.giveBack(this.#buffer);
    this.#buffer = grown;
  }
}

/** Writes a number in network order and gives where it ends. */
export function putNumber(bytes: Uint8Array, at: number, value: number, size: number): number {
  for (let i = size - 1; i >= 0; i--, value = Math.floor(value / 256)) bytes[at + i] = value % 256;
  return at + size;
}
