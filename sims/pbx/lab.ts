/**
 * What the targets of one scenario share of the PBX's network: the ban daemon watches it and drops
 * packets in it. The PBX's target makes it, so `uses` names `pbx` before who asks for it.
 */
import type { CapturedPacket } from "hil/drivers/pcap/mod.ts";
import type { Timeline } from "hil/trace/mod.ts";
import type { VirtualClock } from "sims/engine/mod.ts";
import type { Protocol, SimNetwork } from "sims/sip/mod.ts";

interface PbxLabBase {
  /** Of the PBX, IPv4 and IPv6: what is sent from these goes out. */
  readonly addresses: readonly string[];
  /** Ports on which it takes SIP. */
  readonly ports: readonly { readonly protocol: Protocol; readonly port: number }[];
}

/** On virtual time, within the process. */
export interface SimulatedPbxLab extends PbxLabBase {
  readonly type: "sim";
  readonly clock: VirtualClock;
  /** `tap` sees all that is sent, before any filter, as libpcap does. */
  readonly network: SimNetwork;
  /** The packet filter before the PBX: what it drops the PBX never sees. */
  readonly filter: SimFilter;
}

export interface SimFilter {
  /** Asked for each packet that arrives at the PBX, by its source. Default: nobody is. */
  blocked: (address: string) => boolean;
  /** Dropped so far. */
  readonly dropped: number;
}

/** In network namespaces. */
export interface RealPbxLab extends PbxLabBase {
  readonly type: "real";
  readonly host: PbxHost;
  /** The PBX's, in its namespace: "eth0". */
  readonly interface: string;
  /** What its web phones need, where it has a web server. */
  readonly web?: PbxWeb;
}

/** A web server before the PBX: the page of the web phone, and the WebSocket. */
export interface PbxWeb {
  /** Of the host, in the certificate. */
  readonly name: string;
  readonly address: string;
  /** Of the WebSocket. */
  readonly path: string;
  /** PEM of who signed the certificate. */
  readonly authority: string;
  /** Users and passwords. */
  readonly phones: Readonly<Record<string, string>>;
  /** Where phones are: beside the PBX, behind its router, or behind NAT. */
  host(place: "lan" | "outside" | "inside"): PbxHost;
}

/** The part of a `LabHost` (hil/drivers/lab) that is needed here. */
export interface PbxHost {
  readonly name: string;
  /** Of `ip netns`. */
  readonly namespace: string;
  command(program: string, args: readonly string[], options?: Deno.CommandOptions): Deno.Command;
}

/** Played from a capture: what was on a PBX's wire once. */
export interface CapturedPbxLab extends PbxLabBase {
  readonly type: "capture";
  readonly clock: VirtualClock;
  /** Told of each packet at its time; the packet has that of `clock`. */
  tap(listener: (packet: CapturedPacket) => void): void;
}

export type PbxLab = SimulatedPbxLab | RealPbxLab | CapturedPbxLab;

const labs = new WeakMap<Timeline, PbxLab>();

/** For the target of the PBX: from now on others find it. */
export function offerPbxLab(timeline: Timeline, lab: PbxLab): void {
  labs.set(timeline, lab);
}

/** @throws Error when no PBX was started yet */
export function pbxLabOf(timeline: Timeline): PbxLab {
  const lab = labs.get(timeline);
  if (lab) return lab;
  throw new Error(
    `Cannot find the network of role "pbx": none was started before; ` +
      `name the PBX first among what the scenario uses`,
  );
}
