/**
 * Seeded chance: xoshiro128** (Blackman and Vigna, "Scrambled linear pseudorandom number
 * generators", 2018), its state filled by splitmix32. Fast, without 64-bit arithmetic, and not
 * for secrets.
 */

/** @example `const random = new Random(1); random.below(6); // the same for each run` */
export class Random {
  readonly #state = new Uint32Array(4);
  readonly #seed: string;

  /** @param seed any number; equal seeds give equal sequences */
  constructor(seed: number | string) {
    this.#seed = String(seed);
    let mixed = hash(this.#seed);
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) | 0;
      this.#state[i] = finish(mixed);
    }
    if (this.#state.every((word) => word === 0)) this.#state[0] = 1;
  }

  /** A generator whose state is given as it is, for tests against published vectors. */
  static fromState(state: readonly [number, number, number, number]): Random {
    const random = new Random(0);
    random.#state.set(state);
    return random;
  }

  /** 32 random bits, 0 to 2^32 - 1. */
  next(): number {
    const s = this.#state;
    const result = Math.imul(rotate(Math.imul(s[1]!, 5), 7), 9) >>> 0;
    const shifted = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= shifted;
    s[3] = rotate(s[3]!, 11);
    return result;
  }

  /**
   * A whole number from 0 to `n - 1`, each as likely.
   *
   * @throws RangeError when `n` is not a whole number from 1 to 2^32
   */
  below(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(
        `Cannot draw a number below "${n}": it is not a whole number from 1 to 2^32; give one`,
      );
    }
    // Numbers past the last whole multiple of n would make the small results likelier. That
    // multiple lies above 2^32 - n: of most it is seen without a division that they are fair.
    for (;;) {
      const drawn = this.next();
      if (drawn < 2 ** 32 - n || drawn < 2 ** 32 - 2 ** 32 % n) return drawn % n;
    }
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.next() < p * 2 ** 32;
  }

  /**
   * A generator of its own that depends on this one's seed and `name` alone, not on what was
   * drawn: a new reader of chance does not change what the others get.
   */
  fork(name: string): Random {
    return new Random(`${this.#seed}/${name}`);
  }
}

/** FNV-1a over UTF-16 code units, then mixed. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  }
  return finish(value);
}

/** The finalizer of MurmurHash3: each bit of the input changes half of the output. */
function finish(value: number): number {
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}
