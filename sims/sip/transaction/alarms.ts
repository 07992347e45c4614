/** The alarms of one transaction, by the letters that the RFC gives them. */
import type { SipTimers } from "../transport/mod.ts";

export class Alarms<Name extends string> {
  readonly #set = new Map<Name, { cancel(): void }>();

  constructor(readonly timers: SipTimers) {}

  /** Instead of what was set by that name before. */
  set(name: Name, delayNs: number, ring: () => void): void {
    this.cancel(name);
    this.#set.set(
      name,
      this.timers.after(delayNs, () => {
        this.#set.delete(name);
        ring();
      }),
    );
  }

  /** Rings after `delayNs`, then at twice the interval each time, no longer than `maxNs`. */
  repeat(name: Name, delayNs: number, maxNs: number, ring: () => void): void {
    this.set(name, delayNs, () => {
      this.repeat(name, Math.min(2 * delayNs, maxNs), maxNs, ring);
      ring();
    });
  }

  cancel(...names: Name[]): void {
    for (const name of names) {
      this.#set.get(name)?.cancel();
      this.#set.delete(name);
    }
  }

  cancelAll(): void {
    this.cancel(...this.#set.keys());
  }
}
