/**
 * The sound of a SIP phone: RTP (RFC 3550) with µ-law (RFC 3551), sent back to whoever sends some. It
 * sings a tone, and hears what comes.
 */
import type { Socket } from "node:dgram";
import { type Duration, ms } from "hil";
import { hear, type Heard } from "hil/drivers/browser/mod.ts";
import { every, withLimit } from "hil/time/mod.ts";
import type { PhoneSound } from "../port.ts";
import { decodeUlaw, encodeUlaw } from "./ulaw.ts";

const RATE_HZ = 8000;
const PACKET = ms(20);
const SAMPLES = 160;
const HEADER = 12;
/** 128 ms: what is looked at for a tone. */
const PIECE = 1024;
const LEVEL = 8_000;
const TOLERANCE_HZ = 10;
const LEAST_DBFS = -40;
/** A tone has this much of the power at its frequency. */
const PURE = 0.5;

export class RtpSound implements PhoneSound {
  packets = 0;
  #sent = 0;
  #peer: { readonly address: string; readonly port: number } | undefined;
  #samples = new Float32Array(PIECE);
  #last: Heard | undefined;
  readonly #waits = new Set<(heard: Heard) => void>();
  readonly #stop: () => void;

  /** @param socket bound to the address of the phone's SDP; closed with it */
  constructor(private readonly socket: Socket, private readonly toneHz: number) {
    socket.on("message", (bytes, { address, port }) => {
      this.#peer = { address, port };
      this.#take(bytes);
    });
    this.#stop = every(PACKET, () => this.#send());
  }

  async hears(frequencyHz: number, { within }: { readonly within: Duration }): Promise<Heard> {
    const found = Promise.withResolvers<Heard>();
    const look = (heard: Heard) => {
      const isNear = Math.abs(heard.frequencyHz - frequencyHz) <= TOLERANCE_HZ;
      if (isNear && heard.levelDbfs >= LEAST_DBFS && heard.purity >= PURE) found.resolve(heard);
    };
    this.#waits.add(look);
    try {
      return await withLimit(found.promise, within, () => {
        const last = this.#last
          ? `the last was ${this.#last.frequencyHz.toFixed()} Hz at ` +
            `${this.#last.levelDbfs.toFixed()} dBFS`
          : `packets that came: ${this.packets}`;
        throw new Error(`Cannot hear ${frequencyHz} Hz within ${within}: ${last}`);
      });
    } finally {
      this.#waits.delete(look);
    }
  }

  close(): void {
    this.#stop();
    this.socket.close();
  }

  #take(bytes: Uint8Array): void {
    // Version 2, payload type 0 (RFC 3550 section 5.1; RFC 3551 table 4).
    if (bytes.length <= HEADER || bytes[0]! >> 6 !== 2 || (bytes[1]! & 0x7f) !== 0) return;
    this.packets++;
    const came = Float32Array.from(bytes.subarray(HEADER), (code) => decodeUlaw(code) / 32_768);
    const length = Math.min(came.length, PIECE);
    this.#samples.copyWithin(0, length);
    this.#samples.set(came.subarray(0, length), PIECE - length);
    if (this.packets * SAMPLES < PIECE || this.#waits.size === 0) return;
    const heard = this.#last = hear(this.#samples, RATE_HZ);
    for (const wait of this.#waits) wait(heard);
  }

  #send(): void {
    if (!this.#peer) return;
    const packet = new Uint8Array(HEADER + SAMPLES);
    const view = new DataView(packet.buffer);
    packet[0] = 0x80;
    view.setUint16(2, this.#sent);
    view.setUint32(4, this.#sent * SAMPLES);
    view.setUint32(8, 0x68_69_6c_00);
    for (let n = 0; n < SAMPLES; n++) {
      const t = (this.#sent * SAMPLES + n) / RATE_HZ;
      packet[HEADER + n] = encodeUlaw(Math.round(LEVEL * Math.sin(2 * Math.PI * this.toneHz * t)));
    }
    this.#sent++;
    this.socket.send(packet, this.#peer.port, this.#peer.address);
  }
}
