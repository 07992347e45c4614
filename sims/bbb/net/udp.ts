/** UDP over IPv4 (RFC 768). */
import { type Address, checksum, parseAddress, PROTOCOL } from "./ipv4.ts";

export interface UdpPacket {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly data: Uint8Array;
}

interface Between {
  readonly source: Address;
  readonly destination: Address;
}

const HEADER_BYTES = 8;

/** Undefined when it is cut off, or its checksum is wrong. A checksum of 0 is none. */
export function parseUdp(bytes: Uint8Array, between: Between): UdpPacket | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint16(4);
  if (length < HEADER_BYTES || length > bytes.length) return undefined;
  const whole = bytes.subarray(0, length);
  if (view.getUint16(6) !== 0 && checksum(whole, pseudoHeader(between, length)) !== 0) {
    return undefined;
  }
  return {
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    data: whole.subarray(HEADER_BYTES),
  };
}

export function formatUdp(packet: UdpPacket, between: Between): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + packet.data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, packet.sourcePort);
  view.setUint16(2, packet.destinationPort);
  view.setUint16(4, bytes.length);
  bytes.set(packet.data, HEADER_BYTES);
  view.setUint16(6, checksum(bytes, pseudoHeader(between, bytes.length)) || 0xffff);
  return bytes;
}

function pseudoHeader({ source, destination }: Between, length: number): number {
  const halves = (address: number) => (address >>> 16) + (address & 0xffff);
  return halves(parseAddress(source)) + halves(parseAddress(destination)) + PROTOCOL.UDP + length;
}
