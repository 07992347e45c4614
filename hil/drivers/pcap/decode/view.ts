/**
 * The same as {@link decodePacket} for packets that come by the hundred thousand: whole UDP and TCP
 * packets are read into one object, with no others made. What is not plain is left to decodePacket.
 */
import { LINK } from "../packet.ts";

export class PacketView {
  /** Four words each; an IPv4 address is ::ffff:a.b.c.d. */
  readonly source = new Int32Array(4);
  readonly destination = new Int32Array(4);
  /** 17 is UDP, 6 is TCP. */
  protocol = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** Of the payload, in the bytes that were read. */
  from = 0;
  to = 0;
  /** Of TCP. */
  sequence = 0;
  flags = 0;

  /**
   * "whole": it is in this object now. "other": decodePacket has to say what it is, if anything.
   * "nothing": it is neither UDP nor TCP.
   */
  read(linkType: number, bytes: Uint8Array): "whole" | "other" | "nothing" {
    const at = ipAt(linkType, bytes);
    if (at < 0) return at === OTHER ? "other" : "nothing";
    const version = bytes[at]! >> 4;
    if (version === 4) return this.#ipv4(bytes, at);
    return version === 6 ? this.#ipv6(bytes, at) : "nothing";
  }

  #ipv4(bytes: Uint8Array, at: number): "whole" | "other" | "nothing" {
    if (bytes.length < at + 20) return "other";
    const header = (bytes[at]! & 15) * 4;
    const total = word(bytes, at + 2) || bytes.length - at;
    if ((word(bytes, at + 6) & 0x3fff) !== 0 || header < 20 || total < header) return "other";
    this.source[0] =
      this.source[1] =
      this.destination[0] =
      this.destination[1] =
        0;
    this.source[2] = this.destination[2] = 0xffff;
    this.source[3] = word32(bytes, at + 12);
    this.destination[3] = word32(bytes, at + 16);
    return this.#transport(bytes, bytes[at + 9]!, at + header, Math.min(bytes.length, at + total));
  }

  #ipv6(bytes: Uint8Array, at: number): "whole" | "other" | "nothing" {
    if (bytes.length < at + 40) return "other";
    const next = bytes[at + 6]!;
    if (next !== UDP && next !== TCP) return "other";
    const inside = word(bytes, at + 4) || bytes.length;
    for (let i = 0; i < 4; i++) {
      this.source[i] = word32(bytes, at + 8 + 4 * i);
      this.destination[i] = word32(bytes, at + 24 + 4 * i);
    }
    return this.#transport(bytes, next, at + 40, Math.min(bytes.length, at + 40 + inside));
  }

  #transport(
    bytes: Uint8Array,
    protocol: number,
    at: number,
    end: number,
  ): "whole" | "other" | "nothing" {
    if (protocol !== UDP && protocol !== TCP) return "nothing";
    if (end < at + (protocol === UDP ? 8 : 20)) return "other";
    this.protocol = protocol;
    this.sourcePort = word(bytes, at);
    this.destinationPort = word(bytes, at + 2);
    if (protocol === UDP) {
      const length = word(bytes, at + 4) || end - at;
      if (length < 8) return "other";
      this.from = at + 8;
      this.to = Math.min(end, at + length);
      return "whole";
    }
    const header = (bytes[at + 12]! >> 4) * 4;
    if (header < 20 || at + header > end) return "other";
    this.sequence = word32(bytes, at + 4) >>> 0;
    this.flags = bytes[at + 13]!;
    this.from = at + header;
    this.to = end;
    return "whole";
  }
}

const [UDP, TCP] = [17, 6] as const;
/** No place: a packet without IP, or one that decodePacket has to look at. */
const [NOTHING, OTHER] = [-1, -2] as const;

/** Where the IP header begins. */
function ipAt(linkType: number, bytes: Uint8Array): number {
  if (linkType === LINK.RAW) return 0;
  let at: number;
  let type: number;
  if (linkType === LINK.EN10MB) [type, at] = [word(bytes, 12), 14];
  else if (linkType === LINK.LINUX_SLL) [type, at] = [word(bytes, 14), 16];
  else if (linkType === LINK.LINUX_SLL2) [type, at] = [word(bytes, 0), 20];
  else return OTHER;
  if (type === 0x8100) {
    type = word(bytes, at + 2);
    at += 4;
  }
  if (bytes.length <= at || type === 0x8100 || type === 0x88a8 || type === 0x9100) return OTHER;
  return type === 0x0800 || type === 0x86dd ? at : NOTHING;
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}

function word32(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 24 | bytes[at + 1]! << 16 | bytes[at + 2]! << 8 | bytes[at + 3]!;
}
