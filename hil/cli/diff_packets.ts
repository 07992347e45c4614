/** Packets for people: ends, flags of the transport, and a payload that is text as it stands. */
import { decodePacket, describePacket, LINK } from "../drivers/pcap/mod.ts";
import type { PacketData, SignalEvent } from "../trace/mod.ts";

/** "udp 198.51.100.9:5060 → 198.51.100.1:5060, 412 bytes: REGISTER sip:…"; undefined: no packet. */
export function describePayload(data: SignalEvent["data"]): string | undefined {
  if (typeof data !== "object" || data === null || !("frame" in data)) return undefined;
  try {
    const packet = data as unknown as PacketData;
    const { frame, linkType = LINK.EN10MB } = packet;
    const bytes = Uint8Array.fromBase64(frame);
    const decoded = decodePacket({ linkType, bytes, seconds: 0 });
    const payload = decoded?.transport?.payload ?? decoded?.ip.payload;
    const head = describePacket(packet).replace(/, \d+ bytes$/, "");
    // What is neither IP nor text: all its bytes.
    if (!payload) return `${head}: ${bytes.toHex()}`;
    return payload.length === 0 ? head : `${head}: ${textOrHex(payload)}`;
  } catch {
    return undefined; // Not base64: told as it stands.
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function textOrHex(bytes: Uint8Array): string {
  try {
    const text = decoder.decode(bytes);
    // deno-lint-ignore no-control-regex
    if (!/[\x00-\x08\x0e-\x1f]/.test(text)) return text;
  } catch { /* No text. */ }
  return bytes.toHex();
}
