/**
 * Web phones as a scenario sees them: pages in a real browser, at a PBX with a web server before it.
 * All of them can do what their user can; what they show is what their user sees.
 */
import { type Duration, type Need, need, type Signal } from "hil";
import type { Heard, SocketData, StateData } from "hil/drivers/browser/mod.ts";
import type { FailureCode } from "./phone/failures.ts";
import type { CallState, RegistrationState } from "./phone/state.ts";

export type { CallState, FailureCode, Heard, RegistrationState };

/** Where in the PBX's network: beside it, behind its router, or behind the NAT of its first such site. */
export type WebphonePlace = "lan" | "outside" | "inside";

export type Microphone = "there" | "denied" | "missing";

export interface WebphoneOptions {
  /** For its page and its registration. Default: 30 s. */
  readonly within?: Duration;
  /** Default: what the PBX has for the user. */
  readonly password?: string;
  /** Takes calls by itself. Default: they ring. */
  readonly autoAnswer?: boolean;
  /** Registers as soon as its page is there, and it is waited for. Default: yes. */
  readonly register?: boolean;
  /** What its user sings into the microphone, in beeps. Default: 440 Hz. */
  readonly toneHz?: number;
  /** "denied": its user forbids the page to use it. "missing": there is none. Default: "there". */
  readonly microphone?: Microphone;
  /** What its browser takes for the other side's DTLS fingerprint (RFC 8122) is another's. */
  readonly strangersFingerprint?: boolean;
  /** Whether its browser trusts who signed the PBX's certificate. Default: yes. */
  readonly trusts?: boolean;
  /** Default: "lan". */
  readonly place?: WebphonePlace;
  /** Default: the PBX's own. "wss://stranger.example/…" is the PBX too, whose certificate has no such name. */
  readonly server?: string;
  /** What it registers for. Default: 300 s. */
  readonly expiresS?: number;
  /** An OPTIONS so often keeps the connection. Default: 30 s; 0: none. */
  readonly keepAliveS?: number;
}

/** One direction of a call's sound. */
export interface SoundStatistics {
  /** Root mean square now, 0 to 1. */
  readonly level: number;
  /** The strongest now, in Hz. */
  readonly frequency: number;
  readonly packets: number;
  readonly lost: number;
}

/** What the page tells of a call: see `CallStatistics` of its module. */
export interface CallStatistics {
  readonly audioIn: SoundStatistics;
  readonly audioOut: SoundStatistics;
  readonly codec: string | undefined;
  readonly dtls: string | undefined;
  readonly srtpCipher: string | undefined;
}

export interface Within {
  readonly within: Duration;
}

export interface Webphone {
  readonly user: string;
  /** Each value of `data-registration` and `data-call`. */
  readonly states: Signal<StateData>;
  /** What goes over its WebSocket. */
  readonly signalling: Signal<SocketData>;
  readonly registration: RegistrationState;
  readonly callState: CallState;
  /** From when its page is loaded to its first registration, in milliseconds of the browser's clock. */
  readonly registeredAfterMs: number;
  /** Opens the form, which is shut when it is registered. */
  showAccount(): Promise<void>;
  register(): Promise<void>;
  unregister(): Promise<void>;
  /** @throws Error with what it is instead, and what the page says */
  untilRegistration(state: RegistrationState, options: Within): Promise<void>;
  untilCall(state: CallState, options: Within): Promise<void>;
  /** Presses the key after the number was typed. */
  call(target: string): Promise<void>;
  answer(): Promise<void>;
  decline(): Promise<void>;
  hangUp(): Promise<void>;
  mute(): Promise<void>;
  hold(): Promise<void>;
  press(keys: string): Promise<void>;
  transfer(target: string): Promise<void>;
  /** Until it plays a tone of that frequency. @throws Error with what was heard instead */
  hears(frequencyHz: number, options: Within): Promise<Heard>;
  /** Of the call. @throws Error without one */
  statistics(): Promise<CallStatistics>;
  /** Codes of the messages that it shows. */
  alerts(): Promise<FailureCode[]>;
  /** Until it shows these and no others. @throws Error with what it shows instead */
  untilAlerts(codes: readonly FailureCode[], options: Within): Promise<void>;
  screenshot(title: string): Promise<void>;
  /** As its user does it. */
  reload(): Promise<void>;
  /** Its window is closed. */
  close(): Promise<void>;
}

export interface Webphones {
  /**
   * Opens its page.
   *
   * @throws Error when the page cannot be loaded, or does not register in time
   */
  phone(user: string, options?: WebphoneOptions): Promise<Webphone>;
}

/** The need for web phones: named behind the PBX whose they are. */
export function webphones(): Need<Webphones> {
  return need<Webphones>("webphones");
}

export interface AgentOptions {
  /** Default: what the PBX has for the user. */
  readonly password?: string;
  /** Takes calls (default), lets them ring, or refuses with a status. */
  readonly answer?: boolean | number;
  readonly expiresS?: number;
}

/** JsSIP without a browser: it signals as the page does, and its calls are silent. */
export interface Agent {
  readonly user: string;
  register(): Promise<void>;
  unregister(): Promise<void>;
  /** @throws Error when it is not connected */
  call(target: string): Promise<void>;
  hangUp(): Promise<void>;
  /** Gives codes of what is wrong then. @throws Error with what it is instead */
  untilRegistration(state: RegistrationState, options: Within): Promise<readonly string[]>;
  untilCall(state: CallState, options: Within): Promise<readonly string[]>;
}

export interface Agents {
  /** Not registered yet. */
  agent(user: string, options?: AgentOptions): Promise<Agent>;
}

/** The need for web phones without a browser: named behind the PBX whose they are. */
export function agents(): Need<Agents> {
  return need<Agents>("agents");
}

/** Web phones at a simulated exchange of their own: see desk.ts. Users: 1001, 1002 and 1003. */
export interface Desk extends Webphones {
  /** Of the exchange: what was registered is forgotten. */
  restart(): Promise<void>;
}

/** The need for web phones without a real PBX. */
export function desk(): Need<Desk> {
  return need<Desk>("desk");
}
