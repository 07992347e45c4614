/**
 * Plays a recording: its events go on in their order as far as somebody waits for them, and never
 * past a call that the scenario has made when it was recorded, and has not made now.
 */
import { type Duration, seconds } from "../../time/mod.ts";
import { callText } from "../../record/mod.ts";
import type { AttachmentEvent, CallEvent, EventBase, Json } from "../../trace/mod.ts";
import type { ReturnEvent, Thrown } from "../../trace/mod.ts";
import type { Timeline, TraceEvent } from "../../trace/mod.ts";
import { Backs, type Outcome } from "./backs.ts";
import { Calls } from "./calls.ts";
import { Times } from "./clock.ts";
import { bytesOf } from "./consoles.ts";
import { PlaybackDivergence, sidesText, surroundings, timeText } from "./divergence.ts";
import { Echo } from "./echo.ts";
import { type Here, placed } from "./place.ts";
import { Pump } from "./pump.ts";
import type { RecordedCall, Recording } from "./recording.ts";

const PATIENCE = seconds(5);

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

export interface PlayerOptions {
  /** Absolute; places are told from there. */
  readonly root: string;
  /** Where files of the targets go; default: nowhere. */
  readonly attachmentsDir?: string;
  /** How long the scenario may take to make the call that the recording has next. Default: 5 s. */
  readonly patience?: Duration;
}

/** A call that waits for its return. */
interface Pending {
  readonly call: RecordedCall;
  readonly here: Here;
  settle(returned: ReturnEvent): void;
}

interface Sides {
  readonly what: string;
  readonly recorded: string;
  readonly now: string;
}

export class Player {
  readonly root: string;
  readonly times: Times;
  readonly calls: Calls;
  readonly echo: Echo;
  /** Somebody has something to do. */
  woke = false;
  readonly #pump: Pump;
  readonly #backs: Backs;
  readonly #pending = new Map<number, Pending>();
  /** Calls that were passed before the scenario has made them. */
  readonly #owed = new Set<RecordedCall>();
  readonly #attachments: (EventBase & AttachmentEvent)[] = [];
  #at = 0;
  /** A message has told where the scenario parts from the recording. */
  #parted = false;

  constructor(
    readonly recording: Recording,
    readonly timeline: Timeline,
    private readonly actors: Actors,
    { root, attachmentsDir, patience = PATIENCE }: PlayerOptions,
  ) {
    this.root = root;
    this.#pump = new Pump(this, patience);
    const kick = () => this.#pump.kick();
    this.times = new Times(timeline, kick, () => void (this.woke = true));
    this.calls = new Calls(recording, (key) => actors.isConsole(key));
    this.#backs = new Backs(recording, kick);
    this.echo = new Echo(recording, timeline, this.times, attachmentsDir);
  }

  /** Position of the next event. */
  get at(): number {
    return this.#at;
  }

  get next(): TraceEvent | undefined {
    return this.recording.events[this.#at];
  }

  /** Calls that wait for their return. */
  get pending(): readonly Pending[] {
    return [...this.#pending.values()];
  }

  /** Whether the scenario waits for the recording. */
  get isAwaited(): boolean {
    return this.#pending.size > 0 || this.times.waiters.size > 0;
  }

  /** A call that was passed, and is still to be made. */
  get owed(): RecordedCall | undefined {
    const [first] = this.#owed;
    return first;
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
    signal.addEventListener("abort", () => this.#pump.stop());
    this.#pump.run().catch((error) => this.timeline.fail(error));
  }

  /** The scenario's body has ended by itself: it has made all calls, or it parts there. */
  finish(): void {
    this.#pump.stop();
    const { events, calls } = this.recording;
    const rest = events.slice(this.#at).flatMap((event) =>
      event.type === "call" ? [calls.get(event.id)!] : []
    );
    const missed = [...this.#owed, ...rest].find((call) => this.calls.matters(call));
    if (missed) throw this.part(this.notMade(missed, "the scenario is over"));
    this.#playTo(events.length);
    for (const attachment of this.#attachments) this.echo.left(attachment);
  }

  /** What came of a recorded call that the scenario makes now; a promise where that was one. */
  make(call: RecordedCall, here: Here): unknown {
    this.calls.make(call);
    this.#owed.delete(call);
    const { returned } = call;
    if (!returned?.sync) return this.#makeLater(call, here);
    this.#playTo(call.returnedAt + 1);
    if (returned.error) throw placed(this.actors.thrown(returned.error), here);
    return this.actors.value(returned.value);
  }

  #makeLater(call: RecordedCall, here: Here): Promise<unknown> {
    if (this.#isNext(call)) this.#playTo(call.at + 1);
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const settle = ({ value, error }: ReturnEvent) => {
      this.#pending.delete(call.event.id);
      this.woke = true;
      try {
        if (error) reject(placed(this.actors.thrown(error), here));
        else resolve(this.actors.value(value));
      } catch (wrong) {
        reject(wrong);
      }
    };
    this.#pending.set(call.event.id, { call, here, settle });
    if (call.returned && call.returnedAt < this.#at) settle(call.returned);
    this.#pump.kick();
    return promise;
  }

  /** Whether only what the scenario did, and does again, lies between now and `at`. */
  isNow(at: number): boolean {
    const { events } = this.recording;
    for (let i = this.#at; i < at; i++) {
      if (!this.#isOfScenario(events[i]!) || this.isBlocked(events[i]!)) return false;
    }
    return true;
  }

  /** The scenario does now what it did at `at`, of which {@link isNow} holds. */
  isAt(at: number): void {
    this.#playTo(at + 1);
  }

  /** Whether the way to a call is free: what lies before it has been made, or makes no difference. */
  isReachable(call: RecordedCall): boolean {
    return call.at < this.#at || this.#isNext(call);
  }

  /** Whether nothing lies between now and the call that somebody must do first. */
  #isNext(call: RecordedCall): boolean {
    const { events } = this.recording;
    for (let i = this.#at; i < call.at; i++) {
      const event = events[i]!;
      if (this.isBlocked(event) || (event.type === "call" && event.back)) return false;
    }
    return true;
  }

  /** Whether the scenario has to do something before the event can come. */
  isBlocked(event: TraceEvent): boolean {
    if (event.type === "call") return this.calls.matters(this.recording.calls.get(event.id)!);
    return event.type === "return" && this.#backs.isRunning(event.id);
  }

  /** Ends the wait whose time is over by then, if there is one. */
  expire(event: TraceEvent): boolean {
    const at = this.#isOfScenario(event) ? "at" : "before";
    return this.times.expire(this.#clockOf(event), event.t, at);
  }

  /** What happened, happens. */
  pass(event: TraceEvent): void {
    this.#at++;
    this.times.advance(this.#clockOf(event), event.t);
    if (event.type === "bytes") {
      if (event.dir === "rx") this.actors.heard(event.channel, bytesOf(event));
      this.echo.bytes(event);
    } else if (event.type === "signal") this.echo.happened(event);
    else if (event.type === "log") this.echo.said(event);
    else if (event.type === "attachment") this.#attachment(event);
    else if (event.type === "call" && event.back) this.#callBack(event);
    else if (event.type === "return") this.#return(event);
    this.echo.passed(event);
  }

  /** What came while a call was pending is a target's; all else the scenario may attach again. */
  #attachment(event: EventBase & AttachmentEvent): void {
    if (this.#pending.size > 0) this.echo.left(event);
    else this.#attachments.push(event);
  }

  #return(event: EventBase & ReturnEvent): void {
    if (!this.#backs.has(event.id)) return void this.#pending.get(event.id)?.settle(event);
    const otherwise = this.#backs.otherwise(event);
    if (otherwise) this.part(this.divergence(otherwise));
  }

  #callBack(event: EventBase & CallEvent): void {
    const outcome = this.actors.callBack(event);
    if (outcome === undefined) return;
    this.woke = true;
    this.#backs.began(event.id, outcome);
  }

  #playTo(bound: number): void {
    const { events, calls } = this.recording;
    while (this.#at < bound) {
      const event = events[this.#at]!;
      while (this.expire(event));
      if (event.type === "call" && !event.back) {
        const call = calls.get(event.id)!;
        if (this.calls.matters(call)) this.#owed.add(call);
      }
      this.pass(event);
    }
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

  /** For the message of a failure that does not say it itself. */
  whereText(): string {
    if (this.#parted) return "";
    const { next } = this;
    if (!next) return "the recording has been played to its end, where it is cut off";
    const stands = next.type === "end" ? "ends" : "stands";
    const lines = surroundings(this.recording.events, this.#at);
    return [`the recording ${stands} at ${timeText(next)}`, ...lines].join("\n");
  }

  /** Ends the scenario with an error that tells where it parts from the recording. */
  part<E extends Error>(error: E): E {
    this.#parted = true;
    this.#pump.stop();
    this.timeline.fail(error);
    return error;
  }

  notMade(call: RecordedCall, now: string, here?: Here): PlaybackDivergence {
    const what = "The recording goes on with a call that the scenario does not make";
    const recorded = `${callText(call.event)} at ${timeText(call.event)}`;
    return this.divergence({ what, recorded, now }, { at: call.at, here });
  }

  /** How they part, here or at an event of the recording. */
  divergence(
    sides: Sides,
    { at = this.#at, here }: { readonly at?: number; readonly here?: Here } = {},
  ): PlaybackDivergence {
    const { events } = this.recording;
    const error = new PlaybackDivergence(sidesText({ ...sides, events, at }));
    return here ? placed(error, here) : error;
  }
}
