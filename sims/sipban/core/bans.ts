/** Who is banned, until when, and for how long the next time. */
import { Lru } from "./lru.ts";
import type { Settings } from "./settings.ts";

/** As it is kept over a restart. */
export interface Ban {
  readonly host: string;
  /** `undefined`: for ever. */
  readonly untilNs?: number;
  readonly level: number;
}

interface Record {
  readonly level: number;
  /** From then on it begins at the first ban again. */
  readonly forgottenNs: number;
}

export class Bans {
  readonly #live = new Map<string, Ban>();
  readonly #records: Lru<string, Record>;
  /** Ends by time; what was lifted earlier is still in it. */
  readonly #ends: { readonly ban: Ban; readonly t: number }[] = [];

  constructor(readonly settings: Settings) {
    this.#records = new Lru(settings.maxHosts);
  }

  get(host: string): Ban | undefined {
    return this.#live.get(host);
  }

  list(): Ban[] {
    return [...this.#live.values()];
  }

  /** Banned already: `undefined`, and nothing changes. `seconds`: instead of what escalation says. */
  add(host: string, t: number, seconds?: number): Ban | undefined {
    if (this.#live.has(host)) return undefined;
    const { banS, escalation, maxBanS, forgetS } = this.settings;
    const old = this.#records.get(host);
    const level = old && t < old.forgottenNs ? old.level + 1 : 1;
    const length = seconds ?? Math.min(banS * escalation ** (level - 1), maxBanS);
    const untilNs = length === 0 ? undefined : t + Math.round(length * 1e9);
    const ban = { host, level, ...(untilNs !== undefined && { untilNs }) };
    this.#set(ban);
    this.#records.set(host, { level, forgottenNs: (untilNs ?? t) + forgetS * 1e9 });
    return ban;
  }

  /** Of an earlier run. Of one that is over only the record counts. */
  restore(ban: Ban, t: number): void {
    if (ban.untilNs === undefined || ban.untilNs > t) this.#set(ban);
    const forgottenNs = (ban.untilNs ?? t) + this.settings.forgetS * 1e9;
    if (forgottenNs > t) this.#records.set(ban.host, { level: ban.level, forgottenNs });
  }

  /** By hand: also its record is clean. */
  remove(host: string): boolean {
    this.#records.delete(host);
    return this.#live.delete(host);
  }

  /** The next whose time is over at `t`; it is taken off. */
  takeExpired(t: number): Ban | undefined {
    if (this.nextNs() > t) return undefined;
    const { ban } = this.#ends.shift()!;
    this.#live.delete(ban.host);
    return ban;
  }

  /** When the next one ends; Infinity: none does. */
  nextNs(): number {
    while (this.#ends[0] && this.#live.get(this.#ends[0].ban.host) !== this.#ends[0].ban) {
      this.#ends.shift();
    }
    return this.#ends[0]?.t ?? Infinity;
  }

  #set(ban: Ban): void {
    this.#live.set(ban.host, ban);
    if (ban.untilNs === undefined) return;
    let low = 0;
    for (let high = this.#ends.length; low < high;) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle]!.t <= ban.untilNs) low = middle + 1;
      else high = middle;
    }
    this.#ends.splice(low, 0, { ban, t: ban.untilNs });
  }
}
