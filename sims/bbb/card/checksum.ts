/** The checksum of commands and card registers (JEDEC JESD84-B50 §8.2.1; SD Physical Layer §4.5). */

/** CRC7 (x^7 + x^3 + 1) as the last byte of a CID or CSD has it: shifted, with the end bit. */
export function crc7(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const high = ((crc >> 6) ^ (byte >> bit)) & 1;
      crc = ((crc << 1) & 0x7f) ^ (high ? 0x09 : 0);
    }
  }
  return crc << 1 | 1;
}
