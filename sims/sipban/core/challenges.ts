/** Challenges that wait for their answer, oldest first; those of one Call-ID can be found. */
import { Lru } from "./lru.ts";
import type { Transaction } from "./transactions.ts";

export interface Pending {
  readonly transaction: Transaction;
  readonly t: number;
}

/** Of one Call-ID; a phone has one. */
const MAX_OF_A_CALL = 32;

export class Challenges {
  readonly #calls = new Map<string, Pending[]>();
  /** In the order of their times. */
  readonly #queue = new Lru<Pending, true>(Infinity);

  constructor(readonly max: number, readonly waitNs: number) {}

  get size(): number {
    return this.#queue.size;
  }

  /** Gives one for which there is no room any more: its time is over earlier. */
  add(transaction: Transaction, t: number): Pending | undefined {
    const pending = { transaction, t };
    const key = keyOf(transaction);
    const list = this.#calls.get(key) ?? [];
    list.push(pending);
    this.#calls.set(key, list);
    this.#queue.set(pending, true);
    const surplus = list.length > MAX_OF_A_CALL ? list[0] : undefined;
    const over = surplus ?? (this.#queue.size > this.max ? this.#oldest() : undefined);
    if (over) this.settle([over]);
    return over;
  }

  of(transaction: Transaction): readonly Pending[] {
    return this.#calls.get(keyOf(transaction)) ?? [];
  }

  /** They have their answer, or their time is over. */
  settle(list: readonly Pending[]): void {
    for (const pending of [...list]) {
      this.#queue.delete(pending);
      const key = keyOf(pending.transaction);
      const rest = this.#calls.get(key)?.filter((other) => other !== pending) ?? [];
      if (rest.length === 0) this.#calls.delete(key);
      else this.#calls.set(key, rest);
    }
  }

  /** The oldest, if it has waited in vain at `t`; it is settled. */
  takeExpired(t: number): Pending | undefined {
    const oldest = this.#oldest();
    if (!oldest || oldest.t + this.waitNs > t) return undefined;
    this.settle([oldest]);
    return oldest;
  }

  /** When the next one is over; Infinity: none waits. */
  nextNs(): number {
    const oldest = this.#oldest();
    return oldest ? oldest.t + this.waitNs : Infinity;
  }

  #oldest(): Pending | undefined {
    return this.#queue.oldest()?.[0];
  }
}

function keyOf({ host, callId, method }: Transaction): string {
  return `${host} ${method} ${callId}`;
}
