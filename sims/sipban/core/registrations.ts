/** From which hosts phones are registered now. */
import { Lru } from "./lru.ts";

/** Behind one address; of more than these the oldest are taken for gone. */
const MAX_USERS = 1000;

export class Registrations {
  readonly #hosts: Lru<string, Map<string, number>>;

  constructor(max: number) {
    this.#hosts = new Lru(max);
  }

  set(host: string, user: string, untilNs: number): void {
    const users = this.#hosts.get(host) ?? new Map<string, number>();
    users.delete(user);
    users.set(user, untilNs);
    if (users.size > MAX_USERS) users.delete(users.keys().next().value!);
    this.#hosts.set(host, users);
  }

  delete(host: string, user: string): void {
    this.#hosts.get(host)?.delete(user);
  }

  isLive(host: string, t: number): boolean {
    for (const untilNs of this.#hosts.get(host)?.values() ?? []) if (untilNs > t) return true;
    return false;
  }
}
