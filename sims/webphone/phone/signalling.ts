/**
 * A web phone's side of SIP but for its calls: connection, registration, keep-alive, each with its
 * retries. JsSIP does the protocol; what it tells comes out as events of {@link PhoneEvent}.
 */
import * as JsSIP from "jssip";
import { randomSeed } from "hil/time/chance.ts";
import { Random, seconds, timer } from "hil/time/mod.ts";
import { backOffS } from "./back_off.ts";
import { type Failure, failure, PhoneError, registerFailure } from "./failures.ts";
import { KeepAlive } from "./keep_alive.ts";
import { type Account, checkAccount, type SignallingOptions } from "./options.ts";
import { SipSocket } from "./sip_socket.ts";
import type { PhoneEvent } from "./state.ts";

export type Session = ReturnType<JsSIP.UA["call"]>;

export interface SignallingListener {
  event(event: PhoneEvent): void;
  incoming(session: Session): void;
}

const EXPIRES_S = 300;
const RECONNECT = { minS: 1, maxS: 8 };
const KEEP_ALIVE_S = 30;

/** Statuses of a user agent that JsSIP's types leave out. */
type Ua = JsSIP.UA & {
  sendOptions(target: string, body: null, options: { eventHandlers: object }): void;
  get(parameter: "ha1" | "realm"): string | null;
  readonly transport: { disconnect(): void };
};

export class Signalling {
  readonly account: Account;
  readonly #ua: Ua;
  readonly #socket: SipSocket;
  readonly #random = new Random(randomSeed());
  #wanted = false;
  #started = false;
  #wasConnected = false;
  #refusals = 0;
  #cancelRetry = () => {};
  readonly #keepAlive: KeepAlive;

  /** @throws PhoneError for options that cannot be */
  constructor(
    readonly options: SignallingOptions,
    readonly listener: SignallingListener,
  ) {
    this.account = checkAccount(options, globalThis.location?.protocol);
    this.#socket = new SipSocket(this.account.server);
    this.#ua = this.#makeUa();
    this.#keepAlive = new KeepAlive({
      everyS: options.keepAliveS ?? KEEP_ALIVE_S,
      ask: (answered) => this.#ask(answered),
      dead: () => this.#socket.drop(),
    });
    this.#listen();
  }

  get isConnected(): boolean {
    return this.#ua.isConnected();
  }

  /** Of the password, once the server has asked for it: enough for the next registration. */
  get secret(): { realm: string; ha1: string } | undefined {
    const [realm, ha1] = [this.#ua.get("realm"), this.#ua.get("ha1")];
    return realm && ha1 ? { realm, ha1 } : undefined;
  }

  /** Connects when it is not connected, then registers and stays so. */
  register(): void {
    this.#wanted = true;
    this.#refusals = 0;
    this.#cancelRetry();
    if (this.#started && this.isConnected) {
      this.listener.event({ type: "registering" });
      this.#ua.register();
    } else if (!this.#started) {
      this.#started = true;
      this.#ua.start();
    }
  }

  unregister(): void {
    const wasRegistered = this.#ua.isRegistered();
    this.#wanted = false;
    this.#cancelRetry();
    this.#ua.unregister();
    if (!wasRegistered) this.listener.event({ type: "unregistered" });
  }

  /** @throws PhoneError when it is not connected */
  call(target: string, options: NonNullable<Parameters<JsSIP.UA["call"]>[1]>): Session {
    if (!this.isConnected) throw new PhoneError(failure("not-registered"));
    return this.#ua.call(target, options);
  }

  /** Unregisters and disconnects. */
  close(): void {
    this.#wanted = false;
    this.#cancelRetry();
    this.#keepAlive.stop();
    this.#ua.removeAllListeners();
    this.#ua.stop();
  }

  #makeUa(): Ua {
    const { user, password, secret, displayName, expiresS = EXPIRES_S } = this.options;
    const { minS, maxS } = { ...RECONNECT, ...this.options.reconnect };
    return new JsSIP.UA({
      sockets: [this.#socket],
      uri: this.account.uri,
      authorization_user: user,
      ...(secret ? { ha1: secret.ha1, realm: secret.realm } : { password: password ?? "" }),
      ...(displayName && { display_name: displayName }),
      register_expires: expiresS,
      register: true,
      connection_recovery_min_interval: Math.max(1, Math.round(minS)),
      connection_recovery_max_interval: Math.max(1, Math.round(maxS)),
      user_agent: "hil webphone",
    }) as Ua;
  }

  #listen(): void {
    const tell = (event: PhoneEvent) => this.listener.event(event);
    this.#ua.on("connecting", ({ attempts }) => {
      if (this.#wanted) tell({ type: "connecting", attempts });
    });
    this.#ua.on("connected", () => {
      this.#wasConnected = true;
      this.#keepAlive.start();
      if (this.#wanted) tell({ type: "registering" });
    });
    this.#ua.on("disconnected", ({ error }) => this.#lost(error));
    this.#ua.on("registered", () => {
      this.#refusals = 0;
      tell({ type: "registered" });
    });
    this.#ua.on("unregistered", () => {
      if (!this.#wanted) tell({ type: "unregistered" });
    });
    this.#ua.on("registrationFailed", ({ response }) => {
      if (this.isConnected) this.#refused(registerFailure(response?.status_code));
    });
    this.#ua.on("newRTCSession", (event: { originator: string; session: Session }) => {
      if (event.originator === "remote") this.listener.incoming(event.session);
    });
  }

  /** JsSIP connects again by itself, but does not register again after a refusal. */
  #refused(refusal: Failure): void {
    if (!this.#wanted) return;
    this.listener.event({ type: "registration failed", failure: refusal });
    if (!refusal.passing) return this.#giveUp();
    const range = { ...RECONNECT, ...this.options.reconnect };
    const waitS = backOffS(range, ++this.#refusals, this.#random.next() / 2 ** 32);
    this.#cancelRetry();
    this.#cancelRetry = timer(seconds(waitS), () => {
      if (!this.#wanted || !this.isConnected) return;
      this.listener.event({ type: "registering" });
      this.#ua.register();
    });
  }

  /** JsSIP would register with every new connection: a wrong password again and again is an attack. */
  #giveUp(): void {
    this.#wanted = false;
    this.#started = false;
    this.#ua.stop();
    this.#ua.transport.disconnect(); // Otherwise in two seconds.
  }

  #lost(error: boolean): void {
    this.#keepAlive.stop();
    this.#cancelRetry();
    if (!error || !this.#wanted) return;
    const { host, href, protocol } = this.account.server;
    const isOffline = (globalThis.navigator as { onLine?: boolean } | undefined)?.onLine === false;
    const code = isOffline ? "offline" : this.#socket.opened
      ? "connection-lost"
      // A certificate that was trusted once is not what is wrong now.
      : protocol === "ws:" || this.#wasConnected
      ? "server-down"
      : "server-unreachable";
    this.listener.event({ type: "registration failed", failure: failure(code, { what: href }) });
    if (protocol === "wss:" && code.startsWith("server")) void this.#look(`https://${host}/`);
  }

  /** Whether the host answers by HTTPS: then its certificate is not what is wrong. */
  async #look(url: string): Promise<void> {
    const answers = await fetch(url, { mode: "no-cors", cache: "no-store" }).then(
      (response) => response.body?.cancel().then(() => true) ?? true,
      () => false,
    );
    if (!answers || this.isConnected || !this.#wanted) return;
    const what = this.account.server.href;
    const event = { type: "registration failed", failure: failure("websocket-refused", { what }) };
    this.listener.event(event as PhoneEvent);
  }

  #ask(answered: () => void): void {
    const failed = ({ response }: { response: unknown }) => response && answered();
    const eventHandlers = { succeeded: answered, failed };
    this.#ua.sendOptions(`sip:${this.account.domain}`, null, { eventHandlers });
  }
}
