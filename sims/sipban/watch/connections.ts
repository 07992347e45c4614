/**
 * TCP connections as a capture sees them: their bytes in order, and the messages in them. Bounded: of
 * too many the one that was quiet for longest is given up.
 */
import { type TcpSegment, TcpStream } from "hil/drivers/pcap/decode/mod.ts";
import { formatAddress, parseAddress, type Peer } from "../core/mod.ts";
import { Framer } from "./framer.ts";
import { forwardedFor } from "./forwarded.ts";

export interface StreamMessage {
  readonly protocol: "TCP" | "WS";
  readonly from: Peer;
  readonly to: Peer;
  readonly bytes: Uint8Array;
}

export interface ConnectionsOptions {
  /** Addresses whose `X-Forwarded-For` is believed. */
  readonly proxies: readonly string[];
  /** The PBX's address where a proxy reaches it by another, as by loopback. */
  readonly own: string;
  /** Directions that are followed at once. Default: 8192. */
  readonly most?: number;
}

interface Direction {
  readonly stream: TcpStream;
  readonly framer: Framer;
}

export class Connections {
  readonly #all = new Map<string, Direction>();
  readonly #proxies: ReadonlySet<string>;
  readonly #most: number;

  constructor(private readonly options: ConnectionsOptions) {
    this.#proxies = new Set(options.proxies.map((text) => {
      const bytes = parseAddress(text);
      if (bytes) return formatAddress(bytes);
      throw new RangeError(
        `Cannot trust proxy "${text}": it is no address; write it as 127.0.0.1 or 2001:db8::5`,
      );
    }));
    this.#most = options.most ?? 8192;
  }

  get size(): number {
    return this.#all.size;
  }

  /** The messages that are whole with this segment. */
  push(from: Peer, to: Peer, segment: TcpSegment): StreamMessage[] {
    const key = keyOf(from, to);
    if (segment.rst) {
      this.#all.delete(key);
      this.#all.delete(keyOf(to, from));
      return [];
    }
    const direction = this.#direction(key, segment);
    if (!direction) return [];
    const messages = direction.stream.push(segment).flatMap(({ missing, bytes }) => {
      if (missing > 0) direction.framer.gap();
      return direction.framer.push(bytes);
    });
    const ends = messages.length > 0 ? this.#endsOf(from, to, direction) : undefined;
    if (segment.fin) this.#all.delete(key);
    return ends ? messages.map((bytes) => ({ ...ends, bytes })) : [];
  }

  #direction(key: string, { syn, payload }: TcpSegment): Direction | undefined {
    let found = this.#all.get(key);
    if (found && syn) found = undefined;
    if (!found && !syn && payload.length === 0) return undefined;
    found ??= { stream: new TcpStream(), framer: new Framer() };
    this.#all.delete(key);
    this.#all.set(key, found);
    if (this.#all.size > this.#most) this.#all.delete(this.#all.keys().next().value!);
    return found;
  }

  /** Who speaks to whom; undefined: through a proxy that has not said for whom. */
  #endsOf(from: Peer, to: Peer, direction: Direction) {
    const protocol = direction.framer.kind === "websocket" ? "WS" as const : "TCP" as const;
    const isTo = this.#isProxy(to.host);
    if (!this.#isProxy(from.host) && !isTo) return { protocol, from, to };
    const own = { host: this.options.own, port: 0 };
    const client = this.#clientOf(direction);
    if (client) return { protocol, from: { host: client, port: from.port }, to: own };
    const asked = this.#clientOf(this.#all.get(keyOf(to, from)));
    return asked ? { protocol, from: own, to: { host: asked, port: to.port } } : undefined;
  }

  #clientOf(direction: Direction | undefined): string | undefined {
    const head = direction?.framer.handshake;
    return head && forwardedFor(head, this.#proxies);
  }

  #isProxy(host: string): boolean {
    const bytes = parseAddress(host);
    return bytes !== undefined && this.#proxies.has(formatAddress(bytes));
  }
}

function keyOf(from: Peer, to: Peer): string {
  return `${from.host} ${from.port} ${to.host} ${to.port}`;
}
