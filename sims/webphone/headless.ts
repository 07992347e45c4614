/**
 * A web phone without a browser: JsSIP's user agent under Deno, the same signalling as the page's.
 * It registers, calls and is called; a call has no media, only an SDP that says so
 * (`silent_media.ts`). A second kind of phone beside the one of sims/sip, by other people.
 */
import { type Duration, seconds, withLimit } from "hil/time/mod.ts";
import { SilentStream, withSilentMedia } from "./silent_media.ts";
import { checkTarget, type SignallingOptions } from "./phone/options.ts";
import { callFailure } from "./phone/failures.ts";
import { type Session, Signalling } from "./phone/signalling.ts";
import { FIRST_STATE, inCall, next, type PhoneEvent, type WebphoneState } from "./phone/state.ts";

export interface HeadlessOptions extends SignallingOptions {
  /** What becomes of a call: it is taken (default), it rings, or is refused with a status. */
  readonly answer?: boolean | number;
}

/** What a session says at its end. */
interface Ending {
  readonly message: { readonly status_code?: number } | null;
  readonly cause: string;
}

export class HeadlessPhone {
  readonly #signalling: Signalling;
  readonly #listeners = new Set<(state: WebphoneState) => void>();
  #state = FIRST_STATE;
  #session: Session | undefined;

  /** @throws PhoneError for an address, user or domain that cannot be one */
  constructor(readonly options: HeadlessOptions) {
    withSilentMedia();
    this.#signalling = new Signalling({ keepAliveS: 0, ...options }, {
      event: (event) => this.#take(event),
      incoming: (session) => this.#incoming(session),
    });
  }

  get state(): WebphoneState {
    return this.#state;
  }

  get isConnected(): boolean {
    return this.#signalling.isConnected;
  }

  register(): void {
    this.#signalling.register();
  }

  unregister(): void {
    this.#signalling.unregister();
  }

  /** What becomes of it is in the state. @throws PhoneError when it is not connected */
  call(typed: string): void {
    if (inCall(this.#state)) return;
    const other = checkTarget(typed);
    const session = this.#signalling.call(other, { mediaStream: new SilentStream() as never });
    this.#take({ type: "dialled", other });
    this.#watch(session, other);
  }

  /** Takes the call that comes in. */
  answer(): void {
    if (this.#state.call === "incoming") {
      this.#session!.answer({ mediaStream: new SilentStream() as never });
    }
  }

  hangUp(): void {
    if (inCall(this.#state)) this.#session!.terminate();
  }

  /**
   * Waits for a state. @throws Error that tells the state that there is when it does not come
   *
   * @example
   * ```ts ignore
   * await phone.until(({ registration }) => registration === "registered");
   * ```
   */
  async until(
    wanted: (state: WebphoneState) => boolean,
    within: Duration = seconds(10),
  ): Promise<WebphoneState> {
    const { promise, resolve } = Promise.withResolvers<WebphoneState>();
    const look = (state: WebphoneState) => wanted(state) && resolve(state);
    this.#listeners.add(look);
    look(this.#state);
    try {
      return await withLimit(promise, within, () => {
        const { registration, call, registrationFailure, callFailure } = this.#state;
        const why = [registrationFailure, callFailure].map((failure) => failure?.message).filter(
          Boolean,
        );
        throw new Error(
          `Cannot wait longer than ${within} for a state of phone "${this.options.user}": ` +
            `it is ${registration}, its call ${call}${why.length ? `: ${why.join("; ")}` : ""}`,
        );
      });
    } finally {
      this.#listeners.delete(look);
    }
  }

  /** Hangs up, unregisters, and lets go of all. */
  close(): void {
    this.hangUp();
    this.#signalling.close();
    this.#listeners.clear();
  }

  #incoming(session: Session): void {
    const { answer = true } = this.options;
    if (inCall(this.#state)) return void session.terminate({ status_code: 486 });
    const other = session.remote_identity.uri.user;
    this.#watch(session, other);
    this.#take({ type: "called", other });
    if (answer === true) this.answer();
    else if (answer !== false) session.terminate({ status_code: answer });
  }

  #watch(session: Session, other: string): void {
    this.#session = session;
    const end = ({ message }: Ending) => {
      const status = message?.status_code ?? 0;
      this.#take({
        type: "ended",
        failure: status >= 300 ? callFailure(status, other) : undefined,
      });
    };
    session.on("progress", () => this.#take({ type: "ringing" }));
    session.on("accepted", () => this.#take({ type: "up" }));
    session.on("failed", (ending) => end(ending as unknown as Ending));
    session.on("ended", (ending) => end(ending as unknown as Ending));
  }

  #take(event: PhoneEvent): void {
    this.#state = next(this.#state, event);
    for (const listener of [...this.#listeners]) listener(this.#state);
  }
}
