/** From a captured packet to what its programs have said to each other. */
import type { CapturedPacket } from "../packet.ts";
import type { FragmentAssembler } from "./fragments.ts";
import { decodeIp, type IpPacket, PROTOCOL } from "./ip.ts";
import { decodeLink, ETHER_TYPE, type LinkLayer } from "./link.ts";
import { decodeTcp, decodeUdp, type TcpSegment, type UdpDatagram } from "./transport.ts";

export interface DecodedPacket {
  readonly link: LinkLayer;
  readonly ip: IpPacket;
  /** Left out when it is neither UDP nor TCP, a fragment, or its header is not whole. */
  readonly transport?: UdpDatagram | TcpSegment;
}

/**
 * Undefined when it is no IP packet, or one whose other fragments are still to come. The payloads
 * are parts of the packet's own bytes: copy what you keep when those will be used again.
 */
export function decodePacket(
  packet: Pick<CapturedPacket, "linkType" | "bytes" | "seconds">,
  fragments?: FragmentAssembler,
): DecodedPacket | undefined {
  const link = decodeLink(packet.linkType, packet.bytes);
  if (!link || (link.etherType !== ETHER_TYPE.IPV4 && link.etherType !== ETHER_TYPE.IPV6)) {
    return undefined;
  }
  const part = decodeIp(link.payload);
  const ip = part && fragments ? fragments.push(part, packet.seconds) : part;
  if (!ip) return undefined;
  const transport = ip.fragment ? undefined : decodeTransport(ip);
  return { link, ip, ...(transport && { transport }) };
}

function decodeTransport({ protocol, payload }: IpPacket): UdpDatagram | TcpSegment | undefined {
  if (protocol === PROTOCOL.UDP) return decodeUdp(payload);
  return protocol === PROTOCOL.TCP ? decodeTcp(payload) : undefined;
}
