/**
 * Masking (RFC 6455, section 5.3): octet i of a payload is XORed with octet i mod 4 of the key.
 * Done 32 bits at a time where memory is aligned; the order of octets within a word is the host's,
 * which is little-endian wherever Deno runs.
 */

/** Below this a view of words costs more than it saves. */
const WORDS_FROM_BYTES = 48;

/**
 * Masks or unmasks in place.
 *
 * @param key the four octets as they are sent, the first in the lowest bits
 * @param phase how many octets of the payload came before `bytes`
 */
export function mask(bytes: Uint8Array, key: number, phase = 0): void {
  const length = bytes.length;
  let turned = turn(key, phase);
  let at = 0;
  if (length >= WORDS_FROM_BYTES) {
    const head = -bytes.byteOffset & 3;
    for (; at < head; at++) bytes[at]! ^= turned >>> (8 * at);
    turned = turn(turned, head);
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + head, (length - head) >>> 2);
    maskWords(words, turned);
    at += words.length * 4;
  }
  for (let i = 0; at < length; at++, i++) bytes[at]! ^= turned >>> (8 * (i & 3));
}

/** Four words a turn: the loop's own work is then a small part. */
function maskWords(words: Uint32Array, key: number): void {
  const whole = words.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    words[i]! ^= key;
    words[i + 1]! ^= key;
    words[i + 2]! ^= key;
    words[i + 3]! ^= key;
  }
  for (let i = whole; i < words.length; i++) words[i]! ^= key;
}

/** The key as it is for what follows `phase` octets. */
function turn(key: number, phase: number): number {
  const bits = 8 * (phase & 3);
  return bits === 0 ? key : (key >>> bits) | (key << (32 - bits));
}
