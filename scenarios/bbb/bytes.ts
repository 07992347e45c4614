/** Bytes that the operating system can make up and sum up too (its `pattern.h`). */

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

/** CRC-32 of IEEE 802.3, as in zlib. */
export function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc >>> 1 ^ (0xedb88320 & -(crc & 1));
  }
  return ~crc >>> 0;
}
