/** From how many hosts one user was tried: an attack that is spread out (one alert a window). */
import { Lru } from "./lru.ts";
import type { Settings } from "./settings.ts";

export class Users {
  readonly #users: Lru<string, Map<string, number>>;
  readonly #told: Lru<string, number>;
  readonly #windowNs: number;

  constructor(readonly settings: Settings) {
    this.#users = new Lru(Math.min(settings.maxHosts, settings.maxTransactions));
    this.#told = new Lru(settings.maxTransactions);
    this.#windowNs = settings.windowS === 0 ? Infinity : settings.windowS * 1e9;
  }

  /** The number of hosts when it has become too high; otherwise 0. */
  failed(user: string, host: string, t: number): number {
    const { userHosts } = this.settings;
    if (userHosts === 0) return 0;
    const hosts = this.#users.get(user) ?? new Map<string, number>();
    hosts.delete(host);
    hosts.set(host, t);
    if (hosts.size > userHosts + 1) hosts.delete(hosts.keys().next().value!);
    this.#users.set(user, hosts);
    const count = [...hosts.values()].filter((seen) => t - seen < this.#windowNs).length;
    if (count <= userHosts) return 0;
    const told = this.#told.get(user);
    if (told !== undefined && t - told < this.#windowNs) return 0;
    this.#told.set(user, t);
    return count;
  }
}
