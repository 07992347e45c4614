/** A host of a lab: a network namespace, and what is done in it. */
import { createSocket, type Socket } from "node:dgram";
import { isIP, isIPv6 } from "node:net";
import type { Clock } from "../../time/mod.ts";
import type { Timeline } from "../../trace/mod.ts";
import { ipBatch, markOf, pathOf } from "../netns/mod.ts";
import { Capture, type PacketRecord, recordPackets } from "../pcap/mod.ts";
import { addAddress } from "./_plan.ts";
import type { Inside } from "./_inside.ts";
import type { ImpairedBy, Impairment } from "./options.ts";

export interface HostCaptureOptions {
  readonly timeline: Timeline;
  /** The host's: the packets' own times are told on it. */
  readonly clock: Clock;
  /** Its name in the trace. Default: "pbx eth0". */
  readonly channel?: string;
  /** As pcap-filter(7) has it: "udp port 5060". */
  readonly filter?: string;
}

/** Of an IP address: names would be looked up elsewhere. */
export interface Endpoint {
  readonly hostname: string;
  readonly port: number;
}

/** What the lab does for its hosts. */
export interface HostServices {
  readonly inside: Inside;
  readonly processEnv: Readonly<Record<string, string>>;
  readonly captures: Set<PacketRecord>;
  setLink(host: string, link: string, state: "up" | "down"): Promise<void>;
  impair(host: string, link: string, impairment: Impairment | undefined): Promise<ImpairedBy>;
}

export class LabHost {
  /** @param namespace its name, as `ip netns` has it */
  constructor(
    readonly name: string,
    readonly namespace: string,
    private readonly services: HostServices,
  ) {}

  /** Of its namespace. */
  get path(): string {
    return pathOf(this.namespace);
  }

  /** A program in there; not started. What still runs when the lab is closed is killed. */
  command(
    program: string,
    args: readonly string[],
    options: Omit<Deno.CommandOptions, "args"> = {},
  ): Deno.Command {
    return new Deno.Command("ip", {
      stdin: "null",
      ...options,
      args: ["netns", "exec", this.namespace, program, ...args],
      env: { ...this.services.processEnv, ...options.env, ...markOf(this.namespace) },
    });
  }

  /**
   * What `open` opens belongs to this host, though this process has it: `Deno.listen`, and a
   * connection whose peer is named by its address. `open` must not await, look up names or start
   * threads.
   */
  inside<T>(open: () => T): T {
    return this.services.inside.do(this.path, open);
  }

  /** A TCP connection from here; `Deno.startTls` makes it one by TLS. */
  connect(peer: Endpoint): Promise<Deno.TcpConn> {
    const { hostname, port } = asAddress("connect to", peer);
    // Deno makes the socket before it returns the promise, when there is no name to look up.
    return this.inside(() => Deno.connect({ transport: "tcp", hostname, port }));
  }

  listen(at: Endpoint): Deno.TcpListener {
    const { hostname, port } = asAddress("listen at", at);
    return this.inside(() => Deno.listen({ transport: "tcp", hostname, port }));
  }

  /** A socket for UDP. Port 0: any that is free; its `address()` tells. */
  bindDatagram(at: Endpoint): Socket {
    const { hostname, port } = asAddress("bind to", at);
    const family = isIPv6(hostname) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      // Of an address: at once, where Node would come back to it later, in another namespace.
      lookup: (address, _options, found) => found(null, address, family),
    });
    try {
      return this.inside(() => socket.bind(port, hostname));
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /**
   * Replaces what was done to packets of `link`; undefined: they are left alone. Packets that are on
   * the way meanwhile are lost.
   */
  impair(link: string, impairment: Impairment | undefined): Promise<ImpairedBy> {
    return this.services.impair(this.name, link, impairment);
  }

  /** One that is up again carries frames when it resolves. */
  setLink(link: string, state: "up" | "down"): Promise<void> {
    return this.services.setLink(this.name, link, state);
  }

  /** With their prefixes; they are there when it resolves. */
  async addAddresses(link: string, addresses: readonly string[]): Promise<void> {
    const commands = addresses.map((address) => addAddress(link, address));
    await ipBatch(commands, { namespace: this.namespace });
  }

  /**
   * Records all packets of a link, "any" for all, on the timeline, whose trace is exported as
   * pcapng; until it is stopped, or the lab closed.
   *
   * @throws CaptureError
   */
  capture(link: string, options: HostCaptureOptions): PacketRecord {
    const { timeline, clock, channel = `${this.name} ${link}`, filter } = options;
    const capture = Capture.open({ interface: link, namespace: this.namespace, filter });
    const record = recordPackets(capture, { timeline, clock, channel });
    const { captures } = this.services;
    const listed: PacketRecord = {
      signal: record.signal,
      stop: () => {
        captures.delete(listed);
        return record.stop();
      },
    };
    captures.add(listed);
    return listed;
  }
}

function asAddress(verb: string, peer: Endpoint): Endpoint {
  if (isIP(peer.hostname)) return peer;
  throw new TypeError(
    `Cannot ${verb} "${peer.hostname}": that is no IP address, and a name would be looked up ` +
      `outside of the lab; give the address`,
  );
}
