/**
 * Packets as a pcapng file, for Wireshark and its kin (draft-ietf-opsawg-pcapng, sections 4.1 to 4.3):
 * one interface a channel and link type, times in nanoseconds of the target's clock.
 */
import type { Json, TraceEvent } from "./event.ts";

/** What a signal of packets carries. */
export type PacketData = {
  /** Base64, from the destination address on, without FCS. */
  readonly frame: string;
  /** Where it is no Ethernet: a number of https://www.tcpdump.org/linktypes.html. */
  readonly linkType?: number;
  /** Its whole length, where only its beginning is kept. */
  readonly length?: number;
  /** What the file says of the packet beside it: "lost", who sent it. */
  readonly comment?: string;
};

export interface Packet {
  /** Nanoseconds from the beginning of the scenario. */
  readonly t: number;
  /** The name of its interface. */
  readonly channel: string;
  readonly bytes: Uint8Array;
  /** Default: Ethernet. */
  readonly linkType?: number;
  /** On the wire, where only the beginning was kept. */
  readonly length?: number;
  readonly comment?: string;
}

export interface PcapngOptions {
  /** What made the file. */
  readonly application?: string;
  /** The file's comment: scenario, seed. */
  readonly comment?: string;
}

const LINKTYPE_ETHERNET = 1;
const BLOCK = { SECTION: 0x0a0d0d0a, INTERFACE: 1, PACKET: 6 } as const;
const BYTE_ORDER = 0x1a2b3c4d;
const OPTION = { END: 0, COMMENT: 1, IF_NAME: 2, SHB_USERAPPL: 4, IF_TSRESOL: 9 } as const;
/** 10^-9 s. */
const NANOSECONDS = 9;
const UNLIMITED = 0;

type Option = readonly [code: number, value: string | Uint8Array];

/** The packets of a trace: signals whose data has a frame. */
export function* packetsOf(events: Iterable<TraceEvent>): Generator<Packet> {
  for (const event of events) {
    if (event.type !== "signal" || !isPacket(event.data)) continue;
    const { frame, linkType, length, comment } = event.data;
    const bytes = decoded(frame);
    if (!bytes) continue;
    yield {
      t: event.t,
      channel: event.channel,
      bytes,
      ...(linkType !== undefined && { linkType }),
      ...(length !== undefined && { length }),
      ...(comment !== undefined && { comment }),
    };
  }
}

/** Undefined where the trace is damaged: that is no packet. */
function decoded(frame: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(frame);
  } catch {
    return undefined;
  }
}

function isPacket(data: Json | undefined): data is PacketData {
  return typeof data === "object" && data !== null && "frame" in data &&
    typeof data.frame === "string";
}

/** A pcapng file a packet at a time: first {@link begin}, then each packet. */
export class PcapngFormat {
  readonly #interfaces = new Map<string, number>();

  constructor(private readonly options: PcapngOptions = {}) {}

  begin(): Uint8Array {
    return section(this.options);
  }

  /** A packet, with its interface before it when that is new. */
  packet(packet: Packet): Uint8Array {
    const { channel, linkType = LINKTYPE_ETHERNET } = packet;
    const key = `${linkType} ${channel}`;
    const known = this.#interfaces.get(key);
    if (known !== undefined) return enhancedPacket(packet, known);
    const number = this.#interfaces.size;
    this.#interfaces.set(key, number);
    return joined([interfaceOf(channel, linkType), enhancedPacket(packet, number)]);
  }
}

/**
 * A whole pcapng file.
 *
 * @example
 * ```ts ignore
 * const trace = await readTrace("reports/runs/1/tftp/trace.jsonl");
 * await Deno.writeFile("lan.pcapng", formatPcapng(packetsOf(await Array.fromAsync(trace))));
 * ```
 */
export function formatPcapng(packets: Iterable<Packet>, options: PcapngOptions = {}): Uint8Array {
  const format = new PcapngFormat(options);
  const parts = [format.begin()];
  for (const packet of packets) parts.push(format.packet(packet));
  return joined(parts);
}

function section({ application, comment }: PcapngOptions): Uint8Array {
  const body = new DataView(new ArrayBuffer(16));
  body.setUint32(0, BYTE_ORDER, true);
  body.setUint16(4, 1, true);
  // The length of the section is not said: all ones.
  body.setBigInt64(8, -1n, true);
  return block(BLOCK.SECTION, [bytesOf(body)], [
    ...(comment === undefined ? [] : [[OPTION.COMMENT, comment] as const]),
    [OPTION.SHB_USERAPPL, application ?? "hil"],
  ]);
}

function interfaceOf(name: string, linkType: number): Uint8Array {
  const body = new DataView(new ArrayBuffer(8));
  body.setUint16(0, linkType, true);
  body.setUint32(4, UNLIMITED, true);
  return block(BLOCK.INTERFACE, [bytesOf(body)], [
    [OPTION.IF_NAME, name],
    [OPTION.IF_TSRESOL, Uint8Array.of(NANOSECONDS)],
  ]);
}

function enhancedPacket(packet: Packet, number: number): Uint8Array {
  const { t, bytes, length, comment } = packet;
  const head = new DataView(new ArrayBuffer(20));
  head.setUint32(0, number, true);
  head.setUint32(4, Math.floor(t / 2 ** 32), true);
  head.setUint32(8, t % 2 ** 32, true);
  head.setUint32(12, bytes.length, true);
  head.setUint32(16, Math.max(length ?? 0, bytes.length), true);
  const options = comment === undefined ? [] : [[OPTION.COMMENT, comment] as const];
  return block(BLOCK.PACKET, [bytesOf(head), padded(bytes)], options);
}

/** Section 3.1: type and length before the body, the length once more behind it. */
function block(type: number, body: readonly Uint8Array[], options: readonly Option[]): Uint8Array {
  const inner = [...body, ...options.map(formatOption)];
  if (options.length > 0) inner.push(new Uint8Array(4));
  const length = 12 + inner.reduce((sum, part) => sum + part.length, 0);
  const [head, tail] = [new DataView(new ArrayBuffer(8)), new DataView(new ArrayBuffer(4))];
  head.setUint32(0, type, true);
  head.setUint32(4, length, true);
  tail.setUint32(0, length, true);
  return joined([bytesOf(head), ...inner, bytesOf(tail)]);
}

function formatOption([code, value]: Option): Uint8Array {
  const whole = typeof value === "string" ? new TextEncoder().encode(value) : value;
  const bytes = whole.subarray(0, 0xffff);
  const head = new DataView(new ArrayBuffer(4));
  head.setUint16(0, code, true);
  head.setUint16(2, bytes.length, true);
  return joined([bytesOf(head), padded(bytes)]);
}

/** To whole words. */
function padded(bytes: Uint8Array): Uint8Array {
  if (bytes.length % 4 === 0) return bytes;
  const out = new Uint8Array((bytes.length + 3) & ~3);
  out.set(bytes);
  return out;
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
