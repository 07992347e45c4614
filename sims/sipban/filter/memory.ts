/** No filter at all: what a dry run has, and a simulated network asks. */
import { contains, parseAddress, parseNetwork } from "../core/mod.ts";
import { type Entry, type Filter, targetOf, uniqueTargets } from "./filter.ts";

export class MemoryFilter implements Filter {
  /** Until when, in nanoseconds; Infinity: until it is taken back. */
  readonly #banned = new Map<string, number>();
  readonly #limited = new Set<string>();
  #count = 0;

  /** @param now in nanoseconds: bans end by themselves, as the kernel's do. Default: they do not */
  constructor(private readonly now: () => number = () => 0) {}

  ban(entries: readonly Entry[]): Promise<void> {
    for (const { text, seconds = Infinity } of uniqueTargets(entries)) {
      this.#banned.set(text, this.now() + seconds * 1e9);
    }
    return Promise.resolve();
  }

  unban(targets: readonly string[]): Promise<void> {
    for (const target of targets) this.#banned.delete(targetOf(target).text);
    return Promise.resolve();
  }

  limit(entries: readonly Entry[]): Promise<void> {
    for (const { text } of uniqueTargets(entries)) this.#limited.add(text);
    return Promise.resolve();
  }

  unlimit(targets: readonly string[]): Promise<void> {
    for (const target of targets) this.#limited.delete(targetOf(target).text);
    return Promise.resolve();
  }

  /** Asked for each packet; counts those that it drops. */
  blocks(address: string): boolean {
    if (this.#banned.size === 0) return false;
    const bytes = parseAddress(address);
    const isBanned = bytes !== undefined &&
      this.#live.some(([text]) => contains(parseNetwork(text), bytes));
    if (isBanned) this.#count++;
    return isBanned;
  }

  list(): Promise<Entry[]> {
    return Promise.resolve(this.#live.map(([target, untilNs]) => ({
      target,
      ...(untilNs < Infinity && { seconds: (untilNs - this.now()) / 1e9 }),
    })));
  }

  get #live(): (readonly [string, number])[] {
    const now = this.now();
    return [...this.#banned].filter(([, untilNs]) => untilNs > now);
  }

  intact(): Promise<boolean> {
    return Promise.resolve(true);
  }

  renew(): Promise<void> {
    return Promise.resolve();
  }

  dropped(): Promise<number> {
    return Promise.resolve(this.#count);
  }

  remove(): Promise<void> {
    this.#banned.clear();
    this.#limited.clear();
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
