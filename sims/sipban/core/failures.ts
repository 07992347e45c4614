/** The failures of hosts in a sliding window, and at how many users they were. */
import { Index } from "./index.ts";
import type { Settings } from "./settings.ts";

/** A host, as {@link Hasher} gives it. */
export interface HostKey {
  readonly a: number;
  readonly b: number;
}

export interface Failure {
  readonly t: number;
  /** Hashes: the address of record; what the credentials said, 0: there were none. */
  readonly user: number;
  readonly username: number;
  readonly target: number;
}

const NONE = -1;

/**
 * One table for what is proved, another for what is not: a spoofed flood pushes out only its own. A
 * host's failures are a list, oldest first, in columns that all hosts share.
 */
export class Failures {
  readonly #hosts: Index;
  readonly #first: Int32Array;
  readonly #t: Float64Array;
  readonly #user: Int32Array;
  readonly #username: Int32Array;
  readonly #target: Int32Array;
  readonly #next: Int32Array;
  #free = NONE;
  #used = 0;
  readonly #windowNs: number;
  /** More than the rules need would be memory for nothing. */
  readonly #kept: number;

  constructor(readonly settings: Settings) {
    const { maxHosts, windowS, maxFailures, breachFailures, scanTargets } = settings;
    this.#hosts = new Index(maxHosts);
    this.#first = new Int32Array(this.#hosts.max);
    this.#windowNs = windowS === 0 ? Infinity : windowS * 1e9;
    this.#kept = Math.max(maxFailures, breachFailures, scanTargets) + 1;
    // Most hosts of a flood fail once; the most quiet ones make room for those that go on.
    const most = this.#hosts.max + this.#kept;
    this.#t = new Float64Array(most);
    [this.#user, this.#username, this.#target, this.#next] = [0, 0, 0, 0].map(() =>
      new Int32Array(most)
    ) as [Int32Array, Int32Array, Int32Array, Int32Array];
  }

  get hosts(): number {
    return this.#hosts.size;
  }

  /** See {@link Index.touch}. */
  touch(a: number): void {
    this.#hosts.touch(a);
  }

  /** @returns where it is, for {@link take} */
  add({ a, b }: HostKey, { t, user, username, target }: Failure): number {
    let host = this.#hosts.find(a, b);
    if (host < 0) {
      if (this.#hosts.isFull) this.#drop(this.#hosts.oldest);
      host = this.#hosts.add(a, b);
      this.#first[host] = NONE;
    } else {
      this.#hosts.renew(host);
      this.#keep(host, (at, left) => this.#counts(at, t) && left < this.#kept);
    }
    const at = this.#take();
    this.#t[at] = t;
    this.#user[at] = user;
    this.#username[at] = username;
    this.#target[at] = target;
    this.#next[at] = NONE;
    const last = this.#last(host);
    if (last === NONE) this.#first[host] = at;
    else this.#next[last] = at;
    return at;
  }

  /** Those that still count at `t`, of one user or of all. */
  count({ a, b }: HostKey, t: number, user?: number): number {
    let count = 0;
    for (let at = this.#listOf(a, b); at !== NONE; at = this.#next[at]!) {
      if (this.#counts(at, t) && (user === undefined || this.#user[at] === user)) count++;
    }
    return count;
  }

  /** Takes one back that turned out to be proved; false: it was forgotten or forgiven. */
  take({ a, b }: HostKey, taken: number, t: number): boolean {
    const host = this.#hosts.find(a, b);
    if (host < 0) return false;
    let found = false;
    this.#keep(host, (at) => {
      // Its place may have become another's.
      const isIt = at === taken && this.#t[at] === t;
      found ||= isIt;
      return !isIt;
    });
    this.#dropEmpty(host);
    return found;
  }

  /** Those of a user who has now proved to be one: under this name, or before any was given. */
  forgive({ a, b }: HostKey, user: number, username: number): void {
    const host = this.#hosts.find(a, b);
    if (host < 0) return;
    this.#keep(host, (at) => {
      const said = this.#username[at];
      return this.#user[at] !== user || (said !== 0 && said !== username);
    });
    this.#dropEmpty(host);
  }

  clear({ a, b }: HostKey): void {
    const host = this.#hosts.find(a, b);
    if (host >= 0) this.#drop(host);
  }

  /** Which rule is broken at `t`. */
  broken(host: HostKey, t: number): "failures" | "scan" | undefined {
    const { maxFailures, scanTargets } = this.settings;
    let count = 0;
    let targets = 0;
    const first = this.#listOf(host.a, host.b);
    for (let at = first; at !== NONE; at = this.#next[at]!) {
      if (!this.#counts(at, t)) continue;
      count++;
      if (scanTargets > 0 && this.#isNewTarget(first, at, t)) targets++;
    }
    if (count > maxFailures) return "failures";
    return scanTargets > 0 && targets > scanTargets ? "scan" : undefined;
  }

  #isNewTarget(first: number, at: number, t: number): boolean {
    for (let earlier = first; earlier !== at; earlier = this.#next[earlier]!) {
      if (this.#target[earlier] === this.#target[at] && this.#counts(earlier, t)) return false;
    }
    return true;
  }

  #counts(at: number, t: number): boolean {
    return t - this.#t[at]! < this.#windowNs;
  }

  #listOf(a: number, b: number): number {
    const host = this.#hosts.find(a, b);
    return host < 0 ? NONE : this.#first[host]!;
  }

  #last(host: number): number {
    let at = this.#first[host]!;
    while (at !== NONE && this.#next[at] !== NONE) at = this.#next[at]!;
    return at;
  }

  /** Frees what is not to be kept. `left`: how many there are from this one on. */
  #keep(host: number, isKept: (at: number, left: number) => boolean): void {
    let left = 0;
    for (let at = this.#first[host]!; at !== NONE; at = this.#next[at]!) left++;
    let before = NONE;
    for (let at = this.#first[host]!; at !== NONE; left--) {
      const next = this.#next[at]!;
      if (isKept(at, left)) before = at;
      else {
        if (before === NONE) this.#first[host] = next;
        else this.#next[before] = next;
        this.#release(at);
      }
      at = next;
    }
  }

  #take(): number {
    // The one that is added to is the youngest: it is not the one that goes.
    while (this.#free === NONE && this.#used === this.#t.length) this.#drop(this.#hosts.oldest);
    if (this.#free === NONE) return this.#used++;
    const at = this.#free;
    this.#free = this.#next[at]!;
    return at;
  }

  #release(at: number): void {
    this.#next[at] = this.#free;
    this.#free = at;
  }

  #dropEmpty(host: number): void {
    if (this.#first[host] === NONE) this.#hosts.remove(host);
  }

  #drop(host: number): void {
    this.#keep(host, () => false);
    this.#hosts.remove(host);
  }
}
