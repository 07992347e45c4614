/** Those who wait on a console, and the ways in which their waiting ends. */
import type { Clock } from "../../ports/mod.ts";
import type { Duration } from "../../time/mod.ts";
import type { Pending } from "./shell.ts";

/** A waiter, to those who do not care what for. */
export type AnyWaiter = Pick<Waiter<unknown>, "what" | "settled" | "doomed" | "reject">;

/** One who waits. What it is given first counts. */
export class Waiter<T> implements Pending<T> {
  #settled: { readonly value: T } | { readonly error: Error } | undefined;
  /** Something is wrong already, but it is not yet known in full: success comes too late. */
  doomed: (() => Error) | undefined;

  constructor(readonly what: string, private readonly all: Waiters) {}

  get settled(): boolean {
    return this.#settled !== undefined;
  }

  resolve(value: T): void {
    if (!this.doomed) this.#settle({ value });
  }

  reject(error: Error): void {
    this.#settle({ error });
  }

  async outcome(limit: Duration): Promise<{ readonly value: T } | undefined> {
    const settled = this.#settled ?? await this.all.clock.until(() => this.#settled, limit);
    if (!settled) {
      if (this.doomed) throw this.doomed();
      return undefined;
    }
    if ("error" in settled) throw settled.error;
    return settled;
  }

  close(): void {
    this.all.remove(this);
  }

  #settle(result: { readonly value: T } | { readonly error: Error }): void {
    if (this.#settled) return;
    this.#settled = result;
    this.all.remove(this);
    this.all.changed = true;
  }
}

export class Waiters {
  readonly #waiting = new Set<AnyWaiter>();
  /** Somebody was settled and may not have been woken yet. */
  changed = false;

  constructor(readonly clock: Clock) {}

  add<T>(what: string): Waiter<T> {
    const waiter = new Waiter<T>(what, this);
    this.#waiting.add(waiter);
    return waiter;
  }

  remove(waiter: AnyWaiter): void {
    this.#waiting.delete(waiter);
  }

  get all(): readonly AnyWaiter[] {
    return [...this.#waiting];
  }
}
