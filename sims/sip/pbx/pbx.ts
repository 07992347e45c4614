/** A PBX in virtual time: registrar, echo, calls between phones; on the wire like one of four real ones. */
import type { Random } from "hil/time/mod.ts";
import { CallTable } from "../agent/mod.ts";
import { DigestServer } from "../digest.ts";
import {
  fromOf,
  header,
  type HeaderList,
  isSipUri,
  replyTo,
  requestUri,
  SipSyntaxError,
  toOf,
  unescape,
  type Uri,
} from "../message/mod.ts";
import { type ServerTransaction, type Timing, TransactionLayer } from "../transaction/mod.ts";
import {
  type Endpoint,
  formatEndpoint,
  type Protocol,
  type SipTimers,
  type SipTransport,
} from "../transport/mod.ts";
import { bridge, hostOf, type Target } from "./bridge.ts";
import { type BindingLimits, Bindings, LIMITS } from "./bindings.ts";
import { type PbxProfile, type PbxVariant, PROFILES } from "./profiles.ts";

export interface PbxOptions {
  /** All that it listens on. */
  readonly transport: SipTransport | readonly SipTransport[];
  readonly timers: SipTimers;
  readonly random: Random;
  readonly variant: PbxVariant;
  readonly realm?: string;
  /** User and password; the user's name is its extension too. */
  readonly phones: Readonly<Record<string, string>>;
  /** Answers, and sends back what it hears. */
  readonly echo?: string;
  /** A provider: takes calls to extensions that begin with 9, and is asked for nothing. */
  readonly trunk?: Endpoint;
  /** What happens, as it happens. */
  readonly onEvent?: (event: PbxEvent) => void;
  /** Extensions that end in a status, after the provisional ones named before it. */
  readonly failing?: Readonly<Record<string, readonly number[]>>;
  readonly limits?: Partial<BindingLimits>;
  readonly timing?: Timing;
  readonly nonceLifeS?: number;
}

export interface PbxEvent {
  /** "challenged": credentials were asked for; "refused": they were wrong, or are no use. */
  readonly kind: "registered" | "unregistered" | "challenged" | "refused" | "call" | "hangup";
  readonly user: string;
  readonly from: Endpoint;
  readonly protocol: Protocol;
}

const ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER";

export class Pbx {
  /** One for each transport. */
  readonly layers: readonly TransactionLayer[];
  readonly bindings: Bindings;
  readonly profile: PbxProfile;
  readonly #digest: DigestServer;
  readonly #table = new CallTable();

  constructor(readonly options: PbxOptions) {
    const { timers, variant, realm = "asterisk", nonceLifeS = 32 } = options;
    const now = () => timers.now();
    this.profile = PROFILES[variant];
    this.bindings = new Bindings(now, { ...LIMITS, ...options.limits });
    const user = this.#table.user((transaction) => this.#request(transaction));
    this.layers = [options.transport].flat().map((transport) =>
      new TransactionLayer({ ...options, transport, user })
    );
    this.#digest = new DigestServer({
      realm,
      algorithms: this.profile.algorithms,
      qop: this.profile.qop,
      secret: this.layers[0]!.token(),
      now,
      nonceLifeNs: nonceLifeS * 1e9,
    });
  }

  /** Transactions that live. */
  get transactions(): number {
    return this.layers.reduce((sum, { size }) => sum + size, 0);
  }

  /** Legs of calls that are up: two for a call between phones. */
  get legs(): number {
    return this.#table.calls.length;
  }

  /** Ends at once, without a word. */
  close(): void {
    for (const call of this.#table.calls) call.abandon();
    for (const layer of this.layers) layer.close();
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
    const toTag = transaction.context.layer.token();
    transaction.respond(replyTo(transaction.request, status, { toTag, list }));
  }

  /** The user who has proved to be one; otherwise it was answered. */
  #authenticated(transaction: ServerTransaction): string | undefined {
    const { request } = transaction;
    const credentials = header(request, "Authorization");
    if (credentials === undefined) {
      this.#tell("challenged", transaction);
      return this.#challenge(transaction, false);
    }
    const passwordOf = (user: string) => this.#passwordOf(user);
    const { type, user } = this.#digest.check(credentials, request.method, passwordOf);
    if (type === "good") return user;
    if (type === "wrong") this.#tell("refused", transaction, user);
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
    const reply = replyTo(transaction.request, 401, {
      toTag: transaction.context.layer.token(),
      list,
    });
    if (this.profile.challengesOnce) transaction.respondStateless(reply);
    else transaction.respond(reply);
    return undefined;
  }

  #tell(kind: PbxEvent["kind"], transaction: ServerTransaction, user?: string): void {
    const { request, from, context } = transaction;
    const who = user ?? userOf(fromOf(request).uri);
    this.options.onEvent?.({ kind, user: who, from, protocol: context.transport.protocol });
  }

  #passwordOf(user: string): string | undefined {
    return Object.hasOwn(this.options.phones, user) ? this.options.phones[user] : undefined;
  }

  /** For {@link SERVES}: a method's name says what it does. */
  register(transaction: ServerTransaction): void {
    const user = this.#authenticated(transaction);
    if (user === undefined) return;
    const { request, from, context: { layer } } = transaction;
    // Nobody registers for another (section 10.3, step 4).
    if (userOf(toOf(request).uri) !== user) return this.#answer(transaction, 403);
    const status = this.bindings.update(user, request, { from, layer });
    if (status === 200 && header(request, "Contact") !== undefined) {
      const left = this.bindings.of(user).length;
      this.#tell(left > 0 ? "registered" : "unregistered", transaction, user);
    }
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
    if (this.profile.challengesOptions && this.#authenticated(transaction) === undefined) return;
    this.#answer(transaction, 200, [["Allow", ALLOW], ["Accept", "application/sdp"]]);
  }

  /** Of no call: those within one do not come here. */
  stray(transaction: ServerTransaction): void {
    this.#answer(transaction, 481);
  }

  invite(transaction: ServerTransaction): void {
    const { request } = transaction;
    const name = userOf(fromOf(request).uri);
    const isTrunk = this.options.trunk?.host === transaction.from.host;
    const guest = isTrunk || this.profile.guests && this.#passwordOf(name) === undefined &&
        header(request, "Authorization") === undefined;
    if (!guest && this.#authenticated(transaction) === undefined) return;
    const extension = userOf(requestUri(request));
    const failing = this.options.failing ?? {};
    const contacts = this.bindings.of(extension);
    const isOut = this.options.trunk !== undefined && !isTrunk && extension.startsWith("9");
    const isEcho = extension === this.options.echo;
    if (Object.hasOwn(failing, extension)) return this.#fail(transaction, failing[extension]!);
    if (!isEcho && !isOut && this.#passwordOf(extension) === undefined) {
      return this.#answer(transaction, 404);
    }
    transaction.respond(replyTo(request, 100));
    if (contacts.length === 0 && !isEcho && !isOut) return this.#answer(transaction, 480);
    const caller = this.#table.incoming(transaction, hostOf(transaction.context.layer));
    this.#tell("call", transaction);
    caller.end.onSettled(() => this.#tell("hangup", transaction));
    if (isEcho) {
      caller.onReinvite = (body) => body;
      caller.answer(request.body);
    } else bridge(this.#table, caller, isOut ? this.#trunkBinding(extension) : contacts.at(-1)!);
  }

  /** Whose calls go out: over the first transport of its address family. */
  #trunkBinding(extension: string): Target {
    const from = this.options.trunk!;
    const isV6 = (host: string) => host.includes(":");
    const layer =
      this.layers.find(({ options: { transport } }) =>
        isV6(transport.local.host) === isV6(from.host)
      ) ?? this.layers[0]!;
    return { contact: `sip:${extension.slice(1)}@${formatEndpoint(from)}`, from, layer };
  }

  #fail(transaction: ServerTransaction, statuses: readonly number[]): void {
    transaction.respond(replyTo(transaction.request, 100));
    for (const status of statuses) this.#answer(transaction, status);
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
