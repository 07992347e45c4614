/**
 * Decides whom to ban: messages that were seen go in, decisions come out. Knows no clock, no packet
 * and no firewall; the same messages give the same decisions.
 */
import { formatWords, parseAddress, toWords } from "./address.ts";
import { type Ban, Bans } from "./bans.ts";
import { Challenges } from "./challenges.ts";
import type { AlertRule, Decision, Rule } from "./decision.ts";
import type { Seen } from "./event.ts";
import { Failures } from "./failures.ts";
import { Glimpse, glimpseOf, METHOD } from "./glimpse.ts";
import { Hasher } from "./hash.ts";
import { type Host, Hosts, newHost, numberOf } from "./hosts.ts";
import { Names } from "./names.ts";
import { Registrations } from "./registrations.ts";
import { type Settings, settings } from "./settings.ts";
import { Spans } from "./spans.ts";
import { type Sight, Transactions } from "./transactions.ts";
import { Users } from "./users.ts";

const NOTHING: readonly Decision[] = [];

/**
 * @example
 * ```ts ignore
 * const engine = new BanEngine({ own: ["198.51.100.1"], maxFailures: 10 });
 * for (const decision of engine.see({ t, protocol: "UDP", from, to, sip })) act(decision);
 * // And when nothing comes: engine.tick(t) at engine.nextNs().
 * ```
 */
export class BanEngine {
  readonly settings: Settings;
  /** Makes the hashes of a {@link Glimpse}. */
  readonly hasher: Hasher;
  readonly #hosts: Hosts;
  readonly #transactions: Transactions;
  readonly #challenges: Challenges;
  readonly #proven: Failures;
  readonly #unproven: Failures;
  readonly #registrations: Registrations;
  readonly #users: Users;
  readonly #names = new Names();
  readonly #bans: Bans;
  readonly #banned = new Set<number>();
  /** Until when a host is limited, or its naming was reported. */
  readonly #limited: Spans;
  /** Filled anew for each message. */
  readonly #host = newHost();
  readonly #waiting = newHost();
  readonly #sight: Sight = { t: 0, reliable: false };
  readonly #glimpse = new Glimpse();
  #now = 0;
  #out: Decision[] = [];

  /** @throws RangeError naming a setting or a network that cannot be */
  constructor(chosen: Partial<Settings> = {}) {
    this.settings = settings(chosen);
    const { maxHosts, maxTransactions, challengeS, seed } = this.settings;
    this.hasher = new Hasher(seed);
    this.#hosts = new Hosts(this.settings, this.hasher);
    this.#transactions = new Transactions(maxTransactions);
    this.#challenges = new Challenges(this.#transactions, challengeS * 1e9);
    this.#proven = new Failures(this.settings);
    this.#unproven = new Failures(this.settings);
    this.#registrations = new Registrations(maxHosts);
    this.#users = new Users(this.settings);
    this.#bans = new Bans(this.settings);
    this.#limited = new Spans(maxHosts);
  }

  /** Messages in the order of their times. Also does what was due before. */
  see({ t, protocol, from, to, sip }: Seen): Decision[] {
    const [source, target] = [parseAddress(from.host), parseAddress(to.host)];
    if (source === undefined || target === undefined) return this.tick(t);
    const glimpse = glimpseOf(sip, this.hasher, this.#glimpse);
    const ends = { from: toWords(source), to: toWords(target) };
    return [...this.glimpse(t, ends, { sip: glimpse, reliable: protocol !== "UDP" })];
  }

  /**
   * As {@link see}, of a message in numbers: what is seen a hundred thousand times a second.
   *
   * @param ends addresses in words ({@link toWords})
   * @param what its hashes are of this engine's {@link hasher}
   */
  glimpse(
    t: number,
    ends: { readonly from: Int32Array; readonly to: Int32Array },
    what: { readonly sip: Glimpse; readonly reliable: boolean },
  ): readonly Decision[] {
    this.#advance(t);
    const { sip, reliable } = what;
    // Requests that come in, answers that go out. An answer that comes in is a trunk's: not ours.
    // Between two own addresses nothing counts either: those are never kept.
    if (this.#hosts.isOwn(sip.isRequest ? ends.to : ends.from)) {
      this.#sight.t = this.#now;
      this.#sight.reliable = reliable;
      const host = this.#hosts.of(sip.isRequest ? ends.from : ends.to, this.#host);
      this.#challenges.touch(host, sip);
      this.#unproven.touch(this.#transactions.surplusHost);
      if (sip.isRequest) this.#request(host, sip, this.#sight);
      else this.#response(host, sip, this.#sight);
    }
    return this.#out.length === 0 ? NOTHING : this.#decided();
  }

  /** Whether a text names what counts as one host here. */
  isHost(text: string): boolean {
    return this.#hosts.isHost(text);
  }

  isOwn(words: Int32Array): boolean {
    return this.#hosts.isOwn(words);
  }

  /** Whether it is between the PBX and another: of all else nothing counts. */
  concerns(from: Int32Array, to: Int32Array): boolean {
    return this.#hosts.isOwn(from) !== this.#hosts.isOwn(to);
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
    for (const ban of bans) {
      const host = this.#hosts.named(ban.host);
      if (!host || this.#hosts.isNever(host.words)) continue;
      const text = this.#hosts.textOf(host);
      this.#bans.restore({ ...ban, host: text }, this.#now);
      if (this.#bans.get(text)) this.#banned.add(numberOf(host));
    }
  }

  /** By hand. `seconds`: 0 for ever. Nothing when it is banned already, or may never be. */
  ban(host: string, t: number, seconds?: number): Decision[] {
    this.#advance(t);
    const known = this.#hosts.named(host);
    if (known && !this.#hosts.isNever(known.words)) this.#ban(known, "manual", seconds);
    return this.#decided();
  }

  /** By hand: nothing is held against it any more. */
  unban(host: string, t: number): Decision[] {
    this.#advance(t);
    const known = this.#hosts.named(host);
    const text = known && this.#hosts.textOf(known);
    if (known && this.#bans.remove(text!)) {
      this.#banned.delete(numberOf(known));
      this.#forget(known);
      this.#out.push({ type: "unban", t: this.#now, host: text!, because: "manual" });
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
      bans: this.#banned.size,
    };
  }

  #request(host: Host, sip: Glimpse, sight: Sight): void {
    if (sip.method === METHOD.OTHER || this.#isIgnored(host)) return;
    const all = this.#transactions;
    if (sip.method === METHOD.ACK) {
      const invite = all.find(host, sip);
      // The tag of the answer was given to that address only.
      const knows = invite >= 0 && all.isLive(invite, sight.t) && all.toTag[invite] !== 0 &&
        all.toTag[invite] === sip.toTag;
      return knows ? this.#prove(invite) : undefined;
    }
    const proven = sight.reliable || all.bringsNonce(host, sip);
    let one = all.find(host, sip);
    if (one < 0 || !all.isLive(one, sight.t) || !all.isSameTry(one, sip)) {
      one = this.#begin(one, host, sip);
    }
    all.requested(one, sip);
    if (proven) all.prove(one);
  }

  #response(host: Host, sip: Glimpse, sight: Sight): void {
    if (sip.status < 200 || sip.method !== METHOD.REGISTER && sip.method !== METHOD.INVITE) return;
    if (this.#isIgnored(host)) return;
    const all = this.#transactions;
    for (let i = 0; i < sip.nonceCount; i++) {
      all.offered(sip.nonces[2 * i]!, sip.nonces[2 * i + 1]!, host);
    }
    let one = all.find(host, sip);
    if (one < 0 || !all.isLive(one, sight.t)) {
      one = this.#begin(one, host, sip);
      if (sight.reliable) all.prove(one);
    }
    if (all.status[one] !== 0) return; // it is said again
    all.status[one] = sip.status;
    all.toTag[one] = sip.toTag;
    if (sip.status < 300) this.#success(one, host, sip);
    else if (sip.status === 401 || sip.status === 407) this.#challenged(one, host, sip);
    else {
      this.#settleOne(one);
      const isFailure = sip.status >= 400 && !this.settings.exempt.includes(sip.status);
      if (isFailure) this.#fail(one, host, sip);
    }
  }

  /** A new transaction. What had its key, or has to make room, waits no longer in the table. */
  #begin(old: number, host: Host, sip: Glimpse): number {
    const all = this.#transactions;
    if (old >= 0 && this.#challenges.isWaiting(old)) all.hide(old);
    else if (old >= 0) all.remove(old);
    const surplus = all.surplus;
    if (surplus >= 0) {
      // Its challenge has waited for as long as there was room.
      if (this.#challenges.isWaiting(surplus)) {
        this.#challenges.settle(surplus);
        this.#failWaiting(surplus);
      }
      all.remove(surplus);
    }
    return all.begin(host, sip, this.#now);
  }

  #challenged(one: number, host: Host, sip: Glimpse): void {
    const all = this.#transactions;
    // A request that was not seen answered a challenge if there was an earlier one of its Call-ID.
    const isAnswer = all.hasRequest(one)
      ? all.hasCredentials(one)
      : this.#challenges.hasEarlier(one);
    if (isAnswer) this.#settleOne(one);
    // It is a challenge all the same: the next one of its Call-ID follows on it, and it counts once.
    if (isAnswer && !sip.stale) this.#fail(one, host, sip);
    this.#names.add(sip.user, sip);
    const over = this.#challenges.add(one, this.#now);
    if (over >= 0) this.#failWaiting(over);
  }

  /** A guess and its refusal are one failure: of the challenges before it the last was answered. */
  #settleOne(one: number): void {
    const last = this.#challenges.latestOf(one);
    if (last >= 0) this.#challenges.settle(last);
  }

  #success(one: number, host: Host, sip: Glimpse): void {
    const all = this.#transactions;
    const text = formatWords(host.words);
    const isKnown = this.#registrations.isLive(text, this.#now, sip.user);
    if (sip.method === METHOD.REGISTER) {
      const untilNs = this.#now + sip.registeredS * 1e9;
      if (sip.registeredS > 0) this.#registrations.set(text, sip.user, untilNs);
      else this.#registrations.delete(text, sip.user);
    }
    // A guest's call is answered without proof of who it is: it forgives nothing.
    if (all.hasRequest(one) && !all.hasCredentials(one)) return;
    for (let of = this.#challenges.latestOf(one); of >= 0; of = this.#challenges.latestOf(one)) {
      this.#challenges.settle(of);
    }
    if (!all.hasCredentials(one)) return;
    this.#breach(host, sip, isKnown);
    for (const table of [this.#proven, this.#unproven]) {
      table.forgive(host, sip.user, all.username[one]!);
    }
  }

  /** A success after many failures: its own, or at this user by whomever, unless it was there before. */
  #breach(host: Host, sip: Glimpse, isKnown: boolean): void {
    const { breachFailures } = this.settings;
    if (breachFailures === 0) return;
    const own = this.#proven.count(host, this.#now, sip.user) +
      this.#unproven.count(host, this.#now, sip.user);
    const all = isKnown ? 0 : this.#users.failures(sip.user, this.#now);
    const tries = Math.max(own, all);
    if (tries < breachFailures) return;
    this.#users.forgive(sip.user);
    this.#alert("breach", host, sip.userText(), tries);
  }

  /** Also what was counted as unproven before, as an ACK comes after its answer. */
  #prove(one: number): void {
    const all = this.#transactions;
    if (all.isProven(one)) return;
    all.prove(one);
    const failure = all.failure[one]!;
    if (failure < 0) return;
    const host = all.hostOf(one, this.#waiting);
    const t = all.failureNs[one]!;
    if (!this.#unproven.take(host, failure, t)) return;
    all.failure[one] = this.#proven.add(host, all.failureOf(one, t));
    this.#judge(host, this.#names.of(all.user[one]!));
  }

  /** Whose challenge nobody has answered. */
  #failWaiting(one: number): void {
    const host = this.#transactions.hostOf(one, this.#waiting);
    if (!this.#isIgnored(host)) this.#fail(one, host);
  }

  #fail(one: number, host: Host, sip?: Glimpse): void {
    const all = this.#transactions;
    if (all.failure[one]! >= 0) return;
    const isProven = all.isProven(one);
    const table = isProven ? this.#proven : this.#unproven;
    const user = all.user[one]!;
    if (sip) this.#names.add(user, sip);
    all.failureNs[one] = this.#now;
    all.failure[one] = table.add(host, all.failureOf(one, this.#now));
    const hosts = isProven ? this.#users.failed(user, numberOf(host), this.#now) : 0;
    const name = this.#names.of(user);
    if (hosts > 0) this.#alert("distributed", host, name, hosts);
    // One that is not proved can break the rules of those only.
    return isProven ? this.#judge(host, name) : this.#doubt(host, name);
  }

  #judge(host: Host, user: string): void {
    const rule = this.#proven.broken(host, this.#now);
    return rule ? this.#ban(host, rule) : this.#doubt(host, user);
  }

  #doubt(host: Host, user: string): void {
    const doubtful = this.#unproven.broken(host, this.#now);
    // Of a network each address by itself: limits are of addresses.
    const alone = doubtful && this.#hosts.alone(host);
    if (!alone || this.#limited.until(alone) > this.#now) return;
    const untilNs = this.#now + this.settings.limitS * 1e9;
    this.#limited.set(alone, untilNs);
    const text = formatWords(host.words);
    if (this.#registrations.isLive(text, this.#now)) {
      return this.#alert("spoofed", host, user, this.#unproven.count(host, this.#now));
    }
    this.#out.push({ type: "limit", t: this.#now, host: text, rule: doubtful, untilNs });
  }

  #ban(host: Host, rule: Rule, seconds?: number): void {
    const ban = this.#bans.add(this.#hosts.textOf(host), this.#now, seconds);
    if (ban) this.#out.push({ type: "ban", t: this.#now, rule, ...ban });
    this.#banned.add(numberOf(host));
    this.#forget(host);
  }

  #forget(host: Host): void {
    this.#proven.clear(host);
    this.#unproven.clear(host);
    this.#limited.delete(this.#hosts.alone(host));
  }

  #alert(rule: AlertRule, host: Host, user: string, count: number): void {
    const text = formatWords(host.words);
    this.#out.push({ type: "alert", t: this.#now, rule, host: text, user, count });
  }

  /** In the order of their times, each at its own. */
  #advance(t: number): void {
    for (let due = this.nextNs(); due <= t; due = this.nextNs()) {
      this.#now = Math.max(this.#now, due);
      const ban = this.#bans.takeExpired(due);
      if (ban) this.#expire(ban);
      const pending = ban ? -1 : this.#challenges.takeExpired(due);
      if (pending >= 0) this.#failWaiting(pending);
    }
    this.#now = Math.max(this.#now, t);
  }

  #expire({ host }: Ban): void {
    this.#banned.delete(numberOf(this.#hosts.named(host)!));
    this.#out.push({ type: "unban", t: this.#now, host, because: "expired" });
  }

  #decided(): Decision[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  /** What is on its way still when the ban is in force does not count. */
  #isIgnored(host: Host): boolean {
    return this.#banned.size > 0 && this.#banned.has(numberOf(host)) ||
      this.#hosts.isNever(host.words);
  }
}
