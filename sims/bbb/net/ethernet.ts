/** Ethernet II frames as they lie between destination address and FCS (IEEE 802.3, section 3). */
import type { Frame } from "./lan.ts";

/** "90:fa:f1:30:1c:bb" in lower case. */
export type Mac = string;

export const BROADCAST_MAC: Mac = "ff:ff:ff:ff:ff:ff";
export const ETHERTYPE = { IPV4: 0x0800, ARP: 0x0806, VLAN: 0x8100 } as const;
export const HEADER_BYTES = 14;
/** Bytes of a frame's payload. */
export const MTU = 1500;

export interface EthernetFrame {
  readonly destination: Mac;
  readonly source: Mac;
  readonly type: number;
  /** With what was padded. */
  readonly payload: Uint8Array;
}

/** Undefined when it is too short to be a frame, or an 802.3 frame with a length in place of a type. */
export function parseFrame(frame: Frame): EthernetFrame | undefined {
  if (frame.length < HEADER_BYTES) return undefined;
  const type = (frame[12]! << 8) | frame[13]!;
  if (type < 0x600) return undefined;
  return {
    destination: formatMac(frame.subarray(0, 6)),
    source: formatMac(frame.subarray(6, 12)),
    type,
    payload: frame.subarray(HEADER_BYTES),
  };
}

export function formatFrame({ destination, source, type, payload }: EthernetFrame): Frame {
  const frame = new Uint8Array(HEADER_BYTES + payload.length);
  frame.set(parseMac(destination));
  frame.set(parseMac(source), 6);
  frame.set([type >>> 8, type], 12);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

export function formatMac(bytes: Uint8Array): Mac {
  let text = "";
  for (let i = 0; i < 6; i++) text += (i ? ":" : "") + bytes[i]!.toString(16).padStart(2, "0");
  return text;
}

/** @throws RangeError when it is none */
export function parseMac(mac: Mac): Uint8Array {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(mac)) {
    throw new RangeError(
      `Cannot use "${mac}" as a MAC address: it is not six bytes; write it as 02:00:00:00:00:01`,
    );
  }
  return Uint8Array.fromHex(mac.replaceAll(":", ""));
}
