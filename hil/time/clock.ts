/**
 * The one file that knows the host's time. Everything else is given a {@link Clock} or the
 * timers of this file, so that a virtual clock can stand in its place.
 */
import type { Duration } from "./duration.ts";

/** Monotonic host time, whole nanoseconds from an arbitrary start. */
export function hostNow(): number {
  return Math.round(performance.now() * 1e6);
}

/** Calendar time, for names and headers only; never for measuring. */
export function wallClock(): Date {
  return new Date();
}

/** The longest, in milliseconds, that the host's timers can do; past it they ring at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back once after `delay`; the returned function prevents that. Never keeps Deno alive. */
export function alarm(delay: Duration, callback: () => void): () => void {
  return ring(delay, callback, Deno.unrefTimer);
}

/** Like {@link alarm}, but keeps the process alive until it rings or is cancelled. */
export function timer(delay: Duration, callback: () => void): () => void {
  return ring(delay, callback, () => {});
}

/** Until `length` has passed. Between two looks at what tells nobody: else wait for the thing itself. */
export function pause(length: Duration): Promise<void> {
  return new Promise((resolve) => void timer(length, resolve));
}

type Timer = ReturnType<typeof setTimeout>;

/** Never early: the host's timers count whole milliseconds, and at most 24 days of them. */
function ring(delay: Duration, callback: () => void, armed: (id: Timer) => void): () => void {
  const due = hostNow() + delay.ns;
  let id: Timer | undefined;
  const arm = (leftNs: number) => {
    id = setTimeout(() => {
      const left = due - hostNow();
      if (left > 0) arm(left);
      else callback();
    }, Math.min(LONGEST_MS, Math.ceil(leftNs / 1e6)));
    armed(id);
  };
  arm(delay.ns);
  return () => clearTimeout(id);
}

/** Calls back again and again; the returned function ends that. Never keeps Deno alive. */
export function every(interval: Duration, callback: () => void): () => void {
  const id = setInterval(callback, Math.min(LONGEST_MS, interval.ms));
  Deno.unrefTimer(id);
  return () => clearInterval(id);
}

/**
 * The value of `work`, or what `onTimeout` gives (or throws) when `limit` passes first. Work that
 * fails afterwards is no news: nobody waits for it any more.
 */
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
    return await onTimeout();
  } finally {
    cancel();
  }
}
