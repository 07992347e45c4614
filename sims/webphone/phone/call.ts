/**
 * One call of a web phone: JsSIP's session with its microphone, its peer connection and its meters.
 * What happens comes out as events of {@link PhoneEvent}; each end is told once.
 */
import { ms, seconds, timer } from "hil/time/mod.ts";
import { callFailure, type Failure, failure } from "./failures.ts";
import type { Loudspeaker } from "./loudspeaker.ts";
import { closeStream } from "./media.ts";
import { Meter } from "./meter.ts";
import { SILENCE } from "./sound.ts";
import type { Session } from "./signalling.ts";
import type { PhoneEvent } from "./state.ts";
import { type CallStatistics, readStatistics } from "./statistics.ts";

/** What a call needs of its phone. */
export interface CallContext {
  readonly other: string;
  readonly loudspeaker: Loudspeaker;
  event(event: PhoneEvent): void;
}

/** Candidates that come later than that after the first are not waited for. */
const GATHERING = ms(250);
/** From the answer until ICE and DTLS are through. */
const MEDIA_LIMIT = seconds(15);

/** What a session says that ends, and what is told of it when no status says more. */
const CAUSES: Readonly<Record<string, Parameters<typeof failure>[0]>> = {
  "Connection Error": "connection-lost",
  "Request Timeout": "no-answer-from-server",
  "RTP Timeout": "ice-failed",
  "WebRTC Error": "incompatible-media",
  "Bad Media Description": "incompatible-media",
  "Incompatible SDP": "incompatible-media",
  "Missing SDP": "incompatible-media",
  "Internal Error": "call-failed",
  "No ACK": "call-failed",
  "Dialog Error": "call-failed",
};

interface Ending {
  readonly originator: string;
  readonly message: { readonly status_code?: number } | null;
  readonly cause: string;
}

export class Call {
  /** Ours, once the call has one. */
  microphone: MediaStream | undefined;
  #remote: MediaStream | undefined;
  #meters: { in?: Meter; out?: Meter } = {};
  #dtls: RTCDtlsTransport | undefined;
  /** Before it was closed. */
  #encryption: RTCDtlsTransportState = "new";
  #failure: Failure | undefined;
  #isOver = false;
  #holding = false;
  #cancelLimit = () => {};

  constructor(readonly session: Session, readonly context: CallContext) {
    session.on("progress", () => context.event({ type: "ringing" }));
    session.on("accepted", () => this.#up());
    session.on("failed", (end) => this.#end(end as unknown as Ending));
    session.on("ended", (end) => this.#end(end as unknown as Ending));
    session.on("hold", ({ originator }) => this.#otherHolds(originator as string, true));
    session.on("unhold", ({ originator }) => this.#otherHolds(originator as string, false));
    session.on("muted", () => context.event({ type: "muted", on: true }));
    session.on("unmuted", () => context.event({ type: "muted", on: false }));
    let isFirst = true;
    session.on("icecandidate", ({ ready }) => {
      if (isFirst) timer(GATHERING, ready);
      isFirst = false;
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes the microphone, and watches the connection that the session has now. */
  attach(microphone: MediaStream): void {
    this.microphone = microphone;
    const connection = this.session.connection;
    connection.addEventListener("track", ({ streams, track }) => {
      this.#hear(streams[0] ?? new MediaStream([track]));
    });
    connection.addEventListener("iceconnectionstatechange", () => this.#watchDtls());
    connection.addEventListener("connectionstatechange", () => {
      if (connection.connectionState === "connected") this.#connected();
      else if (connection.connectionState === "failed") this.#mediaFailed();
    });
    this.#meters.out = new Meter(this.context.loudspeaker.context(), microphone);
  }

  /** In a call that is up, too. */
  async changeMicrophone(microphone: MediaStream): Promise<void> {
    const [track] = microphone.getAudioTracks();
    const sender = this.session.connection?.getSenders().find(({ track }) =>
      track?.kind === "audio"
    );
    await sender?.replaceTrack(track!);
    track!.enabled = this.microphone?.getAudioTracks()[0]?.enabled ?? true;
    closeStream(this.microphone);
    this.microphone = microphone;
    this.#meters.out?.close();
    this.#meters.out = new Meter(this.context.loudspeaker.context(), microphone);
  }

  /** @param status of a call that is not answered yet */
  hangUp(status?: number): void {
    if (!this.#isOver) this.session.terminate(status ? { status_code: status } : {});
  }

  mute(on: boolean): void {
    if (on) this.session.mute({ audio: true });
    else this.session.unmute({ audio: true });
  }

  hold(on: boolean): void {
    this.#holding = true;
    const done = () => {
      this.#holding = false;
      this.context.event({ type: on ? "held" : "resumed" });
    };
    const begun = on ? this.session.hold({}, done) : this.session.unhold({}, done);
    if (begun === false) this.#holding = false;
  }

  /** In the audio stream (RFC 4733) where the other side takes it, otherwise by INFO. */
  sendDtmf(tones: string): void {
    const sender = this.session.connection?.getSenders().find(({ dtmf }) => dtmf?.canInsertDTMF);
    const transportType = (sender ? "RFC2833" : "INFO") as never;
    this.session.sendDTMF(tones, { transportType, duration: 160, interToneGap: 80 });
  }

  /** Sends the other side there (RFC 3515), and ends the call when it has got there. */
  transfer(target: string): void {
    const failed = () => {
      const what = target;
      this.context.event({ type: "trouble", failure: failure("transfer-failed", { what }) });
    };
    const accepted = () => this.hangUp();
    const eventHandlers = { requestFailed: failed, failed, accepted };
    this.session.refer(target, { eventHandlers });
  }

  async statistics(): Promise<CallStatistics> {
    const report = await this.session.connection?.getStats();
    const entries: Record<string, unknown>[] = [];
    report?.forEach((entry) => entries.push(entry));
    const { in: heard, out: said } = this.#meters;
    return readStatistics(entries, {
      in: heard?.read() ?? SILENCE,
      out: said?.read() ?? SILENCE,
    });
  }

  /** For a display: cheaper than {@link statistics}. */
  levels(): { readonly in: number; readonly out: number } {
    const { in: heard, out: said } = this.#meters;
    return { in: heard?.read().level ?? 0, out: said?.read().level ?? 0 };
  }

  #hear(stream: MediaStream): void {
    const { loudspeaker } = this.context;
    this.#remote = stream;
    loudspeaker.play(stream);
    this.#meters.in?.close();
    this.#meters.in = new Meter(loudspeaker.context(), stream);
  }

  #up(): void {
    this.context.event({ type: "up" });
    if (this.session.connection?.connectionState === "connected") return;
    this.#cancelLimit = timer(MEDIA_LIMIT, () => {
      this.context.event({ type: "trouble", failure: failure(this.#mediaCode("media-silent")) });
    });
  }

  #connected(): void {
    this.#cancelLimit();
    this.context.event({ type: "trouble", failure: undefined });
  }

  /** ICE is through and the connection is not: then it is DTLS (WebRTC, section 4.3.3). */
  #mediaCode<T>(otherwise: T): "dtls-failed" | T {
    const state = this.session.connection?.iceConnectionState;
    return state === "connected" || state === "completed" ? "dtls-failed" : otherwise;
  }

  /** Its failure comes before that of the connection; Asterisk hangs up on it, maybe in between. */
  #watchDtls(): void {
    if (this.#dtls) return;
    const [sender] = this.session.connection?.getSenders() ?? [];
    const dtls = this.#dtls = sender?.transport ?? undefined;
    const look = () => {
      if (!dtls || dtls.state === "closed" || this.#isOver) return;
      this.#encryption = dtls.state;
      if (dtls.state !== "failed") return;
      this.#failure ??= failure("dtls-failed");
      this.hangUp();
    };
    dtls?.addEventListener("statechange", look);
    look();
  }

  #mediaFailed(): void {
    this.#failure ??= failure(this.#mediaCode("ice-failed" as const));
    this.hangUp();
  }

  #otherHolds(originator: string, on: boolean): void {
    if (originator === "remote") this.context.event({ type: "held by other", on });
  }

  #end({ originator, message, cause }: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#cancelLimit();
    closeStream(this.microphone);
    for (const meter of Object.values(this.#meters)) meter.close();
    if (this.#remote) this.context.loudspeaker.stop(this.#remote);
    const isDeclined = originator === "local" && cause === "Rejected";
    const why = this.#why(originator, message, cause);
    this.context.event({ type: "ended", failure: why, isDeclined });
  }

  #why(originator: string, message: Ending["message"], cause: string): Failure | undefined {
    if (this.#failure) return this.#failure;
    if (this.#holding && cause === "WebRTC Error") return failure("hold-failed");
    const { other } = this.context;
    if (originator === "remote" && message?.status_code) {
      return message.status_code < 300
        ? failure("incompatible-media")
        : callFailure(message.status_code, other);
    }
    // Asterisk's BYE on a failed handshake may even come before the news of it.
    const isBroken = originator === "remote" && this.#encryption === "connecting";
    const code = isBroken ? "dtls-failed" : CAUSES[cause];
    return code && failure(code, { what: other });
  }
}
