/** Frames that may break every rule, as data: the fault side of the core. */
import { MASK, putNumber } from "./frame.ts";
import { mask } from "./mask.ts";

/** A frame; what is left out is as it should be in a frame from a client. */
export interface RawFrame {
  /** Default true. */
  readonly fin?: boolean;
  /** RSV1 is 4, RSV2 is 2, RSV3 is 1; default 0. */
  readonly rsv?: number;
  /** 0 to 15. */
  readonly opcode: number;
  /** Text is sent as UTF-8. */
  readonly payload?: string | Uint8Array;
  /** What the header says of the length; default: what it is. */
  readonly length?: number | bigint;
  /** How many bits say the length; default: the fewest. */
  readonly lengthBits?: 7 | 16 | 64;
  /** The key; "none": a frame without one. Default 0x12345678. */
  readonly mask?: number | "none";
  /** The header says that there is a key and the payload is masked, with another one. */
  readonly maskedWith?: number;
}

/** @throws RangeError when the length does not fit in the bits that are to say it */
export function encodeRawFrame(frame: RawFrame): Uint8Array<ArrayBuffer> {
  const payload = typeof frame.payload === "string"
    ? new TextEncoder().encode(frame.payload)
    : frame.payload ?? new Uint8Array(0);
  const key = frame.mask ?? 0x12345678;
  const length = lengthOctets(frame, payload.length);
  const bytes = new Uint8Array(1 + length.length + (key === "none" ? 0 : 4) + payload.length);
  const fin = frame.fin ?? true ? 0x80 : 0;
  bytes[0] = fin | ((frame.rsv ?? 0) & 7) << 4 | (frame.opcode & 15);
  bytes.set(length, 1);
  let at = 1 + length.length;
  if (key !== "none") {
    bytes[1]! |= MASK;
    for (let i = 0; i < 4; i++) bytes[at++] = key >>> (8 * i);
  }
  bytes.set(payload, at);
  if (key !== "none") mask(bytes.subarray(at), frame.maskedWith ?? key);
  return bytes;
}

function lengthOctets(frame: RawFrame, actual: number): Uint8Array {
  const length = BigInt(frame.length ?? actual);
  const bits = frame.lengthBits ?? (length < 126n ? 7 : length < 65536n ? 16 : 64);
  if (length < 0n || length >= (bits === 7 ? 126n : 1n << BigInt(bits))) {
    throw new RangeError(
      `Cannot write the length "${length}" in ${bits} bits: it does not fit; give more bits`,
    );
  }
  if (bits === 7) return Uint8Array.of(Number(length));
  if (bits === 16) return Uint8Array.of(126, Number(length) >>> 8, Number(length));
  const octets = new Uint8Array(9);
  octets[0] = 127;
  putNumber(octets, 1, Number(length >> 32n), 4);
  putNumber(octets, 5, Number(length & 0xffff_ffffn), 4);
  return octets;
}
