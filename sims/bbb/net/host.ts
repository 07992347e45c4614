/**
 * A host on the virtual LAN: ARP, IPv4 with fragments, ICMP echo, UDP, as RFC 1122 asks of one. What
 * arrives broken is dropped and counted.
 */
import type { Json } from "hil/trace/mod.ts";
import type { Part, VirtualClock } from "sims/engine/mod.ts";
import { formatArp, parseArp } from "./arp.ts";
import {
  BROADCAST_MAC,
  type EthernetFrame,
  ETHERTYPE,
  formatFrame,
  type Mac,
  parseFrame,
} from "./ethernet.ts";
import { formatIcmp, ICMP, type IcmpPacket, parseIcmp, UNREACHABLE } from "./icmp.ts";
import {
  type Address,
  ANY,
  BROADCAST,
  type Datagram,
  formatAddress,
  formatIpv4,
  type Fragment,
  parseAddress,
  parseIpv4,
  PROTOCOL,
  Reassembly,
} from "./ipv4.ts";
import type { LanPort } from "./lan.ts";
import { Neighbours } from "./neighbours.ts";
import { formatUdp, parseUdp } from "./udp.ts";

export interface HostOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly port: LanPort;
  readonly mac: Mac;
  readonly address: Address;
  /** Bits of the network's part of the address. Default: 24. */
  readonly prefix?: number;
  /** Who takes what is for other networks. Without it, that is dropped. */
  readonly gateway?: Address;
}

export interface UdpArrival {
  readonly data: Uint8Array;
  readonly from: { readonly address: Address; readonly port: number };
  readonly to: { readonly address: Address; readonly port: number };
}

export interface UdpRoute {
  readonly to: { readonly address: Address; readonly port: number };
  /** The port that it comes from. */
  readonly port: number;
  /** Without asking for it: of a client that has no address yet. */
  readonly mac?: Mac;
}

export interface EchoReply {
  readonly from: Address;
  readonly id: number;
  readonly sequence: number;
  readonly data: Uint8Array;
}

/** Why something that arrived, or was to be sent, was dropped. */
export type Dropped =
  | "frame"
  | "fcs"
  | "arp"
  | "ipv4"
  | "icmp"
  | "udp"
  | "unresolved"
  | "unrouted";

const TTL = 64;

/**
 * @example
 * ```ts
 * import { Host } from "./host.ts";
 * import { Lan } from "./lan.ts";
 * import { VirtualClock } from "sims/engine/mod.ts";
 * const clock = new VirtualClock("lab");
 * const lan = new Lan({ name: "lan", clock });
 * const host = (name: string, n: number) =>
 *   new Host({ name, clock, port: lan.port(name), mac: `02:00:00:00:00:0${n}`, address: `198.51.100.${n}` });
 * const [a, b] = [host("a", 1), host("b", 2)];
 * b.listen(7, ({ data, from }) => b.sendUdp(data, { to: from, port: 7 }));
 * a.listen(5000, ({ data }) => console.log(data)); // Uint8Array(1) [ 42 ]
 * a.sendUdp(Uint8Array.of(42), { to: { address: b.address, port: 7 }, port: 5000 });
 * clock.runTo(1e9);
 * ```
 */
export class Host implements Part {
  readonly version = 1;
  readonly name: string;
  readonly mac: Mac;
  readonly address: Address;
  onEchoReply: ((reply: EchoReply) => void) | undefined;
  readonly #options: HostOptions;
  readonly #neighbours: Neighbours;
  readonly #reassembly = new Reassembly();
  readonly #listeners = new Map<number, (arrival: UdpArrival) => void>();
  readonly #dropped: Partial<Record<Dropped, number>> = {};
  #id = 0;

  constructor(options: HostOptions) {
    const { name, mac, address, clock, port } = this.#options = options;
    this.name = name;
    this.mac = mac.toLowerCase();
    this.address = address;
    this.#neighbours = new Neighbours({
      name,
      clock,
      ask: (target) => this.#askFor(target),
      send: (packet, to) => this.#sendFrame(to, ETHERTYPE.IPV4, packet),
      lost: (packets) => this.#drop("unresolved", packets),
    });
    port.onFrame = (frame, { badFcs }) => {
      const parsed = badFcs ? undefined : parseFrame(frame);
      if (!parsed) this.#drop(badFcs ? "fcs" : "frame");
      else if (parsed.destination === this.mac || parsed.destination === BROADCAST_MAC) {
        this.#receive(parsed);
      }
    };
  }

  get dropped(): Readonly<Partial<Record<Dropped, number>>> {
    return this.#dropped;
  }

  get subnetBroadcast(): Address {
    return formatAddress((parseAddress(this.address) | ~this.#mask) >>> 0);
  }

  get netmask(): Address {
    return formatAddress(this.#mask >>> 0);
  }

  /** @throws RangeError when something listens there already */
  listen(port: number, receive: (arrival: UdpArrival) => void): void {
    if (this.#listeners.has(port)) {
      throw new RangeError(
        `Cannot listen on UDP port "${port}" of "${this.name}": it is taken; choose another`,
      );
    }
    this.#listeners.set(port, receive);
  }

  unlisten(port: number): void {
    this.#listeners.delete(port);
  }

  sendUdp(data: Uint8Array, route: UdpRoute): void {
    const { to, port, mac } = route;
    const between = { source: this.address, destination: to.address };
    const packet = formatUdp({ sourcePort: port, destinationPort: to.port, data }, between);
    this.#sendIp(to.address, PROTOCOL.UDP, packet, mac);
  }

  /** The answer comes to {@link onEchoReply}. */
  ping(address: Address, echo: { id: number; sequence: number; data?: Uint8Array }): void {
    const rest = ((echo.id << 16) | echo.sequence) >>> 0;
    const data = echo.data ?? new Uint8Array(56);
    const packet = formatIcmp({ type: ICMP.ECHO, code: 0, rest, data });
    this.#sendIp(address, PROTOCOL.ICMP, packet);
  }

  get #mask(): number {
    return this.#options.prefix === 0 ? 0 : -1 << (32 - (this.#options.prefix ?? 24));
  }

  #drop(why: Dropped, count = 1): void {
    this.#dropped[why] = (this.#dropped[why] ?? 0) + count;
  }

  #askFor(target: Address): void {
    this.#sendFrame(
      BROADCAST_MAC,
      ETHERTYPE.ARP,
      formatArp({
        operation: "request",
        senderMac: this.mac,
        sender: this.address,
        targetMac: "00:00:00:00:00:00",
        target,
      }),
    );
  }

  #sendFrame(destination: Mac, type: number, payload: Uint8Array): void {
    const frame = formatFrame({ destination, source: this.mac, type, payload });
    this.#options.port.send(frame);
  }

  #sendIp(destination: Address, protocol: number, payload: Uint8Array, mac?: Mac): void {
    const id = this.#id = (this.#id + 1) & 0xffff;
    const datagram = { source: this.address, destination, protocol, id, ttl: TTL, payload };
    const known = mac ?? (this.#isBroadcast(destination) ? BROADCAST_MAC : undefined);
    const hop = this.#isNear(destination) ? destination : this.#options.gateway;
    for (const packet of formatIpv4(datagram)) {
      if (known) this.#sendFrame(known, ETHERTYPE.IPV4, packet);
      else if (hop) this.#neighbours.send(packet, hop);
      else this.#drop("unrouted");
    }
  }

  #isNear(address: Address): boolean {
    return ((parseAddress(address) ^ parseAddress(this.address)) & this.#mask) === 0;
  }

  #isBroadcast(address: Address): boolean {
    return address === BROADCAST || address === this.subnetBroadcast;
  }

  #receive({ type, payload }: EthernetFrame): void {
    if (type === ETHERTYPE.ARP) this.#receiveArp(payload);
    else if (type === ETHERTYPE.IPV4) this.#receiveIp(payload);
  }

  #receiveArp(bytes: Uint8Array): void {
    const packet = parseArp(bytes);
    if (!packet) return this.#drop("arp");
    const { operation, sender, senderMac, target } = packet;
    const forUs = target === this.address;
    // Who asks whether an address is free says that he has none (RFC 5227): that is not learned.
    if (sender !== ANY) this.#neighbours.learn(sender, senderMac, { add: forUs });
    if (!forUs || operation !== "request") return;
    this.#sendFrame(
      senderMac,
      ETHERTYPE.ARP,
      formatArp({
        operation: "reply",
        senderMac: this.mac,
        sender: this.address,
        targetMac: senderMac,
        target: sender,
      }),
    );
  }

  #receiveIp(bytes: Uint8Array): void {
    const fragment: Fragment | undefined = parseIpv4(bytes);
    if (!fragment) return this.#drop("ipv4");
    const { destination } = fragment;
    if (destination !== this.address && !this.#isBroadcast(destination)) return;
    const datagram = this.#reassembly.take(fragment, this.#options.clock.now());
    if (!datagram) return;
    if (datagram.protocol === PROTOCOL.UDP) this.#receiveUdp(datagram);
    else if (datagram.protocol === PROTOCOL.ICMP) this.#receiveIcmp(datagram);
    else this.#unreachable(datagram, UNREACHABLE.PROTOCOL);
  }

  #receiveUdp(datagram: Datagram): void {
    const packet = parseUdp(datagram.payload, datagram);
    if (!packet) return this.#drop("udp");
    const { data, sourcePort, destinationPort } = packet;
    const listener = this.#listeners.get(destinationPort);
    if (!listener) return this.#unreachable(datagram, UNREACHABLE.PORT);
    listener({
      data,
      from: { address: datagram.source, port: sourcePort },
      to: { address: datagram.destination, port: destinationPort },
    });
  }

  #receiveIcmp({ source, destination, payload }: Datagram): void {
    const packet: IcmpPacket | undefined = parseIcmp(payload);
    if (!packet) return this.#drop("icmp");
    const { type, rest, data } = packet;
    if (type === ICMP.ECHO && destination === this.address) {
      const reply = formatIcmp({ type: ICMP.ECHO_REPLY, code: 0, rest, data });
      this.#sendIp(source, PROTOCOL.ICMP, reply);
    } else if (type === ICMP.ECHO_REPLY) {
      this.onEchoReply?.({ from: source, id: rest >>> 16, sequence: rest & 0xffff, data });
    }
  }

  /** RFC 1122, section 3.2.2: never in answer to a broadcast, or to somebody without an address. */
  #unreachable(datagram: Datagram, code: number): void {
    if (datagram.destination !== this.address || datagram.source === ANY) return;
    const [packet] = formatIpv4(datagram);
    const data = packet!.subarray(0, 28);
    const answer = formatIcmp({ type: ICMP.UNREACHABLE, code, rest: 0, data });
    this.#sendIp(datagram.source, PROTOCOL.ICMP, answer);
  }

  settle(): void {
    this.#neighbours.settle();
  }

  save(): Json {
    return {
      id: this.#id,
      dropped: { ...this.#dropped },
      neighbours: this.#neighbours.save(),
      reassembly: this.#reassembly.save(),
    };
  }

  load(state: Json): void {
    const saved = state as { id: number; dropped: Json; neighbours: Json; reassembly: Json };
    this.#id = saved.id;
    for (const why of Object.keys(this.#dropped) as Dropped[]) delete this.#dropped[why];
    Object.assign(this.#dropped, saved.dropped);
    this.#neighbours.load(saved.neighbours);
    this.#reassembly.load(saved.reassembly);
  }
}
