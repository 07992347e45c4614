/**
 * The present end of a trace: what has happened so far in one scenario, in memory for queries
 * and, through a sink, on disk. Every event of a scenario goes through {@link Timeline.record}.
 */
import type { Clock } from "../time/mod.ts";
import { seconds, withLimit } from "../time/mod.ts";
import type { EventBase, Json, TraceBody, TraceEvent } from "./event.ts";
import { isTime } from "./parse.ts";

/** Where events go as they happen: the trace writer, or nothing in a unit test. */
export interface TraceSink {
  write(event: TraceEvent): void;
}

/** A point on the timeline: what a stimulus returns and what `after:` takes. */
export interface Mark {
  readonly seq: number;
  /** Whole nanoseconds on `clock`. */
  readonly t: number;
  /** Name of the clock of `t`: times of two clocks say nothing of each other. */
  readonly clock: string;
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
  /** Nothing more will come: its maker is dead, and another one may take the channel. */
  end(): void;
}

export interface SignalOptions<E> {
  readonly clock: Clock;
  /** How a person says it: `(kind, data) => "disk 0 read 1234"`. Default: channel and kind. */
  readonly describe?: (kind: string, data: E) => string;
}

/** Says what a channel looked like lately, for the message of a failure. */
export type Diagnosis = () => string | Promise<string>;

type Awaited = <T>(what: string, work: () => Promise<T>) => Promise<T>;

const DIAGNOSIS_LIMIT = seconds(5);

export class Timeline {
  #seq = 0;
  readonly #listeners = new Set<(event: TraceEvent) => void>();
  readonly #channels = new Set<string>();
  readonly #diagnoses = new Map<string, Diagnosis>();
  #failure: Error | undefined;
  #onFailure: (error: Error) => void = () => {};
  #onAwaited: Awaited = (_what, work) => work();
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

  /**
   * Appends an event with the time of `clock` (default: the scenario's) and tells all who wait; not
   * when it is `quiet`, for what is recorded of the waiting itself.
   *
   * @throws RangeError when the time is no whole number of nanoseconds from 0 on
   */
  record(body: TraceBody, options: { clock?: Clock; t?: number; quiet?: boolean } = {}): Mark {
    const clock = options.clock ?? this.clock;
    const t = checkedTime(options.t ?? clock.now(), body);
    const base: EventBase = {
      seq: ++this.#seq,
      t,
      ...(clock === this.#clock ? {} : { clock: clock.name }),
    };
    const event: TraceEvent = { ...base, ...body };
    this.sink.write(event);
    if (!options.quiet) this.#wake(event);
    return { seq: base.seq, t, clock: clock.name, what: body.type };
  }

  #wake(event: TraceEvent): void {
    for (const listener of [...this.#listeners]) {
      // One that was called before may have taken it away.
      if (this.#listeners.has(listener)) listener(event);
    }
  }

  /** Calls back after each event, until the returned function is called. */
  onEvent(listener: (event: TraceEvent) => void): () => void {
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

  /**
   * Does `work`, which the scenario is to await: the scenario fails when it ends earlier. For what
   * drivers offer; `what` is as a message names it: `the answer to "version" on com1`.
   */
  awaited<T>(what: string, work: () => Promise<T>): Promise<T> {
    return this.#onAwaited(what, work);
  }

  /** For the runner: `account` does all that is {@link awaited} from now on. */
  onAwaited(account: Awaited): void {
    this.#onAwaited = account;
  }

  /**
   * The one source of a channel, from now until its {@link SignalSource.end}.
   *
   * @throws TypeError when the channel has a source: what two make would be one stream
   */
  signal<E extends Json>(channel: string, options: SignalOptions<E>): SignalSource<E> {
    if (this.#channels.has(channel)) {
      throw new TypeError(
        `Cannot make a signal of "${channel}": the channel has a source already; ` +
          `end that one first, or take a name of its own for this one`,
      );
    }
    this.#channels.add(channel);
    const { clock, describe } = options;
    const occurrences: Occurrence<E>[] = [];
    let ended = false;
    const emit = (kind: string, data: E, t?: number): Occurrence<E> => {
      if (ended) throw new Error(`Cannot emit "${kind}" on "${channel}": that signal has ended`);
      const body = { type: "signal", channel, kind, data } as const;
      const at = checkedTime(t ?? clock.now(), body);
      const what = describe?.(kind, data) ?? `${channel} ${kind}`;
      // In the list before `record` wakes those who wait, so that their probes see it.
      const occurrence = {
        seq: this.#seq + 1,
        t: at,
        clock: clock.name,
        what,
        channel,
        kind,
        data,
      };
      occurrences.push(occurrence);
      this.record(body, { clock, t: at });
      return occurrence;
    };
    const end = () => {
      if (!ended) this.#channels.delete(channel);
      ended = true;
    };
    return { channel, clock, occurrences, emit, end };
  }

  /**
   * Adds a paragraph to the message of each failure; `name` is its heading. A later one takes the
   * place of an earlier one of its name: a console that was opened again tells of the living
   * machine, not of the dead one.
   */
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

function checkedTime(t: number, { type }: TraceBody): number {
  if (isTime(t)) return t;
  throw new RangeError(
    `Cannot record a "${type}" at "${t}" ns: that is no whole number from 0 on; ` +
      `give whole nanoseconds since the scenario began`,
  );
}
