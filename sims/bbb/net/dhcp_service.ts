/**
 * A DHCP server (RFC 2131, section 4.3) on a host of the virtual LAN. It tells network boot where to
 * go on: next server and file name in the fields of BOOTP and as options 66 and 67. BOOTP clients
 * (RFC 951; the boot ROM is one) are answered too.
 */
import type { Json } from "hil/trace/mod.ts";
import type { Part, VirtualClock } from "sims/engine/mod.ts";
import {
  DHCP,
  type DhcpMessage,
  formatDhcp,
  MESSAGE,
  NO_ADDRESSES,
  OPTION,
  parseDhcp,
} from "./dhcp.ts";
import { BROADCAST_MAC, type Mac } from "./ethernet.ts";
import type { Host, UdpArrival } from "./host.ts";
import { type Address, ANY, BROADCAST, formatAddress, parseAddress } from "./ipv4.ts";

export interface DhcpServiceOptions {
  readonly clock: VirtualClock;
  readonly host: Host;
  /** Addresses that are given away: the first and the last. */
  readonly pool: readonly [first: Address, last: Address];
  /** Addresses that are always those of a client. */
  readonly fixed?: Readonly<Record<Mac, Address>>;
  /** Default: an hour. */
  readonly leaseNs?: number;
  readonly router?: Address;
  readonly dns?: Address;
  /** Who has the boot file. Default: this host. */
  readonly nextServer?: Address;
  readonly bootFile?: string;
  readonly onEvent?: (event: DhcpEvent) => void;
}

export interface DhcpEvent {
  readonly type: "offered" | "bound" | "refused" | "released" | "declined" | "exhausted";
  readonly mac: Mac;
  readonly address: Address | undefined;
}

interface Lease {
  readonly client: string;
  readonly untilNs: number;
}

/** An offer is kept for so long. */
const OFFER_NS = 60e9;
const HOUR_NS = 3600e9;
/** An address that a client found in use is left alone for so long. */
const DECLINED_NS = 600e9;
const DECLINED = "declined";

export class DhcpService implements Part {
  readonly version = 1;
  readonly name: string;
  readonly #options: DhcpServiceOptions;
  readonly #leases = new Map<Address, Lease>();
  #dropped = 0;

  constructor(options: DhcpServiceOptions) {
    this.#options = options;
    this.name = `${options.host.name} DHCP`;
    options.host.listen(DHCP.SERVER_PORT, (arrival) => this.#receive(arrival));
  }

  /** Messages that were broken. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Who has which address now. */
  get leases(): ReadonlyMap<Address, string> {
    const now = this.#options.clock.now();
    const current = [...this.#leases].filter(([, { untilNs }]) => untilNs > now);
    return new Map(current.map(([address, { client }]) => [address, client]));
  }

  #receive({ data }: UdpArrival): void {
    const message = parseDhcp(data);
    if (!message) this.#dropped++;
    // From a relay (giaddr): there is one segment here, so none is expected.
    if (message?.op !== "request" || message.giaddr !== ANY) return;
    const answers: Readonly<Record<number, () => void>> = {
      [MESSAGE.DISCOVER]: () => this.#discover(message),
      [MESSAGE.REQUEST]: () => this.#request(message),
      [MESSAGE.DECLINE]: () => this.#decline(message),
      [MESSAGE.RELEASE]: () => this.#release(message),
      [MESSAGE.INFORM]: () => this.#reply(message, MESSAGE.ACK, ANY),
    };
    const type = message.options.get(OPTION.MESSAGE_TYPE)?.[0];
    if (type === undefined) this.#bootp(message);
    else answers[type]?.();
  }

  #discover(message: DhcpMessage): void {
    const address = this.#choose(message);
    if (!address) return this.#tell("exhausted", message, undefined);
    this.#lease(address, message, OFFER_NS);
    this.#tell("offered", message, address);
    this.#reply(message, MESSAGE.OFFER, address);
  }

  #bootp(message: DhcpMessage): void {
    const address = this.#choose(message);
    if (!address) return this.#tell("exhausted", message, undefined);
    this.#lease(address, message, this.#leaseNs);
    this.#tell("bound", message, address);
    this.#reply(message, undefined, address);
  }

  /** RFC 2131, section 4.3.2: which state the client is in shows in what it fills in. */
  #request(message: DhcpMessage): void {
    const server = addressOf(message, OPTION.SERVER_ID);
    if (server !== undefined && server !== this.#options.host.address) return this.#forget(message);
    const address = addressOf(message, OPTION.REQUESTED_ADDRESS) ?? message.ciaddr;
    if (!this.#isFreeFor(address, message)) {
      this.#tell("refused", message, address);
      return this.#reply(message, MESSAGE.NAK, ANY);
    }
    this.#forget(message);
    this.#lease(address, message, this.#leaseNs);
    this.#tell("bound", message, address);
    this.#reply(message, MESSAGE.ACK, address);
  }

  #decline(message: DhcpMessage): void {
    const address = addressOf(message, OPTION.REQUESTED_ADDRESS);
    if (!address || this.#leases.get(address)?.client !== clientOf(message)) return;
    const untilNs = this.#options.clock.now() + DECLINED_NS;
    this.#leases.set(address, { client: DECLINED, untilNs });
    this.#tell("declined", message, address);
  }

  #release(message: DhcpMessage): void {
    if (this.#leases.get(message.ciaddr)?.client !== clientOf(message)) return;
    this.#leases.delete(message.ciaddr);
    this.#tell("released", message, message.ciaddr);
  }

  get #leaseNs(): number {
    return this.#options.leaseNs ?? HOUR_NS;
  }

  #lease(address: Address, message: DhcpMessage, forNs: number): void {
    const untilNs = this.#options.clock.now() + forNs;
    this.#leases.set(address, { client: clientOf(message), untilNs });
  }

  #forget(message: DhcpMessage): void {
    const client = clientOf(message);
    for (const [address, lease] of this.#leases) {
      if (lease.client === client) this.#leases.delete(address);
    }
  }

  /** The client's own, the one it asks for, the first that is free. */
  #choose(message: DhcpMessage): Address | undefined {
    const fixed = this.#options.fixed?.[message.chaddr];
    if (fixed) return fixed;
    const client = clientOf(message);
    const had = [...this.#leases].find(([, lease]) => lease.client === client)?.[0];
    if (had) return had;
    const asked = addressOf(message, OPTION.REQUESTED_ADDRESS);
    if (asked && this.#isFreeFor(asked, message)) return asked;
    const [first, last] = this.#options.pool.map(parseAddress) as [number, number];
    for (let each = first; each <= last; each++) {
      const address = formatAddress(each);
      if (this.#isFreeFor(address, message)) return address;
    }
    return undefined;
  }

  #isFreeFor(address: Address, message: DhcpMessage): boolean {
    const { fixed = {}, pool, host, clock } = this.#options;
    const own = fixed[message.chaddr];
    if (own) return own === address;
    const [first, last] = pool.map(parseAddress) as [number, number];
    const number = parseAddress(address);
    if (number < first || number > last || address === host.address) return false;
    if (Object.values(fixed).includes(address)) return false;
    const lease = this.#leases.get(address);
    return !lease || lease.untilNs <= clock.now() || lease.client === clientOf(message);
  }

  /** @param type undefined for BOOTP, which has none */
  #reply(message: DhcpMessage, type: number | undefined, yiaddr: Address): void {
    const { host, nextServer, bootFile } = this.#options;
    const isNak = type === MESSAGE.NAK;
    const reply: DhcpMessage = {
      ...NO_ADDRESSES,
      op: "reply",
      xid: message.xid,
      secs: 0,
      broadcast: message.broadcast,
      ciaddr: isNak ? ANY : message.ciaddr,
      yiaddr,
      siaddr: isNak ? ANY : nextServer ?? host.address,
      chaddr: message.chaddr,
      sname: "",
      file: isNak ? "" : bootFile ?? "",
      options: this.#optionsOf(type, yiaddr),
    };
    const { address, mac } = destinationOf(message, reply, isNak);
    host.sendUdp(formatDhcp(reply), {
      to: { address, port: DHCP.CLIENT_PORT },
      port: DHCP.SERVER_PORT,
      mac,
    });
  }

  #optionsOf(type: number | undefined, yiaddr: Address): Map<number, Uint8Array> {
    const { host, router, dns, nextServer, bootFile } = this.#options;
    const options = new Map<number, Uint8Array>();
    const set = (code: number, value: Uint8Array | "" | undefined) =>
      value && options.set(code, value);
    if (type !== undefined) {
      set(OPTION.MESSAGE_TYPE, Uint8Array.of(type));
      set(OPTION.SERVER_ID, bytesOf(host.address));
    }
    if (type === MESSAGE.NAK) return options;
    if (type !== undefined && yiaddr !== ANY) {
      const seconds = this.#leaseNs / 1e9;
      set(OPTION.LEASE_TIME, word(seconds));
      set(OPTION.RENEWAL_TIME, word(Math.floor(seconds / 2)));
      set(OPTION.REBINDING_TIME, word(Math.floor(seconds * 7 / 8)));
    }
    set(OPTION.SUBNET_MASK, bytesOf(host.netmask));
    set(OPTION.ROUTER, router && bytesOf(router));
    set(OPTION.DNS, dns && bytesOf(dns));
    set(OPTION.TFTP_SERVER, new TextEncoder().encode(nextServer ?? host.address));
    set(OPTION.BOOT_FILE, bootFile && new TextEncoder().encode(bootFile));
    return options;
  }

  #tell(type: DhcpEvent["type"], { chaddr: mac }: DhcpMessage, address: Address | undefined): void {
    this.#options.onEvent?.({ type, mac, address });
  }

  save(): Json {
    const leases = [...this.#leases].map(([address, lease]) => ({ address, ...lease }));
    return { dropped: this.#dropped, leases };
  }

  load(state: Json): void {
    const saved = state as unknown as {
      dropped: number;
      leases: { address: Address; client: string; untilNs: number }[];
    };
    this.#dropped = saved.dropped;
    this.#leases.clear();
    for (const { address, ...lease } of saved.leases) this.#leases.set(address, lease);
  }
}

/** RFC 2131, section 4.1: a client without an address cannot be asked for it by ARP. */
function destinationOf(message: DhcpMessage, reply: DhcpMessage, isNak: boolean) {
  const { ciaddr, broadcast, chaddr } = message;
  if (!isNak && ciaddr !== ANY) return { address: ciaddr, mac: chaddr };
  if (isNak || broadcast || reply.yiaddr === ANY) return { address: BROADCAST, mac: BROADCAST_MAC };
  return { address: reply.yiaddr, mac: chaddr };
}

function clientOf(message: DhcpMessage): string {
  return message.options.get(OPTION.CLIENT_ID)?.toHex() ?? message.chaddr;
}

function addressOf(message: DhcpMessage, option: number): Address | undefined {
  const bytes = message.options.get(option);
  return bytes?.length === 4 ? bytes.join(".") : undefined;
}

function bytesOf(address: Address): Uint8Array {
  return word(parseAddress(address));
}

function word(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}
