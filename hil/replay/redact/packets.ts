/**
 * A packet without addresses and secrets, of the same length: link (Ethernet, RFC 894; 802.1Q; raw
 * IP; Linux cooked), ARP (RFC 826), IPv4 (RFC 791), IPv6 (RFC 8200), and as bytes what is within.
 * Checksums are carried along by what changed (RFC 1624), so that wrong ones stay wrong and those of
 * packets that were cut off need no more than is there.
 */
import type { Addresses } from "./addresses.ts";
import { fromLatin1, latin1, type Redactor } from "./redactor.ts";

const LINK = { ETHERNET: 1, RAW: 101, SLL: 113, SLL2: 276 } as const;
const TYPE = { IPV4: 0x0800, ARP: 0x0806, VLAN: 0x8100, IPV6: 0x86dd } as const;
const PROTOCOL = { ICMP: 1, TCP: 6, UDP: 17, ICMP6: 58 } as const;
/** Where the checksum is, in what IP carries. */
const CHECKSUM: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 58: 2 };

export function redactFrame(frame: Uint8Array, linkType: number, redactor: Redactor): Uint8Array {
  const out = frame.slice();
  const { addresses } = redactor;
  const start = linkType === LINK.ETHERNET
    ? ethernet(out, addresses)
    : linkType === LINK.RAW
    ? { at: 0, type: (out[0] ?? 0) >> 4 === 6 ? TYPE.IPV6 : TYPE.IPV4 }
    : linkType === LINK.SLL && out.length >= 16
    ? cooked(out, addresses, { mac: 6, type: 14, at: 16 })
    : linkType === LINK.SLL2 && out.length >= 20
    ? cooked(out, addresses, { mac: 12, type: 0, at: 20 })
    : { at: 0, type: 0 };
  const { at, type } = start;
  if (type === TYPE.IPV4 && out.length >= at + 20) ipv4(out, at, redactor);
  else if (type === TYPE.IPV6 && out.length >= at + 40) ipv6(out, at, redactor);
  else if (type === TYPE.ARP && out.length >= at + 28) arp(out, at, addresses);
  else replace(out, at, redactor);
  return out;
}

type Start = { readonly at: number; readonly type: number };

function ethernet(out: Uint8Array, addresses: Addresses): Start {
  if (out.length < 14) return { at: 0, type: 0 };
  for (const at of [0, 6]) put(out, at, addresses, { length: 6, by: "mac" });
  let at = 12;
  while (word(out, at) === TYPE.VLAN && out.length >= at + 6) at += 4;
  return { at: at + 2, type: word(out, at) };
}

function cooked(
  out: Uint8Array,
  addresses: Addresses,
  places: { readonly mac: number; readonly type: number; readonly at: number },
): Start {
  put(out, places.mac, addresses, { length: 6, by: "mac" });
  return { at: places.at, type: word(out, places.type) };
}

function arp(out: Uint8Array, at: number, addresses: Addresses): void {
  for (const mac of [8, 18]) put(out, at + mac, addresses, { length: 6, by: "mac" });
  for (const ip of [14, 24]) put(out, at + ip, addresses, { length: 4, by: "ipv4" });
}

function ipv4(out: Uint8Array, at: number, redactor: Redactor): void {
  const header = (out[at]! & 15) * 4;
  const before = out.slice();
  for (const ip of [12, 16]) put(out, at + ip, redactor.addresses, { length: 4, by: "ipv4" });
  carry(out, at + 10, change(before, out, at + 12, at + 20));
  // Only the first of its fragments begins with a header.
  const whole = (word(out, at + 6) & 0x1fff) === 0;
  carried(out, before, redactor, {
    at: at + header,
    protocol: whole ? out[at + 9]! : 0,
    pseudo: [at + 12, at + 20],
  });
}

function ipv6(out: Uint8Array, at: number, redactor: Redactor): void {
  const before = out.slice();
  for (const ip of [8, 24]) put(out, at + ip, redactor.addresses, { length: 16, by: "ipv6" });
  carried(out, before, redactor, {
    at: at + 40,
    protocol: out[at + 6]!,
    pseudo: [at + 8, at + 40],
  });
}

interface Carried {
  readonly at: number;
  readonly protocol: number;
  /** The addresses, which the checksum covers as well. */
  readonly pseudo: readonly [from: number, to: number];
}

function carried(
  out: Uint8Array,
  before: Uint8Array,
  redactor: Redactor,
  { at, protocol, pseudo }: Carried,
): void {
  if (at >= out.length) return;
  const header = protocol === PROTOCOL.TCP
    ? ((out[at + 12] ?? 0) >> 4) * 4
    : protocol === PROTOCOL.UDP
    ? 8
    : 0;
  replace(out, at + header, redactor);
  const place = CHECKSUM[protocol];
  if (place === undefined || at + place + 2 > out.length) return;
  // A UDP datagram over IPv4 may have none.
  if (protocol === PROTOCOL.UDP && word(out, at + place) === 0) return;
  const ofAddresses = protocol === PROTOCOL.ICMP ? 0 : change(before, out, ...pseudo);
  carry(out, at + place, ofAddresses + change(before, out, at + header, out.length, at));
}

/** The rest, as bytes. */
function replace(out: Uint8Array, at: number, redactor: Redactor): void {
  if (at < out.length) out.set(latin1(redactor.bytes(fromLatin1(out.subarray(at)))), at);
}

function put(
  out: Uint8Array,
  at: number,
  addresses: Addresses,
  { length, by }: { readonly length: number; readonly by: "mac" | "ipv4" | "ipv6" },
): void {
  const from = out.slice(at, at + length);
  out.set(addresses.binary(from, addresses[by](from)), at);
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Sum of new words less the old ones; `even` is where words begin. */
function change(
  before: Uint8Array,
  after: Uint8Array,
  from: number,
  to: number,
  even = from,
): number {
  let sum = 0;
  for (let at = from; at < to; at++) {
    const difference = after[at]! - before[at]!;
    sum += (at - even) % 2 === 0 ? difference * 256 : difference;
  }
  return sum;
}

/** One's complement arithmetic: multiples of 0xffff are nothing. */
function carry(out: Uint8Array, at: number, difference: number): void {
  if (difference === 0) return;
  const sum = (((~word(out, at) & 0xffff) + difference) % 0xffff + 0xffff) % 0xffff;
  const checksum = ~sum & 0xffff;
  out[at] = checksum >> 8;
  out[at + 1] = checksum & 0xff;
}
