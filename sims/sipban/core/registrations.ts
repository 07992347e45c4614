/** From which hosts phones are registered now. */
import { Lru } from "./lru.ts";

/** Behind one address; of more than these the oldest are taken for gone. */
const MAX_USERS = 1000;

/** Users by their hashes. */
export class Registrations {
  readonly #hosts: Lru<string, Map<number, number>>;

  constructor(max: number) {
    this.#hosts = new Lru(max);
  }

  set(host: string, user: number, untilNs: number): void {
    const users = this.#hosts.get(host) ?? new Map<number, number>();
    users.delete(user);
    users.set(user, untilNs);
    if (users.size > MAX_USERS) users.delete(users.keys().next().value!);
    this.#hosts.set(host, users);
  }

  delete(host: string, user: number): void {
    const users = this.#hosts.get(host);
    users?.delete(user);
    if (users?.size === 0) this.#hosts.delete(host);
  }

  /** One of its phones, or that of this user. */
  isLive(host: string, t: number, user?: number): boolean {
    const users = this.#hosts.get(host);
    if (user !== undefined) return (users?.get(user) ?? -1) > t;
    for (const untilNs of users?.values() ?? []) if (untilNs > t) return true;
    return false;
  }
}
