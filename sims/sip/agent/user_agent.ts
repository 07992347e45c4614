/** A telephone: registers, calls, is called, answers OPTIONS (RFC 3261 sections 8, 10, 11, 13 to 15). */
import type { Random } from "hil/time/mod.ts";
import { type Credentials, DigestClient } from "../digest.ts";
import {
  contactsOf,
  formatUri,
  header,
  type HeaderList,
  numberOf,
  replyTo,
  request,
  type SipRequest,
  type SipResponse,
} from "../message/mod.ts";
import { Alarms } from "../transaction/alarms.ts";
import { type ServerTransaction, type Timing, TransactionLayer } from "../transaction/mod.ts";
import {
  type Endpoint,
  formatEndpoint,
  type SipTimers,
  type SipTransport,
} from "../transport/mod.ts";
import { ask } from "./ask.ts";
import type { Call } from "./call.ts";
import { CallTable } from "./call_table.ts";
import { tagged } from "./dialog.ts";
import type { IncomingCall } from "./incoming_call.ts";
import type { OutgoingCall } from "./outgoing_call.ts";
import { Outcome } from "./outcome.ts";

export interface UserAgentOptions {
  readonly transport: SipTransport;
  readonly timers: SipTimers;
  readonly random: Random;
  /** Address of record: "sip:7@pbx.example". */
  readonly identity: string;
  /** Where all requests go: the PBX. */
  readonly peer: Endpoint;
  readonly credentials?: Credentials;
  readonly timing?: Timing;
  /**
   * Registers again by itself when half of the time has passed: an attempt that gets no answer takes
   * 32 s, and a second one is to be in time. Without an answer: again after half a minute.
   */
  readonly keepRegistered?: boolean;
  /**
   * Registers again with the nonce of its last challenge, as many phones do: an old one is refused as
   * stale (RFC 7616 section 3.3).
   */
  readonly keepNonce?: boolean;
  /** Every end of a registration, also of those that it makes by itself. */
  readonly onRegistered?: (answer: Answer) => void;
  /** Without it calls are refused with 480. */
  readonly onCall?: (call: IncomingCall) => void;
}

/** How a request ended. */
export type Answer =
  | { readonly type: "response"; readonly status: number; readonly response: SipResponse }
  | { readonly type: "timeout" | "transport" };

const RETRY_NS = 30e9;

const ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS";

/**
 * @example
 * ```ts ignore
 * const phone = new UserAgent({ transport, timers: clock, random, identity, peer, credentials });
 * const registered = phone.register({ expiresS: 60 });
 * await clock.until(() => registered.value, seconds(5));
 * const call = phone.call("sip:600@pbx.example");
 * await clock.until(() => call.state === "up" || undefined, seconds(5));
 * ```
 */
export class UserAgent {
  readonly layer: TransactionLayer;
  readonly contact: string;
  readonly #table = new CallTable();
  readonly #registration: { readonly callId: string; number: number };
  readonly #alarms: Alarms<"register">;
  readonly #digest: DigestClient | undefined;
  /** For so long it is registered; 0 when it is not. */
  #keptS = 0;

  constructor(readonly options: UserAgentOptions) {
    const { transport, identity, timers, credentials, keepNonce } = options;
    this.#alarms = new Alarms(timers);
    this.layer = new TransactionLayer({
      ...options,
      user: {
        ...this.#table.user((transaction) => this.#request(transaction)),
        unreachable: () => this.#connectionLost(),
      },
    });
    const user = /^sips?:([^@]*)@/.exec(identity)?.[1];
    const parameter = transport.protocol === "UDP"
      ? ""
      : `;transport=${transport.protocol.toLowerCase()}`;
    const at = user === undefined ? "" : `${user}@`;
    this.contact = `<sip:${at}${formatEndpoint(transport.local)}${parameter}>`;
    this.#registration = { callId: this.layer.token(), number: 0 };
    if (keepNonce && credentials) {
      this.#digest = new DigestClient(credentials, () => this.layer.token());
    }
  }

  /** Registers its contact, or with `expiresS: 0` takes it back. One Call-ID for all (section 10.2). */
  register({ expiresS = 3600 }: { readonly expiresS?: number } = {}): Outcome<Answer> {
    const answer = new Outcome<Answer>();
    this.#alarms.cancel("register");
    answer.onSettled((value) => this.options.onRegistered?.(value));
    this.#register(expiresS, answer);
    return answer;
  }

  #register(expiresS: number, answer: Outcome<Answer>): void {
    const { identity } = this.options;
    const registrar = identity.replace(/^(sips?:)[^@]*@/, "$1");
    const list: HeaderList = [["Contact", this.contact], ["Expires", `${expiresS}`]];
    const { callId } = this.#registration;
    const nextCSeq = () => ++this.#registration.number;
    const first = this.#make("REGISTER", registrar, identity, callId, nextCSeq(), list);
    const digest = this.#digest && { digest: this.#digest };
    ask(first, { ...this.#askOptions(nextCSeq), ...digest }, {
      final: (response) => {
        const shortest = response.status === 423 ? numberOf(response, "Min-Expires") : undefined;
        if (shortest !== undefined && shortest > expiresS) this.#register(shortest, answer);
        else {
          this.#keep(expiresS, response);
          answer.settle(toAnswer(response));
        }
      },
      failed: (type) => {
        this.#keep(expiresS);
        answer.settle({ type });
      },
    });
  }

  /** Who was refused does not ask again. */
  #keep(expiresS: number, response?: SipResponse): void {
    this.#keptS = response && response.status >= 300 ? 0 : expiresS;
    if (!this.options.keepRegistered || this.#keptS === 0) return;
    const delayNs = response ? grantedS(response, this.contact, expiresS) / 2 * 1e9 : RETRY_NS;
    this.#alarms.set("register", Math.round(delayNs), () => void this.register({ expiresS }));
  }

  /** Nobody reaches us over it any more (RFC 5626 section 4.5); if that fails too, it takes longer. */
  #connectionLost(): void {
    const { keepRegistered, transport } = this.options;
    if (!keepRegistered || !transport.reliable || !(this.#keptS > 0)) return;
    const delayNs = 2 * this.layer.timing.t1Ns;
    this.#alarms.set("register", delayNs, () => void this.register({ expiresS: this.#keptS }));
  }

  /** Pulls its plug: nothing is said to anybody, nothing is waited for. */
  close(): void {
    this.#alarms.cancelAll();
    for (const call of this.#table.calls) call.abandon();
    this.layer.close();
  }

  /** Asks what `target` can do; also the usual "are you there". */
  ping(target: string): Outcome<Answer> {
    const answer = new Outcome<Answer>();
    const nextCSeq = counter();
    const first = this.#make("OPTIONS", target, target, this.layer.token(), nextCSeq(), [
      ["Accept", "application/sdp"],
    ]);
    ask(first, this.#askOptions(nextCSeq), {
      final: (response) => answer.settle(toAnswer(response)),
      failed: (type) => answer.settle({ type }),
    });
    return answer;
  }

  call(target: string, { body = "" }: { readonly body?: string | Uint8Array } = {}): OutgoingCall {
    const call = this.#table.outgoing(this.#host());
    const nextCSeq = counter();
    const type = body.length > 0 ? "application/sdp" : undefined;
    const invite = this.#make("INVITE", target, target, this.layer.token(), nextCSeq(), [
      ["Contact", this.contact],
      ["Allow", ALLOW],
      ["Content-Type", type],
    ], body);
    call.started(ask(invite, this.#askOptions(nextCSeq), {
      provisional: (response) => call.provisional(response),
      final: (response, sent) => call.final(response, sent, this.options.peer),
      failed: (reason) => call.failed(reason),
    }));
    return call;
  }

  /** Calls that are up. */
  get calls(): readonly Call[] {
    return this.#table.calls;
  }

  #request(transaction: ServerTransaction): void {
    const { request } = transaction;
    const toTag = this.layer.token();
    const refuse = (status: number, list: HeaderList = []) =>
      transaction.respond(replyTo(request, status, { toTag, list }));
    const required = header(request, "Require");
    if (required) return refuse(420, [["Unsupported", required]]);
    if (request.method === "OPTIONS") {
      return refuse(200, [["Allow", ALLOW], ["Accept", "application/sdp"]]);
    }
    if (request.method !== "INVITE") {
      return refuse(["BYE", "CANCEL"].includes(request.method) ? 481 : 405, [["Allow", ALLOW]]);
    }
    if (!this.options.onCall) return refuse(480);
    this.options.onCall(this.#table.incoming(transaction, this.#host()));
  }

  #host() {
    const { timers, credentials } = this.options;
    return {
      layer: this.layer,
      timers,
      contact: this.contact,
      ...(credentials && { credentials }),
    };
  }

  #askOptions(nextCSeq: () => number) {
    const { peer, credentials } = this.options;
    return { layer: this.layer, to: peer, nextCSeq, ...(credentials && { credentials }) };
  }

  #make(
    method: string,
    uri: string,
    to: string,
    callId: string,
    number: number,
    list: HeaderList,
    body: string | Uint8Array = "",
  ): SipRequest {
    return request(method, uri, [
      ["Max-Forwards", "70"],
      ["From", tagged(this.options.identity, this.layer.token())],
      ["To", tagged(to)],
      ["Call-ID", callId],
      ["CSeq", `${number} ${method}`],
      ...list,
    ], body);
  }
}

function counter(): () => number {
  let number = 0;
  return () => ++number;
}

function toAnswer(response: SipResponse): Answer {
  return { type: "response", status: response.status, response };
}

/** What the registrar gives for our contact (section 10.2.4), or what we asked for. */
function grantedS(response: SipResponse, contact: string, askedS: number): number {
  const own = contact.replace(/^<|>$/g, "");
  const contacts = contactsOf(response);
  const ours = contacts === "*" ? undefined : contacts.find(({ uri }) => formatUri(uri) === own);
  const seconds = Number(ours?.params.get("expires") ?? numberOf(response, "Expires") ?? askedS);
  return seconds > 0 ? seconds : askedS;
}

/** The contacts that a registrar says are registered. */
export function registeredContacts(response: SipResponse): string[] {
  const contacts = contactsOf(response);
  return contacts === "*" ? [] : contacts.map(({ uri }) => formatUri(uri));
}
