/** A frame as a person says it: "198.51.100.2:1234 to 198.51.100.1:69: TFTP RRQ os.bin". */
import { type Packet, parsePacket, TFTP_PORT } from "hil/drivers/tftp/mod.ts";
import { parseArp } from "./arp.ts";
import { DHCP, MESSAGE, OPTION, parseDhcp } from "./dhcp.ts";
import { ETHERTYPE, parseFrame } from "./ethernet.ts";
import { ICMP, parseIcmp } from "./icmp.ts";
import { type Fragment, parseIpv4, PROTOCOL } from "./ipv4.ts";
import type { Frame } from "./lan.ts";
import { parseUdp, type UdpPacket } from "./udp.ts";

export function describeFrame(frame: Frame): string {
  const parsed = parseFrame(frame);
  if (!parsed) return `${frame.length} bytes that are no Ethernet II frame`;
  const { type, source, destination, payload } = parsed;
  if (type === ETHERTYPE.ARP) return describeArp(payload) ?? "broken ARP";
  if (type === ETHERTYPE.IPV4) {
    const packet = parseIpv4(payload);
    return packet ? describeIpv4(packet) : "broken IPv4";
  }
  return `${source} to ${destination}: type 0x${type.toString(16)}, ${payload.length} bytes`;
}

function describeArp(payload: Uint8Array): string | undefined {
  const packet = parseArp(payload);
  if (!packet) return undefined;
  const { operation, sender, senderMac, target } = packet;
  return operation === "request"
    ? `ARP: who has ${target}? asks ${sender}`
    : `ARP: ${sender} is at ${senderMac}`;
}

function describeIpv4(packet: Fragment): string {
  const { source, destination, protocol, payload, offset, more, id } = packet;
  const between = `${source} to ${destination}`;
  if (offset > 0 || more) {
    return `${between}: fragment of ${id}, bytes ${offset} to ${offset + payload.length - 1}`;
  }
  if (protocol === PROTOCOL.ICMP) return `${between}: ${describeIcmp(payload)}`;
  if (protocol !== PROTOCOL.UDP) return `${between}: protocol ${protocol}, ${payload.length} bytes`;
  const udp = parseUdp(payload, packet);
  if (!udp) return `${between}: broken UDP`;
  const { sourcePort, destinationPort } = udp;
  return `${source}:${sourcePort} to ${destination}:${destinationPort}: ${describeUdp(udp)}`;
}

function describeIcmp(payload: Uint8Array): string {
  const packet = parseIcmp(payload);
  if (!packet) return "broken ICMP";
  const { type, code, rest } = packet;
  if (type === ICMP.ECHO) return `ICMP echo ${rest & 0xffff}`;
  if (type === ICMP.ECHO_REPLY) return `ICMP echo reply ${rest & 0xffff}`;
  return `ICMP type ${type}, code ${code}`;
}

function describeUdp({ sourcePort, destinationPort, data }: UdpPacket): string {
  if (sourcePort === DHCP.SERVER_PORT || destinationPort === DHCP.SERVER_PORT) {
    return describeDhcp(data) ?? "broken DHCP";
  }
  // Transfers have ports of their own: what reads as TFTP there is held for that.
  const packet = parsePacket(data);
  const isTftp = destinationPort === TFTP_PORT || sourcePort >= 1024 && destinationPort >= 1024;
  return isTftp && packet ? `TFTP ${describeTftp(packet)}` : `UDP, ${data.length} bytes`;
}

function describeTftp(packet: Packet): string {
  switch (packet.type) {
    case "RRQ":
    case "WRQ":
      return [packet.type, packet.file, ...[...packet.options].map((pair) => pair.join("="))]
        .join(" ");
    case "OACK":
      return ["OACK", ...[...packet.options].map((pair) => pair.join("="))].join(" ");
    case "DATA":
      return `DATA ${packet.block}, ${packet.data.length} bytes`;
    case "ACK":
      return `ACK ${packet.block}`;
    case "ERROR":
      return `ERROR ${packet.code}: ${packet.message}`;
  }
}

function describeDhcp(data: Uint8Array): string | undefined {
  const message = parseDhcp(data);
  if (!message) return undefined;
  const type = message.options.get(OPTION.MESSAGE_TYPE)?.[0];
  const name = Object.entries(MESSAGE).find(([, value]) => value === type)?.[0];
  if (!name) return `BOOTP ${message.op} of ${message.chaddr}`;
  const given = message.op === "reply" ? `, ${message.yiaddr}` : "";
  return `DHCP ${name} of ${message.chaddr}${given}`;
}
