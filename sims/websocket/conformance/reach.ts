/**
 * How far back a DEFLATE stream refers (RFC 1951): what zlib does not tell, and what the window that
 * two sides agreed on bounds (RFC 7692, section 7.1.2).
 */

export interface Reach {
  /** The greatest distance of a match, in octets. */
  readonly distance: number;
  /** Octets before the stream's own first that a match needs. */
  readonly before: number;
}

// deno-fmt-ignore
const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
  195, 227, 258,
];
// deno-fmt-ignore
const DISTANCES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const END_OF_BLOCK = 256;

/** Codes by length and value. */
type Codes = ReadonlyMap<number, number>;

class Bits {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  get left(): number {
    return this.bytes.length * 8 - this.#at;
  }

  take(count: number): number {
    if (count > this.left) throw new RangeError("Cannot read DEFLATE: it ends within a block");
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      value |= (this.bytes[this.#at >> 3]! >> (this.#at & 7) & 1) << i;
    }
    return value;
  }

  align(): void {
    this.#at = (this.#at + 7) & ~7;
  }

  symbol(codes: Codes): number {
    let code = 1;
    for (let length = 1; length <= 15; length++) {
      code = code << 1 | this.take(1);
      const symbol = codes.get(code);
      if (symbol !== undefined) return symbol;
    }
    throw new RangeError("Cannot read DEFLATE: there is a code that stands for nothing");
  }
}

/** @throws RangeError when it is no DEFLATE */
export function reachOf(stream: Uint8Array): Reach {
  const bits = new Bits(stream);
  let [distance, before, written] = [0, 0, 0];
  const match = (length: number, back: number) => {
    distance = Math.max(distance, back);
    before = Math.max(before, back - written);
    written += length;
  };
  while (bits.left >= 3) {
    bits.take(1);
    const type = bits.take(2);
    if (type === 0) {
      bits.align();
      // The header of the empty block that ends a message, whose rest is not sent (7.2.1).
      if (bits.left === 0) break;
      const length = bits.take(16);
      bits.take(16);
      for (let i = 0; i < length; i++) bits.take(8);
      written += length;
    } else {
      const [literals, distances] = type === 1 ? FIXED : dynamic(bits);
      block(bits, literals, distances, match, () => void written++);
    }
  }
  return { distance, before };
}

function block(
  bits: Bits,
  literals: Codes,
  distances: Codes,
  match: (length: number, back: number) => void,
  literal: () => void,
): void {
  for (;;) {
    const symbol = bits.symbol(literals);
    if (symbol === END_OF_BLOCK) return;
    if (symbol < END_OF_BLOCK) literal();
    else {
      const index = symbol - 257;
      const extra = index < 8 || index === 28 ? 0 : (index >> 2) - 1;
      const length = LENGTHS[index]! + bits.take(extra);
      const code = bits.symbol(distances);
      match(length, DISTANCES[code]! + bits.take(code < 4 ? 0 : (code >> 1) - 1));
    }
  }
}

function dynamic(bits: Bits): readonly [Codes, Codes] {
  const literals = bits.take(5) + 257, distances = bits.take(5) + 1, lengths = bits.take(4) + 4;
  const meta = new Array<number>(19).fill(0);
  for (let i = 0; i < lengths; i++) meta[ORDER[i]!] = bits.take(3);
  const codes = codesOf(meta);
  const all: number[] = [];
  while (all.length < literals + distances) {
    const symbol = bits.symbol(codes);
    if (symbol < 16) all.push(symbol);
    else if (symbol === 16) push(all, all.at(-1)!, 3 + bits.take(2));
    else push(all, 0, symbol === 17 ? 3 + bits.take(3) : 11 + bits.take(7));
  }
  return [codesOf(all.slice(0, literals)), codesOf(all.slice(literals))];
}

function push(all: number[], value: number, times: number): void {
  for (let i = 0; i < times; i++) all.push(value);
}

/** Section 3.2.2; a one before each code keeps those of different lengths apart. */
function codesOf(lengths: readonly number[]): Codes {
  const codes = new Map<number, number>();
  let code = 0;
  for (let length = 1; length <= 15; length++, code <<= 1) {
    for (const [symbol, own] of lengths.entries()) {
      if (own === length) codes.set(1 << length | code++, symbol);
    }
  }
  return codes;
}

const FIXED = [
  codesOf(Array.from({ length: 288 }, (_, i) => i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
  codesOf(new Array<number>(30).fill(5)),
] as const;
