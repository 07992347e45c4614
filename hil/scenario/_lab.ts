/** A scenario without a runner, on a clock that moves when it is waited on. For tests. */
import type { Clock } from "../time/mod.ts";
import type { Duration } from "../time/mod.ts";
import { type Json, type SignalSource, Timeline, type TraceEvent } from "../trace/mod.ts";
import { runIn, type ScenarioContext } from "./context.ts";

/** Virtual time: what is due happens in order of time while somebody waits. */
export class FakeClock implements Clock {
  readonly name = "fake";
  readonly virtual = true;
  #now = 0;
  #due: { readonly t: number; readonly happen: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  at(t: number, happen: () => void): void {
    this.#due.push({ t, happen });
    this.#due.sort((a, b) => a.t - b.t);
  }

  async until<T>(probe: () => T | undefined, limit: Duration): Promise<T | undefined> {
    const deadline = this.#now + limit.ns;
    for (;;) {
      const value = probe();
      if (value !== undefined) return value;
      await null;
      const next = this.#due[0];
      if (!next || next.t > deadline) {
        this.#now = Math.max(this.#now, deadline);
        return undefined;
      }
      this.#due.shift();
      this.#now = next.t;
      next.happen();
    }
  }
}

export interface Lab {
  readonly clock: FakeClock;
  readonly timeline: Timeline;
  readonly context: ScenarioContext;
  /** What has been recorded so far. */
  readonly events: readonly TraceEvent[];
  readonly led: SignalSource<Json>;
}

/** @param describe how the LED's occurrences read; default "LED rise" and the like */
export function makeLab(describe?: (kind: string, data: Json) => string): Lab {
  const clock = new FakeClock();
  const events: TraceEvent[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  timeline.clock = clock;
  const context = contextOf(timeline);
  const led = timeline.signal<Json>("LED", { clock, describe });
  return { clock, timeline, context, events, led };
}

/** Runs `body` as the body of the lab's scenario. */
export function inside<T>(lab: Lab, body: () => T): T {
  return runIn(lab.context, undefined, body);
}

/** What came of a piece of work: the error it threw. */
export async function errorOf(work: () => unknown): Promise<Error> {
  try {
    await work();
  } catch (error) {
    if (error instanceof Error) return error;
    throw new TypeError(`it threw ${Deno.inspect(error)}, which is no Error`);
  }
  throw new TypeError("it threw nothing");
}

/** What a runner would give a body. */
export function contextOf(timeline: Timeline): ScenarioContext {
  return {
    timeline,
    seed: 1,
    attachmentsDir: "/nowhere",
    signal: new AbortController().signal,
    running: new Map(),
    failures: [],
    thrownIn: new WeakMap(),
    pending: new Set(),
    late: new WeakSet(),
    nextStepId: 1,
    ended: false,
  };
}
