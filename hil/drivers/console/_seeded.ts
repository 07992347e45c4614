/** Seeded chance for tests: mulberry32. */
export class Seeded {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A whole number from 0 to `n - 1`. */
  below(n: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * n);
  }

  pick<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }

  /** `bytes` in pieces of 1 to `most`. */
  *cut(bytes: Uint8Array, most: number): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length;) {
      const size = 1 + this.below(most);
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }
}
