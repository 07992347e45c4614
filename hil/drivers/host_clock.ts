/** The {@link Clock} of targets that live in the host's time. */
import type { Clock } from "../ports/clock.ts";
import { type Duration, hostNow, timer } from "../time/mod.ts";
import type { Timeline } from "../trace/timeline.ts";

/** The host's monotonic clock as a scenario sees it: 0 when the scenario began. */
export class HostClock implements Clock {
  readonly virtual = false;
  readonly #zero = hostNow();

  constructor(private readonly timeline: Timeline, readonly name: string = "host") {}

  now(): number {
    return hostNow() - this.#zero;
  }

  until<T>(probe: () => T | undefined, limit: Duration): Promise<T | undefined> {
    const present = probe();
    if (present !== undefined) return Promise.resolve(present);
    return new Promise((resolve, reject) => {
      const finish = (value: T | undefined) => {
        forget();
        cancel();
        resolve(value);
      };
      const forget = this.timeline.onEvent(() => {
        try {
          const value = probe();
          if (value !== undefined) finish(value);
        } catch (error) {
          forget();
          cancel();
          reject(error);
        }
      });
      const cancel = timer(limit, () => finish(undefined));
    });
  }
}
