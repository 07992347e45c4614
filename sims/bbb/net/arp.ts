/** ARP for IPv4 on Ethernet (RFC 826). */
import { formatMac, type Mac, parseMac } from "./ethernet.ts";
import { type Address, formatAddress, parseAddress } from "./ipv4.ts";

export interface ArpPacket {
  readonly operation: "request" | "reply";
  readonly senderMac: Mac;
  readonly sender: Address;
  readonly targetMac: Mac;
  readonly target: Address;
}

const BYTES = 28;
/** Ethernet, IPv4, and the lengths of their addresses. */
const KIND = [0, 1, 8, 0, 6, 4];
const OPERATIONS = ["request", "reply"] as const;

/** Undefined when it is something else. */
export function parseArp(bytes: Uint8Array): ArpPacket | undefined {
  if (bytes.length < BYTES || KIND.some((byte, i) => bytes[i] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const operation = OPERATIONS[view.getUint16(6) - 1];
  if (!operation) return undefined;
  return {
    operation,
    senderMac: formatMac(bytes.subarray(8, 14)),
    sender: formatAddress(view.getUint32(14)),
    targetMac: formatMac(bytes.subarray(18, 24)),
    target: formatAddress(view.getUint32(24)),
  };
}

export function formatArp(packet: ArpPacket): Uint8Array {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(KIND);
  view.setUint16(6, OPERATIONS.indexOf(packet.operation) + 1);
  bytes.set(parseMac(packet.senderMac), 8);
  view.setUint32(14, parseAddress(packet.sender));
  bytes.set(parseMac(packet.targetMac), 18);
  view.setUint32(24, parseAddress(packet.target));
  return bytes;
}
