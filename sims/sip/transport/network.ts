/**
 * A network inside the process on virtual time: datagrams with delay, loss and doubles from a seed,
 * streams in order and without loss. Everything that is sent is encoded and parsed as on a wire.
 */
import type { Random } from "hil/time/mod.ts";
import { formatMessage, type SipMessage } from "../message/mod.ts";
import { deliver } from "./deliver.ts";
import type {
  Endpoint,
  Protocol,
  SipTimers,
  SipTransport,
  TransportListener,
} from "./transport.ts";
import { formatEndpoint } from "./transport.ts";

export interface Weather {
  readonly delayNs: number;
  /** Added to the delay by chance, up to this: UDP overtakes by it. */
  readonly jitterNs: number;
  /** Of datagrams, 0 to 1. */
  readonly loss: number;
  readonly doubles: number;
}

/** What a tap sees: also what is lost afterwards. */
export interface Sent {
  readonly t: number;
  readonly protocol: Protocol;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly bytes: Uint8Array;
}

export const FAIR: Weather = { delayNs: 1_000_000, jitterNs: 0, loss: 0, doubles: 0 };

export class SimNetwork {
  readonly #sockets = new Map<string, SimSocket>();
  readonly #taps: ((sent: Sent) => void)[] = [];
  /** When the last message of a stream arrives: the next one may not overtake it. */
  readonly #streams = new Map<string, number>();
  /** Hosts whose link is down. */
  readonly #down = new Set<string>();
  weather: Weather;
  /** The packet filters of all hosts: what it says no to does not arrive. Taps have seen it. */
  admits: (packet: Sent) => boolean = () => true;

  constructor(
    readonly timers: SipTimers,
    readonly random: Random,
    weather: Partial<Weather> = {},
  ) {
    this.weather = { ...FAIR, ...weather };
  }

  /**
   * @param seenAs its address for all others when it stands behind NAT
   * @throws Error when another has the address
   */
  socket(
    local: Endpoint,
    { protocol = "UDP", seenAs = local }: {
      readonly protocol?: Protocol;
      readonly seenAs?: Endpoint;
    } = {},
  ): SipTransport {
    const key = keyOf(protocol, seenAs);
    if (this.#sockets.has(key)) {
      throw new Error(`Cannot open socket "${key}": it is in use; choose another port`);
    }
    const socket = new SimSocket(this, protocol, local, seenAs, () => this.#sockets.delete(key));
    this.#sockets.set(key, socket);
    return socket;
  }

  /** Sees all that is sent, at the time at which it is. */
  tap(listener: (sent: Sent) => void): void {
    this.#taps.push(listener);
  }

  /** Nothing goes in or out of a host whose link is down, and nobody is told. */
  setLink(host: string, state: "up" | "down"): void {
    if (state === "down") this.#down.add(host);
    else this.#down.delete(host);
  }

  /** Sends bytes as if `from` had: anybody may do so with UDP. */
  inject(protocol: Protocol, from: Endpoint, to: Endpoint, bytes: Uint8Array): void {
    if (this.#isCut(from, to)) return;
    const packet = { t: this.timers.now(), protocol, from, to, bytes };
    for (const tap of this.#taps) tap(packet);
    const datagram = protocol === "UDP";
    if (datagram && this.random.chance(this.weather.loss)) return;
    const copies = datagram && this.random.chance(this.weather.doubles) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      this.timers.after(this.#delay(protocol, from, to), () => {
        if (this.#isCut(from, to) || !this.admits(packet)) return;
        const socket = this.#sockets.get(keyOf(protocol, to));
        if (socket) socket.deliver(bytes, from);
        else this.#sockets.get(keyOf(protocol, from))?.refused(to);
      });
    }
  }

  #isCut(from: Endpoint, to: Endpoint): boolean {
    return this.#down.has(from.host) || this.#down.has(to.host);
  }

  #delay(protocol: Protocol, from: Endpoint, to: Endpoint): number {
    const { delayNs, jitterNs } = this.weather;
    const delay = delayNs + (jitterNs > 0 ? this.random.below(jitterNs) : 0);
    if (protocol === "UDP") return delay;
    const stream = `${keyOf(protocol, from)} ${formatEndpoint(to)}`;
    const now = this.timers.now();
    const arrives = Math.max(now + delay, this.#streams.get(stream) ?? 0);
    this.#streams.set(stream, arrives);
    return arrives - now;
  }
}

function keyOf(protocol: Protocol, endpoint: Endpoint): string {
  return `${protocol} ${formatEndpoint(endpoint)}`;
}

class SimSocket implements SipTransport {
  readonly reliable: boolean;
  #listener: TransportListener | undefined;
  #closed = false;

  constructor(
    readonly network: SimNetwork,
    readonly protocol: Protocol,
    readonly local: Endpoint,
    readonly seenAs: Endpoint,
    readonly forget: () => void,
  ) {
    this.reliable = protocol !== "UDP";
  }

  close(): void {
    if (!this.#closed) this.forget();
    this.#closed = true;
  }

  listen(listener: TransportListener): void {
    this.#listener = listener;
  }

  send(message: SipMessage, to: Endpoint): void {
    if (this.#closed) return;
    this.network.inject(this.protocol, this.seenAs, to, formatMessage(message));
  }

  deliver(bytes: Uint8Array, from: Endpoint): void {
    deliver(bytes, from, this.#listener);
  }

  refused(to: Endpoint): void {
    const error = new Error(`Cannot reach "${formatEndpoint(to)}": nobody listens there`);
    this.#listener?.unreachable?.(to, error);
  }
}
