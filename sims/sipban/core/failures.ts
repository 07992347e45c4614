/** The failures of hosts in a sliding window, and at how many users they were. */
import { Lru } from "./lru.ts";
import type { Settings } from "./settings.ts";

export interface Failure {
  readonly t: number;
  /** Address of record. */
  readonly user: string;
  /** What the credentials said; "": there were none. */
  readonly username: string;
  readonly target: string;
}

/** One table for what is proved, another for what is not: a spoofed flood pushes out only its own. */
export class Failures {
  readonly #hosts: Lru<string, Failure[]>;
  readonly #windowNs: number;
  /** More than both rules need would be memory for nothing. */
  readonly #kept: number;

  constructor(readonly settings: Settings) {
    this.#hosts = new Lru(settings.maxHosts);
    this.#windowNs = settings.windowS === 0 ? Infinity : settings.windowS * 1e9;
    this.#kept = Math.max(settings.maxFailures, settings.breachFailures, settings.scanTargets) + 1;
  }

  get hosts(): number {
    return this.#hosts.size;
  }

  add(host: string, failure: Failure): void {
    this.#hosts.set(host, [...this.of(host, failure.t), failure].slice(-this.#kept));
  }

  /** Those that still count at `t`. */
  of(host: string, t: number): Failure[] {
    return (this.#hosts.get(host) ?? []).filter((failure) => t - failure.t < this.#windowNs);
  }

  /** Takes one back that turned out to be proved; false: it was forgotten or forgiven. */
  take(host: string, failure: Failure): boolean {
    const list = this.#hosts.get(host);
    const at = list?.indexOf(failure) ?? -1;
    if (at < 0) return false;
    this.#keep(host, list!.toSpliced(at, 1));
    return true;
  }

  /** Those of a user who has now proved to be one: under this name, or before any was given. */
  forgive(host: string, user: string, username: string): void {
    const list = this.#hosts.get(host);
    if (!list) return;
    const isOther = (failure: Failure) =>
      failure.user !== user || (failure.username !== "" && failure.username !== username);
    this.#keep(host, list.filter(isOther));
  }

  clear(host: string): void {
    this.#hosts.delete(host);
  }

  /** Which rule is broken at `t`. */
  broken(host: string, t: number): "failures" | "scan" | undefined {
    const { maxFailures, scanTargets } = this.settings;
    const list = this.of(host, t);
    if (list.length > maxFailures) return "failures";
    if (scanTargets === 0) return undefined;
    return new Set(list.map(({ target }) => target)).size > scanTargets ? "scan" : undefined;
  }

  #keep(host: string, list: Failure[]): void {
    if (list.length === 0) this.#hosts.delete(host);
    else this.#hosts.set(host, list);
  }
}
