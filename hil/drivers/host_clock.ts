/** The {@link Clock} of targets that live in the host's time. */
import type { Clock } from "../time/mod.ts";
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

  async until<T>(probe: () => T | undefined, limit: Duration): Promise<T | undefined> {
    const present = probe();
    if (present !== undefined) return present;
    const { promise, resolve, reject } = Promise.withResolvers<T | undefined>();
    const end = (how: () => void) => {
      forget();
      cancel();
      how();
    };
    const forget = this.timeline.onEvent(() => {
      try {
        const value = probe();
        if (value !== undefined) end(() => resolve(value));
      } catch (error) {
        end(() => reject(error));
      }
    });
    const cancel = timer(limit, () => end(() => resolve(undefined)));
    return await promise;
  }
}
