/** An operation as a scenario holds it, made from the events of its thread: for targets. */
import { type Duration, ExpectationError, seconds, type Signal } from "hil";
import type { Timeline } from "hil/trace/mod.ts";
import type { Operation, OperationData, OperationEvent } from "./port.ts";
import { OperationFailed } from "./port.ts";

/** How long an operation may take when the scenario does not say. */
const PATIENCE = seconds(10);

export interface OperationParts<T> {
  readonly thread: number;
  /** "read 0 7". */
  readonly operation: string;
  /** Its events, and only its. */
  readonly events: Signal<OperationData>;
  readonly resume: () => Promise<void>;
  /** Told of each wait: a scenario that ends before one fails, as it does for expectations. */
  readonly timeline: Timeline;
  /** What it gives, from its "done". */
  readonly result: (done: OperationData) => T;
}

export class ThreadOperation<T> implements Operation<T> {
  readonly thread: number;
  readonly events: Signal<OperationData>;

  constructor(private readonly parts: OperationParts<T>) {
    this.thread = parts.thread;
    this.events = parts.events;
  }

  blocked(why: string, options?: { within?: Duration }): Promise<OperationEvent> {
    return this.#stops("blocked", why, options?.within);
  }

  paused(options?: { within?: Duration }): Promise<OperationEvent> {
    return this.#stops("paused", undefined, options?.within);
  }

  resume(): Promise<void> {
    return this.parts.resume();
  }

  async finished(options?: { within?: Duration }): Promise<T> {
    const { operation, result } = this.parts;
    const last = await this.#awaited("to finish", () => {
      return this.#first(isEnd, options?.within, "finish");
    });
    if (last.kind === "failed") throw new OperationFailed(operation, last.data.why ?? "");
    return result(last.data);
  }

  /** The first event of a kind; an operation that is over first fails at once. */
  async #stops(kind: string, why: string | undefined, within?: Duration): Promise<OperationEvent> {
    const wanted = (event: OperationEvent) =>
      event.kind === kind && (why === undefined || event.data.why === why);
    const goal = `see ${kind}${why ? ` (${why})` : ""}`;
    const found = await this.#awaited(`to be ${kind}`, () => {
      return this.#first((event) => wanted(event) || isEnd(event), within, goal);
    });
    if (wanted(found)) return found;
    throw new ExpectationError(
      `Cannot ${goal} "${this.parts.operation}": it is over without that; ${this.#story()}`,
    );
  }

  #awaited<R>(what: string, work: () => Promise<R>): Promise<R> {
    return this.parts.timeline.awaited(`"${this.parts.operation}" ${what}`, work);
  }

  async #first(
    wanted: (event: OperationEvent) => boolean,
    within: Duration = PATIENCE,
    goal: string,
  ): Promise<OperationEvent> {
    const { clock, occurrences } = this.events;
    let seen = 0; // The probe runs after each event on the timeline: it looks at each only once.
    const probe = () => {
      const all = this.events.occurrences;
      while (seen < all.length) if (wanted(all[seen++]!)) return all[seen - 1];
    };
    const found = await clock.until(probe, within);
    if (found) return found;
    const state = occurrences.length ? "it did not get there" : "it has not begun";
    throw new ExpectationError(
      `Cannot ${goal} "${this.parts.operation}": ${state} within ${within}; ${this.#story()}`,
    );
  }

  #story(): string {
    const events = this.events.occurrences.map(({ kind, data }) =>
      data.why ? `${kind} (${data.why})` : kind
    );
    return `its events: ${events.join(", ") || "none"}`;
  }
}

function isEnd({ kind }: OperationEvent): boolean {
  return kind === "done" || kind === "failed";
}
