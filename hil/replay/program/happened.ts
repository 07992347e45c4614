/** What targets did while a program is driven: whether what its scenario waited for has come. */
import type { TraceEvent } from "../../trace/mod.ts";
import type { Awaited } from "./program.ts";

export class Happened {
  /** By channel and kind, in whole nanoseconds: all, and how many of them since the last stimulus. */
  readonly #times = new Map<string, number[]>();
  readonly #before = new Map<string, number>();

  note(event: TraceEvent, now: number): void {
    if (event.type !== "signal") return;
    const key = `${event.channel} ${event.kind}`;
    const times = this.#times.get(key);
    if (times) times.push(now);
    else this.#times.set(key, [now]);
  }

  /** A stimulus is made. */
  stimulus(): void {
    for (const [key, { length }] of this.#times) this.#before.set(key, length);
  }

  /**
   * When it came: as the n-th of all, or of those since the last stimulus; whichever was sooner, as
   * one target does more than another, and one does it sooner.
   */
  timeOf({ channel, kind, count, nth }: Awaited): number | undefined {
    const key = `${channel} ${kind}`;
    const place = Math.min(nth, (this.#before.get(key) ?? 0) + count);
    return this.#times.get(key)?.[place - 1];
  }
}
