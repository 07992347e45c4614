/**
 * Packets taken apart by pure functions: link, IP, fragments, UDP and TCP. None throws, whatever the
 * bytes are; what cannot be read is undefined.
 *
 * @example
 * ```ts
 * import { decodePacket, formatAddress } from "./mod.ts";
 * const bytes = Uint8Array.fromHex(
 *   "450000210000400040110000c6336409c633640113c413c4000d0000" + "68656c6c6f",
 * );
 * const packet = decodePacket({ linkType: 101, bytes, seconds: 0 })!;
 * if (formatAddress(packet.ip.source) !== "198.51.100.9") throw new Error();
 * if (packet.transport?.destinationPort !== 5060) throw new Error();
 * ```
 */
export { formatAddress } from "./address.ts";
export { FragmentAssembler, type FragmentLimits } from "./fragments.ts";
export { decodeIp, type Fragment, type IpPacket, PROTOCOL } from "./ip.ts";
export { decodeLink, ETHER_TYPE, type LinkLayer } from "./link.ts";
export { type DecodedPacket, decodePacket } from "./packet.ts";
export { type StreamOptions, type StreamPiece, TcpStream } from "./stream.ts";
export { decodeTcp, decodeUdp, type TcpSegment, type UdpDatagram } from "./transport.ts";
export { PacketView } from "./view.ts";
