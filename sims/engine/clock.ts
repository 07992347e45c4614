/**
 * Virtual time: a queue of alarms in whole nanoseconds. It stands still until somebody waits on
 * it; then it jumps from alarm to alarm, so a second of target time costs what its events cost.
 * Where something executes instructions (a CPU), time does not jump: the executor moves it.
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

/** An alarm that its owner sets again and again. Of those of one instant the oldest rings first. */
export interface EngineTimer {
  readonly name: string;
  /** When it is going to ring; undefined when it is not set. */
  readonly t: number | undefined;
  /**
   * Rings at `t` instead of when it was set to ring before.
   *
   * @throws RangeError when `t` is in the past or not a whole number
   */
  set(t: number): void;
  cancel(): void;
}

/** What moves time on by executing: a CPU. */
export interface Executor {
  /**
   * Executes until the clock shows `untilNs`, moving it with {@link VirtualClock.advanceTo}. Ends
   * earlier, between two instructions, when {@link VirtualClock.nextAlarmNs} has come before that.
   */
  run(untilNs: number): void;
}

interface Pending extends Alarm {
  readonly order: number;
  ring: (() => void) | undefined;
}

interface Hold {
  readonly t: number;
  readonly held: () => Promise<void>;
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
/** Executed at a stretch, at most: those who wait are asked in between. */
const QUANTUM_NS = 1_000_000;
/** As many rings a quantum counts for: eight of them are some 0.1 s of a host. */
const RINGS_A_QUANTUM = RINGS_A_TURN / 8;
/** Timers of one instant ring before other alarms, and by age: so restored ones do as before. */
const FIRST_TIMER = -(2 ** 40);

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
  #timers = 0;
  #executor: Executor | undefined;
  #stop = false;
  #turnWanted = false;
  #hold: Hold | undefined;

  constructor(readonly name: string) {}

  now(): number {
    return this.#now;
  }

  /** For the executor, as it executes: never backwards, never past {@link nextAlarmNs}. */
  advanceTo(t: number): void {
    if (t < this.#now) {
      throw new RangeError(`Cannot turn clock "${this.name}" back from ${this.#now} to ${t} ns`);
    }
    this.#now = t;
  }

  /** When the executor has to stop: Infinity when nothing is going to happen. */
  nextAlarmNs(): number {
    return this.#stop ? this.#now : this.#next()?.t ?? Infinity;
  }

  /** Something can be seen from outside: the executor stops, and those who wait are asked. */
  requestStop(): void {
    this.#stop = true;
  }

  /** For an alarm that stands between this clock and the host's: the host gets a turn after it. */
  requestTurn(): void {
    this.#turnWanted = true;
  }

  /** As {@link Clock.hold}. What happens at `t` itself has happened then. */
  hold(t: number, held: () => Promise<void>): void {
    this.#hold = { t, held };
  }

  /** From now on `executor` moves time, where time jumped before. */
  drive(executor: Executor): void {
    this.#executor = executor;
  }

  /** A timer, not set yet. */
  timer(name: string, ring: () => void): EngineTimer {
    const order = FIRST_TIMER + this.#timers++;
    let pending: Pending | undefined;
    return {
      name,
      get t() {
        return pending?.ring && pending.t;
      },
      set: (t) => {
        if (pending?.ring && pending.t === t) return;
        pending?.cancel();
        pending = this.#schedule(t, order, ring);
      },
      cancel: () => pending?.cancel(),
    };
  }

  /** Executes and rings until the clock shows `t`, without giving the host a turn. */
  runTo(t: number): void {
    while (this.#step(t));
  }

  /** Like {@link runTo}, and ends as soon as `done`: asked after each stretch and each alarm. */
  runUntil(done: () => boolean, t: number): boolean {
    while (!done()) if (!this.#step(t)) return done();
    return true;
  }

  /** For a snapshot: time is `t`, and nothing is going to happen until timers are set again. */
  restore(t: number): void {
    for (const alarm of this.#alarms) alarm.ring = undefined;
    this.#alarms.length = 0;
    this.#now = t;
    this.#stop = false;
  }

  /**
   * Rings at `t`; alarms of one instant ring in the order in which they were set.
   *
   * @throws RangeError when `t` is in the past or not a whole number
   */
  at(t: number, ring: () => void): Alarm {
    return this.#schedule(t, this.#order++, ring);
  }

  #schedule(t: number, order: number, ring: () => void): Pending {
    if (!Number.isSafeInteger(t) || t < this.#now) {
      throw new RangeError(
        `Cannot set an alarm at "${t}" ns: clock "${this.name}" is at ${this.#now} ns; ` +
          `give a whole number that is not in the past`,
      );
    }
    const alarm: Pending = {
      t,
      order,
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
        if (this.#hold && this.#hold.t <= this.#now) {
          await this.#heldOnce(this.#hold);
          continue;
        }
        // Asked first: what ran in `settle` may have changed what is asked for.
        let answered = this.#answer();
        this.#turnWanted = false;
        for (let rings = 0; !answered && !this.#turnWanted && rings < RINGS_A_TURN; rings++) {
          const from = this.#now;
          answered = this.#advance() || this.#answer();
          if (this.#executor) rings += RINGS_A_QUANTUM * (this.#now - from) / QUANTUM_NS;
        }
        await settle();
      }
    } finally {
      this.#running = false;
    }
  }

  async #heldOnce({ held }: Hold): Promise<void> {
    this.#hold = undefined;
    try {
      await held();
    } catch (error) {
      for (const waiter of this.#take(() => true)) waiter.fail(error);
    }
    await settle();
  }

  /**
   * Rings the next alarm, or gives up those whose limit comes before it: then true, as when it is to
   * stand still before it.
   */
  #advance(): boolean {
    const deadline = this.#waiters.reduce(
      (least, { deadline }) => Math.min(least, deadline),
      this.#hold?.t ?? Infinity,
    );
    try {
      if (this.#step(deadline)) return false;
    } catch (error) {
      // A defect of the model: nobody may go on as if time had passed properly.
      for (const waiter of this.#take(() => true)) waiter.fail(error);
      return true;
    }
    for (const waiter of this.#take(({ deadline }) => deadline <= this.#now)) waiter.giveUp();
    return true;
  }

  /** One stretch of execution, or one alarm; false when neither comes before or at `limit`. */
  #step(limit: number): boolean {
    const next = this.#next();
    const until = Math.min(next?.t ?? Infinity, limit);
    if (this.#executor && this.#now < until) {
      this.#stop = false;
      this.#executor.run(Math.min(until, this.#now + QUANTUM_NS - this.#now % QUANTUM_NS));
      return true;
    }
    if (next === undefined || next.t > limit) {
      this.#now = Math.max(this.#now, limit);
      return false;
    }
    this.#pop();
    this.#now = next.t;
    const ring = next.ring!;
    next.ring = undefined;
    ring();
    return true;
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
