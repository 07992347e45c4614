/**
 * Plays a recording: its events go on in their order as far as somebody waits for them, and never
 * past a call that the scenario has made when it was recorded, and has not made now.
 */
import { type Duration, hostNow, ms, seconds, timer } from "../../time/mod.ts";
import type { BytesEvent, CallEvent, EventBase, Json } from "../../trace/mod.ts";
import type { ReturnEvent, SignalSource, Thrown, Timeline, TraceEvent } from "../../trace/mod.ts";
import { Calls } from "./calls.ts";
import { PlaybackClock, Times } from "./clock.ts";
import { normal, same } from "./compare.ts";
import { PlaybackDivergence, sidesText, timeText } from "./divergence.ts";
import { callText, surroundings, valueText } from "./divergence.ts";
import { ending } from "./ending.ts";
import type { RecordedCall, Recording } from "./recording.ts";
import { type Here, placed, placeText } from "./place.ts";

/** How long the scenario may take to make the call that the recording has next. */
const PATIENCE = seconds(5);
/** When nobody waits for the recording, but a function of the scenario may. */
const IDLE = ms(100);
/** Longest that playing goes on without a turn for others, in nanoseconds. */
const TURN = 10e6;

/** What a player asks of those who know the objects. */
export interface Actors {
  value(json: Json | undefined): unknown;
  thrown(thrown: Thrown): unknown;
  /** Calls a function of the scenario; undefined when it has not given it. */
  callBack(event: CallEvent): Promise<Outcome> | Outcome | undefined;
  /** The target says something on a channel. */
  heard(channel: string, bytes: Uint8Array): void;
  isConsole(key: string): boolean;
}

/** What came of a function of the scenario, encoded. */
export interface Outcome {
  readonly value?: Json;
  readonly error?: Thrown;
}

/** A call that waits for its return. */
interface Open {
  readonly call: RecordedCall;
  readonly here: Here;
  settle(returned: ReturnEvent): void;
}

type State = "woke" | "blocked" | "idle" | "end";

export class Player {
  readonly times: Times;
  readonly calls: Calls;
  readonly #clocks = new Map<string, PlaybackClock>();
  readonly #signals = new Map<string, SignalSource<Json>>();
  readonly #open = new Map<number, Open>();
  readonly #backs = new Map<number, Outcome | "running">();
  /** Calls that were passed before the scenario has made them. */
  readonly #owed = new Set<RecordedCall>();
  /** Of each recorded event, the last one that has been written by then. */
  readonly #seqs: number[] = [];
  #seq = 0;
  #at = 0;
  #woke = false;
  #over = false;
  /** A message has told where the scenario parts from the recording. */
  #parted = false;
  #changed = Promise.withResolvers<void>();

  constructor(
    readonly recording: Recording,
    readonly timeline: Timeline,
    private readonly actors: Actors,
    private readonly patience: Duration = PATIENCE,
  ) {
    const woke = () => void (this.#woke = true);
    this.times = new Times(timeline, () => this.#kick(), woke);
    this.calls = new Calls(recording, (key) => actors.isConsole(key));
    timeline.clock = this.clock(recording.ownClock);
  }

  /** Position of the next event. */
  get at(): number {
    return this.#at;
  }

  clock(name: string): PlaybackClock {
    const known = this.#clocks.get(name);
    if (known) return known;
    const clock = new PlaybackClock(name, this.times);
    this.#clocks.set(name, clock);
    return clock;
  }

  signal(channel: string, clock?: string): SignalSource<Json> {
    const known = this.#signals.get(channel);
    if (known) return known;
    const name = clock ?? this.recording.channels.get(channel) ?? this.recording.ownClock;
    const source = this.timeline.signal<Json>(channel, { clock: this.clock(name) });
    this.#signals.set(channel, source);
    return source;
  }

  /** Where a mark of the recording is on the timeline now. */
  seqOf(recorded: number): number {
    return this.#seqs[recorded] ?? this.#seq;
  }

  /** All up to the moment at which the scenario's body was given its ports. */
  begin(): void {
    const { events, ownClock } = this.recording;
    const bound = events.findLastIndex((event) => event.type === "get" && event.on === "");
    this.#playTo(bound + 1);
    if (bound >= 0) this.times.begin(ownClock, events[bound]!.t);
  }

  /** Goes on until the signal aborts: to be called once, inside of the scenario. */
  run(signal: AbortSignal): void {
    signal.addEventListener("abort", () => this.#stop());
    this.#run().catch((error) => this.timeline.fail(error));
  }

  /** The scenario's body has ended by itself: it has made all calls, or it parts there. */
  finish(): void {
    this.#over = true;
    this.#kick();
    const { events, calls } = this.recording;
    const rest = events.slice(this.#at).flatMap((event) =>
      event.type === "call" ? [calls.get(event.id)!] : []
    );
    const missed = [...this.#owed, ...rest].find((call) => this.calls.matters(call));
    if (missed) throw this.part(this.#notMade(missed, "the scenario is over"));
    this.#playTo(events.length);
  }

  /** What came of a recorded call that the scenario makes now; a promise where that was one. */
  make(call: RecordedCall, here: Here): unknown {
    this.calls.make(call);
    this.#owed.delete(call);
    const { returned } = call;
    if (returned?.sync) {
      this.#playTo(call.returnedAt + 1);
      if (returned.error) throw placed(this.actors.thrown(returned.error), here);
      return this.actors.value(returned.value);
    }
    if (this.#isNext(call)) this.#playTo(call.at + 1);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const settle = ({ value, error }: ReturnEvent) => {
      this.#open.delete(call.event.id);
      this.#woke = true;
      try {
        if (error) reject(placed(this.actors.thrown(error), here));
        else resolve(this.actors.value(value));
      } catch (wrong) {
        reject(wrong);
      }
    };
    this.#open.set(call.event.id, { call, here, settle });
    if (returned && call.returnedAt < this.#at) settle(returned);
    this.#kick();
    return promise;
  }

  /** Whether only what the scenario did, and does again, lies between now and `at`. */
  isNow(at: number): boolean {
    const { events } = this.recording;
    for (let i = this.#at; i < at; i++) {
      if (!this.#isOfScenario(events[i]!) || this.#isBlocked(events[i]!)) return false;
    }
    return true;
  }

  /** The scenario does now what it did at `at`, of which {@link isNow} holds. */
  isAt(at: number): void {
    this.#playTo(at + 1);
  }

  /** Whether nothing lies between now and the call that somebody must do first. */
  #isNext(call: RecordedCall): boolean {
    const { events } = this.recording;
    for (let i = this.#at; i < call.at; i++) {
      const event = events[i]!;
      if (this.#isBlocked(event) || (event.type === "call" && event.back)) return false;
    }
    return true;
  }

  /** Whether the way to a call is free: what lies before it has been made, or makes no difference. */
  isReachable(call: RecordedCall): boolean {
    return call.at < this.#at || this.#isNext(call);
  }

  /** For the message of a failure that does not say it itself. */
  whereText(): string {
    const { events } = this.recording;
    if (this.#parted) return "";
    const next = events[this.#at];
    const lines = surroundings(events, this.#at);
    if (!next) return "the recording has been played to its end, where it is cut off";
    const stands = next.type === "end" ? "ends" : "stands";
    return [`the recording ${stands} at ${timeText(next)}`, ...lines].join("\n");
  }

  async #run(): Promise<void> {
    for (;;) {
      await nextTurn();
      if (this.#over) return;
      const state = this.#advance();
      if (state === "woke") continue;
      const changed = this.#changed.promise;
      if (state === "end") {
        if (this.#isAwaited) this.#end();
        await changed;
      } else if (state === "idle") await orAfter(changed, IDLE, () => this.#goOn());
      else if (!this.#expireByFate()) await this.#bePatient(changed);
    }
  }

  #end(): void {
    const { recording, times, timeline } = this;
    ending({ recording, times, timeline, waits: this.#waits() });
  }

  /** Plays until somebody has something to do, or nobody waits. */
  #advance(): State {
    const { events } = this.recording;
    this.#woke = false;
    const since = hostNow();
    for (;;) {
      const event = events[this.#at];
      if (!event) return "end";
      if (this.#expire(event)) return "woke";
      if (event.type === "end") return "end";
      if (this.#owed.size > 0 || this.#isBlocked(event)) return "blocked";
      if (!this.#isAwaited) return "idle";
      this.#pass(event);
      if (this.#woke || hostNow() - since > TURN) return "woke";
    }
  }

  get #isAwaited(): boolean {
    return this.#open.size > 0 || this.times.waiters.size > 0;
  }

  /** Functions of the scenario may be called, though nobody waits for it here. */
  #goOn(): void {
    const { events } = this.recording;
    for (let event = events[this.#at]; event && event.type !== "end"; event = events[this.#at]) {
      if (this.#isBlocked(event)) return;
      this.#pass(event);
      if (event.type === "call" && event.back) return;
    }
  }

  #playTo(bound: number): void {
    const { events, calls } = this.recording;
    while (this.#at < bound) {
      const event = events[this.#at]!;
      while (this.#expire(event));
      if (event.type === "call" && !event.back) {
        const call = calls.get(event.id)!;
        if (this.calls.matters(call)) this.#owed.add(call);
      }
      this.#pass(event);
    }
  }

  #isBlocked(event: TraceEvent): boolean {
    if (event.type === "call") return this.calls.matters(this.recording.calls.get(event.id)!);
    return event.type === "return" && this.#backs.get(event.id) === "running";
  }

  /** Whether the scenario made it happen: it is made again, or not, by the scenario of now. */
  #isOfScenario(event: TraceEvent): boolean {
    if (event.type === "call") return event.back !== true;
    if (event.type === "return") {
      return this.recording.calls.get(event.id)?.event.back === true;
    }
    return event.type !== "bytes" && event.type !== "signal";
  }

  #clockOf({ clock }: EventBase): string {
    return clock ?? this.recording.ownClock;
  }

  #expire(event: TraceEvent): boolean {
    const at = this.#isOfScenario(event) ? "at" : "before";
    return this.times.expire(this.#clockOf(event), event.t, at);
  }

  /** Of those on another clock than the next call's: nothing more comes on theirs in time. */
  #expireByFate(): boolean {
    const { events, ownClock } = this.recording;
    for (const waiter of this.times.waiters) {
      if (waiter.clock === ownClock) continue;
      const rest = events.slice(this.#at).find(({ clock }) => clock === waiter.clock);
      if (rest && rest.t <= waiter.deadline) continue;
      this.times.advance(waiter.clock, waiter.deadline);
      waiter.expire();
      return true;
    }
    return false;
  }

  /** What happened, happens. */
  #pass(event: TraceEvent): void {
    this.#at++;
    this.times.advance(this.#clockOf(event), event.t);
    if (event.type === "bytes") {
      const { type, channel, dir, text, base64, t } = event;
      if (dir === "rx") this.actors.heard(channel, bytesOf(event));
      const clock = this.clock(this.#clockOf(event));
      this.#seq = this.timeline.record({ type, channel, dir, text, base64 }, { clock, t }).seq;
    } else if (event.type === "signal") {
      const { kind, data, t, channel, clock } = event;
      this.#seq = this.signal(channel, clock).emit(kind, data as Json, t).seq;
    } else if (event.type === "call" && event.back) this.#callBack(event);
    else if (event.type === "return") this.#return(event);
    this.#seqs[event.seq] = this.#seq;
  }

  #return(event: EventBase & ReturnEvent): void {
    if (!this.#backs.has(event.id)) return void this.#open.get(event.id)?.settle(event);
    const now = this.#backs.get(event.id)!;
    if (now === "running") return;
    const file = (name: string) => this.recording.file(name);
    const shown = ({ value, error }: Outcome) =>
      error
        ? `${error.name}: ${error.message}`
        : value === undefined
        ? "nothing"
        : valueText(value);
    const alike = now.error || event.error
      ? now.error?.name === event.error?.name && now.error?.message === event.error?.message
      : same(normal(now.value ?? null, file), normal(event.value ?? null, file));
    if (alike) return;
    const { on, args } = this.recording.calls.get(event.id)!.event;
    this.#diverge({
      what: `A function of the scenario (${on}) gives something else than when it was recorded`,
      recorded: `${shown(event)} for (${args.map(valueText).join(", ")}) at ${timeText(event)}`,
      now: shown(now),
    });
  }

  #callBack(event: EventBase & CallEvent): void {
    const outcome = this.actors.callBack(event);
    if (outcome === undefined) return;
    this.#woke = true;
    if (!(outcome instanceof Promise)) return void this.#backs.set(event.id, outcome);
    this.#backs.set(event.id, "running");
    outcome.then((value) => {
      this.#backs.set(event.id, value);
      this.#kick();
    });
  }

  async #bePatient(changed: Promise<void>): Promise<void> {
    if (!this.#isAwaited && this.#owed.size === 0) return await changed;
    await orAfter(changed, this.patience, () => {
      if (this.#over) return;
      const ofConsole = [...this.times.waiters].filter((waiter) => waiter.ofConsole);
      if (ofConsole.length > 0) return ofConsole.forEach((waiter) => waiter.expire());
      const event = this.recording.events[this.#at]!;
      const [owed] = this.#owed;
      if (owed || event.type === "call") {
        const call = owed ?? this.recording.calls.get((event as CallEvent).id)!;
        this.part(this.#notMade(call, this.#waits()));
        return;
      }
      this.#diverge({
        what: `A function of the scenario does not come to its end, as it did when it was recorded`,
        recorded: `it returned at ${timeText(event)}`,
        now: `it runs for ${this.patience}`,
      });
    });
  }

  #notMade(call: RecordedCall, now: string): Error {
    const what = `The recording goes on with a call that the scenario does not make`;
    const recorded = `${callText(call.event)} at ${timeText(call.event)}`;
    return this.divergence({ what, recorded, now }, { at: call.at });
  }

  /** What the scenario waits for. */
  #waits(): string {
    const waits = [
      ...[...this.#open.values()].map(({ call, here }) => ({ what: callText(call.event), here })),
      ...this.times.waiters,
    ].map(({ what, here }) => `${what}${here.stack ? placeText(here) : ""}`);
    return waits.length === 0 ? "the scenario does not wait for anything here" : waits.join("; ");
  }

  /** Ends the scenario with an error that tells where it parts from the recording. */
  part<E extends Error>(error: E): E {
    this.#parted = true;
    this.#stop();
    this.timeline.fail(error);
    return error;
  }

  #diverge(sides: { what: string; recorded: string; now: string }): void {
    this.part(this.divergence(sides, {}));
  }

  /** How they part, here or at an event of the recording. */
  divergence(
    sides: { readonly what: string; readonly recorded: string; readonly now: string },
    { at = this.#at, here }: { readonly at?: number; readonly here?: Here },
  ): PlaybackDivergence {
    const { events } = this.recording;
    const error = new PlaybackDivergence(sidesText({ ...sides, events, at }));
    return here ? placed(error, here) : error;
  }

  #stop(): void {
    this.#over = true;
    this.#kick();
  }

  #kick(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function bytesOf({ text, base64 }: BytesEvent): Uint8Array {
  return text === undefined ? Uint8Array.fromBase64(base64 ?? "") : new TextEncoder().encode(text);
}

/** After all that is due in this turn of the event loop: who was woken has gone as far as it can. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

/** Until something has changed, or `delay` is over: then `otherwise` is done. */
async function orAfter(changed: Promise<void>, delay: Duration, otherwise: () => void) {
  let late = false;
  let cancel = () => {};
  const over = new Promise<void>((resolve) => {
    cancel = timer(delay, () => {
      late = true;
      resolve();
    });
  });
  await Promise.race([changed, over]);
  cancel();
  if (late) otherwise();
}
