/** Bytes that came and are not used up yet, taken off in the sizes that the protocol asks for. */
export class Inbox {
  #bytes = new Uint8Array(4096);
  #from = 0;
  #to = 0;

  get size(): number {
    return this.#to - this.#from;
  }

  push(chunk: Uint8Array): void {
    const needed = this.size + chunk.length;
    if (this.#to + chunk.length > this.#bytes.length) {
      const room = needed > this.#bytes.length
        ? new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
        : this.#bytes;
      room.set(this.#bytes.subarray(this.#from, this.#to));
      this.#bytes = room;
      this.#to = this.size;
      this.#from = 0;
    }
    this.#bytes.set(chunk, this.#to);
    this.#to += chunk.length;
  }

  /** The next bytes without taking them; undefined while fewer are there. Valid until a push. */
  peek(size: number): DataView | undefined {
    if (this.size < size) return undefined;
    return new DataView(this.#bytes.buffer, this.#from, size);
  }

  /** A copy of the next bytes, which are used up; undefined while fewer are there. */
  take(size: number): Uint8Array | undefined {
    if (this.size < size) return undefined;
    const bytes = this.#bytes.slice(this.#from, this.#from + size);
    this.#from += size;
    if (this.#from === this.#to) this.#from = this.#to = 0;
    return bytes;
  }
}
