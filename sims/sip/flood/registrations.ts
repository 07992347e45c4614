/**
 * How long registrations take, by what the link of the phones' host sees: from the first REGISTER of a
 * transaction to its first final response, by the kernel's times of these packets, both transactions
 * of a challenged one together (RFC 3261 sections 10.2 and 22.2). What the phones' program needs in
 * between is no part of it: on a busy machine that is more than all the rest.
 */
import { Capture, type CapturedPacket, decodePacket } from "hil/drivers/pcap/mod.ts";
import { callIdOf, cseqOf, parseMessage, SipSyntaxError } from "../message/mod.ts";
import type { Endpoint } from "../transport/mod.ts";

/** One that has ended. */
export interface Registered {
  /** Of its final response. */
  readonly status: number;
  readonly tookNs: number;
}

/** Of one Call-ID. */
interface Asking {
  number: number;
  /** Of the first REGISTER of that number; undefined once it is answered. */
  sinceNs: number | undefined;
  /** What its challenges have taken. */
  beforeNs: number;
}

/** From messages to registrations; those of one Call-ID come one after another. */
export class RegistrationTimes {
  readonly ended: Registered[] = [];
  readonly #asking = new Map<string, Asking>();

  /** @throws SipSyntaxError for bytes that are no message */
  see(bytes: Uint8Array, atNs: number): void {
    const message = parseMessage(bytes);
    const { number, method } = cseqOf(message);
    if (method !== "REGISTER") return;
    const callId = callIdOf(message);
    if (message.type === "request") this.#asked(callId, number, atNs);
    else if (message.status >= 200) {
      this.#answered({ callId, number, status: message.status }, atNs);
    }
  }

  /** A repeat changes nothing: who is not answered has waited since the first. */
  #asked(callId: string, number: number, atNs: number): void {
    const before = this.#asking.get(callId);
    if (before && number <= before.number) return;
    const beforeNs = before?.beforeNs ?? 0;
    this.#asking.set(callId, { number, sinceNs: atNs, beforeNs });
  }

  #answered(
    { callId, number, status }: Pick<Registered, "status"> & {
      readonly callId: string;
      readonly number: number;
    },
    atNs: number,
  ): void {
    const asking = this.#asking.get(callId);
    if (asking?.sinceNs === undefined || asking.number !== number) return;
    asking.beforeNs += atNs - asking.sinceNs;
    asking.sinceNs = undefined;
    if (status === 401 || status === 407) return;
    this.ended.push({ status, tookNs: asking.beforeNs });
    asking.beforeNs = 0;
  }
}

export interface WatchOptions {
  /** Of `ip netns`: the phones' host. */
  readonly namespace: string;
  readonly interface: string;
  /** Theirs. */
  readonly address: string;
  /** By UDP. */
  readonly registrar: Endpoint;
}

/** On a real link, from now on until it is closed. */
export class RegistrationWatch implements AsyncDisposable {
  readonly #times = new RegistrationTimes();
  readonly #capture: Capture;
  readonly #reading: Promise<void>;
  #firstS: number | undefined;

  /** @throws CaptureError as {@link Capture.open} does */
  constructor({ namespace, interface: link, address, registrar: { host, port } }: WatchOptions) {
    const filter = `udp port ${port} and host ${host} and host ${address}`;
    this.#capture = Capture.open({ namespace, interface: link, filter });
    this.#reading = this.#read();
  }

  /** Those that have ended, as far as their packets have been read: that takes a moment. */
  get ended(): readonly Registered[] {
    return this.#times.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#capture.close();
    await this.#reading;
  }

  async #read(): Promise<void> {
    for await (const packet of this.#capture) this.#see(packet);
  }

  #see(packet: CapturedPacket): void {
    const { transport } = decodePacket(packet) ?? {};
    if (transport?.type !== "udp") return;
    // Calendar time in nanoseconds is no number that adds up.
    this.#firstS ??= packet.seconds;
    try {
      this.#times.see(
        transport.payload,
        (packet.seconds - this.#firstS) * 1e9 + packet.nanoseconds,
      );
    } catch (error) {
      if (!(error instanceof SipSyntaxError)) throw error;
    }
  }
}
