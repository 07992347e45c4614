/**
 * A telephone exchange as a scenario sees it, simulated or a real Asterisk: places in its network,
 * phones at them, and what it tells of itself.
 *
 * The dial plan is the same on all: `600` answers and echoes, the phones' names ring them, `700` is
 * refused with 403, `701` with 183 and 503, and with a trunk `9…` goes out over it.
 */
import { type Clock, type Duration, type Need, need, type Signal } from "hil";
import type { PbxHost } from "./lab.ts";
import type {
  CallEnd,
  CallState,
  Endpoint,
  PbxProfile,
  PbxVariant,
  Protocol,
} from "sims/sip/mod.ts";

export type { CallEnd, CallState, Endpoint, PbxProfile, PbxVariant, Protocol };

/** Where everybody is, on every target. */
export const ADDRESSES = {
  pbx: "198.51.100.1",
  pbx6: "2001:db8::1",
  /** The router of the first site behind NAT; the next one has .3. Inside: 10.77.0.0/24. */
  nat: "198.51.100.2",
  /** The first phone's at a site of the PBX's own network; the next ones follow. */
  phones: "198.51.100.10",
  phones6: "2001:db8::10",
  /** The first of a site outside: what attackers have. */
  outside: "203.0.113.1",
  outside6: "2001:db8:bad::1",
} as const;

/** RFC 3261 section 18.1.1 and 18.2.1, RFC 7118; WSS as WS behind a proxy. */
export const PORTS = { UDP: 5060, TCP: 5060, TLS: 5061, WS: 8088, WSS: 8089 } as const;

/** What `web` has: a proxy that serves the web phone's page, and passes WebSockets on. */
export const WEB = { name: "pbx.example", port: 443, path: "/pbxws" } as const;

export interface TrunkOptions {
  /** The provider: an address of a site, where a phone with `port` 5060 stands for it. */
  readonly address: string;
  readonly port?: number;
}

export interface PbxOptions {
  /**
   * How many, "1001", "1002" …, each with {@link passwordOf} it; or names with passwords. A name is
   * its extension too. Default: 2.
   */
  readonly phones?: number | Readonly<Record<string, string>>;
  /** Where it listens, on both families. Default: UDP and TCP. */
  readonly transports?: readonly Protocol[];
  /** Takes all calls to extensions that begin with 9, and calls from its address without asking. */
  readonly trunk?: TrunkOptions;
  /** The shortest time that a phone may register for. Default: 60 s, as Asterisk has it. */
  readonly minExpiresS?: number;
  /** After which a nonce of its challenges is old; chan_sip takes each only once. Default: 32 s. */
  readonly nonceLifeS?: number;
  /**
   * Which phones are web phones: they come over WSS by a proxy, and send sound by WebRTC. Only on
   * targets with the capability "web".
   */
  readonly web?: readonly string[];
  /** After which the proxy closes a WebSocket without traffic. Default: 3600 s. */
  readonly proxyTimeoutS?: number;
}

/** The password of a phone that was asked for by number. */
export function passwordOf(user: string): string {
  return `secret of ${user}`.replaceAll(" ", "-");
}

/** Users and passwords of `phones` as {@link PbxOptions} has it. */
export function phoneTable(phones: PbxOptions["phones"] = 2): Readonly<Record<string, string>> {
  if (typeof phones !== "number") return phones;
  const users = Array.from({ length: phones }, (_, n) => `${1001 + n}`);
  return Object.fromEntries(users.map((user) => [user, passwordOf(user)]));
}

/**
 * What the PBX says of itself. Kinds: "registered", "unregistered", "challenged" (it asked for
 * credentials), "refused" (wrong ones, no such user), "call" (begun), "hangup" (ended), "dtmf" (a
 * key was pressed; real ones only).
 */
export type PbxEventData = {
  readonly user?: string;
  /** Of the other side, as the PBX sees it. */
  readonly address?: string;
  readonly protocol?: Protocol;
  /** What the variant calls it: "ChallengeResponseFailed". */
  readonly name?: string;
  /** The key of "dtmf". */
  readonly digit?: string;
};

/** A SIP message on the PBX's wire. Kinds: the method of a request, the status of a response. */
export type SipMessageData = {
  readonly direction: "in" | "out";
  /** `address:port` of the other side, as seen on the PBX's wire. */
  readonly peer: string;
  readonly protocol: Protocol;
  readonly firstLine: string;
  readonly callId: string;
  /** "1 REGISTER". */
  readonly cseq: string;
};

/** How a request ended. */
export interface PhoneAnswer {
  /** 408 when none came in time, 503 when the other side cannot be reached (RFC 3261, 8.1.3.1). */
  readonly status: number;
  /** False for the two that nobody sent. */
  readonly answered: boolean;
  /** URIs that are registered now, as the registrar says. */
  readonly contacts: readonly string[];
  /** From the first request on, on the PBX's clock. */
  readonly tookNs: number;
}

/** Kinds: "incoming", and each state of a call: "ringing", "up", "ended". */
export type PhoneCallData = {
  readonly direction: "in" | "out";
  /** The other side, as far as the phone knows it: "600", "sip:1002@198.51.100.1". */
  readonly other: string;
  readonly status?: number;
};

export interface PhoneCall {
  readonly state: CallState;
  /** Of the final response: 200 when it is or was up. */
  readonly status: number | undefined;
  readonly ended: CallEnd | undefined;
  /** Ends it, and waits until the other side has said so too. */
  hangUp(): Promise<void>;
  /** Puts it on hold and back: an INVITE within the call. Gives the status. */
  reinvite(): Promise<number>;
  /** Waits for its end by either side; `undefined` when it is still up then. */
  end(options: { readonly within: Duration }): Promise<CallEnd | undefined>;
}

export interface PhoneOptions {
  /** Default: what the PBX has for the user; none for a user that it does not have. */
  readonly password?: string;
  /** Default: UDP. */
  readonly transport?: Protocol;
  /** Default: a free one of its site. */
  readonly port?: number;
  /** Which of the site's addresses. Default: 0. */
  readonly address?: number;
  /** What it asks for. Default: 1 h. */
  readonly expiresS?: number;
  /** Registers again with the nonce of its last challenge, as many phones do. */
  readonly keepNonce?: boolean;
  /** Registers again by itself, well before the registration runs out. */
  readonly keepRegistered?: boolean;
  /** Takes calls (default), lets them ring, or refuses with a status. */
  readonly answer?: boolean | number;
}

export interface CallOptions {
  /** Default: "up". */
  readonly until?: "ringing" | "up";
  /** Default: 40 s. */
  readonly within?: Duration;
}

/** A phone. What it promises has a limit and lets virtual time run. */
export interface Phone {
  readonly user: string;
  /** Its own address, before any NAT. */
  readonly local: Endpoint;
  readonly calls: Signal<PhoneCallData>;
  /** Calls that are up, whoever began them. */
  readonly current: readonly PhoneCall[];
  register(options?: { readonly expiresS?: number }): Promise<PhoneAnswer>;
  unregister(): Promise<PhoneAnswer>;
  /** OPTIONS to the PBX. */
  ping(): Promise<PhoneAnswer>;
  /**
   * Until it is up or refused; or only until it rings. `target`: an extension, or a whole URI.
   *
   * @throws Error when it is neither within the limit
   */
  call(target: string, options?: CallOptions): Promise<PhoneCall>;
  /** Pulls its plug: nothing is said to anybody. */
  close(): Promise<void>;
}

/** What a phone's microphone and loudspeaker are. */
export interface PhoneSound {
  /** That have come, of RTP. */
  readonly packets: number;
  /** Until a tone of that frequency comes. @throws Error with what was heard instead */
  hears(
    frequencyHz: number,
    options: { readonly within: Duration },
  ): Promise<{ readonly frequencyHz: number; readonly levelDbfs: number }>;
  close(): void;
}

export interface SendOptions {
  /** Default: the site's first address, at a port of the PBX's protocol. Any at all with UDP. */
  readonly from?: Endpoint;
  /** Default: the PBX. */
  readonly to?: Endpoint;
  /** Default: UDP. */
  readonly protocol?: Protocol;
}

export interface SiteOptions {
  /** Default: 1. */
  readonly addresses?: number;
  /** Behind a router with one address of the PBX's network. */
  readonly nat?: boolean;
  /** Behind the PBX's router: where attackers are. */
  readonly outside?: boolean;
  /** Default: 4. */
  readonly family?: 4 | 6;
  /** Its first address, in place of the next one free: a trunk's. */
  readonly address?: string;
}

/** A place in the network. What is at it shares its addresses. */
export interface Site {
  readonly name: string;
  /** Its own; behind NAT those inside. */
  readonly addresses: readonly string[];
  /** What the PBX sees. */
  readonly seenAs: readonly string[];
  phone(user: string, options?: PhoneOptions): Promise<Phone>;
  /** Only in a real network (capability "lab"): runs programs of this machine at the site. */
  readonly programs?: PbxHost;
  /**
   * Sound for the phones of its first address, one call at a time; only in a real network. It sings
   * `toneHz` to whoever sends some.
   */
  sound?(options: { readonly toneHz: number }): PhoneSound;
  /** Puts bytes on the wire once, as they are; nobody waits for an answer. */
  send(bytes: Uint8Array, options?: SendOptions): Promise<void>;
}

export interface Pbx {
  readonly variant: PbxVariant;
  /** What differs on the wire between the variants. */
  readonly profile: PbxProfile;
  readonly clock: Clock;
  readonly address: string;
  readonly address6: string;
  readonly realm: string;
  /** Users and their passwords. */
  readonly phones: Readonly<Record<string, string>>;
  readonly events: Signal<PbxEventData>;
  readonly messages: Signal<SipMessageData>;
  /** Only in a real network (capability "lab"): runs programs of this machine on the PBX: its firewall. */
  readonly programs?: PbxHost;
  /** @throws Error when there is one of that name */
  site(name: string, options?: SiteOptions): Promise<Site>;
  /** As its operator does: what is registered may be forgotten, calls end. */
  restart(): Promise<void>;
  /** Without a word; {@link restart} brings it back. */
  kill(): Promise<void>;
  /** Of its network interface. */
  setLink(state: "up" | "down"): Promise<void>;
  /** Lets time pass. */
  wait(duration: Duration): Promise<void>;
}

/** A PBX with a web server before it. */
export interface WebPbx extends Pbx {
  /** PEM of who signed its certificate. */
  readonly authority: string;
  /** As an operator does: connections end. */
  restartProxy(): Promise<void>;
  /** Without a word; {@link restartProxy} brings it back. */
  killProxy(): Promise<void>;
}

/** The need for a PBX with web phones. */
export function webPbx(options: PbxOptions & { readonly web: readonly string[] }): Need<WebPbx> {
  return need<WebPbx>("pbx", { requires: ["phones", "lab", "web"], options: { ...options } });
}

/** The need for a PBX in a real network, for programs at its sites. */
export function realPbx(options: PbxOptions = {}): Need<Pbx> {
  return need<Pbx>("pbx", { requires: ["phones", "lab"], options: { ...options } });
}

/** A PBX of which there is a capture only: nobody can be added, and it says nothing new. */
export interface CapturedPbx extends Pbx {
  /** The file. */
  readonly capture: Uint8Array;
  /** All of it, and `rest` more. */
  play(rest: Duration): Promise<void>;
}

/** The need for a capture of a PBX's wire: `--use pbx=capture:FILE`. */
export function capturedPbx(): Need<CapturedPbx> {
  return need<CapturedPbx>("pbx", { requires: ["capture"] });
}

/** The need for a PBX that takes phones. */
export function pbx(options: PbxOptions = {}): Need<Pbx> {
  return need<Pbx>("pbx", { requires: ["phones"], options: { ...options } });
}
