/**
 * A telephone in a web page: registers by SIP over a WebSocket, calls and is called, with the
 * browser's microphone and an `<audio>` of the page. It shows nothing itself.
 *
 * @example
 * ```ts ignore
 * const phone = createWebphone({
 *   server: "wss://pbx.example/pbxws",
 *   user: "1001",
 *   password: "…",
 *   audio: document.querySelector("audio")!,
 * });
 * phone.on("state", ({ registration, call }) => console.log(registration, call));
 * phone.register();
 * await phone.call("600");
 * ```
 */
import { hostNow, wallClock } from "hil/time/mod.ts";
import { Call } from "./call.ts";
import { type CallRecord, recordOf } from "./call_record.ts";
import { failure, PhoneError } from "./failures.ts";
import { Loudspeaker } from "./loudspeaker.ts";
import { type AudioDevices, audioDevices, closeStream, openMicrophone } from "./media.ts";
import { type Account, checkTarget, type SignallingOptions } from "./options.ts";
import { type Session, Signalling } from "./signalling.ts";
import type { Cadence } from "./ringer.ts";
import { FIRST_STATE, inCall, next, type PhoneEvent, type WebphoneState } from "./state.ts";
import type { CallStatistics } from "./statistics.ts";

export interface WebphoneOptions extends SignallingOptions {
  /** Plays the other side. */
  readonly audio: HTMLAudioElement;
  /** Takes every call at once. Default: it rings. */
  readonly autoAnswer?: boolean;
  /** For networks with NAT between the phone and the exchange. Default: none. */
  readonly iceServers?: readonly RTCIceServer[];
  /** Id of a device; default: the browser's choice. */
  readonly microphone?: string;
  /** Tones while it rings here or there. Default: yes. */
  readonly sounds?: boolean;
}

export interface WebphoneEvents {
  /** After each change. */
  readonly state: WebphoneState;
  /** A call that is over. */
  readonly record: CallRecord;
}

type Listeners = { readonly [K in keyof WebphoneEvents]: Set<(value: WebphoneEvents[K]) => void> };

/** @throws PhoneError for an address, user or domain that cannot be one */
export function createWebphone(options: WebphoneOptions): Webphone {
  return new Webphone(options);
}

export class Webphone {
  autoAnswer: boolean;
  readonly #signalling: Signalling;
  readonly #listeners: Listeners = { state: new Set(), record: new Set() };
  readonly #loudspeaker: Loudspeaker;
  #state = FIRST_STATE;
  #call: Call | undefined;
  #begun = { at: wallClock(), upNs: 0 };
  #microphoneId: string | undefined;

  constructor(readonly options: WebphoneOptions) {
    this.autoAnswer = options.autoAnswer ?? false;
    this.#microphoneId = options.microphone;
    this.#loudspeaker = new Loudspeaker({
      audio: options.audio,
      tones: options.sounds ?? true,
      blocked: (isBlocked) => {
        const why = isBlocked ? failure("sound-blocked") : undefined;
        this.#take({ type: "trouble", failure: why });
      },
    });
    this.#signalling = new Signalling(options, {
      event: (event) => this.#take(event),
      incoming: (session) => this.#incoming(session),
    });
  }

  get state(): WebphoneState {
    return this.#state;
  }

  get account(): Account {
    return this.#signalling.account;
  }

  /** What can stand in for the password at this server, once it has asked for it. */
  get secret(): { realm: string; ha1: string } | undefined {
    return this.#signalling.secret;
  }

  /** How long the call has been up, in seconds. */
  get upS(): number {
    return this.#begun.upNs === 0 ? 0 : (hostNow() - this.#begun.upNs) / 1e9;
  }

  /** Calls back until the function that it gives is called. */
  on<K extends keyof WebphoneEvents>(
    kind: K,
    listener: (value: WebphoneEvents[K]) => void,
  ): () => void {
    this.#listeners[kind].add(listener);
    return () => void this.#listeners[kind].delete(listener);
  }

  /** Connects, registers, and stays so until {@link unregister}: lost connections are made anew. */
  register(): void {
    this.#signalling.register();
  }

  unregister(): void {
    this.#signalling.unregister();
  }

  /**
   * Calls a number, a name or a SIP address. What goes wrong is in the state, as with all that
   * follows; nothing is thrown. Does nothing when there is a call.
   */
  async call(target: string): Promise<void> {
    if (inCall(this.#state)) return;
    await this.#try(async () => {
      const other = checkTarget(target);
      if (!this.#signalling.isConnected) throw new PhoneError(failure("not-registered"));
      this.#take({ type: "dialled", other });
      const begun = this.#begun;
      const microphone = await openMicrophone(this.#microphoneId);
      const isWanted = this.#state.call === "calling" && this.#begun === begun;
      if (!isWanted) return closeStream(microphone); // It was given up meanwhile.
      const session = this.#signalling.call(other, this.#media(microphone));
      this.#call = this.#watch(session, other);
      this.#call.attach(microphone);
    });
  }

  /** Takes the call that comes in. */
  async answer(): Promise<void> {
    const call = this.#call;
    if (!call || this.#state.call !== "incoming") return;
    await this.#try(async () => {
      const microphone = await openMicrophone(this.#microphoneId).catch((error) => {
        call.hangUp(480);
        throw error;
      });
      if (call.isOver) return closeStream(microphone);
      call.session.answer(this.#media(microphone));
      call.attach(microphone);
    });
  }

  /** Ends the call, gives it up, or declines it. */
  hangUp(): void {
    if (this.#call) this.#call.hangUp(this.#state.call === "incoming" ? 603 : undefined);
    else this.#take({ type: "ended" });
  }

  mute(on: boolean): void {
    if (inCall(this.#state)) this.#call?.mute(on);
  }

  /** Or back. The state says when the other side has agreed. */
  hold(on: boolean): void {
    if (this.#state.call === (on ? "up" : "held")) this.#call?.hold(on);
  }

  /** @param tones of 0 to 9, *, # and A to D */
  sendDtmf(tones: string): void {
    if (!["up", "held"].includes(this.#state.call)) return;
    if (/^[\dA-D*#]+$/i.test(tones)) this.#call?.sendDtmf(tones);
  }

  /** Without asking the one whom it goes to. */
  transfer(target: string): void {
    if (!["up", "held"].includes(this.#state.call)) return;
    void this.#try(() => this.#call?.transfer(checkTarget(target)));
  }

  /** Of the call; zeros without one. */
  async statistics(): Promise<CallStatistics | undefined> {
    return await this.#call?.statistics();
  }

  /** How loud both sides are now, 0 to 1. */
  levels(): { readonly in: number; readonly out: number } {
    return this.#call && !this.#call.isOver ? this.#call.levels() : { in: 0, out: 0 };
  }

  devices(): Promise<AudioDevices> {
    return audioDevices();
  }

  /** For the call that is, and those to come. `""`: the browser's choice. */
  async useMicrophone(id: string): Promise<void> {
    this.#microphoneId = id || undefined;
    const call = this.#call;
    if (!call?.microphone || call.isOver) return;
    await this.#try(async () => call.changeMicrophone(await openMicrophone(this.#microphoneId)));
  }

  async useSpeaker(id: string): Promise<void> {
    await this.#loudspeaker.use(id);
  }

  /** Hangs up, unregisters, lets go of all. */
  close(): void {
    if (inCall(this.#state)) this.hangUp();
    this.#signalling.close();
    this.#loudspeaker.close();
    for (const listeners of Object.values(this.#listeners)) listeners.clear();
  }

  #incoming(session: Session): void {
    const identity = session.remote_identity;
    const other = identity.display_name || identity.uri.user || identity.uri.toString();
    if (inCall(this.#state)) return void session.terminate({ status_code: 486 });
    this.#call = this.#watch(session, other);
    this.#take({ type: "called", other });
    if (this.autoAnswer) void this.answer();
  }

  #watch(session: Session, other: string): Call {
    return new Call(session, {
      other,
      loudspeaker: this.#loudspeaker,
      event: (event) => this.#take(event),
    });
  }

  #media(mediaStream: MediaStream) {
    const iceServers = [...this.options.iceServers ?? []];
    return { mediaStream, pcConfig: { iceServers, rtcpMuxPolicy: "require" as const } };
  }

  async #try(work: () => Promise<void> | void): Promise<void> {
    try {
      await work();
    } catch (error) {
      const { other = "it" } = this.#state;
      const why = error instanceof PhoneError
        ? error.failure
        : failure("call-failed", { what: other });
      const goesOn = this.#state.call === "up" || this.#state.call === "held";
      this.#take(goesOn ? { type: "trouble", failure: why } : { type: "ended", failure: why });
    }
  }

  #take(event: PhoneEvent): void {
    const before = this.#state;
    this.#state = next(before, event);
    if (this.#state === before) return;
    if (event.type === "dialled" || event.type === "called") {
      this.#begun = { at: wallClock(), upNs: 0 };
    } else if (event.type === "up") this.#begun.upNs = hostNow();
    this.#loudspeaker.ring(this.#cadence());
    if (event.type === "ended") this.#over(before, event.isDeclined);
    this.#tell("state", this.#state);
  }

  #cadence(): Cadence | undefined {
    const { call } = this.#state;
    if (call === "ringing") return "there";
    return call === "incoming" && !this.autoAnswer ? "here" : undefined;
  }

  #over(before: WebphoneState, isDeclined = false): void {
    this.#call = undefined;
    if (inCall(before)) {
      const { at } = this.#begun;
      const record = recordOf(before, this.#state, { begun: at, upS: this.upS, isDeclined });
      this.#tell("record", record);
    }
    this.#begun.upNs = 0;
  }

  #tell<K extends keyof WebphoneEvents>(kind: K, value: WebphoneEvents[K]): void {
    for (const listener of [...this.#listeners[kind]]) listener(value);
  }
}
