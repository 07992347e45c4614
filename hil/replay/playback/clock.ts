/** The clocks of a recording, which stand still until somebody waits. */
import { type Clock, type Duration, formatNs } from "../../time/mod.ts";
import type { Timeline } from "../../trace/mod.ts";

/** Somebody who waits on a clock. */
export interface Waiter {
  readonly clock: string;
  /** Whole nanoseconds on it. */
  readonly deadline: number;
  readonly what: string;
  /** Its `stack` tells where. */
  readonly here: { readonly stack?: string };
  /** It looks at what a console said: when nothing more comes, that is a time-out. */
  readonly ofConsole: boolean;
  expire(): void;
}

/** Time on all clocks of a recording, and those who wait for it to pass. */
export class Times {
  readonly waiters = new Set<Waiter>();
  readonly #now = new Map<string, number>();

  /** @param onWait told of each new waiter; `onWake` when one is not waiting any more */
  constructor(
    readonly timeline: Timeline,
    private readonly onWait: () => void,
    readonly onWake: () => void,
  ) {}

  now(clock: string): number {
    return this.#now.get(clock) ?? 0;
  }

  /** Never back. */
  advance(clock: string, t: number): void {
    if (t > this.now(clock)) this.#now.set(clock, t);
  }

  /** The targets have been started: time begins, as it did for the scenario. */
  begin(clock: string, t: number): void {
    this.#now.set(clock, t);
  }

  add(waiter: Waiter): void {
    this.waiters.add(waiter);
    this.onWait();
  }

  /**
   * Lets the one go whose time is over first, of those on `clock` whose deadline is before `t`, or
   * at it too.
   */
  expire(clock: string, t: number, at: "before" | "at"): boolean {
    let first: Waiter | undefined;
    for (const waiter of this.waiters) {
      const over = waiter.clock === clock &&
        (waiter.deadline < t || (at === "at" && waiter.deadline === t));
      if (over && !(first && first.deadline <= waiter.deadline)) first = waiter;
    }
    if (!first) return false;
    this.advance(clock, first.deadline);
    first.expire();
    return true;
  }
}

export class PlaybackClock implements Clock {
  /** As the recorded one: scenarios ask for it. */
  virtual = false;

  constructor(
    readonly name: string,
    private readonly times: Times,
    private readonly ofConsole = false,
  ) {}

  now(): number {
    return this.times.now(this.name);
  }

  async until<T>(probe: () => T | undefined, limit: Duration): Promise<T | undefined> {
    const present = probe();
    if (present !== undefined) return present;
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    const { times } = this;
    const end = (how: () => void) => {
      forget();
      times.waiters.delete(waiter);
      times.onWake();
      how();
    };
    const forget = times.timeline.onEvent(() => {
      try {
        const value = probe();
        if (value !== undefined) end(() => resolve(value));
      } catch (error) {
        end(() => reject(error));
      }
    });
    const here = {};
    Error.captureStackTrace(here);
    const waiter: Waiter = {
      clock: this.name,
      deadline: this.now() + limit.ns,
      what: `something within ${formatNs(limit.ns)} on the clock "${this.name}"`,
      here,
      ofConsole: this.ofConsole,
      expire: () => end(() => resolve(undefined)),
    };
    times.add(waiter);
    return await promise;
  }
}
