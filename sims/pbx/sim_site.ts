/** A place in the simulated network: phones, and bytes as they are. */
import { Random } from "hil/time/mod.ts";
import type { Endpoint, SipTransport } from "sims/sip/mod.ts";
import { openPhone } from "./phones.ts";
import { type Phone, type PhoneOptions, PORTS, type SendOptions, type Site } from "./port.ts";
import type { SiteAddresses } from "./addresses.ts";
import type { SimPbx } from "./sim_pbx.ts";

/** Ports of phones that share an address. */
const FIRST_PORT = 5060;
/** Of connections: the system's, as Linux gives them. */
const FIRST_SOURCE_PORT = 32_768;
/** Of a router whose phones want the same one. */
const FIRST_OUTER_PORT = 20_000;

export class SimSite implements Site {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly seenAs: readonly string[];
  readonly #pbx: SimPbx;
  #phones = 0;
  /** Of its router, that are given. */
  readonly #outer = new Set<number>();

  constructor(pbx: SimPbx, { name, addresses, seenAs }: SiteAddresses & { readonly name: string }) {
    this.#pbx = pbx;
    this.name = name;
    this.addresses = addresses;
    this.seenAs = seenAs;
  }

  phone(user: string, options: PhoneOptions = {}): Promise<Phone> {
    const pbx = this.#pbx;
    const { transport: protocol = "UDP", password = pbx.phones[user] } = options;
    const transport = this.#socket(options);
    return Promise.resolve(openPhone({
      site: this.name,
      user,
      password,
      transport,
      timers: pbx.clock,
      random: new Random(`${pbx.seed} ${this.name} ${user} ${this.#phones}`),
      clock: pbx.clock,
      timeline: pbx.timeline,
      peer: pbx.peerOf(transport.local.host, protocol),
      options,
    }));
  }

  send(bytes: Uint8Array, options: SendOptions = {}): Promise<void> {
    const { protocol = "UDP" } = options;
    const from = options.from ?? { host: this.seenAs[0]!, port: PORTS[protocol] };
    const to = options.to ?? this.#pbx.peerOf(from.host, protocol);
    this.#pbx.network.inject(protocol, from, to, bytes);
    return Promise.resolve();
  }

  #socket({ transport: protocol = "UDP", address = 0, port }: PhoneOptions): SipTransport {
    const host = this.addresses[address];
    if (host === undefined) {
      throw new RangeError(
        `Cannot use address "${address}" of site "${this.name}": it has ` +
          `${this.addresses.length}; ask for more when you make it`,
      );
    }
    const number = this.#phones++;
    const local: Endpoint = { host, port: port ?? FIRST_PORT + number };
    const outer = this.seenAs[address]!;
    const source = protocol === "UDP" ? local.port : FIRST_SOURCE_PORT + number;
    const seenAs = {
      host: outer,
      port: outer === host ? source : this.#translated(source, number),
    };
    return this.#pbx.network.socket(local, { protocol, seenAs });
  }

  /** A router keeps the port of a phone where nobody else has it. */
  #translated(port: number, number: number): number {
    if (this.#outer.has(port)) return FIRST_OUTER_PORT + number;
    this.#outer.add(port);
    return port;
  }
}
