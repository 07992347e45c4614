/** Ports made of a recording: what a scenario calls, reads and waits for is answered by it. */
import {
  callText,
  decode,
  decodeThrown,
  type Decoding,
  encode,
  encodeThrown,
  type Encoding,
  type Reference,
} from "../../record/mod.ts";
import type { CallEvent, Json, ObjectKey, Thrown, Timeline } from "../../trace/mod.ts";
import { PartOfSignal } from "../../trace/mod.ts";
import { LOOKS, type PresentCall } from "./calls.ts";
import { Consoles } from "./consoles.ts";
import { PlaybackEnded, timeText } from "./divergence.ts";
import { marksMoved, pairFunctions, UNTOLD } from "./given.ts";
import { playbackFunction, playbackObject, untoldObject } from "./objects.ts";
import { type Here, here, placed, placeText } from "./place.ts";
import type { Outcome } from "./backs.ts";
import { Player, type PlayerOptions } from "./player.ts";
import { memberKey, type RecordedCall, type RecordedGet, type Recording } from "./recording.ts";

export class Ports {
  readonly player: Player;
  readonly consoles: Consoles;
  readonly #objects = new Map<ObjectKey, object>();
  readonly #keys = new WeakMap<object, Reference>();
  /** Of the scenario, by the name that they had when it was recorded. */
  readonly #functions = new Map<ObjectKey, (...args: unknown[]) => unknown>();
  readonly #decoding: Decoding;
  readonly #encoding: Encoding;

  constructor(readonly recording: Recording, timeline: Timeline, options: PlayerOptions) {
    this.#decoding = {
      reference: (reference) => this.#object(reference),
      file: (name) => recording.file(name),
    };
    this.#encoding = {
      reference: (value) =>
        this.#keys.get(value) ??
          (typeof value === "function" ? { $: "function", is: "" } : undefined),
    };
    this.player = new Player(recording, timeline, {
      value: (json) => this.#value(json),
      thrown: (thrown) =>
        decodeThrown(
          recording.secrets.restored(thrown as unknown as Json) as unknown as Thrown,
          this.#decoding,
        ),
      callBack: (event) => this.#callBack(event),
      heard: (channel, bytes) => this.consoles.heard(channel, bytes),
      isConsole: (key) => this.consoles.is(key),
    }, options);
    this.consoles = new Consoles(recording, this.player, (error) => timeline.fail(error));
  }

  /** What the body had under a name; undefined when it had nothing. */
  port(name: string): unknown {
    const [first] = this.recording.getsOf.get(memberKey("", name)) ?? [];
    return first && this.#value(first.event.value);
  }

  // deno-lint-ignore no-explicit-any
  call(call: Omit<PresentCall, "args">, given: readonly unknown[], below: any): unknown {
    const place = here(below);
    const args = given.map((each) => encode(each, this.#encoding));
    const present = { ...call, args };
    if (LOOKS.includes(call.method) && this.consoles.is(call.on)) {
      return this.#look(present, given, place);
    }
    const { calls } = this.player;
    const found = calls.find(present);
    const answered = calls.answered(present);
    if (answered && !(found && this.player.isNow(found.at))) {
      return this.#value(answered.returned!.value);
    }
    if (!found) throw this.#parted(present, place);
    pairFunctions(found.event.args, given, this.#functions);
    return this.player.make(found, place);
  }

  /** A property, as it was when the scenario read it last. */
  read(on: ObjectKey, name: string): unknown {
    const gets = this.recording.getsOf.get(memberKey(on, name))!;
    let next = firstFrom(gets, this.player.at);
    while (next < gets.length && this.player.isNow(gets[next]!.at)) next++;
    const now = gets[next - 1];
    if (now) this.player.isAt(now.at);
    return this.#value((now ?? gets[0]!).event.value);
  }

  has(on: ObjectKey, name: string): boolean {
    return this.recording.getsOf.has(memberKey(on, name));
  }

  isFunction(on: ObjectKey, name: string): boolean {
    return this.recording.methods.get(on)?.has(name) === true ||
      (LOOKS.includes(name) && this.consoles.is(on));
  }

  /** A wait for what a console says, and what else changes nothing at the target. */
  #look(present: PresentCall, given: readonly unknown[], place: Here): unknown {
    const { on, method } = present;
    const found = this.consoles.isOnItsOwn(on) ? undefined : this.player.calls.find(present);
    if (found && this.player.isReachable(found)) return this.player.make(found, place);
    return this.consoles.look({ on, method, given, place });
  }

  /** What stands for an object of the recording; always the same. */
  #object(reference: Reference): unknown {
    const { $, is, signal, clock } = reference;
    const known = this.#objects.get(is);
    if (known) return known;
    if ($ === "function") {
      const own = this.#functions.get(is);
      if (own) return own;
    }
    const made = is.startsWith(UNTOLD)
      ? untoldObject(is.slice(UNTOLD.length))
      : $ === "promise"
      ? this.#promise(is)
      : $ === "function"
      ? playbackFunction(this, is)
      : typeof signal === "string"
      ? playbackObject(this, is, this.#signal(signal, reference))
      : typeof clock === "string"
      ? this.#clock(clock, reference.virtual === true)
      : playbackObject(this, is);
    this.#objects.set(is, made);
    this.#keys.set(made, { $, is });
    return made;
  }

  #clock(name: string, virtual: boolean) {
    return Object.assign(this.player.echo.clock(name), { virtual });
  }

  #signal(channel: string, { is, clock, only }: Reference) {
    const name = typeof clock === "string" ? clock : undefined;
    const source = this.player.echo.signal(channel, name);
    if (only === undefined) return source;
    const [, made] = is.match(/^#(\d+)/) ?? [];
    const since = this.recording.calls.get(Number(made))?.event.seq ?? 0;
    const from = source.occurrences.findIndex(({ seq }) => seq > this.player.echo.seqOf(since));
    const { length } = source.occurrences;
    return new PartOfSignal(
      source,
      only as Readonly<Record<string, Json>>,
      from < 0 ? length : from,
    );
  }

  /** A promise that a port gave: it is settled as it was. */
  #promise(key: ObjectKey): Promise<unknown> {
    const [call] = this.recording.callsOf.get(memberKey(key, "then")) ?? [];
    if (!call) return new Promise(() => {});
    const settled = this.player.make(call, {}) as Promise<unknown>;
    settled.catch(() => {}); // Whoever waits for it learns it.
    return settled;
  }

  #value(json: Json | undefined): unknown {
    if (json === undefined) return undefined;
    const told = this.recording.secrets.restored(json);
    return decode(marksMoved(told, (seq) => this.player.echo.seqOf(seq)), this.#decoding);
  }

  #callBack(event: CallEvent): Promise<Outcome> | Outcome | undefined {
    const own = this.#functions.get(event.on);
    if (!own) return undefined;
    const told = (value: unknown) => ({
      ...(value !== undefined && { value: encode(value, this.#encoding) }),
    });
    const failed = (error: unknown): { error: Thrown } => ({
      error: encodeThrown(error, this.#encoding),
    });
    try {
      const value = own(...event.args.map((each) => this.#value(each)));
      return value instanceof Promise ? value.then(told, failed) : told(value);
    } catch (error) {
      return failed(error);
    }
  }

  /** A call that the recording cannot answer. */
  #parted(present: PresentCall, place: Here): Error {
    const [open] = this.player.calls.open(present);
    const next = open ?? this.#nextCall();
    const now = `${callText(present)}${placeText(place, this.player.root)}`;
    const error = next
      ? this.player.divergence({
        what: open
          ? `The scenario calls ${nameOf(present)} otherwise than when it was recorded`
          : `The scenario calls ${nameOf(present)}, and did not when it was recorded`,
        recorded: `${callText(next.event)} at ${timeText(next.event)}`,
        now,
      }, { at: next.at, here: place })
      : placed(new PlaybackEnded(this.#beyond(now)), place);
    return this.player.part(error);
  }

  #nextCall(): RecordedCall | undefined {
    for (const event of this.recording.events.slice(this.player.at)) {
      if (event.type !== "call") continue;
      const call = this.recording.calls.get(event.id)!;
      if (this.player.calls.matters(call)) return call;
    }
  }

  #beyond(now: string): string {
    const { end, events } = this.recording;
    const at = events.length > 0 ? ` at ${timeText(events.at(-1)!)}` : "";
    const why = !end
      ? `it is cut off${at}`
      : end.error
      ? `it ends${at}, where the scenario failed when it was recorded: ` +
        end.error.message.split("\n", 1)[0]
      : `it ends${at}`;
    return `Cannot play on: the scenario goes on with ${now}, and the recording does not: ${why}; ` +
      `run the scenario on its targets to see what comes after that`;
  }
}

/** Index of the first at or after a position. */
function firstFrom(gets: readonly RecordedGet[], position: number): number {
  let low = 0, high = gets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (gets[middle]!.at < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function nameOf({ on, method }: Omit<PresentCall, "args">): string {
  return method === "" ? on : `${on}.${method}`;
}
