/**
 * TCP connections as a capture sees them: their bytes in order, and the messages in them. Bounded: of
 * too many the one that was quiet for longest is given up. What the PBX sends, what others send and
 * what comes by a proxy have each room of their own: invented segments push out only their like.
 */
import { type PacketView, type TcpSegment, TcpStream } from "hil/drivers/pcap/decode/mod.ts";
import { Framer } from "sims/sip/message/mod.ts";
import {
  type BanEngine,
  mix,
  NetworkSet,
  parseAddress,
  parseNetwork,
  toWords,
} from "../core/mod.ts";
import { forwardedFor } from "./forwarded.ts";

export interface Ends {
  readonly from: Int32Array;
  readonly to: Int32Array;
}

export interface StreamMessages {
  readonly ends: Ends;
  readonly messages: readonly Uint8Array[];
}

export interface ConnectionsOptions {
  /** Addresses whose `X-Forwarded-For` is believed. */
  readonly proxies: readonly string[];
  readonly engine: BanEngine;
  /** Directions of each kind that are followed at once. Default: 4096. */
  readonly most?: number;
}

interface Direction {
  readonly stream: TcpStream;
  readonly framer: Framer;
  /** For whom a proxy speaks. */
  client?: Int32Array;
}

/** In the order of their last use. */
type Pool = Map<number, Direction>;

const FLAG = { FIN: 1, SYN: 2, RST: 4 } as const;
const NOTHING: readonly StreamMessages[] = [];

export class Connections {
  readonly #pools: Readonly<Record<"in" | "out" | "proxied", Pool>> = {
    in: new Map(),
    out: new Map(),
    proxied: new Map(),
  };
  /** First sequence numbers, until the first bytes come: a flood of SYNs costs no more than these. */
  readonly #begun = new Map<number, number>();
  readonly #proxies: NetworkSet;
  readonly #names: ReadonlySet<string>;
  readonly #own: Int32Array | undefined;
  readonly #most: number;

  /** @throws RangeError naming a proxy that is no address */
  constructor(private readonly options: ConnectionsOptions) {
    const { proxies, engine, most = 4096 } = options;
    const networks = proxies.map(proxyOf);
    this.#proxies = new NetworkSet(networks);
    this.#names = new Set(networks.map(({ bytes }) => bytes.join()));
    const own = parseAddress(engine.settings.own[0] ?? "");
    this.#own = own && toWords(own);
    this.#most = most;
  }

  get size(): number {
    const { in: incoming, out, proxied } = this.#pools;
    return incoming.size + out.size + proxied.size;
  }

  /** The messages that are whole with this segment; its payload lies in `bytes`. */
  push(view: PacketView, bytes: Uint8Array): readonly StreamMessages[] {
    const pool = this.#poolOf(view);
    if (!pool) return NOTHING;
    const key = keyOf(view.source, view.sourcePort, view.destination, view.destinationPort);
    const segment = segmentOf(view, bytes);
    if (segment.rst || segment.syn) this.#forget(pool, key, segment);
    if (segment.payload.length === 0) {
      if (segment.fin) pool.delete(key);
      return NOTHING;
    }
    const direction = this.#direction(pool, key);
    const messages: Uint8Array[] = [];
    for (const { missing, bytes } of direction.stream.push(segment)) {
      if (missing > 0) direction.framer.gap();
      messages.push(...direction.framer.push(bytes));
    }
    const ends = messages.length > 0 ? this.#endsOf(view, pool, direction) : undefined;
    if (segment.fin) pool.delete(key);
    return ends ? [{ ends, messages }] : NOTHING;
  }

  /** Undefined: it is no connection of the PBX with another, nor one of a proxy with the PBX. */
  #poolOf({ source, destination }: PacketView): Pool | undefined {
    if (this.#proxies.has(source) || this.#proxies.has(destination)) return this.#pools.proxied;
    if (!this.options.engine.concerns(source, destination)) return undefined;
    return this.options.engine.isOwn(source) ? this.#pools.out : this.#pools.in;
  }

  #forget(pool: Pool, key: number, { syn, sequence }: TcpSegment): void {
    // A SYN that comes again begins nothing anew.
    if (syn && this.#begun.get(key) === sequence) return;
    pool.delete(key);
    this.#begun.delete(key);
    if (!syn) return;
    this.#begun.set(key, sequence);
    if (this.#begun.size > this.#most) this.#begun.delete(this.#begun.keys().next().value!);
  }

  #direction(pool: Pool, key: number): Direction {
    let found = pool.get(key);
    if (!found) {
      found = { stream: new TcpStream(), framer: new Framer() };
      const sequence = this.#begun.get(key);
      if (sequence !== undefined) found.stream.push({ ...SYN, sequence });
    }
    pool.delete(key);
    pool.set(key, found);
    if (pool.size > this.#most) pool.delete(pool.keys().next().value!);
    return found;
  }

  /** Who speaks to whom; undefined: by a proxy that has not said for whom. */
  #endsOf(view: PacketView, pool: Pool, direction: Direction): Ends | undefined {
    const { source, destination, sourcePort, destinationPort } = view;
    if (pool !== this.#pools.proxied) return { from: source, to: destination };
    const own = this.#own;
    if (!own) return undefined;
    const client = this.#proxies.has(source) ? this.#clientOf(direction) : undefined;
    if (client) return { from: client, to: own };
    const back = pool.get(keyOf(destination, destinationPort, source, sourcePort));
    const asked = this.#proxies.has(destination) && back ? this.#clientOf(back) : undefined;
    return asked ? { from: own, to: asked } : undefined;
  }

  #clientOf(direction: Direction): Int32Array | undefined {
    const { handshake } = direction.framer;
    if (direction.client || !handshake) return direction.client;
    const bytes = forwardedFor(handshake, this.#names);
    return direction.client = bytes && toWords(bytes);
  }
}

const EMPTY = new Uint8Array(0);
const SYN: Omit<TcpSegment, "sequence"> = {
  type: "tcp",
  sourcePort: 0,
  destinationPort: 0,
  acknowledgement: 0,
  syn: true,
  ack: false,
  fin: false,
  rst: false,
  payload: EMPTY,
};

function segmentOf({ sequence, flags, from, to }: PacketView, bytes: Uint8Array): TcpSegment {
  return {
    ...SYN,
    sequence,
    syn: (flags & FLAG.SYN) !== 0,
    fin: (flags & FLAG.FIN) !== 0,
    rst: (flags & FLAG.RST) !== 0,
    payload: bytes.subarray(from, to),
  };
}

function proxyOf(text: string) {
  try {
    return parseNetwork(text.includes("/") ? "" : text);
  } catch (cause) {
    throw new RangeError(
      `Cannot trust proxy "${text}": it is no address; write it as 127.0.0.1 or 2001:db8::5`,
      { cause },
    );
  }
}

/** 53 bits of addresses and ports. */
function keyOf(from: Int32Array, fromPort: number, to: Int32Array, toPort: number): number {
  const ports = fromPort << 16 | toPort;
  let [a, b] = [mix(1, ports), mix(2, ports)];
  for (let i = 0; i < 4; i++) {
    a = mix(mix(a, from[i]!), to[i]!);
    b = mix(mix(b, from[i]!), to[i]!);
  }
  return (a >>> 0) * 0x20_0000 + (b >>> 11);
}
