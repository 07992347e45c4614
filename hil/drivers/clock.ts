/**
 * The one file that knows the host's time. Everything else is given a {@link Clock} or the
 * timers of this file, so that a virtual clock can stand in its place.
 */
import type { Clock } from "../ports/clock.ts";
import { Duration } from "../scenario/duration.ts";
import type { Timeline } from "../trace/timeline.ts";

/** Monotonic host time, whole nanoseconds from an arbitrary start. */
export function hostNow(): number {
  return Math.round(performance.now() * 1e6);
}

/** Calendar time, for names and headers only; never for measuring. */
export function wallClock(): Date {
  return new Date();
}

/** Calls back once after `delay`; the returned function prevents that. Never keeps Deno alive. */
export function alarm(delay: Duration, callback: () => void): () => void {
  const id = setTimeout(callback, delay.ms);
  Deno.unrefTimer(id);
  return () => clearTimeout(id);
}

/** Like {@link alarm}, but keeps the process alive until it rings or is cancelled. */
export function timer(delay: Duration, callback: () => void): () => void {
  const id = setTimeout(callback, delay.ms);
  return () => clearTimeout(id);
}

/** The value of `work`, or what `onTimeout` gives (or throws) when `limit` passes first. */
export async function withLimit<T>(
  work: Promise<T>,
  limit: Duration,
  onTimeout: () => T | Promise<T>,
): Promise<T> {
  const late = Symbol("late");
  let cancel = () => {};
  const deadline = new Promise<typeof late>((resolve) => {
    cancel = timer(limit, () => resolve(late));
  });
  try {
    const first = await Promise.race([work, deadline]);
    if (first !== late) return first;
    work.catch(() => {}); // Nobody waits for it any more; its failure is not news.
    return await onTimeout();
  } finally {
    cancel();
  }
}

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
