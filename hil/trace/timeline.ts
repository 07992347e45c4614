/**
 * The present end of a trace: what has happened so far in one scenario, in memory for queries
 * and, through a sink, on disk. Every event of a scenario goes through {@link Timeline.record}.
 */
import type { Clock } from "../ports/clock.ts";
import { seconds, withLimit } from "../time/mod.ts";
import type { EventBase, Json, TraceBody, TraceEvent } from "./event.ts";

/** Where events go as they happen: the trace writer, or nothing in a unit test. */
export interface TraceSink {
  write(event: TraceEvent): void;
}

/** A point on the timeline: what a stimulus returns and what `after:` takes. */
export interface Mark {
  readonly seq: number;
  /** Whole nanoseconds on the clock of the channel. */
  readonly t: number;
  /** For messages: "GPIO 66 rose (press)". */
  readonly what: string;
}

/** One thing that a {@link Signal} carried. */
export interface Occurrence<E = Json> extends Mark {
  readonly channel: string;
  readonly kind: string;
  readonly data: E;
}

/** A named, typed stream of occurrences that expectations query. */
export interface Signal<E = Json> {
  readonly channel: string;
  readonly clock: Clock;
  /** All since the scenario began, oldest first. */
  readonly occurrences: readonly Occurrence<E>[];
}

/** A signal, from the side that makes it happen: for targets and drivers. */
export interface SignalSource<E = Json> extends Signal<E> {
  /** @param t whole nanoseconds on the signal's clock; the present when left out */
  emit(kind: string, data: E, t?: number): Occurrence<E>;
}

export interface SignalOptions<E> {
  readonly clock: Clock;
  /** How a person says it: `(kind, data) => "disk 0 read 1234"`. Default: channel and kind. */
  readonly describe?: (kind: string, data: E) => string;
}

/** Says what a channel looked like lately, for the message of a failure. */
export type Diagnosis = () => string | Promise<string>;

const DIAGNOSIS_LIMIT = seconds(5);

export class Timeline {
  #seq = 0;
  readonly #listeners = new Set<() => void>();
  readonly #diagnoses = new Map<string, Diagnosis>();
  #failure: Error | undefined;
  #onFailure: (error: Error) => void = () => {};
  #clock: Clock | undefined;

  constructor(private readonly sink: TraceSink) {}

  /** The scenario's own clock: that of a virtual target when all targets are virtual. */
  get clock(): Clock {
    if (!this.#clock) throw new Error("the timeline has no clock yet");
    return this.#clock;
  }

  set clock(clock: Clock) {
    this.#clock = clock;
  }

  /** Appends an event with the time of `clock` (default: the scenario's) and tells all who wait. */
  record(body: TraceBody, options: { clock?: Clock; t?: number } = {}): Mark {
    const clock = options.clock ?? this.clock;
    const base: EventBase = {
      seq: ++this.#seq,
      t: options.t ?? clock.now(),
      ...(clock === this.#clock ? {} : { clock: clock.name }),
    };
    this.sink.write({ ...base, ...body });
    for (const listener of [...this.#listeners]) {
      // One that was called before may have taken it away.
      if (this.#listeners.has(listener)) listener();
    }
    return { seq: base.seq, t: base.t, what: body.type };
  }

  /** Calls back after each event, until the returned function is called. */
  onEvent(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Fails the scenario now, whatever it waits for: for what nobody asked about, such as a panic
   * that no console call is there to be told of, or a target that died. The first one counts.
   */
  fail(error: Error): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#onFailure(error);
  }

  /** For the runner: called once, with the first {@link fail}, also when that has been already. */
  onFailure(listener: (error: Error) => void): void {
    this.#onFailure = listener;
    if (this.#failure) listener(this.#failure);
  }

  signal<E extends Json>(channel: string, options: SignalOptions<E>): SignalSource<E> {
    const { clock, describe } = options;
    const occurrences: Occurrence<E>[] = [];
    const emit = (kind: string, data: E, t?: number): Occurrence<E> => {
      const what = describe?.(kind, data) ?? `${channel} ${kind}`;
      const at = t ?? clock.now();
      // In the list before `record` wakes those who wait, so that their probes see it.
      const occurrence = { seq: this.#seq + 1, t: at, what, channel, kind, data };
      occurrences.push(occurrence);
      this.record({ type: "signal", channel, kind, data }, { clock, t: at });
      return occurrence;
    };
    return { channel, clock, occurrences, emit };
  }

  /** Adds a paragraph to the message of each failure; `name` is its heading. */
  diagnose(name: string, diagnosis: Diagnosis): void {
    this.#diagnoses.set(name, diagnosis);
  }

  /**
   * All paragraphs. All are asked at once, so that one that hangs costs no other; one that fails,
   * or is not there within `limit`, says so in its place.
   */
  async diagnosis(limit = DIAGNOSIS_LIMIT): Promise<string> {
    const late = () => {
      throw new Error(`it took longer than ${limit}`);
    };
    const paragraphs = [...this.#diagnoses].map(async ([name, diagnosis]) => {
      try {
        const asked = (async () => await diagnosis())();
        const text = (await withLimit(asked, limit, late)).trimEnd();
        return text && `${name}:\n${text.replace(/^/gm, "  ")}`;
      } catch (error) {
        return `${name}: not to be had: ${error instanceof Error ? error.message : error}`;
      }
    });
    return (await Promise.all(paragraphs)).filter(Boolean).join("\n");
  }
}
