/** The last reads of devices, and when they were. */

const LENGTH = 64;

export class ReadLog {
  readonly #addresses = new Int32Array(LENGTH);
  readonly #times = new Float64Array(LENGTH);
  #next = 0;
  #length = 0;

  note(pa: number, t: number): void {
    this.#addresses[this.#next] = pa;
    this.#times[this.#next] = t;
    this.#next = (this.#next + 1) % LENGTH;
    if (this.#length < LENGTH) this.#length++;
  }

  clear(): void {
    this.#length = 0;
  }

  /** When the read was that is so many ago (1: the last); undefined if it was not of that address. */
  timeOf(pa: number, ago: number): number | undefined {
    if (ago > this.#length) return undefined;
    const at = (this.#next - ago + LENGTH) % LENGTH;
    return this.#addresses[at] === (pa | 0) ? this.#times[at] : undefined;
  }
}
