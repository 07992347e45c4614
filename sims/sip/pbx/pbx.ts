/** A PBX in virtual time: registrar, echo, calls between phones; on the wire like one of four real ones. */
import type { Random } from "hil/time/mod.ts";
import { CallTable, type IncomingCall } from "../agent/mod.ts";
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
import { type Binding, type BindingLimits, Bindings, LIMITS } from "./bindings.ts";
import { type PbxProfile, type PbxVariant, PROFILES } from "./profiles.ts";
import { calledUri, givenUri, rewriting } from "./rewrite.ts";

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
  /**
   * A provider: takes calls to extensions that begin with 9, and is asked for nothing. `name`: of whom
   * its calls are told; default: "trunk".
   */
  readonly trunk?: Endpoint & { readonly name?: string };
  /** What happens, as it happens. */
  readonly onEvent?: (event: PbxEvent) => void;
  /** Extensions that end in a status, after the provisional ones named before it. */
  readonly failing?: Readonly<Record<string, readonly number[]>>;
  /** The one that ran before it: registrations may outlive it. */
  readonly before?: Pbx;
  readonly limits?: Partial<BindingLimits>;
  readonly timing?: Timing;
  readonly nonceLifeS?: number;
}

export interface PbxEvent {
  /**
   * "challenged": credentials were asked for; "refused": they were wrong, or are no use; "call" and
   * "hangup": of each leg, so of who is called as well.
   */
  readonly kind: "registered" | "unregistered" | "challenged" | "refused" | "call" | "hangup";
  /** What the real one calls it, where that is known: "ChallengeSent". */
  readonly name?: string;
  readonly user: string;
  readonly from: Endpoint;
  readonly protocol: Protocol;
}

type Leg = Pick<PbxEvent, "user" | "from" | "protocol">;

const ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER";
/** Whose challenges are told that name nobody whom it knows. */
const UNKNOWN = "<unknown>";
const TRUNK = "trunk";

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
    const isTrunk = ({ host }: Endpoint) => host === options.trunk?.host;
    this.layers = [options.transport].flat()
      .map((plain) => this.profile.rewritesContacts ? rewriting(plain, isTrunk) : plain)
      .map((transport) => new TransactionLayer({ ...options, transport, user }));
    if (options.before && this.profile.keepsRegistrations) this.#resume(options.before);
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

  /** Connections have ended with it, and their contacts. */
  #resume({ layers, bindings }: Pbx): void {
    this.bindings.adopt(bindings, (layer) => {
      const { reliable } = layer.options.transport;
      return reliable ? undefined : this.layers[layers.indexOf(layer)];
    });
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
    const { identifiesByFrom, wrongCredentials } = this.profile;
    const named = userOf(fromOf(request).uri);
    const isUnknown = identifiesByFrom && this.#passwordOf(named) === undefined;
    const told = isUnknown ? UNKNOWN : named;
    if (isUnknown) this.#tell("refused", transaction, named, "unknown");
    const credentials = header(request, "Authorization");
    if (credentials === undefined) {
      this.#tell("challenged", transaction, told);
      return this.#challenge(transaction, false);
    }
    const passwordOf = (user: string) =>
      identifiesByFrom && user !== named ? undefined : this.#passwordOf(user);
    const { type, user } = this.#digest.check(credentials, request.method, passwordOf);
    if (type === "good") return user;
    if (type === "wrong") this.#tell("refused", transaction, identifiesByFrom ? told : user);
    if (type === "wrong" && wrongCredentials === "forbid") {
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

  #tell(
    kind: PbxEvent["kind"],
    { request, from, context }: ServerTransaction,
    user = userOf(fromOf(request).uri),
    what: string = kind,
  ): void {
    this.#happened(kind, { user, from, protocol: context.transport.protocol }, what);
  }

  #happened(kind: PbxEvent["kind"], leg: Leg, what: string = kind): void {
    const name = this.profile.eventNames[what];
    this.options.onEvent?.({ kind, ...leg, ...(name !== undefined && { name }) });
  }

  /** Tells that it begins; gives what tells its end, once. */
  #begin(leg: Leg): () => void {
    this.#happened("call", leg);
    let isUp = true;
    return () => {
      if (isUp) this.#happened("hangup", leg);
      isUp = false;
    };
  }

  #passwordOf(user: string): string | undefined {
    return Object.hasOwn(this.options.phones, user) ? this.options.phones[user] : undefined;
  }

  /** For {@link SERVES}: a method's name says what it does. */
  register(transaction: ServerTransaction): void {
    const user = this.#authenticated(transaction);
    if (user === undefined) return;
    const { request, from, context: { layer } } = transaction;
    // Nobody registers for another (section 10.3, step 4); PJSIP finds no such one of its own.
    const foreign = this.profile.identifiesByFrom ? 404 : 403;
    if (userOf(toOf(request).uri) !== user) return this.#answer(transaction, foreign);
    const before = new Set(this.bindings.of(user).map(({ contact }) => contact));
    const status = this.bindings.update(user, request, { from, layer });
    if (status === 200) this.#tellBindings(transaction, { user, before });
    const minExpires = status === 423 ? `${this.bindings.limits.minExpiresS}` : undefined;
    this.#answer(transaction, status, [
      ["Min-Expires", minExpires],
      ...(status !== 200
        ? []
        : this.#contacts(user).map((binding) =>
          ["Contact", `<${givenUri(binding.contact)}>;expires=${this.#leftS(binding)}`] as const
        )),
    ]);
  }

  #tellBindings(
    transaction: ServerTransaction,
    { user, before }: { readonly user: string; readonly before: ReadonlySet<string> },
  ): void {
    const after = new Set(this.bindings.of(user).map(({ contact }) => contact));
    if (!this.profile.rewritesContacts) {
      if (header(transaction.request, "Contact") === undefined) return;
      return this.#tell(after.size > 0 ? "registered" : "unregistered", transaction, user);
    }
    for (const _ of before.difference(after)) this.#tell("unregistered", transaction, user);
    for (const _ of after.difference(before)) this.#tell("registered", transaction, user);
  }

  #contacts(user: string): Binding[] {
    return this.profile.rewritesContacts ? this.bindings.ofByMd5(user) : this.bindings.of(user);
  }

  /** PJSIP gives whole seconds that are left when it answers, so one less than it has granted. */
  #leftS({ expiresNs }: Binding): number {
    const left = Math.ceil((expiresNs - this.options.timers.now()) / 1e9);
    return this.profile.rewritesContacts ? left - 1 : left;
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
    const { request, from, context: { transport: { protocol } } } = transaction;
    const { options: { trunk, failing = {}, echo }, profile } = this;
    const name = userOf(fromOf(request).uri);
    const isTrunk = trunk?.host === from.host;
    const guest = isTrunk || profile.guests && this.#passwordOf(name) === undefined &&
        header(request, "Authorization") === undefined;
    if (!guest && this.#authenticated(transaction) === undefined) return;
    const extension = userOf(requestUri(request));
    const isOut = trunk !== undefined && !isTrunk && extension.startsWith("9");
    const isRefused = Object.hasOwn(failing, extension);
    if (!isRefused && !isOut && extension !== echo && this.#passwordOf(extension) === undefined) {
      return this.#answer(transaction, 404);
    }
    transaction.respond(replyTo(request, 100));
    const ended = this.#begin({ user: isTrunk ? trunk.name ?? TRUNK : name, from, protocol });
    const target = isOut ? this.#trunkTarget(extension, trunk) : this.#target(extension);
    if (isRefused || extension !== echo && target === undefined) {
      const statuses = isRefused ? failing[extension]! : [profile.notRegistered];
      for (const status of statuses) this.#answer(transaction, status);
      return ended();
    }
    const caller = this.#table.incoming(transaction, hostOf(transaction.context.layer, profile));
    if (extension === echo) {
      caller.end.onSettled(ended);
      caller.onReinvite = (body) => body;
      caller.answer(request.body);
    } else this.#connect(caller, target!, ended);
  }

  /** Both legs end together, who is called first. */
  #connect(caller: IncomingCall, target: Target, ended: () => void): void {
    const { user, from, layer } = target;
    const calledEnded = this.#begin({ user, from, protocol: layer.options.transport.protocol });
    caller.end.onSettled(calledEnded);
    caller.end.onSettled(ended);
    bridge(this.#table, caller, target, this.profile).end.onSettled(calledEnded);
  }

  /** Where a user is called. */
  #target(user: string): Target | undefined {
    const contacts = this.#contacts(user);
    const binding = this.profile.rewritesContacts ? contacts[0] : contacts.at(-1);
    return binding && { ...binding, contact: calledUri(binding.contact), user };
  }

  /** Whose calls go out: over the first transport of its address family. */
  #trunkTarget(extension: string, from: NonNullable<PbxOptions["trunk"]>): Target {
    const isV6 = (host: string) => host.includes(":");
    const layer =
      this.layers.find(({ options: { transport } }) =>
        isV6(transport.local.host) === isV6(from.host)
      ) ?? this.layers[0]!;
    const contact = `sip:${extension}@${formatEndpoint(from)}`;
    return { contact, from, layer, user: from.name ?? TRUNK };
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
