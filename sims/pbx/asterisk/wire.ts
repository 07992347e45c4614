/** The PBX's wire: each SIP message that a capture of its interface shows, as a signal. */
import type { Clock } from "hil";
import { Capture, type CapturedPacket } from "hil/drivers/pcap/mod.ts";
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import type { Protocol } from "sims/sip/mod.ts";
import { messageSignal } from "../messages.ts";
import type { SipMessageData } from "../port.ts";
import { WireReader } from "../wire_reader.ts";

export interface WireOptions {
  readonly timeline: Timeline;
  readonly clock: Clock;
  /** Of `ip netns`. */
  readonly namespace: string;
  readonly interface: string;
  /** The PBX's. */
  readonly addresses: readonly string[];
}

/** What TLS carries is nobody's to see: our own phones tell of it. */
export class Wire {
  readonly messages: SignalSource<SipMessageData>;
  readonly #capture: Capture;
  readonly #reader: WireReader;
  readonly #reading: Promise<void>;

  constructor(private readonly options: WireOptions) {
    const { namespace, interface: link, timeline, clock, addresses } = options;
    const filter = "udp or tcp or ip[6:2] & 0x3fff != 0 or ip6";
    this.#capture = Capture.open({ interface: link, namespace, filter });
    this.messages = messageSignal(timeline, clock);
    const full = (text: string) => timeline.record({ type: "log", level: "warn", text });
    this.#reader = new WireReader({ messages: this.messages, addresses, full });
    this.#reading = this.#read();
    this.#reading.catch((error) => timeline.fail(error));
  }

  async close(): Promise<void> {
    await this.#capture.close();
    await this.#reading;
  }

  /** Puts a message on the signal that somebody else has seen. */
  tell(
    bytes: Uint8Array,
    where: { direction: "in" | "out"; peer: string; protocol: Protocol },
  ): void {
    this.#reader.tell(bytes, where, this.options.clock.now());
  }

  async #read(): Promise<void> {
    for await (const packet of this.#capture) {
      this.#reader.see(packet, this.#timeOf(packet));
      if (this.#reader.isFull) return await this.#capture.close();
    }
  }

  #timeOf({ seconds, nanoseconds }: CapturedPacket): number {
    const now = this.#capture.now();
    const ageNs = (now.seconds - seconds) * 1e9 + now.nanoseconds - nanoseconds;
    return Math.max(0, this.options.clock.now() - ageNs);
  }
}
