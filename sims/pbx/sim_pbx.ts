/** A PBX, its network and its sites on virtual time, behind the port that real ones have. */
import type { Duration } from "hil";
import { Random } from "hil/time/mod.ts";
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import { VirtualClock } from "sims/engine/mod.ts";
import {
  type Endpoint,
  formatEndpoint,
  Pbx as PbxModel,
  type PbxEvent,
  type PbxProfile,
  type PbxVariant,
  PROFILES,
  type Protocol,
  type Sent,
  SimNetwork,
  type Weather,
} from "sims/sip/mod.ts";
import { AddressPlan } from "./addresses.ts";
import { TRUNK } from "./asterisk/dial_plan.ts";
import { offerPbxLab, type SimFilter } from "./lab.ts";
import { describeSip, messageSignal } from "./messages.ts";
import {
  ADDRESSES,
  type Pbx,
  type PbxEventData,
  type PbxOptions,
  phoneTable,
  PORTS,
  type SipMessageData,
  type Site,
  type SiteOptions,
} from "./port.ts";
import { SimSite } from "./sim_site.ts";

export interface SimPbxOptions extends PbxOptions {
  /** Whose wire it has. Default: "sim". */
  readonly profile?: PbxVariant;
  /** Of all links: delay 1 ms, no loss. */
  readonly weather?: Partial<Weather>;
}

const OWN = [ADDRESSES.pbx, ADDRESSES.pbx6] as const;
const ECHO = "600";
const FAILING = { 700: [403], 701: [183, 503] } as const;
const MIN_EXPIRES_S = 60;

export class SimPbx implements Pbx {
  readonly variant: PbxVariant;
  readonly profile: PbxProfile;
  readonly clock: VirtualClock;
  readonly network: SimNetwork;
  readonly address = ADDRESSES.pbx;
  readonly address6 = ADDRESSES.pbx6;
  readonly realm = "asterisk";
  readonly phones: Readonly<Record<string, string>>;
  readonly protocols: readonly Protocol[];
  readonly events: SignalSource<PbxEventData>;
  readonly messages: SignalSource<SipMessageData>;
  readonly #plan = new AddressPlan();
  #model: PbxModel | undefined;
  /** The last one that has ended. */
  #before: PbxModel | undefined;
  #starts = 0;

  constructor(
    readonly timeline: Timeline,
    readonly seed: number,
    readonly options: SimPbxOptions = {},
  ) {
    const { profile = "sim", weather, phones, transports = ["UDP", "TCP"] } = options;
    this.variant = profile;
    this.profile = PROFILES[profile];
    this.phones = phoneTable(phones);
    this.protocols = transports;
    this.clock = new VirtualClock("pbx");
    timeline.clock = this.clock;
    this.network = new SimNetwork(this.clock, new Random(`${seed} network`), weather);
    this.events = eventSignal(timeline, this.clock);
    this.messages = messageSignal(timeline, this.clock);
    this.network.tap((sent) => this.#tapped(sent));
    offerPbxLab(timeline, {
      type: "sim",
      clock: this.clock,
      network: this.network,
      filter: filterOf(this.network),
      addresses: OWN,
      ports: transports.map((protocol) => ({ protocol, port: PORTS[protocol] })),
    });
    this.#start();
  }

  site(name: string, options: SiteOptions = {}): Promise<Site> {
    const { addresses, seenAs } = this.#plan.site(name, options);
    return Promise.resolve(new SimSite(this, { name, addresses, seenAs }));
  }

  restart(): Promise<void> {
    this.#stop();
    this.#start();
    return Promise.resolve();
  }

  kill(): Promise<void> {
    this.#stop();
    return Promise.resolve();
  }

  setLink(state: "up" | "down"): Promise<void> {
    for (const host of OWN) this.network.setLink(host, state);
    return Promise.resolve();
  }

  async wait(duration: Duration): Promise<void> {
    await this.clock.until(() => undefined, duration);
  }

  /** Where the PBX takes what comes from `address` over `protocol`. */
  peerOf(address: string, protocol: Protocol): Endpoint {
    return { host: address.includes(":") ? this.address6 : this.address, port: PORTS[protocol] };
  }

  #start(): void {
    const { minExpiresS = MIN_EXPIRES_S, nonceLifeS, trunk } = this.options;
    const sockets = OWN.flatMap((host) =>
      this.protocols.map((protocol) =>
        this.network.socket({ host, port: PORTS[protocol] }, { protocol })
      )
    );
    this.#model = new PbxModel({
      transport: sockets,
      timers: this.clock,
      random: new Random(`${this.seed} pbx ${this.#starts++}`),
      variant: this.variant,
      realm: this.realm,
      phones: this.phones,
      echo: ECHO,
      failing: FAILING,
      before: this.#before,
      limits: { minExpiresS },
      ...(nonceLifeS !== undefined && { nonceLifeS }),
      ...(trunk && {
        trunk: { host: trunk.address, port: trunk.port ?? PORTS.UDP, name: TRUNK },
      }),
      onEvent: ({ kind, user, from, protocol, name }: PbxEvent) => {
        const named = name !== undefined && { name };
        this.events.emit(kind, { user, address: from.host, protocol, ...named });
      },
    });
  }

  #stop(): void {
    this.#model?.close();
    this.#before = this.#model ?? this.#before;
    this.#model = undefined;
  }

  #tapped({ protocol, from, to, bytes }: Sent): void {
    const isOwn = ({ host }: Endpoint) => OWN.some((own) => own === host);
    if (isOwn(from) === isOwn(to)) return;
    const direction = isOwn(to) ? "in" : "out";
    const peer = formatEndpoint(direction === "in" ? from : to);
    const { kind, data } = describeSip(bytes, { direction, peer, protocol });
    this.messages.emit(kind, data);
  }
}

function eventSignal(timeline: Timeline, clock: VirtualClock): SignalSource<PbxEventData> {
  return timeline.signal<PbxEventData>("pbx", {
    clock,
    describe: (kind, { user, address }) => `the PBX says ${kind}: ${user ?? ""} at ${address}`,
  });
}

/** What it drops has been on the wire: taps have seen it. */
function filterOf(network: SimNetwork): SimFilter {
  let dropped = 0;
  const filter = {
    blocked: (_address: string): boolean => false,
    get dropped() {
      return dropped;
    },
  };
  network.admits = ({ from, to }) => {
    if (!OWN.some((own) => own === to.host) || !filter.blocked(from.host)) return true;
    dropped++;
    return false;
  };
  return filter;
}
