/** IPv4 (RFC 791): headers, fragments and their reassembly (section 3.2), the checksum (RFC 1071). */
import type { Json } from "hil/trace/mod.ts";
import { MTU } from "./ethernet.ts";

/** "198.51.100.1". */
export type Address = string;

export const BROADCAST: Address = "255.255.255.255";
export const ANY: Address = "0.0.0.0";
export const PROTOCOL = { ICMP: 1, UDP: 17 } as const;

export interface Datagram {
  readonly source: Address;
  readonly destination: Address;
  readonly protocol: number;
  readonly id: number;
  readonly ttl: number;
  readonly payload: Uint8Array;
}

export interface Fragment extends Datagram {
  /** Bytes before this one's payload. */
  readonly offset: number;
  readonly more: boolean;
}

const HEADER_BYTES = 20;
const MORE = 0x2000;

/** Undefined when it is no whole IPv4 header with a right checksum, or the payload is cut off. */
export function parseIpv4(bytes: Uint8Array): Fragment | undefined {
  if (bytes.length < HEADER_BYTES || bytes[0]! >>> 4 !== 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = (bytes[0]! & 15) * 4;
  const length = view.getUint16(2);
  if (header < HEADER_BYTES || length < header || length > bytes.length) return undefined;
  if (checksum(bytes.subarray(0, header)) !== 0) return undefined;
  const flags = view.getUint16(6);
  return {
    source: formatAddress(view.getUint32(12)),
    destination: formatAddress(view.getUint32(16)),
    protocol: bytes[9]!,
    id: view.getUint16(4),
    ttl: bytes[8]!,
    offset: (flags & 0x1fff) * 8,
    more: (flags & MORE) !== 0,
    payload: bytes.subarray(header, length),
  };
}

/** One packet, or as many fragments as it takes. */
export function formatIpv4(datagram: Datagram): Uint8Array[] {
  const room = (MTU - HEADER_BYTES) & ~7;
  const packets: Uint8Array[] = [];
  const { payload } = datagram;
  let offset = 0;
  do {
    const last = payload.length - offset <= MTU - HEADER_BYTES;
    const end = last ? payload.length : offset + room;
    packets.push(packet(datagram, payload.subarray(offset, end), offset / 8 | (last ? 0 : MORE)));
    offset = end;
  } while (offset < payload.length);
  return packets;
}

function packet(datagram: Datagram, payload: Uint8Array, fragment: number): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x45;
  view.setUint16(2, bytes.length);
  view.setUint16(4, datagram.id);
  view.setUint16(6, fragment);
  bytes[8] = datagram.ttl;
  bytes[9] = datagram.protocol;
  view.setUint32(12, parseAddress(datagram.source));
  view.setUint32(16, parseAddress(datagram.destination));
  view.setUint16(10, checksum(bytes.subarray(0, HEADER_BYTES)));
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** The Internet checksum; 0 over bytes that have a right one in them. */
export function checksum(bytes: Uint8Array, sum = 0): number {
  for (let i = 0; i + 1 < bytes.length; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (bytes.length & 1) sum += bytes.at(-1)! << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return ~sum & 0xffff;
}

export function formatAddress(address: number): Address {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

/** @throws RangeError when it is none */
export function parseAddress(address: Address): number {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  const parts = match?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) {
    throw new RangeError(
      `Cannot use "${address}" as an IPv4 address: it is not four numbers from 0 to 255; ` +
        `write it as 198.51.100.1`,
    );
  }
  return parts.reduce((all, part) => all * 256 + part, 0);
}

interface Incomplete {
  readonly begunNs: number;
  readonly parts: Fragment[];
}

/** RFC 1122, section 3.3.2: between 60 and 120 s. */
const PATIENCE_NS = 60e9;
const MOST_INCOMPLETE = 16;
const LONGEST_PAYLOAD = 65535 - HEADER_BYTES;

/** Puts fragments together. Overlaps are refused whole, as RFC 5722 has it for IPv6: nobody sends them. */
export class Reassembly {
  readonly #incomplete = new Map<string, Incomplete>();

  /** The datagram that is whole now, if one is. */
  take(fragment: Fragment, nowNs: number): Datagram | undefined {
    if (!fragment.more && fragment.offset === 0) return fragment;
    this.#forget(nowNs);
    const { source, destination, protocol, id } = fragment;
    const key = `${source} ${destination} ${protocol} ${id}`;
    const entry = this.#incomplete.get(key) ?? { begunNs: nowNs, parts: [] };
    if (entry.parts.some(({ offset }) => offset === fragment.offset)) return undefined;
    if (fragment.offset + fragment.payload.length > LONGEST_PAYLOAD) return undefined;
    this.#incomplete.set(key, entry);
    entry.parts.push({ ...fragment, payload: fragment.payload.slice() });
    entry.parts.sort((a, b) => a.offset - b.offset);
    const payload = joined(entry.parts);
    if (payload === "incomplete") return undefined;
    this.#incomplete.delete(key);
    return payload === "overlap" ? undefined : { ...entry.parts[0]!, payload };
  }

  #forget(nowNs: number): void {
    for (const [key, { begunNs }] of this.#incomplete) {
      const isOld = nowNs - begunNs > PATIENCE_NS;
      if (isOld || this.#incomplete.size > MOST_INCOMPLETE) this.#incomplete.delete(key);
    }
  }

  save(): Json {
    return [...this.#incomplete].map(([key, { begunNs, parts }]) => [
      key,
      begunNs,
      parts.map((part) => ({ ...part, payload: part.payload.toBase64() })),
    ]);
  }

  load(state: Json): void {
    type SavedPart = Omit<Fragment, "payload"> & { payload: string };
    this.#incomplete.clear();
    for (const [key, begunNs, parts] of state as unknown as [string, number, SavedPart[]][]) {
      const whole = parts.map((part) => ({
        ...part,
        payload: Uint8Array.fromBase64(part.payload),
      }));
      this.#incomplete.set(key, { begunNs, parts: whole });
    }
  }
}

function joined(parts: readonly Fragment[]): Uint8Array | "incomplete" | "overlap" {
  let end = 0;
  for (const { offset, payload } of parts) {
    if (offset < end) return "overlap";
    if (offset > end) return "incomplete";
    end = offset + payload.length;
  }
  if (parts.at(-1)!.more) return "incomplete";
  const whole = new Uint8Array(end);
  for (const { offset, payload } of parts) whole.set(payload, offset);
  return whole;
}
