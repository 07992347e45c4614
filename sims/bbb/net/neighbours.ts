/** Who has which address on the segment: a host's ARP cache, and what waits for an answer. */
import type { Json } from "hil/trace/mod.ts";
import type { EngineTimer, VirtualClock } from "sims/engine/mod.ts";
import type { Mac } from "./ethernet.ts";
import type { Address } from "./ipv4.ts";

export interface NeighboursOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  /** Sends a request. */
  readonly ask: (address: Address) => void;
  /** Sends a packet that has waited. */
  readonly send: (packet: Uint8Array, to: Mac) => void;
  /** Nobody has answered for that many packets. */
  readonly lost: (packets: number) => void;
}

interface Waiting {
  readonly packets: Uint8Array[];
  asked: number;
  againAt: number;
}

/** RFC 1122, section 2.3.2.1: at most one request a second for an address. */
const AGAIN_NS = 1e9;
const REQUESTS = 3;
const MOST_PACKETS = 64;

export class Neighbours {
  readonly #options: NeighboursOptions;
  readonly #known = new Map<Address, Mac>();
  readonly #waiting = new Map<Address, Waiting>();
  readonly #timer: EngineTimer;

  constructor(options: NeighboursOptions) {
    this.#options = options;
    this.#timer = options.clock.timer(`${options.name} ARP`, () => this.#askAgain());
  }

  /** Sends at once, or when its MAC address is known. */
  send(packet: Uint8Array, to: Address): void {
    const mac = this.#known.get(to);
    if (mac) return this.#options.send(packet, mac);
    const waiting = this.#waiting.get(to);
    if (waiting) {
      if (waiting.packets.length < MOST_PACKETS) waiting.packets.push(packet);
      else this.#options.lost(1);
      return;
    }
    const againAt = this.#options.clock.now() + AGAIN_NS;
    this.#waiting.set(to, { packets: [packet], asked: 1, againAt });
    this.#options.ask(to);
    this.settle();
  }

  /** @param news.add also when nobody has asked for it */
  learn(address: Address, mac: Mac, news: { readonly add: boolean }): void {
    const waiting = this.#waiting.get(address);
    if (!news.add && !waiting && !this.#known.has(address)) return;
    this.#known.set(address, mac);
    this.#waiting.delete(address);
    for (const packet of waiting?.packets ?? []) this.#options.send(packet, mac);
    this.settle();
  }

  #askAgain(): void {
    const now = this.#options.clock.now();
    for (const [address, waiting] of [...this.#waiting]) {
      if (waiting.againAt > now) continue;
      if (waiting.asked++ < REQUESTS) {
        waiting.againAt = now + AGAIN_NS;
        this.#options.ask(address);
      } else {
        this.#waiting.delete(address);
        this.#options.lost(waiting.packets.length);
      }
    }
    this.settle();
  }

  settle(): void {
    const next = Math.min(...[...this.#waiting.values()].map(({ againAt }) => againAt));
    if (next < Infinity) this.#timer.set(next);
    else this.#timer.cancel();
  }

  save(): Json {
    return {
      known: [...this.#known],
      waiting: [...this.#waiting].map(([address, { packets, asked, againAt }]) => ({
        address,
        packets: packets.map((packet) => packet.toBase64()),
        asked,
        againAt,
      })),
    };
  }

  load(state: Json): void {
    const saved = state as unknown as {
      known: [Address, Mac][];
      waiting: { address: Address; packets: string[]; asked: number; againAt: number }[];
    };
    this.#known.clear();
    this.#waiting.clear();
    for (const [address, mac] of saved.known) this.#known.set(address, mac);
    for (const { address, packets, asked, againAt } of saved.waiting) {
      const bytes = packets.map((packet) => Uint8Array.fromBase64(packet));
      this.#waiting.set(address, { packets: bytes, asked, againAt });
    }
  }
}
