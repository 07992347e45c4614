/** A PBX of which there is a capture only: its packets come again, on virtual time. */
import type { Duration } from "hil";
import { type CapturedPacket, decodePacket, formatAddress } from "hil/drivers/pcap/mod.ts";
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import { ns } from "hil/time/mod.ts";
import { VirtualClock } from "sims/engine/mod.ts";
import { type PbxProfile, type PbxVariant, PROFILES } from "sims/sip/mod.ts";
import { offerPbxLab } from "./lab.ts";
import { messageSignal } from "./messages.ts";
import {
  type CapturedPbx,
  type PbxEventData,
  PORTS,
  type SipMessageData,
  type Site,
} from "./port.ts";
import { WireReader } from "./wire_reader.ts";

export interface CapturedOptions {
  readonly capture: Uint8Array;
  readonly packets: readonly CapturedPacket[];
  /** The PBX's own addresses. */
  readonly own: readonly string[];
  readonly timeline: Timeline;
}

export class PlayedPbx implements CapturedPbx {
  /** Which one it was nobody says. */
  readonly variant: PbxVariant = "sim";
  readonly profile: PbxProfile = PROFILES.sim;
  readonly clock = new VirtualClock("capture");
  readonly realm = "asterisk";
  readonly phones = {};
  readonly events: SignalSource<PbxEventData>;
  readonly messages: SignalSource<SipMessageData>;
  readonly address: string;
  readonly address6: string;
  readonly #listeners: ((packet: CapturedPacket) => void)[] = [];
  readonly #timer = this.clock.timer("packets", () => this.#ring());
  #next = 0;

  constructor(private readonly options: CapturedOptions) {
    const { timeline, own } = options;
    timeline.clock = this.clock;
    this.address = own.find((address) => !address.includes(":")) ?? "";
    this.address6 = own.find((address) => address.includes(":")) ?? "";
    this.events = timeline.signal<PbxEventData>("pbx", { clock: this.clock });
    this.messages = messageSignal(timeline, this.clock);
    const full = (text: string) => timeline.record({ type: "log", level: "warn", text });
    const reader = new WireReader({ messages: this.messages, addresses: own, full });
    const tap = (listener: (packet: CapturedPacket) => void) => void this.#listeners.push(listener);
    tap((packet) => reader.see(packet, this.clock.now()));
    offerPbxLab(timeline, {
      type: "capture",
      clock: this.clock,
      addresses: own,
      ports: [{ protocol: "UDP", port: PORTS.UDP }, { protocol: "TCP", port: PORTS.TCP }],
      tap,
    });
    if (options.packets.length > 0) this.#timer.set(0);
  }

  get capture(): Uint8Array {
    return this.options.capture;
  }

  async play(rest: Duration): Promise<void> {
    const { packets } = this.options;
    const endNs = packets.reduce((latest, packet) => Math.max(latest, this.#at(packet)), 0);
    await this.wait(ns(Math.max(0, endNs - this.clock.now()) + rest.ns));
  }

  async wait(duration: Duration): Promise<void> {
    await this.clock.until(() => undefined, duration);
  }

  site(name: string): Promise<Site> {
    return refused(`make site "${name}"`);
  }

  restart(): Promise<void> {
    return refused("restart the PBX");
  }

  kill(): Promise<void> {
    return refused("kill the PBX");
  }

  setLink(state: "up" | "down"): Promise<void> {
    return refused(`take the link ${state}`);
  }

  /** On the clock: the first packet comes at 0, whatever the calendar said. */
  #at({ seconds, nanoseconds }: CapturedPacket): number {
    const [first] = this.options.packets;
    return Math.max(
      0,
      (seconds - first!.seconds) * 1e9 + nanoseconds - first!.nanoseconds,
    );
  }

  #ring(): void {
    const packet = this.options.packets[this.#next++]!;
    const now = this.clock.now();
    const seconds = Math.floor(now / 1e9);
    const timed = { ...packet, seconds, nanoseconds: now - seconds * 1e9 };
    for (const listener of this.#listeners) listener(timed);
    const next = this.options.packets[this.#next];
    if (next) this.#timer.set(Math.max(now, this.#at(next)));
  }
}

function refused(what: string): Promise<never> {
  return Promise.reject(
    new Error(
      `Cannot ${what}: a capture is played, and what was is over; use another target of role "pbx"`,
    ),
  );
}

/**
 * Whose capture it is: who answers REGISTER in it, of each family the one who does most often. A trunk
 * that the PBX registers at does so too, but seldom.
 */
export function registrarsIn(packets: readonly CapturedPacket[]): string[] {
  const counts = new Map<string, number>();
  for (const packet of packets) {
    const { ip, transport } = decodePacket(packet) ?? {};
    if (!ip || !transport) continue;
    const text = LATIN.decode(transport.payload);
    if (!/^SIP\/2\.0 [2-6]\d\d /.test(text) || !/^CSeq\s*:\s*\d+\s+REGISTER\b/mi.test(text)) {
      continue;
    }
    const address = formatAddress(ip.source);
    counts.set(address, 1 + (counts.get(address) ?? 0));
  }
  const byCount = [...counts].toSorted(([, a], [, b]) => b - a).map(([address]) => address);
  return [false, true].flatMap((isV6) =>
    byCount.filter((address) => address.includes(":") === isV6).slice(0, 1)
  );
}

const LATIN = new TextDecoder("latin1");
