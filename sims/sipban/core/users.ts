/** From how many hosts one user was tried, and how often: an attack that is spread out. */
import { Lru } from "./lru.ts";
import type { Settings } from "./settings.ts";

/** A user costs up to 3 kB: with these some 25 MB. */
const MOST_USERS = 8192;

interface User {
  /** The latest failure of each host that still counts, and how many they were; oldest first. */
  readonly hosts: Map<number, { t: number; count: number }>;
  toldNs?: number;
}

/** Users and hosts by their hashes. */
export class Users {
  readonly #users: Lru<number, User>;
  readonly #windowNs: number;
  readonly #most: number;

  constructor(readonly settings: Settings) {
    this.#users = new Lru(Math.min(settings.maxHosts, MOST_USERS));
    this.#windowNs = settings.windowS === 0 ? Infinity : settings.windowS * 1e9;
    this.#most = Math.max(settings.userHosts, settings.breachFailures) + 1;
  }

  /** The number of hosts when it has become too high, once a window; otherwise 0. */
  failed(user: number, host: number, t: number): number {
    const known: User = this.#users.get(user) ?? { hosts: new Map() };
    const { hosts } = known;
    const old = hosts.get(host);
    hosts.delete(host);
    hosts.set(host, { t, count: 1 + (old && this.#counts(old, t) ? old.count : 0) });
    if (hosts.size > this.#most) hosts.delete(hosts.keys().next().value!);
    this.#users.set(user, known);
    const { userHosts } = this.settings;
    if (userHosts === 0 || hosts.size <= userHosts) return 0;
    const count = this.#live(known, t).length;
    if (count <= userHosts) return 0;
    if (known.toldNs !== undefined && t - known.toldNs < this.#windowNs) return 0;
    known.toldNs = t;
    return count;
  }

  /** Failures at this user, of all hosts. */
  failures(user: number, t: number): number {
    const known = this.#users.get(user);
    return known ? this.#live(known, t).reduce((sum, { count }) => sum + count, 0) : 0;
  }

  /** Nothing is held against its next success. */
  forgive(user: number): void {
    this.#users.get(user)?.hosts.clear();
  }

  #live({ hosts }: User, t: number): { readonly count: number }[] {
    return [...hosts.values()].filter((host) => this.#counts(host, t));
  }

  #counts(host: { readonly t: number }, t: number): boolean {
    return t - host.t < this.#windowNs;
  }
}
