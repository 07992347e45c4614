/** Registers of cards as the specifications print them: fields by bit numbers, the highest first. */
import { crc7 } from "./checksum.ts";

/** One field: its highest and lowest bit, and its value. */
export type BitField = readonly [msb: number, lsb: number, value: number | bigint];

/** The bytes of a register of `bits` bits, in the order in which they are sent. */
export function packed(bits: number, fields: readonly BitField[]): Uint8Array {
  let value = 0n;
  for (const [msb, lsb, field] of fields) {
    const mask = (1n << BigInt(msb - lsb + 1)) - 1n;
    value |= (BigInt(field) & mask) << BigInt(lsb);
  }
  const bytes = new Uint8Array(bits / 8);
  for (let n = bytes.length - 1; n >= 0; n--, value >>= 8n) bytes[n] = Number(value & 0xffn);
  return bytes;
}

/** A CID or CSD: 128 bits, the last byte of which is the checksum of those before it. */
export function checked(fields: readonly BitField[]): Uint8Array {
  const bytes = packed(128, fields);
  bytes[15] = crc7(bytes.subarray(0, 15));
  return bytes;
}

/** Text as the value of a field. */
export function letters(text: string): bigint {
  return [...new TextEncoder().encode(text)].reduce((sum, byte) => sum << 8n | BigInt(byte), 0n);
}
