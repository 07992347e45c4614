/** Bytes that the operating system can make up too (its `pattern.h`). */

/** The low bytes of xorshift32 that begins with `seed`, which is not 0. */
export function xorshift(count: number, seed: number): Uint8Array {
  let x = seed;
  return Uint8Array.from({ length: count }, () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x & 0xff;
  });
}
