/** A real Asterisk, its network and its sites, behind the port that the simulated one has. */
import type { Clock, Duration } from "hil";
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import type { LabHost } from "hil/drivers/lab/mod.ts";
import { pause } from "hil/time/mod.ts";
import { type Endpoint, type PbxProfile, PROFILES, type Protocol } from "sims/sip/mod.ts";
import { AddressPlan } from "../addresses.ts";
import {
  ADDRESSES,
  type Pbx,
  type PbxEventData,
  PORTS,
  type SipMessageData,
  type Site,
  type SiteOptions,
  WEB,
} from "../port.ts";
import type { Asterisk } from "./asterisk.ts";
import type { AsteriskVariant } from "./config.ts";
import type { PbxNetwork, Place } from "./network.ts";
import type { Program } from "./program.ts";
import { RealSite } from "./site.ts";
import type { Wire } from "./wire.ts";

export interface AsteriskPbxParts {
  readonly variant: AsteriskVariant;
  readonly timeline: Timeline;
  readonly clock: Clock;
  readonly seed: number;
  readonly network: PbxNetwork;
  readonly asterisk: Asterisk;
  /** Before it, where it has web phones. */
  readonly proxy: Program | undefined;
  readonly phones: Readonly<Record<string, string>>;
  readonly realm: string;
  readonly events: SignalSource<PbxEventData>;
  readonly wire: Wire;
  /** PEM of who signed its certificate, where it has one. */
  readonly authority: string | undefined;
}

export class AsteriskPbx implements Pbx {
  readonly variant: AsteriskVariant;
  readonly profile: PbxProfile;
  readonly clock: Clock;
  readonly address = ADDRESSES.pbx;
  readonly address6 = ADDRESSES.pbx6;
  readonly realm: string;
  readonly phones: Readonly<Record<string, string>>;
  readonly events: SignalSource<PbxEventData>;
  readonly messages: SignalSource<SipMessageData>;
  readonly timeline: Timeline;
  readonly seed: number;
  readonly network: PbxNetwork;
  readonly wire: Wire;
  readonly authority: string | undefined;
  /** Phones and connections that are open: closed with it. */
  readonly closing = new Set<{ close(): void | Promise<void> }>();
  readonly #asterisk: Asterisk;
  readonly #proxy: Program | undefined;
  readonly #plan = new AddressPlan();

  constructor(parts: AsteriskPbxParts) {
    this.variant = parts.variant;
    this.profile = PROFILES[parts.variant];
    this.clock = parts.clock;
    this.realm = parts.realm;
    this.phones = parts.phones;
    this.events = parts.events;
    this.wire = parts.wire;
    this.messages = parts.wire.messages;
    this.timeline = parts.timeline;
    this.seed = parts.seed;
    this.network = parts.network;
    this.authority = parts.authority;
    this.#asterisk = parts.asterisk;
    this.#proxy = parts.proxy;
  }

  get programs(): LabHost {
    return this.network.pbx;
  }

  async site(name: string, options: SiteOptions = {}): Promise<Site> {
    const addresses = this.#plan.site(name, options);
    const place: Place = options.nat ? "inside" : options.outside ? "outside" : "lan";
    await this.network.add(place, addresses);
    return new RealSite(this, { name, place, ...addresses });
  }

  async restart(): Promise<void> {
    await this.timeline.awaited("the restart of Asterisk", async () => {
      await this.#asterisk.stop();
      await this.#asterisk.start();
    });
  }

  async kill(): Promise<void> {
    await this.timeline.awaited("the end of Asterisk", () => this.#asterisk.kill());
  }

  async restartProxy(): Promise<void> {
    const proxy = this.#webServer();
    await this.timeline.awaited("the restart of Apache", async () => {
      await proxy.end("SIGTERM");
      await proxy.start();
    });
  }

  async killProxy(): Promise<void> {
    const proxy = this.#webServer();
    await this.timeline.awaited("the end of Apache", () => proxy.end("SIGKILL"));
  }

  setLink(state: "up" | "down"): Promise<void> {
    return this.timeline.awaited(`the link ${state}`, () => this.network.setLink(state));
  }

  wait(duration: Duration): Promise<void> {
    return this.timeline.awaited(`${duration} to pass`, () => pause(duration));
  }

  /** Where the PBX takes what comes from `address` over `protocol`. */
  peerOf(address: string, protocol: Protocol): Endpoint {
    const port = protocol === "WSS" && this.#proxy ? WEB.port : PORTS[protocol];
    return { host: address.includes(":") ? this.address6 : this.address, port };
  }

  /** Of its WebSocket. */
  get webSocketPath(): string {
    return this.#proxy ? WEB.path : "/ws";
  }

  #webServer(): Program {
    if (this.#proxy) return this.#proxy;
    throw new Error("Cannot end Apache: none was started; ask for a PBX with web phones");
  }

  async close(): Promise<void> {
    for (const open of this.closing) {
      try {
        await open.close();
      } catch { /* The scenario has closed it. */ }
    }
  }
}
