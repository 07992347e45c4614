/** A place in the real network: phones there, and bytes as they are. */
import type { LabHost } from "hil/drivers/lab/mod.ts";
import { Random } from "hil/time/mod.ts";
import {
  type Endpoint,
  formatEndpoint,
  formatMessage,
  hostTimers,
  type SipMessage,
  type SipTransport,
  tcpTransport,
  tlsTransport,
  UdpTransport,
  wsTransport,
} from "sims/sip/mod.ts";
import type { SiteAddresses } from "../addresses.ts";
import { openPhone, SOUND_PORT } from "../phones.ts";
import {
  type Phone,
  type PhoneOptions,
  type PhoneSound,
  PORTS,
  type SendOptions,
  type Site,
} from "../port.ts";
import type { Place } from "./network.ts";
import type { AsteriskPbx } from "./pbx.ts";
import { RtpSound } from "./sound.ts";
import type { Wire } from "./wire.ts";

/** What the PBX's wire does not show is told by the phone at its other end. */
function told(transport: SipTransport, wire: Wire): SipTransport {
  const { protocol, local } = transport;
  const tell = (direction: "in" | "out", message: SipMessage) =>
    wire.tell(formatMessage(message), { direction, peer: formatEndpoint(local), protocol });
  return {
    ...{ protocol, local, reliable: transport.reliable },
    listen: (listener) =>
      transport.listen({
        ...listener,
        message(message, from) {
          tell("out", message);
          listener.message(message, from);
        },
      }),
    send(message, to) {
      tell("in", message);
      transport.send(message, to);
    },
    close: () => transport.close(),
  };
}

/** Ports of phones at a site: each has one of its own. */
const FIRST_PORT = 5060;

export class RealSite implements Site {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly seenAs: readonly string[];
  readonly place: Place;
  readonly #pbx: AsteriskPbx;
  #phones = 0;

  constructor(
    pbx: AsteriskPbx,
    { name, place, addresses, seenAs }: SiteAddresses & { name: string; place: Place },
  ) {
    this.#pbx = pbx;
    this.name = name;
    this.place = place;
    this.addresses = addresses;
    this.seenAs = seenAs;
  }

  get programs(): LabHost {
    return this.#pbx.network.host(this.place);
  }

  phone(user: string, options: PhoneOptions = {}): Promise<Phone> {
    const pbx = this.#pbx;
    const { transport: protocol = "UDP", password = pbx.phones[user] } = options;
    const local = this.#local(options);
    const phone = openPhone({
      site: this.name,
      user,
      password,
      transport: this.#transport(local, options),
      timers: hostTimers,
      random: new Random(`${pbx.seed} ${this.name} ${user} ${local.port}`),
      clock: pbx.clock,
      timeline: pbx.timeline,
      peer: pbx.peerOf(local.host, protocol),
      options,
    });
    pbx.closing.add(phone);
    return Promise.resolve(phone);
  }

  sound({ toneHz }: { readonly toneHz: number }): PhoneSound {
    const host = this.#pbx.network.host(this.place);
    const socket = host.bindDatagram({ hostname: this.addresses[0]!, port: SOUND_PORT });
    const sound = new RtpSound(socket, toneHz);
    this.#pbx.closing.add(sound);
    return sound;
  }

  async send(bytes: Uint8Array, options: SendOptions = {}): Promise<void> {
    const { protocol = "UDP" } = options;
    const from = options.from ?? { host: this.addresses[0]!, port: PORTS[protocol] };
    const to = options.to ?? this.#pbx.peerOf(from.host, protocol);
    if (protocol === "UDP") return await this.#sendDatagram(bytes, from, to);
    if (protocol !== "TCP" || !this.addresses.includes(from.host)) {
      throw new TypeError(
        `Cannot send bytes over ${protocol} as "${from.host}" from site "${this.name}": a real ` +
          `network lets only UDP have any sender; use UDP, or TCP from the site's own address`,
      );
    }
    const at = { hostname: to.host, port: to.port };
    const conn = await this.#pbx.network.connect(this.place, from.host, at);
    // It stays open: what the PBX answers there is to find somebody.
    this.#pbx.closing.add(conn);
    for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
  }

  async #sendDatagram(bytes: Uint8Array, from: Endpoint, to: Endpoint): Promise<void> {
    if (!this.addresses.includes(from.host)) await this.#pbx.network.borrow(this.place, from.host);
    const socket = this.#datagrams(from);
    try {
      await socket.send(bytes, { transport: "udp", hostname: to.host, port: to.port });
    } finally {
      socket.close();
    }
  }

  #transport(local: Endpoint, { transport: protocol = "UDP" }: PhoneOptions): SipTransport {
    const { network, authority } = this.#pbx;
    if (protocol === "UDP") return new UdpTransport(this.#datagrams(local), { local });
    const connect = (to: { hostname: string; port: number }) =>
      network.connect(this.place, local.host, to);
    if (protocol === "TCP") return tcpTransport({ local, connect });
    if (protocol === "TLS") {
      return told(tlsTransport({ local, connect, caCerts: [authority!] }), this.#pbx.wire);
    }
    if (protocol === "WS") return wsTransport({ local, connect });
    const path = this.#pbx.webSocketPath;
    const secure = { path, secure: true, caCerts: [authority!] };
    return told(wsTransport({ ...secure, local, connect }), this.#pbx.wire);
  }

  /** Shared with who sends as this address, and has it only for that moment. */
  #datagrams({ host, port }: Endpoint): Deno.DatagramConn {
    return this.#pbx.network.host(this.place).inside(() =>
      Deno.listenDatagram({ transport: "udp", hostname: host, port, reuseAddress: true })
    );
  }

  #local({ address = 0, port }: PhoneOptions): Endpoint {
    const host = this.addresses[address];
    if (host !== undefined) return { host, port: port ?? FIRST_PORT + this.#phones++ };
    throw new RangeError(
      `Cannot use address "${address}" of site "${this.name}": it has ` +
        `${this.addresses.length}; ask for more when you make it`,
    );
  }
}
