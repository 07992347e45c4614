/** A line about a frame: Ethernet, ARP, IPv4 and IPv6 (RFC 791, 8200), UDP, TCP, ICMP. */

const PORTS: Readonly<Record<number, string>> = {
  ...{ 53: "DNS", 67: "DHCP", 68: "DHCP", 69: "TFTP", 80: "HTTP", 443: "TLS" },
  ...{ 5060: "SIP", 5061: "SIPS", 8088: "WS", 8089: "WSS" },
};
const LINK_RAW = 101;

export interface PacketText {
  readonly from: string;
  readonly to: string;
  readonly what: string;
}

/** What the frame of an event is about; undefined when the event has none. */
export function packetOf(data: unknown): (PacketText & { bytes: Uint8Array }) | undefined {
  if (typeof data !== "object" || data === null || !("frame" in data)) return undefined;
  const { frame, linkType } = data as { frame: unknown; linkType?: unknown };
  if (typeof frame !== "string") return undefined;
  let bytes: Uint8Array;
  try {
    const whole = frame.slice(0, frame.length - frame.length % 4);
    bytes = Uint8Array.from(atob(whole), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
  return { ...readFrame(bytes, linkType), bytes };
}

function readFrame(bytes: Uint8Array, linkType: unknown): PacketText {
  const nothing = { from: "", to: "", what: `${bytes.length} bytes` };
  if (linkType === LINK_RAW) return bytes[0]! >> 4 === 6 ? ip6(bytes) : ip4(bytes);
  if (linkType !== undefined && linkType !== 1 || bytes.length < 14) return nothing;
  let at = 12, type = word(bytes, at);
  if (type === 0x8100) type = word(bytes, at += 4);
  const body = bytes.subarray(at + 2);
  if (type === 0x0800) return ip4(body);
  if (type === 0x86dd) return ip6(body);
  const from = mac(bytes.subarray(6, 12)), to = mac(bytes.subarray(0, 6));
  if (type === 0x0806 && body.length >= 28) {
    const asks = word(body, 6) === 1;
    const sender = dotted(body.subarray(14, 18)), target = dotted(body.subarray(24, 28));
    return { from, to, what: asks ? `ARP who has ${target}?` : `ARP ${sender} is here` };
  }
  return { from, to, what: `type 0x${type.toString(16).padStart(4, "0")}` };
}

function ip4(bytes: Uint8Array): PacketText {
  if (bytes.length < 20) return { from: "", to: "", what: "IPv4, cut off" };
  const from = dotted(bytes.subarray(12, 16)), to = dotted(bytes.subarray(16, 20));
  const body = bytes.subarray((bytes[0]! & 15) * 4);
  if ((word(bytes, 6) & 0x1fff) > 0) return { from, to, what: "IPv4, a fragment" };
  return transport({ from, to, protocol: bytes[9]!, body });
}

function ip6(bytes: Uint8Array): PacketText {
  if (bytes.length < 40) return { from: "", to: "", what: "IPv6, cut off" };
  const from = colons(bytes.subarray(8, 24)), to = colons(bytes.subarray(24, 40));
  return transport({ from, to, protocol: bytes[6]!, body: bytes.subarray(40) });
}

interface Segment {
  readonly from: string;
  readonly to: string;
  readonly protocol: number;
  readonly body: Uint8Array;
}

function transport({ from, to, protocol, body }: Segment): PacketText {
  if (protocol === 1 || protocol === 58) {
    return { from, to, what: `ICMP type ${body[0] ?? "?"}` };
  }
  if (protocol !== 6 && protocol !== 17 || body.length < 8) {
    return { from, to, what: `IP protocol ${protocol}` };
  }
  const [source, target] = [word(body, 0), word(body, 2)];
  const ends = { from: `${from}:${source}`, to: `${to}:${target}` };
  const known = PORTS[target] ?? PORTS[source];
  const payload = body.subarray(protocol === 17 ? 8 : (body[12] ?? 0x50) >> 4 << 2);
  const said = firstLine(payload);
  const flags = protocol === 6 ? ` ${tcpFlags(body[13] ?? 0)}` : "";
  const name = `${protocol === 6 ? "TCP" : "UDP"}${flags}${known ? ` ${known}` : ""}`;
  return { ...ends, what: said ? `${name}: ${said}` : name };
}

function tcpFlags(flags: number): string {
  const names = ["FIN", "SYN", "RST", "PSH", "ACK"];
  return names.filter((_, bit) => flags & 1 << bit).join(",");
}

/** The first line of what is text; "" when it is none. */
function firstLine(payload: Uint8Array): string {
  let text = "";
  for (const byte of payload.subarray(0, 120)) {
    if (byte === 13 || byte === 10) break;
    if (byte < 32 || byte > 126) return "";
    text += String.fromCharCode(byte);
  }
  return text.length >= 4 ? text : "";
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
}

function mac(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function dotted(bytes: Uint8Array): string {
  return bytes.join(".");
}

/** RFC 5952: the longest run of zeros is left out. */
function colons(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, i) => word(bytes, 2 * i).toString(16)).join(":");
  const runs = words.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? [];
  const longest = runs.sort((a, b) => b.length - a.length)[0];
  return longest === undefined ? words : words.replace(longest, ":").replace(/^:(?!:)|:$/, "::");
}

/** Address, bytes, characters: sixteen a line. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const some = [...bytes.subarray(at, at + 16)];
    const hex = some.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(47);
    const text = some.map((byte) => byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·");
    lines.push(`${at.toString(16).padStart(4, "0")}  ${hex}  ${text.join("")}`);
  }
  return lines.join("\n");
}
