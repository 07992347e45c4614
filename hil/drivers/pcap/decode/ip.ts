/** IPv4 (RFC 791) and IPv6 with its extension headers (RFC 8200, section 4; RFC 4302 for AH). */

export interface IpPacket {
  readonly version: 4 | 6;
  /** 4 or 16 bytes. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Of the payload: 6 is TCP, 17 is UDP. */
  readonly protocol: number;
  /** Left out when the packet is whole. */
  readonly fragment?: Fragment;
  /** Without what a link has padded it with. */
  readonly payload: Uint8Array;
  /** The capture kept only the payload's beginning. */
  readonly cut: boolean;
}

export interface Fragment {
  readonly id: number;
  /** Of its payload in the whole one, in bytes. */
  readonly offset: number;
  readonly more: boolean;
}

export const PROTOCOL = { TCP: 6, UDP: 17 } as const;

/** Extension headers that lie between IPv6 and what it carries. */
const HEADER = { HOP_BY_HOP: 0, ROUTING: 43, FRAGMENT: 44, AH: 51, DESTINATION: 60 } as const;
/** Each but the destination options may come once, those twice. */
const MOST_HEADERS = 8;

/** Undefined when it is no IP packet, or its headers are not whole. */
export function decodeIp(bytes: Uint8Array): IpPacket | undefined {
  const version = (bytes[0] ?? 0) >> 4;
  if (version === 4) return decodeIpv4(bytes);
  return version === 6 ? decodeIpv6(bytes) : undefined;
}

function decodeIpv4(bytes: Uint8Array): IpPacket | undefined {
  const header = (bytes[0]! & 15) * 4;
  if (header < 20 || bytes.length < header) return undefined;
  // A total length of 0: the sender's network card was to cut it into segments (TSO).
  const total = word(bytes, 2) || bytes.length;
  if (total < header) return undefined;
  const flags = word(bytes, 6);
  const offset = (flags & 0x1fff) * 8;
  const more = (flags & 0x2000) !== 0;
  return {
    version: 4,
    source: bytes.subarray(12, 16),
    destination: bytes.subarray(16, 20),
    protocol: bytes[9]!,
    ...((more || offset > 0) && { fragment: { id: word(bytes, 4), offset, more } }),
    payload: bytes.subarray(header, total),
    cut: bytes.length < total,
  };
}

function decodeIpv6(bytes: Uint8Array): IpPacket | undefined {
  if (bytes.length < 40) return undefined;
  const total = 40 + word(bytes, 4);
  // Likewise 0 here, or a jumbogram (RFC 2675).
  const inside = bytes.subarray(0, total === 40 ? bytes.length : total);
  const headers = skipHeaders(inside);
  if (!headers) return undefined;
  const { protocol, at, fragment } = headers;
  return {
    version: 6,
    source: bytes.subarray(8, 24),
    destination: bytes.subarray(24, 40),
    protocol,
    ...(fragment && { fragment }),
    payload: inside.subarray(at),
    cut: bytes.length < total,
  };
}

type Headers = { readonly protocol: number; readonly at: number; readonly fragment?: Fragment };

/** What follows the extension headers; behind a fragment's header are the parts of any more. */
function skipHeaders(bytes: Uint8Array): Headers | undefined {
  let protocol = bytes[6]!;
  let at = 40;
  for (let count = 0; isExtension(protocol); count++) {
    if (count === MOST_HEADERS || bytes.length < at + 8) return undefined;
    if (protocol === HEADER.FRAGMENT) {
      const fragment = fragmentAt(bytes, at);
      // One alone (RFC 6946) is a whole packet.
      if (fragment.more || fragment.offset > 0) {
        return { protocol: bytes[at]!, at: at + 8, fragment };
      }
    }
    const length = lengthOf(protocol, bytes[at + 1]!);
    protocol = bytes[at]!;
    at += length;
    if (bytes.length < at) return undefined;
  }
  return { protocol, at };
}

/** Past the headers that the fragments had in common. */
export function skipInner(protocol: number, bytes: Uint8Array): {
  readonly protocol: number;
  readonly payload: Uint8Array;
} | undefined {
  let at = 0;
  for (let count = 0; isExtension(protocol); count++) {
    // A fragment in a fragment is none that any host makes.
    if (protocol === HEADER.FRAGMENT || count === MOST_HEADERS || bytes.length < at + 8) {
      return undefined;
    }
    const length = lengthOf(protocol, bytes[at + 1]!);
    protocol = bytes[at]!;
    at += length;
  }
  return { protocol, payload: bytes.subarray(at) };
}

function isExtension(protocol: number): boolean {
  return protocol === HEADER.HOP_BY_HOP || protocol === HEADER.ROUTING ||
    protocol === HEADER.FRAGMENT || protocol === HEADER.AH || protocol === HEADER.DESTINATION;
}

function lengthOf(protocol: number, said: number): number {
  if (protocol === HEADER.FRAGMENT) return 8;
  return protocol === HEADER.AH ? (said + 2) * 4 : (said + 1) * 8;
}

function fragmentAt(bytes: Uint8Array, at: number): Fragment {
  const field = word(bytes, at + 2);
  const id = word(bytes, at + 4) * 0x10000 + word(bytes, at + 6);
  return { id, offset: field & 0xfff8, more: (field & 1) !== 0 };
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}
