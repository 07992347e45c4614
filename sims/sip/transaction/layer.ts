/** Matches messages to transactions (RFC 3261 sections 17.1.3, 17.2.3, 18.2) over one transport. */
import type { Random } from "hil/time/mod.ts";
import {
  callIdOf,
  cseqOf,
  faultsOf,
  formatVia,
  fromOf,
  header,
  headers,
  replyTo,
  type SipMessage,
  type SipRequest,
  type SipResponse,
  SipSyntaxError,
  splitList,
  tagOf,
  topVia,
  type Via,
  withHeaders,
} from "../message/mod.ts";
import type { Endpoint, SipTimers, SipTransport } from "../transport/mod.ts";
import { type ClientEvents, ClientTransaction } from "./client.ts";
import { ServerTransaction } from "./server.ts";
import { TIMING, type Timing } from "./timing.ts";

/** What uses transactions: a user agent, a PBX. */
export interface TransactionUser {
  request(transaction: ServerTransaction): void;
  /** Of a 2xx: it has no transaction. */
  ack(ack: SipRequest, from: Endpoint): void;
  /** `invite`: what is to be cancelled; the CANCEL was answered. */
  cancel(invite: ServerTransaction): void;
  /** A connection was lost, or there is none to be had; before its transactions fail. */
  unreachable?(to: Endpoint): void;
}

export interface LayerOptions {
  readonly transport: SipTransport;
  readonly timers: SipTimers;
  readonly random: Random;
  readonly user: TransactionUser;
  readonly timing?: Timing;
}

const COOKIE = "z9hG4bK";

export class TransactionLayer {
  readonly #clients = new Map<string, ClientTransaction>();
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #timing: Timing;
  /** Requests that broke RFC 3261 and were answered so; responses that matched nothing. */
  readonly refused = { requests: 0, responses: 0, malformed: 0 };

  constructor(readonly options: LayerOptions) {
    this.#timing = options.timing ?? TIMING;
    options.transport.listen({
      message: (message, from) => this.#receive(message, from),
      malformed: () => this.refused.malformed++,
      unreachable: (to) => this.#unreachable(to),
    });
  }

  get timing(): Timing {
    return this.#timing;
  }

  /** Transactions that live. */
  get size(): number {
    return this.#clients.size + this.#servers.size;
  }

  /** Sends a request with a Via of its own on top. */
  send(request: SipRequest, to: Endpoint, events: ClientEvents): ClientTransaction {
    return this.#start(this.#withVia(request), to, events);
  }

  /** The ACK of a 2xx: sent once, without a transaction. */
  sendAck(ack: SipRequest, to: Endpoint): SipRequest {
    const sent = this.#withVia(ack);
    this.options.transport.send(sent, to);
    return sent;
  }

  /** A token that nobody guesses, reproducible by the seed. */
  token(): string {
    const { random } = this.options;
    const part = () => random.below(2 ** 32).toString(36).padStart(7, "0");
    return part() + part();
  }

  /** Ends all transactions without a word, and the transport. */
  close(): void {
    for (const transaction of [...this.#clients.values(), ...this.#servers.values()]) {
      transaction.abandon();
    }
    this.options.transport.close();
  }

  #withVia(request: SipRequest): SipRequest {
    const { transport } = this.options;
    const { host, port } = transport.local;
    const via: Via = {
      transport: transport.protocol,
      host: host.includes(":") ? `[${host}]` : host,
      port,
      params: new Map([["branch", COOKIE + this.token()], ["rport", undefined]]),
    };
    const list = [formatVia(via), ...headers(request, "Via")].map((v) => ["Via", v] as const);
    const { headers: others } = withHeaders(request, [["Via", undefined]]);
    return { ...request, headers: [...list.map(([name, value]) => ({ name, value })), ...others] };
  }

  #start(request: SipRequest, to: Endpoint, events: ClientEvents): ClientTransaction {
    const key = clientKey(request);
    const { transport, timers } = this.options;
    const transaction = new ClientTransaction(request, to, events, {
      transport,
      timers,
      timing: this.#timing,
      cancel: (cancel, to) => void this.#start(cancel, to, { response() {}, failed() {} }),
      ended: () => this.#clients.delete(key),
    });
    this.#clients.set(key, transaction);
    transaction.start();
    return transaction;
  }

  #receive(message: SipMessage, from: Endpoint): void {
    try {
      if (message.type === "response") this.#response(message);
      else this.#request(message, from);
    } catch (error) {
      // Without a Via there is nobody to answer to.
      if (!(error instanceof SipSyntaxError)) throw error;
      this.refused.malformed++;
    }
  }

  #response(response: SipResponse): void {
    const client = this.#clients.get(clientKey(response));
    if (client && faultsOf(response).length === 0) client.receive(response);
    else this.refused.responses++;
  }

  #request(raw: SipRequest, from: Endpoint): void {
    const via = topVia(raw);
    const request = seenFrom(raw, via, from);
    const to = this.#replyAddress(via, from);
    const fault = faultsOf(request)[0];
    if (fault) return this.#refuse(request, to, fault.status);
    const existing = this.#servers.get(serverKey(request, request.method));
    if (existing) return existing.receive(request);
    if (request.method === "ACK") return this.options.user.ack(request, from);
    const transaction = this.#serve(request, from, to);
    if (request.method === "CANCEL") return this.#cancel(transaction);
    this.options.user.request(transaction);
  }

  #refuse(request: SipRequest, to: Endpoint, status: number): void {
    this.refused.requests++;
    if (request.method === "ACK") return;
    const version = "SIP/2.0";
    this.options.transport.send(
      replyTo({ ...request, version }, status, { toTag: this.token() }),
      to,
    );
  }

  #serve(request: SipRequest, from: Endpoint, to: Endpoint): ServerTransaction {
    const key = serverKey(request, request.method);
    const { transport, timers } = this.options;
    const transaction = new ServerTransaction(request, from, {
      layer: this,
      transport,
      timers,
      timing: this.#timing,
      to,
      ended: () => this.#servers.delete(key),
    });
    this.#servers.set(key, transaction);
    return transaction;
  }

  /** Section 9.2: the CANCEL has an answer of its own. */
  #cancel(cancel: ServerTransaction): void {
    const invite = this.#servers.get(serverKey(cancel.request, "INVITE"));
    const toTag = this.token();
    cancel.respond(replyTo(cancel.request, invite ? 200 : 481, { toTag }));
    if (invite?.isOpen) this.options.user.cancel(invite);
  }

  /** Streams: back on the connection. Datagrams: to the source, at the port that Via asks for. */
  #replyAddress(via: Via, from: Endpoint): Endpoint {
    if (this.options.transport.reliable || via.params.has("rport")) return from;
    return { host: from.host, port: via.port ?? 5060 };
  }

  #unreachable(to: Endpoint): void {
    this.options.user.unreachable?.(to);
    for (const client of [...this.#clients.values()]) {
      if (client.to.host === to.host && client.to.port === to.port) client.transportFailed();
    }
  }
}

/** Section 18.2.1 and RFC 3581: the server notes where a request really came from. */
function seenFrom(request: SipRequest, via: Via, from: Endpoint): SipRequest {
  const params = new Map(via.params);
  if (params.has("rport")) params.set("rport", `${from.port}`);
  if (via.host.replace(/^\[|\]$/g, "") !== from.host || params.has("rport")) {
    params.set("received", from.host);
  }
  const [, ...lower] = headers(request, "Via").flatMap(splitList);
  const vias = [formatVia({ ...via, params }), ...lower];
  return withHeaders(request, vias.map((value) => ["Via", value] as const));
}

function clientKey(message: SipMessage): string {
  const branch = topVia(message).params.get("branch") ?? "";
  return `${branch} ${cseqOf(message).method}`;
}

/** Section 17.2.3; without the cookie the way of RFC 2543, and for its sake a bare cookie too. */
function serverKey(request: SipRequest, method: string): string {
  const asked = method === "ACK" ? "INVITE" : method;
  const { host, port, params } = topVia(request);
  const branch = params.get("branch") ?? "";
  const sentBy = `${host}:${port ?? 5060}`;
  if (branch.startsWith(COOKIE) && branch.length > COOKIE.length) {
    return `${branch} ${sentBy} ${asked}`;
  }
  const from = tagOf(fromOf(request)) ?? header(request, "From");
  return `2543 ${sentBy} ${branch} ${from} ${callIdOf(request)} ${cseqOf(request).number} ${asked}`;
}
