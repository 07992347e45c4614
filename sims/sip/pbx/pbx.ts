/** A PBX in virtual time: registrar, echo, calls between phones; on the wire like one of four real ones. */
import type { Random } from "hil/time/mod.ts";
import { CallTable, type IncomingCall, tagged } from "../agent/mod.ts";
import { DigestServer } from "../digest.ts";
import {
  formatUri,
  fromOf,
  header,
  type HeaderList,
  isSipUri,
  replyTo,
  request as makeRequest,
  requestUri,
  SipSyntaxError,
  toOf,
  unescape,
  type Uri,
} from "../message/mod.ts";
import { type ServerTransaction, type Timing, TransactionLayer } from "../transaction/mod.ts";
import { formatEndpoint, type SipTimers, type SipTransport } from "../transport/mod.ts";
import { type Binding, type BindingLimits, Bindings, LIMITS } from "./bindings.ts";
import { type PbxProfile, type PbxVariant, PROFILES } from "./profiles.ts";

export interface PbxOptions {
  readonly transport: SipTransport;
  readonly timers: SipTimers;
  readonly random: Random;
  readonly variant: PbxVariant;
  readonly realm?: string;
  /** User and password; the user's name is its extension too. */
  readonly phones: Readonly<Record<string, string>>;
  /** Answers, and sends back what it hears. */
  readonly echo?: string;
  /** Extensions that end in a status, after the provisional ones named before it. */
  readonly failing?: Readonly<Record<string, readonly number[]>>;
  readonly limits?: Partial<BindingLimits>;
  readonly timing?: Timing;
  readonly nonceLifeS?: number;
}

const ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER";

export class Pbx {
  readonly layer: TransactionLayer;
  readonly bindings: Bindings;
  readonly profile: PbxProfile;
  readonly #digest: DigestServer;
  readonly #table = new CallTable();
  readonly #contact: string;

  constructor(readonly options: PbxOptions) {
    const { timers, transport, variant, realm = "asterisk", nonceLifeS = 32 } = options;
    const now = () => timers.now();
    this.profile = PROFILES[variant];
    this.bindings = new Bindings(now, { ...LIMITS, ...options.limits });
    this.#contact = `<sip:${formatEndpoint(transport.local)}>`;
    const user = this.#table.user((transaction) => this.#request(transaction));
    this.layer = new TransactionLayer({ ...options, user });
    this.#digest = new DigestServer({
      realm,
      algorithms: this.profile.algorithms,
      qop: this.profile.qop,
      secret: this.layer.token(),
      now,
      nonceLifeNs: nonceLifeS * 1e9,
    });
  }

  /** Legs of calls that are up: two for a call between phones. */
  get legs(): number {
    return this.#table.calls.length;
  }

  #request(transaction: ServerTransaction): void {
    const { request } = transaction;
    const required = header(request, "Require");
    if (required) return this.#answer(transaction, 420, [["Unsupported", required]]);
    const serve = SERVES[request.method];
    if (serve === undefined) return this.#answer(transaction, 501, [["Allow", ALLOW]]);
    try {
      serve(this, transaction);
    } catch (error) {
      if (!(error instanceof SipSyntaxError)) throw error;
      this.#answer(transaction, 400);
    }
  }

  #answer(transaction: ServerTransaction, status: number, list: HeaderList = []): void {
    transaction.respond(replyTo(transaction.request, status, { toTag: this.layer.token(), list }));
  }

  /** The user who has proved to be one; otherwise it was answered. */
  #authenticated(transaction: ServerTransaction): string | undefined {
    const { request } = transaction;
    const credentials = header(request, "Authorization");
    if (credentials === undefined) return this.#challenge(transaction, false);
    const passwordOf = (user: string) => this.#passwordOf(user);
    const { type, user } = this.#digest.check(credentials, request.method, passwordOf);
    if (type === "good") return user;
    if (type === "wrong" && this.profile.wrongCredentials === "forbid") {
      this.#answer(transaction, 403);
      return undefined;
    }
    return this.#challenge(transaction, type === "stale");
  }

  #challenge(transaction: ServerTransaction, stale: boolean): undefined {
    const list = this.#digest.challenges({ stale }).map((text) =>
      ["WWW-Authenticate", text] as const
    );
    const reply = replyTo(transaction.request, 401, { toTag: this.layer.token(), list });
    if (this.profile.challengesOnce) transaction.respondStateless(reply);
    else transaction.respond(reply);
    return undefined;
  }

  #passwordOf(user: string): string | undefined {
    return Object.hasOwn(this.options.phones, user) ? this.options.phones[user] : undefined;
  }

  /** For {@link SERVES}: a method's name says what it does. */
  register(transaction: ServerTransaction): void {
    const user = this.#authenticated(transaction);
    if (user === undefined) return;
    const { request, from } = transaction;
    // Nobody registers for another (section 10.3, step 4).
    if (userOf(toOf(request).uri) !== user) return this.#answer(transaction, 403);
    const status = this.bindings.update(user, request, from);
    const minExpires = status === 423 ? `${this.bindings.limits.minExpiresS}` : undefined;
    const now = this.options.timers.now();
    this.#answer(transaction, status, [
      ["Min-Expires", minExpires],
      ...(status !== 200 ? [] : this.bindings.of(user).map(({ contact, expiresNs }) => {
        const left = Math.ceil((expiresNs - now) / 1e9);
        return ["Contact", `<${contact}>;expires=${left}`] as const;
      })),
    ]);
  }

  /** Says what it can do. */
  optionsOf(transaction: ServerTransaction): void {
    this.#answer(transaction, 200, [["Allow", ALLOW], ["Accept", "application/sdp"]]);
  }

  /** Of no call: those within one do not come here. */
  stray(transaction: ServerTransaction): void {
    this.#answer(transaction, 481);
  }

  invite(transaction: ServerTransaction): void {
    const { request } = transaction;
    const caller = userOf(fromOf(request).uri);
    const guest = this.profile.guests && this.#passwordOf(caller) === undefined &&
      header(request, "Authorization") === undefined;
    if (!guest && this.#authenticated(transaction) === undefined) return;
    const extension = userOf(requestUri(request));
    const failing = this.options.failing ?? {};
    const contacts = this.bindings.of(extension);
    const isEcho = extension === this.options.echo;
    if (Object.hasOwn(failing, extension)) return this.#fail(transaction, failing[extension]!);
    if (!isEcho && this.#passwordOf(extension) === undefined) return this.#answer(transaction, 404);
    transaction.respond(replyTo(request, 100));
    if (isEcho) return this.#table.incoming(transaction, this.#host()).answer(request.body);
    if (contacts.length === 0) return this.#answer(transaction, 480);
    this.#bridge(this.#table.incoming(transaction, this.#host()), contacts.at(-1)!);
  }

  #fail(transaction: ServerTransaction, statuses: readonly number[]): void {
    transaction.respond(replyTo(transaction.request, 100));
    for (const status of statuses) this.#answer(transaction, status);
  }

  /** Two calls that live and end together. */
  #bridge(caller: IncomingCall, { contact, from: to }: Binding): void {
    const called = this.#table.outgoing(this.#host());
    const { request } = caller.invite;
    called.onState = (state) => {
      if (state === "ringing") caller.ring();
      if (state === "up") caller.answer(called.remoteBody);
      if (state === "ended" && caller.state !== "ended") {
        if (caller.dialog) caller.hangUp();
        else caller.reject(called.end.value?.status ?? 480);
      }
    };
    caller.onState = (state) => {
      if (state === "ended" && called.state !== "ended") called.hangUp();
    };
    const identity = formatUri(fromOf(request).uri);
    const invite = makeRequest("INVITE", contact, [
      ["Max-Forwards", "70"],
      ["From", tagged(identity, this.layer.token())],
      ["To", tagged(contact)],
      ["Call-ID", this.layer.token()],
      ["CSeq", "1 INVITE"],
      ["Contact", this.#contact],
      ["Content-Type", header(request, "Content-Type")],
    ], request.body);
    const transaction = this.layer.send(invite, to, {
      response: (response) => {
        if (response.status < 200) called.provisional(response);
        else called.final(response, transaction.request, to);
      },
      failed: (reason) => called.failed(reason),
    });
    called.started(transaction);
  }

  #host() {
    return { layer: this.layer, timers: this.options.timers, contact: this.#contact };
  }
}

/** Methods outside of calls. */
const SERVES: Readonly<Record<string, (pbx: Pbx, transaction: ServerTransaction) => void>> = {
  REGISTER: (pbx, transaction) => pbx.register(transaction),
  INVITE: (pbx, transaction) => pbx.invite(transaction),
  OPTIONS: (pbx, transaction) => pbx.optionsOf(transaction),
  BYE: (pbx, transaction) => pbx.stray(transaction),
};

function userOf(uri: Uri): string {
  return isSipUri(uri) ? unescape(uri.user ?? "") : "";
}
