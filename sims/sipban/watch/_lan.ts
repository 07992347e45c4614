/** Packets for tests: a guesser and a PBX as a capture would show them, in any framing. */
import { type CapturedPacket, LINK } from "hil/drivers/pcap/mod.ts";
import { parseAddress } from "../core/mod.ts";

export interface Shape {
  readonly protocol: "UDP" | "TCP" | "WS";
  /** Ethernet's tags, outermost first. */
  readonly vlans?: readonly number[];
  readonly linkType?: number;
  /** IP fragments of so many bytes (a multiple of 8). */
  readonly fragment?: number;
  /** Segments of so many bytes, and in which order they come. */
  readonly segment?: number;
  readonly reversed?: boolean;
  /** Headers in their compact form, folded, `CSeq:1 REGISTER`. */
  readonly odd?: boolean;
}

export const framed: Readonly<Record<string, Shape>> = {
  "UDP": { protocol: "UDP" },
  "UDP, two VLAN tags": { protocol: "UDP", vlans: [7, 99] },
  "UDP, cooked": { protocol: "UDP", linkType: LINK.LINUX_SLL },
  "UDP, cooked 2": { protocol: "UDP", linkType: LINK.LINUX_SLL2 },
  "UDP, raw": { protocol: "UDP", linkType: LINK.RAW },
  "UDP, fragments": { protocol: "UDP", fragment: 64 },
  "UDP, compact and folded": { protocol: "UDP", odd: true },
  "TCP": { protocol: "TCP" },
  "TCP, cut": { protocol: "TCP", segment: 40 },
  "TCP, cut and out of order": { protocol: "TCP", segment: 40, reversed: true },
  "TCP, fragments": { protocol: "TCP", fragment: 64 },
  "WebSocket": { protocol: "WS" },
  "WebSocket, cut": { protocol: "WS", segment: 50, odd: true },
};

const TEXT = new TextEncoder();

export class Lan {
  readonly #host: Uint8Array;
  readonly #pbx: Uint8Array;
  readonly #sequence = { in: 1000, out: 5000 };
  #id = 1;
  #t = 0;

  constructor(readonly o: { host: string; pbx: string; shape: Shape; forwarded?: string }) {
    this.#host = parseAddress(o.host)!;
    this.#pbx = parseAddress(o.pbx)!;
  }

  /** A challenge and a guess, that PJSIP refuses by another challenge. */
  guess(n: number): CapturedPacket[] {
    const packets = n === 1 ? this.#handshake() : [];
    const turn = (cseq: number, nonce: string) => [
      ...this.say("in", request(this.o.host, n, cseq, nonce, this.o.shape.odd)),
      ...this.say("out", answer(this.o.host, n, cseq, 401, this.o.shape.odd)),
    ];
    return [...packets, ...turn(1, ""), ...turn(2, `n${n}-1`)];
  }

  /** Packets with these bytes. */
  say(way: "in" | "out", text: string): CapturedPacket[] {
    const { protocol } = this.o.shape;
    const bytes = TEXT.encode(text);
    return this.carry(way, protocol === "WS" ? frame(bytes, way === "in") : bytes);
  }

  carry(way: "in" | "out", bytes: Uint8Array): CapturedPacket[] {
    const { protocol, segment = 1400, reversed } = this.o.shape;
    if (protocol === "UDP") {
      const ports = words(5060, 5060, 8 + bytes.length, 0);
      return this.#ip(way, 17, Uint8Array.of(...ports, ...bytes));
    }
    const parts: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += segment) {
      parts.push(this.#tcp(way, bytes.subarray(at, at + segment)));
    }
    if (reversed) parts.reverse();
    return parts.flatMap((part) => this.#ip(way, 6, part));
  }

  #handshake(): CapturedPacket[] {
    const { protocol } = this.o.shape;
    if (protocol === "UDP") return [];
    const syns = (["in", "out"] as const).flatMap((way) =>
      this.#ip(way, 6, this.#tcp(way, new Uint8Array(0), 2))
    );
    if (protocol === "TCP") return syns;
    const { forwarded } = this.o;
    const named = forwarded === undefined ? "" : `X-Forwarded-For: ${forwarded}\r\n`;
    return [
      ...syns,
      ...this.carry("in", TEXT.encode(`GET /ws HTTP/1.1\r\nHost: pbx\r\n${named}\r\n`)),
      ...this.carry("out", TEXT.encode("HTTP/1.1 101 Switching Protocols\r\n\r\n")),
    ];
  }

  #tcp(way: "in" | "out", bytes: Uint8Array, flags = 16): Uint8Array {
    const sequence = this.#sequence[way];
    this.#sequence[way] += bytes.length + (flags & 2 ? 1 : 0);
    const port = this.o.shape.protocol === "WS" ? 8088 : 5060;
    const ports = way === "in" ? [40000, port] : [port, 40000];
    const rest = words(sequence >>> 16, sequence & 65535, 0, 7, 0x5000 | flags, 1000, 0, 0);
    return Uint8Array.of(...words(...ports), ...rest, ...bytes);
  }

  #ip(way: "in" | "out", protocol: number, payload: Uint8Array): CapturedPacket[] {
    const [from, to] = way === "in" ? [this.#host, this.#pbx] : [this.#pbx, this.#host];
    const size = this.o.shape.fragment ?? 65_000;
    const id = this.#id++;
    const packets: CapturedPacket[] = [];
    for (let at = 0; at < payload.length; at += size) {
      const part = payload.subarray(at, at + size);
      const more = at + size < payload.length;
      packets.push(this.#link(
        from.length === 4
          ? ipv4(part, { from, to, protocol, id, at, more })
          : ipv6(part, { from, to, protocol, id, at, more }),
      ));
    }
    return packets;
  }

  #link(packet: Uint8Array): CapturedPacket {
    const { linkType = LINK.EN10MB, vlans = [] } = this.o.shape;
    const type = packet[0]! >> 4 === 4 ? 0x0800 : 0x86dd;
    const tags = vlans.flatMap((id, i) => words(i === 0 ? 0x88a8 : 0x8100, id));
    const header = {
      [LINK.EN10MB]: [...new Array(12).fill(2), ...tags, ...words(type)],
      [LINK.LINUX_SLL]: [...words(0, 1, 6), ...new Array(8).fill(0), ...words(type)],
      [LINK.LINUX_SLL2]: [...words(type), ...new Array(18).fill(0)],
      [LINK.RAW]: [],
    }[linkType]!;
    const bytes = Uint8Array.of(...header, ...packet);
    this.#t += 1e6;
    return { linkType, seconds: 0, nanoseconds: this.#t, bytes, length: bytes.length };
  }
}

interface Ip {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
  readonly protocol: number;
  readonly id: number;
  readonly at: number;
  readonly more: boolean;
}

function ipv4(part: Uint8Array, { from, to, protocol, id, at, more }: Ip): Uint8Array {
  const head = [0x45, 0, ...words(20 + part.length, id, at / 8 | (more ? 0x2000 : 0))];
  return Uint8Array.of(...head, 64, protocol, 0, 0, ...from, ...to, ...part);
}

function ipv6(part: Uint8Array, { from, to, protocol, id, at, more }: Ip): Uint8Array {
  const isPart = at > 0 || more;
  const header = isPart ? [protocol, 0, ...words(at | (more ? 1 : 0), 0, id)] : [];
  const head = [0x60, 0, 0, 0, ...words(header.length + part.length), isPart ? 44 : protocol, 64];
  return Uint8Array.of(...head, ...from, ...to, ...header, ...part);
}

export function frame(bytes: Uint8Array, masked: boolean, first = 0x81): Uint8Array {
  const length = bytes.length < 126 ? [bytes.length] : [126, ...words(bytes.length)];
  if (masked) length[0]! |= 128;
  const mask = [1, 2, 3, 4];
  const data = masked ? bytes.map((byte, i) => byte ^ mask[i & 3]!) : bytes;
  return Uint8Array.of(first, ...length, ...masked ? mask : [], ...data);
}

export function request(host: string, n: number, cseq: number, nonce: string, odd = false): string {
  const name = host.includes(":") ? `[${host}]` : host;
  const credentials = nonce === "" ? [] : [
    `Authorization: Digest username="1000", realm="pbx", nonce="${nonce}", uri="sip:pbx", response="${n}"`,
  ];
  return head("REGISTER sip:pbx SIP/2.0", name, n, cseq, odd, credentials);
}

export function answer(host: string, n: number, cseq: number, status: number, odd = false): string {
  const name = host.includes(":") ? `[${host}]` : host;
  const challenge = `WWW-Authenticate: Digest realm="pbx", nonce="n${n}-${cseq}", algorithm=MD5`;
  return head(`SIP/2.0 ${status} No`, name, n, cseq, odd, status === 401 ? [challenge] : []);
}

function head(
  first: string,
  host: string,
  n: number,
  cseq: number,
  odd: boolean,
  more: string[],
): string {
  const via = `SIP/2.0/UDP ${host}:5060;branch=z9hG4bK${n}-${cseq}`;
  return [
    first,
    odd ? `v:${via}` : `Via: ${via}`,
    odd ? `f:\r\n <sip:1000@pbx>\r\n\t;tag=f` : `From: <sip:1000@pbx>;tag=f`,
    odd ? `t: <sip:1000@pbx>` : `To: <sip:1000@pbx>`,
    odd ? `i:call${n}` : `Call-ID: call${n}`,
    odd ? `CSeq:${cseq} REGISTER` : `CSeq: ${cseq} REGISTER`,
    ...more,
    odd ? "l:0" : "Content-Length: 0",
    "\r\n",
  ].join("\r\n");
}

function words(...values: readonly number[]): number[] {
  return values.flatMap((value) => [value >> 8 & 0xff, value & 0xff]);
}
