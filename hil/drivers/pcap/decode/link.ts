/**
 * What is below IP: Ethernet with IEEE 802.1Q and 802.1ad tags, Linux cooked captures of both
 * versions (https://www.tcpdump.org/linktypes.html), and packets that begin with their IP header.
 */
import { LINK } from "../packet.ts";

export interface LinkLayer {
  readonly etherType: number;
  /** VLAN identifiers, outermost first. */
  readonly vlans: readonly number[];
  /** As the kernel of a cooked capture says it. */
  readonly direction?: "in" | "out";
  readonly payload: Uint8Array;
}

export const ETHER_TYPE = { IPV4: 0x0800, IPV6: 0x86dd } as const;

/** 802.1Q, 802.1ad, and what was in use for the latter before. */
const TAGS: readonly number[] = [0x8100, 0x88a8, 0x9100];
/** No network nests deeper; a longer chain is an attack on decoders. */
const MOST_TAGS = 4;
const OUTGOING = 4;

type Header = Pick<LinkLayer, "etherType" | "direction"> & { readonly length: number };

const HEADERS: Readonly<Record<number, (bytes: Uint8Array) => Header | undefined>> = {
  [LINK.EN10MB]: (bytes) =>
    bytes.length < 14 ? undefined : { etherType: word(bytes, 12), length: 14 },
  [LINK.LINUX_SLL]: (bytes) =>
    bytes.length < 16
      ? undefined
      : { etherType: word(bytes, 14), length: 16, direction: directionOf(word(bytes, 0)) },
  [LINK.LINUX_SLL2]: (bytes) =>
    bytes.length < 20
      ? undefined
      : { etherType: word(bytes, 0), length: 20, direction: directionOf(bytes[10]!) },
  [LINK.RAW]: (bytes) => {
    const version = (bytes[0] ?? 0) >> 4;
    if (version !== 4 && version !== 6) return undefined;
    return { etherType: version === 4 ? ETHER_TYPE.IPV4 : ETHER_TYPE.IPV6, length: 0 };
  },
};

/** Undefined when it is no whole header of a known link type. */
export function decodeLink(linkType: number, bytes: Uint8Array): LinkLayer | undefined {
  const header = HEADERS[linkType]?.(bytes);
  if (!header) return undefined;
  let { etherType, length } = header;
  const vlans: number[] = [];
  while (TAGS.includes(etherType)) {
    if (vlans.length === MOST_TAGS || bytes.length < length + 4) return undefined;
    vlans.push(word(bytes, length) & 0xfff);
    etherType = word(bytes, length + 2);
    length += 4;
  }
  const { direction } = header;
  return { etherType, vlans, payload: bytes.subarray(length), ...(direction && { direction }) };
}

function directionOf(packetType: number): "in" | "out" {
  return packetType === OUTGOING ? "out" : "in";
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 8 | bytes[at + 1]!;
}
