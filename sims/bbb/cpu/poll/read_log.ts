/** The last reads of devices: what, when, and what came. */

const LENGTH = 64;

export class ReadLog {
  readonly #addresses = new Int32Array(LENGTH);
  readonly #times = new Float64Array(LENGTH);
  readonly #values = new Int32Array(LENGTH);
  #next = 0;
  #length = 0;

  note(pa: number, t: number, value: number): void {
    this.#addresses[this.#next] = pa;
    this.#times[this.#next] = t;
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % LENGTH;
    if (this.#length < LENGTH) this.#length++;
  }

  clear(): void {
    this.#length = 0;
  }

  /** The read that is so many ago (1: the last); undefined if it was not of that address. */
  find(pa: number, ago: number): { readonly t: number; readonly value: number } | undefined {
    if (ago > this.#length) return undefined;
    const at = (this.#next - ago + LENGTH) % LENGTH;
    if (this.#addresses[at] !== (pa | 0)) return undefined;
    return { t: this.#times[at]!, value: this.#values[at]! };
  }
}
