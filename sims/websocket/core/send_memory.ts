/**
 * Memory to send from, used again and again: fresh memory is zeroed first, which costs more than what
 * is then written to it. One is shared by many connections, of which few send at any moment.
 */
const SIZES_BYTES = [16, 80, 320].map((kib) => kib * 1024);
/** Of each size. */
const KEPT_BYTES = 2 * 1024 * 1024;

export class SendMemory {
  readonly #spare: Uint8Array<ArrayBuffer>[][] = SIZES_BYTES.map(() => []);

  /** Room for so many octets or more; what is in it is left from before. */
  take(bytes: number): Uint8Array<ArrayBuffer> {
    const size = SIZES_BYTES.findIndex((size) => size >= bytes);
    if (size < 0) return new Uint8Array(bytes);
    return this.#spare[size]!.pop() ?? new Uint8Array(SIZES_BYTES[size]!);
  }

  /** What {@link take} gave; nobody else may use it any more. */
  giveBack(bytes: Uint8Array<ArrayBuffer>): void {
    const { length } = bytes;
    const spare = this.#spare[SIZES_BYTES.indexOf(length)];
    if (spare && (spare.length + 1) * length <= KEPT_BYTES) spare.push(bytes);
  }
}
