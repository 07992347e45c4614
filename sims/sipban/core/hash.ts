/**
 * Keys of tables: names are kept as hashes of 64 bits, in two halves. A flood brings new names all the
 * time: as strings they would cost more memory and time than all else. The seed is secret where the
 * names are an attacker's: nobody can choose two that meet. Not cryptographic; a collision by chance
 * has two counted as one.
 */

/** Gives its result in `a` and `b`: no object for each name. */
export class Hasher {
  a = 0;
  b = 0;
  readonly #a: number;
  readonly #b: number;

  constructor(seed = 0) {
    this.#a = mix(0x2545f491, seed);
    this.#b = mix(0x6c078965, ~seed);
  }

  bytes(bytes: Uint8Array, from: number, to: number): this {
    let [a, b] = [this.#a, this.#b];
    for (let at = from; at < to; at++) {
      a = Math.imul((a << 5 | a >>> 27) ^ bytes[at]!, 0x9e3779b1);
      b = Math.imul(b + bytes[at]!, 0x85ebca77) ^ b >>> 15;
    }
    return this.#end(a, b, to - from);
  }

  /** As {@link bytes} of the same text, as far as it is ASCII. */
  text(text: string): this {
    let [a, b] = [this.#a, this.#b];
    for (let at = 0; at < text.length; at++) {
      a = Math.imul((a << 5 | a >>> 27) ^ text.charCodeAt(at), 0x9e3779b1);
      b = Math.imul(b + text.charCodeAt(at), 0x85ebca77) ^ b >>> 15;
    }
    return this.#end(a, b, text.length);
  }

  /** An address as four words, from `at` on. */
  address(words: Int32Array, at = 0): this {
    let [a, b] = [this.#a, this.#b];
    for (let i = at; i < at + 4; i++) {
      a = mix(a, words[i]!);
      b = mix(b, words[i]! + i);
    }
    this.a = a;
    this.b = b;
    return this;
  }

  #end(a: number, b: number, length: number): this {
    this.a = mix(a, length);
    this.b = mix(b, length);
    return this;
  }
}

/** Of two numbers one, all of whose bits depend on all of theirs (the finalizer of MurmurHash3). */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ b, 0x85ebca6b) + 0x27d4eb2f | 0;
  h = Math.imul(h ^ h >>> 13, 0xc2b2ae35);
  return h ^ h >>> 16;
}
