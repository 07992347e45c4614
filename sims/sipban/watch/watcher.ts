/**
 * From packets to decisions: what a capture gives goes in, the engine's decisions come out. Pure, as
 * the engine is: its only clock is that of the packets.
 */
import {
  type CapturedPacket,
  decodePacket,
  FragmentAssembler,
  PacketView,
  PROTOCOL,
} from "hil/drivers/pcap/mod.ts";
import { type BanEngine, type Decision, toWords } from "../core/mod.ts";
import { Connections } from "./connections.ts";
import { MessageScanner } from "./scan.ts";

export interface WatcherOptions {
  /**
   * Proxies (addresses) whose `X-Forwarded-For` is believed: Apache before the PBX's WebSocket, often
   * 127.0.0.1. What comes through them is held against whom they name, never against them.
   */
  readonly proxies?: readonly string[];
}

export interface WatchCounts {
  packets: number;
  /** SIP messages that count: REGISTER, INVITE, ACK, and final answers. */
  messages: number;
  /** What looked like such a message and names no transaction. */
  malformed: number;
}

const NOTHING: readonly Decision[] = [];

/**
 * @example
 * ```ts ignore
 * const watcher = new Watcher(new BanEngine({ own: ["198.51.100.1"] }));
 * capture.drain((packet) => {
 *   for (const decision of watcher.see(packet)) act(decision);
 * });
 * // And when nothing comes: watcher.tick(t) at watcher.nextNs().
 * ```
 */
export class Watcher {
  readonly counts: WatchCounts = { packets: 0, messages: 0, malformed: 0 };
  readonly #fragments = new FragmentAssembler();
  readonly #connections: Connections;
  readonly #view = new PacketView();
  readonly #scanner: MessageScanner;
  readonly #ends = { from: this.#view.source, to: this.#view.destination };
  readonly #what;

  /** @throws RangeError naming a proxy that is no address */
  constructor(readonly engine: BanEngine, { proxies = [] }: WatcherOptions = {}) {
    this.#connections = new Connections({ proxies, engine });
    this.#scanner = new MessageScanner(engine.hasher);
    this.#what = { sip: this.#scanner.glimpse, reliable: false };
  }

  /** Never throws, whatever the bytes are; they may be overwritten afterwards. */
  see(packet: CapturedPacket): readonly Decision[] {
    this.counts.packets++;
    const view = this.#view;
    const { bytes } = packet;
    const read = view.read(packet.linkType, bytes);
    if (read === "nothing") return NOTHING;
    const whole = read === "whole" ? bytes : this.#assembled(packet);
    if (whole === undefined) return NOTHING;
    const t = packet.seconds * 1e9 + packet.nanoseconds;
    if (view.protocol === PROTOCOL.TCP) return this.#segment(t, whole);
    if (!this.engine.concerns(view.source, view.destination)) return NOTHING;
    this.#what.reliable = false;
    return this.#message(t, this.#ends, whole, view);
  }

  /** Does what is due until `t`: bans that end, challenges that nobody has answered. */
  tick(t: number): Decision[] {
    return this.engine.tick(t);
  }

  /** When {@link tick} has something to do; Infinity: nothing waits. */
  nextNs(): number {
    return this.engine.nextNs();
  }

  /** What the view has no eye for: its payload, when it is whole now. */
  #assembled(packet: CapturedPacket): Uint8Array | undefined {
    const { ip, transport } = decodePacket(packet, this.#fragments) ?? {};
    if (!ip || !transport) return undefined;
    const view = this.#view;
    toWords(ip.source, view.source);
    toWords(ip.destination, view.destination);
    view.protocol = ip.protocol;
    view.sourcePort = transport.sourcePort;
    view.destinationPort = transport.destinationPort;
    view.from = 0;
    view.to = transport.payload.length;
    if (transport.type === "tcp") {
      view.sequence = transport.sequence;
      view.flags = (transport.fin ? 1 : 0) | (transport.syn ? 2 : 0) | (transport.rst ? 4 : 0);
    }
    return transport.payload;
  }

  #segment(t: number, bytes: Uint8Array): readonly Decision[] {
    let decisions = NOTHING;
    this.#what.reliable = true;
    for (const { ends, messages } of this.#connections.push(this.#view, bytes)) {
      for (const message of messages) {
        const more = this.#message(t, ends, message, { from: 0, to: message.length });
        if (more.length > 0) decisions = [...decisions, ...more];
      }
    }
    return decisions;
  }

  #message(
    t: number,
    ends: { readonly from: Int32Array; readonly to: Int32Array },
    bytes: Uint8Array,
    { from, to }: { readonly from: number; readonly to: number },
  ): readonly Decision[] {
    const scanned = this.#scanner.scan(bytes, from, to);
    if (scanned === "malformed") this.counts.malformed++;
    if (scanned !== "read") return NOTHING;
    this.counts.messages++;
    return this.engine.glimpse(t, ends, this.#what);
  }
}
