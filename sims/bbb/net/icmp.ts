/** ICMP (RFC 792), as far as a host answers and asks. */
import { checksum } from "./ipv4.ts";

export const ICMP = { ECHO_REPLY: 0, UNREACHABLE: 3, ECHO: 8 } as const;
/** Codes of {@link ICMP.UNREACHABLE}. */
export const UNREACHABLE = { PROTOCOL: 2, PORT: 3 } as const;

export interface IcmpPacket {
  readonly type: number;
  readonly code: number;
  /** Of an echo: identifier in the upper half, sequence number in the lower one. */
  readonly rest: number;
  readonly data: Uint8Array;
}

const HEADER_BYTES = 8;

/** Undefined when it is cut off, or its checksum is wrong. */
export function parseIcmp(bytes: Uint8Array): IcmpPacket | undefined {
  if (bytes.length < HEADER_BYTES || checksum(bytes) !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = bytes.subarray(HEADER_BYTES);
  return { type: bytes[0]!, code: bytes[1]!, rest: view.getUint32(4), data };
}

export function formatIcmp({ type, code, rest, data }: IcmpPacket): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + data.length);
  const view = new DataView(bytes.buffer);
  bytes.set([type, code]);
  view.setUint32(4, rest);
  bytes.set(data, HEADER_BYTES);
  view.setUint16(2, checksum(bytes));
  return bytes;
}
