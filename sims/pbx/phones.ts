/**
 * Phones for every target: a user agent over the target's transport and time, with promises that have
 * limits. On a virtual clock they let time run.
 */
import { type Clock, type Duration, seconds } from "hil";
import { type Random, withLimit } from "hil/time/mod.ts";
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import {
  type Answer,
  type Call,
  type CallEnd,
  type CallState,
  type Endpoint,
  type IncomingCall,
  Outcome,
  registeredContacts,
  type SipTimers,
  type SipTransport,
  UserAgent,
} from "sims/sip/mod.ts";
import type {
  CallOptions,
  Phone,
  PhoneAnswer,
  PhoneCall,
  PhoneCallData,
  PhoneOptions as PortPhoneOptions,
} from "./port.ts";

/** What a target gives. */
export interface PhoneContext {
  /** Where it stands, for messages and its channel: "office". */
  readonly site: string;
  readonly user: string;
  /** Undefined: it has no credentials. */
  readonly password: string | undefined;
  readonly transport: SipTransport;
  readonly timers: SipTimers;
  readonly random: Random;
  readonly clock: Clock;
  readonly timeline: Timeline;
  /** Of the PBX: where everything goes, and the domain of all URIs. */
  readonly peer: Endpoint;
  readonly options: PortPhoneOptions;
}

/** Longer than the 32 s after which a transaction gives up by itself. */
const LIMIT = seconds(40);
/** Of RTP, on every phone's address. */
export const SOUND_PORT = 4000;
/** Enough for a PBX that reads on what our media are. */
const SDP = [
  "v=0",
  "o=- 1 1 IN IP4 HOST",
  "s=-",
  "c=IN IP4 HOST",
  "t=0 0",
  `m=audio ${SOUND_PORT} RTP/AVP 0 8`,
  "a=rtpmap:0 PCMU/8000",
  "a=rtpmap:8 PCMA/8000",
  "",
].join("\r\n");

/** @throws TypeError when the site has a phone of that user that is not closed */
export function openPhone(context: PhoneContext): Phone {
  return new AgentPhone(context);
}

class AgentPhone implements Phone {
  readonly user: string;
  readonly local: Endpoint;
  readonly calls: SignalSource<PhoneCallData>;
  readonly #agent: UserAgent;

  constructor(readonly context: PhoneContext) {
    const { user, password, transport, timers, random, timeline, clock, peer, options } = context;
    this.user = user;
    this.local = transport.local;
    const name = `${user}@${context.site}`;
    this.calls = timeline.signal<PhoneCallData>(`phone ${name}`, {
      clock,
      describe: (kind, { other, status }) => `${name} ${kind} ${status ?? ""} (${other})`,
    });
    this.#agent = new UserAgent({
      transport,
      timers,
      random,
      identity: `sip:${user}@${domainOf(peer)}`,
      peer,
      ...(password !== undefined && { credentials: { user, password } }),
      keepRegistered: options.keepRegistered ?? false,
      keepNonce: options.keepNonce ?? false,
      onCall: (call) => this.#incoming(call),
    });
  }

  get current(): readonly PhoneCall[] {
    return this.#agent.calls.map((call) => new CallOf(this, call));
  }

  register({ expiresS = this.context.options.expiresS ?? 3600 } = {}): Promise<PhoneAnswer> {
    return this.#answer("registration", () => this.#agent.register({ expiresS }));
  }

  unregister(): Promise<PhoneAnswer> {
    return this.register({ expiresS: 0 });
  }

  ping(): Promise<PhoneAnswer> {
    const target = `sip:${domainOf(this.context.peer)}`;
    return this.#answer("OPTIONS", () => this.#agent.ping(target));
  }

  call(target: string, { until = "up", within = LIMIT }: CallOptions = {}): Promise<PhoneCall> {
    const uri = target.includes(":") ? target : `sip:${target}@${domainOf(this.context.peer)}`;
    return this.#awaited(`the call of ${target}`, async () => {
      const call = this.#agent.call(uri, { body: sdpOf(this.local) });
      const decided = new Outcome<true>();
      this.#watch(call, "out", target, (state) => {
        if (["up", "ended", until].includes(state)) decided.settle(true);
      });
      if (await this.#settled(decided, within)) return new CallOf(this, call);
      throw new Error(
        `Cannot call "${target}": after ${within} the call is ${call.state}; ` +
          `give it longer, or look at the messages of the PBX`,
      );
    });
  }

  close(): Promise<void> {
    this.#agent.close();
    this.calls.end();
    return Promise.resolve();
  }

  settled<T>(outcome: Outcome<T>, limit: Duration): Promise<T | undefined> {
    return this.#settled(outcome, limit);
  }

  awaited<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#awaited(what, work);
  }

  async #settled<T>(outcome: Outcome<T>, limit: Duration): Promise<T | undefined> {
    const { clock } = this.context;
    // A host's clock asks only when the trace has something new.
    if (clock.virtual) return await clock.until(() => outcome.value, limit);
    return await withLimit<T | undefined>(outcome.done, limit, () => undefined);
  }

  #awaited<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.context.timeline.awaited(`${what} by ${this.user}@${this.context.site}`, work);
  }

  #answer(what: string, ask: () => Outcome<Answer>): Promise<PhoneAnswer> {
    return this.#awaited(what, async () => {
      const { clock } = this.context;
      const began = clock.now();
      const answer = await this.#settled(ask(), LIMIT) ?? { type: "timeout" as const };
      const tookNs = clock.now() - began;
      if (answer.type !== "response") {
        const status = answer.type === "timeout" ? 408 : 503;
        return { status, answered: false, contacts: [], tookNs };
      }
      const { status, response } = answer;
      return { status, answered: true, contacts: registeredContacts(response), tookNs };
    });
  }

  #incoming(call: IncomingCall): void {
    const other = call.invite.request.headers.find(({ name }) => name === "From")?.value ?? "";
    const from = /<([^>]*)>/.exec(other)?.[1] ?? other;
    this.calls.emit("incoming", { direction: "in", other: from });
    this.#watch(call, "in", from);
    const { answer = true } = this.context.options;
    if (typeof answer === "number") return call.reject(answer);
    call.ring();
    if (answer) call.answer(sdpOf(this.local));
  }

  #watch(
    call: Call,
    direction: "in" | "out",
    other: string,
    more: (state: CallState) => void = () => {},
  ): void {
    call.onState = (state) => {
      const status = state === "ended" ? call.end.value?.status : undefined;
      this.calls.emit(state, { direction, other, ...(status !== undefined && { status }) });
      more(state);
    };
  }
}

class CallOf implements PhoneCall {
  constructor(readonly phone: AgentPhone, readonly call: Call) {}

  get state(): CallState {
    return this.call.state;
  }

  get status(): number | undefined {
    return this.call.dialog ? 200 : this.ended?.status ?? STATUS_OF[this.ended?.by ?? ""];
  }

  get ended(): CallEnd | undefined {
    return this.call.end.value;
  }

  hangUp(): Promise<void> {
    return this.phone.awaited("hanging up", async () => {
      this.call.hangUp();
      const end = await this.phone.settled(this.call.end, LIMIT);
      if (end?.by === "us" && this.call.dialog) {
        await this.phone.settled(this.call.farewell, LIMIT);
      }
    });
  }

  reinvite(): Promise<number> {
    return this.phone.awaited("a change of the call", async () => {
      const done = await this.phone.settled(this.call.reinvite(), LIMIT);
      return done?.status ?? 408;
    });
  }

  end({ within }: { readonly within: Duration }): Promise<CallEnd | undefined> {
    const wait = () => this.phone.settled(this.call.end, within);
    return this.phone.awaited("the end of the call", wait);
  }
}

/** What nobody sent (RFC 3261 section 8.1.3.1). */
const STATUS_OF: Readonly<Record<string, number>> = { timeout: 408, transport: 503 };

function domainOf({ host }: Endpoint): string {
  return host.includes(":") ? `[${host}]` : host;
}

function sdpOf({ host }: Endpoint): string {
  const family = host.includes(":") ? "IP6" : "IP4";
  return SDP.replaceAll("IP4 HOST", `${family} ${host}`);
}
