/**
 * A payload as it comes in: room is made for what has come, at most four times as much, not for what a
 * header promises, so that a promise costs its maker about as much as us.
 */
import { mask } from "./mask.ts";

const FIRST_BYTES = 4096;
const EMPTY = new Uint8Array(0);

export class PayloadBuffer {
  #buffer: Uint8Array<ArrayBuffer> = EMPTY;
  #used = 0;
  #expected = 0;
  /** Where the frame began: the mask starts anew with each. */
  #frame = 0;

  /** Octets that are in it. */
  get length(): number {
    return this.#used;
  }

  /** How long it will be if all comes that was promised. */
  expect(bytes: number): void {
    this.#expected = bytes;
  }

  /** Adds what came, unmasked. */
  append(source: Uint8Array, start: number, end: number, key: number | undefined): void {
    const from = this.#used;
    const to = from + end - start;
    if (to > this.#buffer.length) this.#grow(to);
    const buffer = this.#buffer;
    if (end - start < 24) {
      for (let i = start, at = from; i < end; i++, at++) buffer[at] = source[i]!;
    } else buffer.set(source.subarray(start, end), from);
    if (key !== undefined) mask(buffer.subarray(from, to), key, from - this.#frame);
    this.#used = to;
  }

  endFrame(): void {
    this.#frame = this.#used;
  }

  /** What came after the first `from` octets; only to be looked at. */
  view(from: number): Uint8Array {
    return this.#buffer.subarray(from, this.#used);
  }

  /** All of it; it belongs to the caller, and the buffer is empty. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.subarray(0, this.#used);
    this.#buffer = EMPTY;
    this.#used = 0;
    this.#frame = 0;
    return taken;
  }

  /**
   * Doubles, or a message in small fragments would be copied with each. Once a quarter has come there
   * is room for all: most messages come in two or three pieces, and are then moved once at most.
   */
  #grow(needed: number): void {
    const { length } = this.#buffer;
    const expected = this.#expected;
    const first = Math.min(FIRST_BYTES, expected);
    const doubled = expected > length * 1.5 ? Math.min(length * 2, expected) : length * 2;
    const whole = expected <= needed * 4 ? expected : 0;
    const grown = new Uint8Array(Math.max(needed, first, doubled, whole));
    grown.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = grown;
  }
}
