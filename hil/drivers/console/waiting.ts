/** Those who wait on a console, and the ways in which their waiting ends. */
import type { Clock } from "../../ports/mod.ts";
import type { Duration } from "../../time/mod.ts";
import type { Pending } from "./shell.ts";

/** A waiter, to those who do not care what for. */
export type AnyWaiter = Pick<Waiter<unknown>, "what" | "settled" | "doomed" | "reject">;

/** One who waits. What it is given first counts. */
export class Waiter<T> implements Pending<T> {
  #waiting = false;
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
    this.#waiting = true;
    const settled = this.#settled ?? await this.all.clock.until(() => this.#settled, limit);
    this.#waiting = false;
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
    if (this.#waiting) this.all.settled();
  }
}

export class Waiters {
  readonly #waiting = new Set<AnyWaiter>();

  /** @param settled called when one who waits on the clock was settled, and is to be woken */
  constructor(readonly clock: Clock, readonly settled: () => void) {}

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
