/**
 * Virtual time: a queue of alarms in whole nanoseconds. It stands still until somebody waits on
 * it; then it jumps from alarm to alarm, so a second of target time costs what its events cost.
 */
import { setImmediate } from "node:timers";
import type { Clock } from "hil";
import type { Duration } from "hil";

/** Something that is going to happen, unless it is cancelled. */
export interface Alarm {
  /** Whole nanoseconds on the clock. */
  readonly t: number;
  /** Harmless when it has rung or was cancelled before. */
  cancel(): void;
}

interface Pending extends Alarm {
  readonly order: number;
  ring: (() => void) | undefined;
}

interface Waiter {
  readonly deadline: number;
  /** Whether it was answered: its probe gave a value or threw. */
  ask(): boolean;
  giveUp(): void;
  fail(error: unknown): void;
}

/** Alarms that ring before the host gets a turn, so that its own time limits still work. */
const RINGS_A_TURN = 4096;

/**
 * @example
 * ```ts ignore
 * const clock = new VirtualClock("board");
 * let risen = false;
 * clock.after(us(5).ns, () => risen = true);
 * await clock.until(() => risen || undefined, ms(1)); // true; clock.now() is 5000
 * ```
 */
export class VirtualClock implements Clock {
  readonly virtual = true;
  #now = 0;
  #order = 0;
  #running = false;
  /** A binary heap, earliest first; among equals the one set first. */
  readonly #alarms: Pending[] = [];
  readonly #waiters: Waiter[] = [];

  constructor(readonly name: string) {}

  now(): number {
    return this.#now;
  }

  /**
   * Rings at `t`; alarms of one instant ring in the order in which they were set.
   *
   * @throws RangeError when `t` is in the past or not a whole number
   */
  at(t: number, ring: () => void): Alarm {
    if (!Number.isSafeInteger(t) || t < this.#now) {
      throw new RangeError(
        `Cannot set an alarm at "${t}" ns: clock "${this.name}" is at ${this.#now} ns; ` +
          `give a whole number that is not in the past`,
      );
    }
    const alarm: Pending = {
      t,
      order: this.#order++,
      ring,
      cancel: () => void (alarm.ring = undefined),
    };
    this.#push(alarm);
    return alarm;
  }

  /** Rings `delayNs` from now. */
  after(delayNs: number, ring: () => void): Alarm {
    return this.at(this.#now + delayNs, ring);
  }

  /**
   * As {@link Clock.until}. When nothing is left to happen, time jumps to the limit. What happens
   * at the very limit still counts. Several may wait at once, each with its own limit.
   */
  until<T>(probe: () => T | undefined, limit: Duration): Promise<T | undefined> {
    return new Promise<T | undefined>((resolve, reject) => {
      const waiter: Waiter = {
        deadline: this.#now + limit.ns,
        ask: () => {
          try {
            const value = probe();
            if (value === undefined) return false;
            resolve(value);
          } catch (error) {
            reject(error);
          }
          return true;
        },
        giveUp: () => resolve(undefined),
        fail: reject,
      };
      if (waiter.ask()) return;
      this.#waiters.push(waiter);
      if (!this.#running) void this.#run();
    });
  }

  /**
   * Runs while anybody waits. After an event that answered somebody, and before the first one,
   * everything that waits on promises alone goes on until it waits on this clock or ends; so two
   * chains of promises interleave in the same way each time.
   */
  async #run(): Promise<void> {
    this.#running = true;
    try {
      await settle();
      while (this.#waiters.length > 0) {
        // Asked first: what ran in `settle` may have changed what is asked for.
        let answered = this.#answer();
        for (let rings = 0; !answered && rings < RINGS_A_TURN; rings++) {
          answered = this.#advance() || this.#answer();
        }
        await settle();
      }
    } finally {
      this.#running = false;
    }
  }

  /** Rings the next alarm, or gives up those whose limit comes before it: then true. */
  #advance(): boolean {
    const deadline = this.#waiters.reduce(
      (least, { deadline }) => Math.min(least, deadline),
      Infinity,
    );
    const next = this.#next();
    if (next === undefined || next.t > deadline) {
      this.#now = Math.max(this.#now, deadline);
      for (const waiter of this.#take(({ deadline }) => deadline <= this.#now)) waiter.giveUp();
      return true;
    }
    this.#pop();
    this.#now = next.t;
    const ring = next.ring!;
    next.ring = undefined;
    try {
      ring();
      return false;
    } catch (error) {
      // A defect of the model: nobody may go on as if time had passed properly.
      for (const waiter of this.#take(() => true)) waiter.fail(error);
      return true;
    }
  }

  /** Asks all; whether any was answered. */
  #answer(): boolean {
    return this.#take((waiter) => waiter.ask()).length > 0;
  }

  #take(which: (waiter: Waiter) => boolean): Waiter[] {
    const taken: Waiter[] = [];
    for (let i = 0; i < this.#waiters.length;) {
      const waiter = this.#waiters[i]!;
      if (which(waiter)) taken.push(...this.#waiters.splice(i, 1));
      else i++;
    }
    return taken;
  }

  /** The earliest alarm that was not cancelled. */
  #next(): Pending | undefined {
    while (this.#alarms[0] && this.#alarms[0].ring === undefined) this.#pop();
    return this.#alarms[0];
  }

  #push(alarm: Pending): void {
    const heap = this.#alarms;
    let at = heap.push(alarm) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(alarm, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = alarm;
  }

  #pop(): void {
    const heap = this.#alarms;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
  }
}

function before(a: Pending, b: Pending): boolean {
  return a.t < b.t || (a.t === b.t && a.order < b.order);
}

/**
 * One turn of the host's event loop. Between two turns V8 runs every promise continuation that
 * can run, however long the chain: no number of `await`s would be certain to do that.
 */
function settle(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}
