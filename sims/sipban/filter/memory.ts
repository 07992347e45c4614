/** No filter at all: what a dry run has, and a simulated network asks. */
import { contains, parseAddress, parseNetwork } from "../core/mod.ts";
import { type Entry, type Filter, targetOf, uniqueTargets } from "./filter.ts";

export class MemoryFilter implements Filter {
  readonly #banned = new Map<string, Entry>();
  readonly #limited = new Set<string>();
  #count = 0;

  ban(entries: readonly Entry[]): Promise<void> {
    for (const { text, seconds } of uniqueTargets(entries)) {
      this.#banned.set(text, { target: text, ...(seconds !== undefined && { seconds }) });
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
    if (!bytes) return false;
    const isBanned = this.#banned.has(targetOf(address).text) ||
      [...this.#banned.keys()].some((text) =>
        text.includes("/") &&
        contains(parseNetwork(text), bytes)
      );
    if (isBanned) this.#count++;
    return isBanned;
  }

  list(): Promise<Entry[]> {
    return Promise.resolve([...this.#banned.values()]);
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
