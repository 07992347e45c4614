/**
 * Decides whom to ban: messages that were seen go in, decisions come out. Knows no clock, no packet
 * and no firewall; the same messages give the same decisions.
 */
import {
  contains,
  formatAddress,
  type Network,
  NEVER,
  parseAddress,
  parseNetwork,
} from "./address.ts";
import { type Ban, Bans } from "./bans.ts";
import { Challenges } from "./challenges.ts";
import type { Decision, Rule } from "./decision.ts";
import type { RequestFacts, ResponseFacts, Seen } from "./event.ts";
import { Failures } from "./failures.ts";
import { Lru } from "./lru.ts";
import { Registrations } from "./registrations.ts";
import { type Settings, settings } from "./settings.ts";
import { type Sight, type Transaction, Transactions } from "./transactions.ts";
import { Users } from "./users.ts";

const COUNTED = new Set(["REGISTER", "INVITE"]);

/**
 * @example
 * ```ts ignore
 * const engine = new BanEngine({ own: ["198.51.100.1"], maxFailures: 10 });
 * const sip = factsOf(parseMessage(payload));
 * if (sip) for (const decision of engine.see({ t, protocol: "UDP", from, to, sip })) act(decision);
 * // And when nothing comes: engine.tick(t) at engine.nextNs().
 * ```
 */
export class BanEngine {
  readonly settings: Settings;
  readonly #own: ReadonlySet<string>;
  readonly #never: readonly Network[];
  readonly #transactions: Transactions;
  readonly #challenges: Challenges;
  readonly #proven: Failures;
  readonly #unproven: Failures;
  readonly #registrations: Registrations;
  readonly #users: Users;
  readonly #bans: Bans;
  /** Until when a host is limited, or its naming was reported. */
  readonly #limited: Lru<string, number>;
  #now = 0;
  #out: Decision[] = [];

  /** @throws RangeError naming a setting or a network that cannot be */
  constructor(chosen: Partial<Settings> = {}) {
    this.settings = settings(chosen);
    const { own, allow, maxHosts, maxTransactions, challengeS } = this.settings;
    this.#own = new Set(own.map((text) => formatAddress(parseNetwork(text).bytes)));
    this.#never = [...NEVER, ...allow.map(parseNetwork)];
    this.#transactions = new Transactions(maxTransactions);
    this.#challenges = new Challenges(maxTransactions, challengeS * 1e9);
    this.#proven = new Failures(this.settings);
    this.#unproven = new Failures(this.settings);
    this.#registrations = new Registrations(maxHosts);
    this.#users = new Users(this.settings);
    this.#bans = new Bans(this.settings);
    this.#limited = new Lru(maxHosts);
  }

  /** Messages in the order of their times. Also does what was due before. */
  see({ t, protocol, from, to, sip }: Seen): Decision[] {
    this.#advance(t);
    const [source, target] = [canonical(from.host), canonical(to.host)];
    if (source !== undefined && target !== undefined) {
      const sight = { t: this.#now, reliable: protocol !== "UDP" };
      const [out, into] = [this.#own.has(source), this.#own.has(target)];
      // Requests that come in, answers that go out. An answer that comes in is a trunk's: not ours.
      if (sip.type === "request" && into && !out) this.#request(source, sip, sight);
      if (sip.type === "response" && out && !into) this.#response(target, sip, sight);
    }
    return this.#decided();
  }

  /** Does what is due until `t`: bans that end, challenges that nobody has answered. */
  tick(t: number): Decision[] {
    this.#advance(t);
    return this.#decided();
  }

  /** When {@link tick} has something to do; Infinity: nothing waits. */
  nextNs(): number {
    return Math.min(this.#bans.nextNs(), this.#challenges.nextNs());
  }

  bans(): Ban[] {
    return this.#bans.list();
  }

  /** Takes over the bans of an earlier run; those that are over or not allowed are left out. */
  restore(bans: readonly Ban[], t: number): void {
    this.#now = Math.max(this.#now, t);
    for (const ban of bans) if (!this.#isSafe(ban.host)) this.#bans.restore(ban, this.#now);
  }

  /** By hand. `seconds`: 0 for ever. Nothing when it is banned already, or may never be. */
  ban(host: string, t: number, seconds?: number): Decision[] {
    this.#advance(t);
    const known = canonical(host);
    if (known !== undefined && !this.#isSafe(known)) this.#ban(known, "manual", seconds);
    return this.#decided();
  }

  /** By hand: nothing is held against it any more. */
  unban(host: string, t: number): Decision[] {
    this.#advance(t);
    const known = canonical(host);
    if (known !== undefined && this.#bans.remove(known)) {
      this.#forget(known);
      this.#out.push({ type: "unban", t: this.#now, host: known, because: "manual" });
    }
    return this.#decided();
  }

  /** Entries of its tables, for those who watch its memory. */
  get sizes(): Readonly<
    Record<"transactions" | "challenges" | "proven" | "unproven" | "bans", number>
  > {
    return {
      transactions: this.#transactions.size,
      challenges: this.#challenges.size,
      proven: this.#proven.hosts,
      unproven: this.#unproven.hosts,
      bans: this.#bans.list().length,
    };
  }

  #request(host: string, sip: RequestFacts, sight: Sight): void {
    if (this.#isIgnored(host)) return;
    if (sip.method === "ACK") {
      const invite = this.#transactions.ofAck(host, sip, sight.t);
      if (invite) this.#prove(invite);
    } else if (COUNTED.has(sip.method)) this.#transactions.ofRequest(host, sip, sight);
  }

  #response(host: string, sip: ResponseFacts, sight: Sight): void {
    if (!COUNTED.has(sip.method) || sip.status < 200 || this.#isIgnored(host)) return;
    for (const nonce of sip.nonces) this.#transactions.offered(nonce, host);
    const transaction = this.#transactions.ofResponse(host, sip, sight);
    if (transaction.status !== undefined) return; // it is said again
    transaction.status = sip.status;
    transaction.toTag = sip.toTag;
    if (sip.status < 300) this.#success(transaction, sip);
    else if (sip.status === 401 || sip.status === 407) this.#challenged(transaction, sip);
    else if (sip.status >= 400 && !this.settings.exempt.includes(sip.status)) {
      this.#settleOne(transaction);
      this.#fail(transaction, sip.user);
    }
  }

  #challenged(transaction: Transaction, sip: ResponseFacts): void {
    const { request, cseq } = transaction;
    // A request that was not seen answered a challenge if there was an earlier one of its Call-ID.
    const isAnswer = request
      ? request.credentials !== undefined
      : this.#challenges.of(transaction).some((earlier) => earlier.transaction.cseq < cseq);
    if (isAnswer) this.#settleOne(transaction);
    // It is a challenge all the same: the next one of its Call-ID follows on it, and it counts once.
    if (isAnswer && !sip.stale) this.#fail(transaction, sip.user);
    const over = this.#challenges.add(transaction, this.#now);
    if (over) this.#fail(over.transaction);
  }

  /** A guess and its refusal are one failure: of the challenges before it the last was answered. */
  #settleOne(transaction: Transaction): void {
    const last = this.#challenges.of(transaction).at(-1);
    if (last) this.#challenges.settle([last]);
  }

  #success(transaction: Transaction, sip: ResponseFacts): void {
    const { host, request } = transaction;
    if (sip.method === "REGISTER") {
      const untilNs = this.#now + sip.registeredS * 1e9;
      if (sip.registeredS > 0) this.#registrations.set(host, sip.user, untilNs);
      else this.#registrations.delete(host, sip.user);
    }
    // A guest's call is answered without proof of who it is: it forgives nothing.
    if (request !== undefined && request.credentials === undefined) return;
    this.#challenges.settle(this.#challenges.of(transaction));
    if (request?.credentials === undefined) return;
    const tries = [...this.#proven.of(host, this.#now), ...this.#unproven.of(host, this.#now)]
      .filter(({ user }) => user === sip.user).length;
    const { breachFailures } = this.settings;
    if (breachFailures > 0 && tries >= breachFailures) {
      this.#alert("breach", host, sip.user, tries);
    }
    for (const table of [this.#proven, this.#unproven]) {
      table.forgive(host, sip.user, request.credentials.username);
    }
  }

  /** Also what was counted as unproven before, as an ACK comes after its answer. */
  #prove(transaction: Transaction): void {
    if (transaction.proven) return;
    transaction.proven = true;
    const { host, failure } = transaction;
    if (failure === undefined || !this.#unproven.take(host, failure)) return;
    this.#proven.add(host, failure);
    this.#judge(host, failure.user);
  }

  #fail(transaction: Transaction, said = ""): void {
    const { host, request, proven } = transaction;
    if (transaction.failure || this.#isIgnored(host)) return;
    const user = request?.user ?? said;
    const failure = {
      t: this.#now,
      user,
      username: request?.credentials?.username ?? "",
      target: request?.target ?? user,
    };
    transaction.failure = failure;
    (proven ? this.#proven : this.#unproven).add(host, failure);
    const hosts = proven ? this.#users.failed(user, host, this.#now) : 0;
    if (hosts > 0) this.#alert("distributed", host, user, hosts);
    this.#judge(host, user);
  }

  #judge(host: string, user: string): void {
    const rule = this.#proven.broken(host, this.#now);
    if (rule) return this.#ban(host, rule);
    const doubtful = this.#unproven.broken(host, this.#now);
    if (!doubtful || (this.#limited.get(host) ?? -1) > this.#now) return;
    const untilNs = this.#now + this.settings.limitS * 1e9;
    this.#limited.set(host, untilNs);
    if (this.#registrations.isLive(host, this.#now)) {
      return this.#alert("spoofed", host, user, this.#unproven.of(host, this.#now).length);
    }
    this.#out.push({ type: "limit", t: this.#now, host, rule: doubtful, untilNs });
  }

  #ban(host: string, rule: Rule, seconds?: number): void {
    const ban = this.#bans.add(host, this.#now, seconds);
    if (ban) this.#out.push({ type: "ban", t: this.#now, rule, ...ban });
    this.#forget(host);
  }

  #forget(host: string): void {
    this.#proven.clear(host);
    this.#unproven.clear(host);
    this.#limited.delete(host);
  }

  #alert(
    rule: "breach" | "distributed" | "spoofed",
    host: string,
    user: string,
    count: number,
  ): void {
    this.#out.push({ type: "alert", t: this.#now, rule, host, user, count });
  }

  /** In the order of their times, each at its own. */
  #advance(t: number): void {
    for (let due = this.nextNs(); due <= t; due = this.nextNs()) {
      this.#now = Math.max(this.#now, due);
      const ban = this.#bans.takeExpired(due);
      if (ban) this.#out.push({ type: "unban", t: this.#now, host: ban.host, because: "expired" });
      const pending = ban ? undefined : this.#challenges.takeExpired(due);
      if (pending) this.#fail(pending.transaction);
    }
    this.#now = Math.max(this.#now, t);
  }

  #decided(): Decision[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** What is on its way still when the ban is in force does not count. */
  #isIgnored(host: string): boolean {
    return this.#bans.get(host) !== undefined || this.#isSafe(host);
  }

  #isSafe(host: string): boolean {
    const bytes = parseAddress(host);
    return bytes === undefined || this.#own.has(host) ||
      this.#never.some((network) => contains(network, bytes));
  }
}

function canonical(host: string): string | undefined {
  const bytes = parseAddress(host);
  return bytes && formatAddress(bytes);
}
