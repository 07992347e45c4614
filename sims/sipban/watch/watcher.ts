/**
 * From packets to decisions: what a capture gives goes in, the engine's decisions come out. Pure, as
 * the engine is: its only clock is that of the packets.
 */
import { type CapturedPacket, decodePacket, FragmentAssembler } from "hil/drivers/pcap/mod.ts";
import { formatAddress } from "hil/drivers/pcap/decode/mod.ts";
import { type BanEngine, type Decision, factsOf, type Seen } from "../core/mod.ts";
import { parseMessage, SipSyntaxError } from "sims/sip/message/mod.ts";
import { Connections } from "./connections.ts";

export interface WatcherOptions {
  /**
   * Proxies (addresses) whose `X-Forwarded-For` is believed: Apache before the PBX's WebSocket, often
   * 127.0.0.1. What comes through them is held against whom they name, never against them.
   */
  readonly proxies?: readonly string[];
}

export interface WatchCounts {
  packets: number;
  /** SIP messages that were read. */
  messages: number;
  /** What looked like SIP and could not be read. */
  malformed: number;
}

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

  constructor(readonly engine: BanEngine, { proxies = [] }: WatcherOptions = {}) {
    this.#connections = new Connections({ proxies, own: engine.settings.own[0] ?? "" });
  }

  /** Never throws, whatever the bytes are; they may be overwritten afterwards. */
  see(packet: CapturedPacket): readonly Decision[] {
    this.counts.packets++;
    const t = packet.seconds * 1e9 + packet.nanoseconds;
    const decoded = decodePacket(packet, this.#fragments);
    const { ip, transport } = decoded ?? {};
    if (!ip || !transport) return [];
    const from = { host: formatAddress(ip.source), port: transport.sourcePort };
    const to = { host: formatAddress(ip.destination), port: transport.destinationPort };
    if (transport.type === "udp") {
      return this.#message({ t, protocol: "UDP", from, to }, transport.payload);
    }
    return this.#connections.push(from, to, transport)
      .flatMap(({ bytes, ...message }) => this.#message({ t, ...message }, bytes));
  }

  /** Does what is due until `t`: bans that end, challenges that nobody has answered. */
  tick(t: number): Decision[] {
    return this.engine.tick(t);
  }

  /** When {@link tick} has something to do; Infinity: nothing waits. */
  nextNs(): number {
    return this.engine.nextNs();
  }

  #message(seen: Omit<Seen, "sip">, bytes: Uint8Array): Decision[] {
    try {
      const sip = factsOf(parseMessage(bytes));
      if (sip === undefined) this.counts.malformed++;
      if (sip === undefined) return [];
      this.counts.messages++;
      return this.engine.see({ ...seen, sip });
    } catch (error) {
      if (!(error instanceof SipSyntaxError)) throw error;
      this.counts.malformed++;
      return [];
    }
  }
}
