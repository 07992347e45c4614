/**
 * Challenges that wait for their answer, oldest first; those of one Call-ID can be found. Each is the
 * place of its transaction.
 */
import type { HostKey } from "./failures.ts";
import type { Glimpse } from "./glimpse.ts";
import { Index } from "./index.ts";
import { callHalf, type Transactions } from "./transactions.ts";

/** Of one Call-ID; a phone has one. */
export const MAX_OF_A_CALL = 32;
const NONE = -1;

export class Challenges {
  readonly #calls: Index;
  readonly #first: Int32Array;
  readonly #last: Int32Array;
  readonly #count: Uint8Array;
  /** Of each its call, and links within it. */
  readonly #call: Int32Array;
  readonly #before: Int32Array;
  readonly #after: Int32Array;
  /** In the order of their times: links among all, and when each began; 0 for those that do not wait. */
  readonly #older: Int32Array;
  readonly #younger: Int32Array;
  readonly #sinceNs: Float64Array;
  #oldest = NONE;
  #youngest = NONE;
  #size = 0;

  constructor(private readonly transactions: Transactions, readonly waitNs: number) {
    const { max } = transactions;
    const column = () => new Int32Array(max);
    this.#calls = new Index(max);
    [this.#first, this.#last, this.#before, this.#after] = [
      column(),
      column(),
      column(),
      column(),
    ];
    [this.#call, this.#older, this.#younger] = [column(), column(), column()];
    this.#count = new Uint8Array(max);
    this.#sinceNs = new Float64Array(max);
  }

  get size(): number {
    return this.#size;
  }

  /** See {@link Index.touch}. */
  touch(host: HostKey, sip: Glimpse): void {
    this.transactions.touch(host, sip);
    this.#calls.touch(callHalf(sip.callA, sip.method, host.a));
  }

  isWaiting(one: number): boolean {
    return this.#sinceNs[one] !== 0;
  }

  /** @returns one for which its call has no room any more: it is settled, its time is over; -1: none */
  add(one: number, t: number): number {
    this.#sinceNs[one] = Math.max(t, Number.MIN_VALUE);
    this.#older[one] = this.#youngest;
    this.#younger[one] = NONE;
    if (this.#youngest === NONE) this.#oldest = one;
    else this.#younger[this.#youngest] = one;
    this.#youngest = one;
    this.#size++;
    const call = this.#join(one);
    const surplus = this.#count[call]! > MAX_OF_A_CALL ? this.#first[call]! : NONE;
    if (surplus !== NONE) this.settle(surplus);
    return surplus;
  }

  /** The latest of a transaction's call; -1: none waits. */
  latestOf(one: number): number {
    const call = this.#callOf(one);
    return call < 0 ? NONE : this.#last[call]!;
  }

  /** Whether one of its call waits that was earlier, by CSeq. */
  hasEarlier(one: number): boolean {
    const { cseq } = this.transactions;
    for (let other = this.latestOf(one); other !== NONE; other = this.#before[other]!) {
      if (cseq[other]! < cseq[one]!) return true;
    }
    return false;
  }

  /** It has its answer, or its time is over. */
  settle(one: number): void {
    const [older, younger] = [this.#older[one]!, this.#younger[one]!];
    if (older === NONE) this.#oldest = younger;
    else this.#younger[older] = younger;
    if (younger === NONE) this.#youngest = older;
    else this.#older[younger] = older;
    this.#sinceNs[one] = 0;
    this.#size--;
    this.#leave(one);
  }

  /** The oldest, if it has waited in vain at `t`; it is settled. -1: none. */
  takeExpired(t: number): number {
    if (this.nextNs() > t) return NONE;
    const one = this.#oldest;
    this.settle(one);
    return one;
  }

  /** When the next one is over; Infinity: none waits. */
  nextNs(): number {
    return this.#oldest === NONE ? Infinity : this.#sinceNs[this.#oldest]! + this.waitNs;
  }

  #callOf(one: number): number {
    return this.#calls.find(this.transactions.callA[one]!, this.transactions.callB[one]!);
  }

  #join(one: number): number {
    let call = this.#callOf(one);
    this.#after[one] = this.#before[one] = NONE;
    if (call < 0) {
      // There are never more calls than transactions.
      call = this.#calls.add(this.transactions.callA[one]!, this.transactions.callB[one]!);
      this.#first[call] = one;
      this.#count[call] = 0;
    } else {
      const last = this.#last[call]!;
      this.#after[last] = one;
      this.#before[one] = last;
    }
    this.#call[one] = call;
    this.#last[call] = one;
    this.#count[call]!++;
    return call;
  }

  #leave(one: number): void {
    const call = this.#call[one]!;
    const [before, after] = [this.#before[one]!, this.#after[one]!];
    if (before === NONE) this.#first[call] = after;
    else this.#after[before] = after;
    if (after === NONE) this.#last[call] = before;
    else this.#before[after] = before;
    this.#count[call]!--;
    if (this.#count[call] === 0) this.#calls.remove(call);
  }
}
