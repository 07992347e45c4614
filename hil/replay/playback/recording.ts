/** A trace as playback needs it: whole, in memory, with its calls and reads found by their objects. */
import { dirname } from "node:path";
import type { Reference } from "../../record/mod.ts";
import { referenceOf } from "../../record/mod.ts";
import type {
  CallEvent,
  EndEvent,
  EventBase,
  GetEvent,
  Json,
  ObjectKey,
  ReturnEvent,
  TraceEvent,
  TraceHeader,
  TraceProblem,
} from "../../trace/mod.ts";
import { Secrets } from "./secrets.ts";
import { readTrace } from "../../trace/mod.ts";

/** A recorded call, with where it is in the recording and where it returned. */
export interface RecordedCall {
  readonly event: EventBase & CallEvent;
  /** Position in {@link Recording.events}. */
  readonly at: number;
  /** Left out when it was pending at the end. */
  returned?: EventBase & ReturnEvent;
  returnedAt: number;
}

/** A recorded read of a property. */
export interface RecordedGet {
  readonly event: EventBase & GetEvent;
  readonly at: number;
}

export class Recording {
  readonly events: readonly TraceEvent[];
  readonly calls = new Map<number, RecordedCall>();
  /** Of the scenario, by {@link memberKey}, in order. */
  readonly callsOf = new Map<string, RecordedCall[]>();
  readonly getsOf = new Map<string, RecordedGet[]>();
  /** Names of functions, and of properties, of each object. */
  readonly methods = new Map<ObjectKey, Set<string>>();
  /** Name of the clock of each channel that has signals or bytes; undefined: the scenario's own. */
  readonly channels = new Map<string, string | undefined>();
  readonly byteChannels = new Set<string>();
  readonly secrets: Secrets;
  readonly end: (EventBase & EndEvent) | undefined;
  /** Name of the scenario's own clock, as its ports call it. */
  readonly ownClock: string;

  constructor(
    readonly path: string,
    readonly header: TraceHeader,
    events: readonly TraceEvent[],
    /** What of it could not be read. */
    readonly problems: readonly TraceProblem[] = [],
  ) {
    this.events = events;
    this.secrets = new Secrets(Number(header.environment.redacted ?? 0));
    for (const [at, event] of events.entries()) this.#index(event, at);
    const last = events.at(-1);
    this.end = last?.type === "end" ? last : undefined;
    this.ownClock = ownClock(events, this.channels);
  }

  /** @throws TraceReadError */
  static async read(path: string): Promise<Recording> {
    const trace = await readTrace(path);
    const events = await Array.fromAsync(trace);
    return new Recording(path, trace.header, events, trace.problems);
  }

  /** Whether it has what a scenario did to its ports: imported ones, and version 1, have not. */
  get hasCalls(): boolean {
    return this.getsOf.size > 0 || this.callsOf.size > 0;
  }

  /** The content of a file beside the trace. */
  file(name: string): Uint8Array {
    return Deno.readFileSync(`${dirname(this.path)}/${name}`);
  }

  #index(event: TraceEvent, at: number): void {
    if (event.type === "call") {
      const call: RecordedCall = { event, at, returnedAt: Infinity };
      this.calls.set(event.id, call);
      if (event.back) return;
      listIn(this.callsOf, memberKey(event.on, event.method)).push(call);
      const methods = this.methods.get(event.on) ?? new Set();
      this.methods.set(event.on, methods.add(event.method));
    } else if (event.type === "return") {
      const call = this.calls.get(event.id);
      if (call) Object.assign(call, { returned: event, returnedAt: at });
    } else if (event.type === "get") {
      listIn(this.getsOf, memberKey(event.on, event.name)).push({ event, at });
    } else if (event.type === "signal" || event.type === "bytes") {
      this.channels.set(event.channel, event.clock);
      if (event.type === "bytes") this.byteChannels.add(event.channel);
    }
  }
}

/** Names a method or property of an object. */
export function memberKey(on: ObjectKey, name: string): string {
  return `${on}\n${name}`;
}

function listIn<T>(map: Map<string, T[]>, key: string): T[] {
  const known = map.get(key);
  if (known) return known;
  const list: T[] = [];
  map.set(key, list);
  return list;
}

/** An event leaves out the clock that is the scenario's own: its name is told by what the ports gave. */
function ownClock(
  events: readonly TraceEvent[],
  channels: ReadonlyMap<string, string | undefined>,
): string {
  const foreign = new Set(events.map(({ clock }) => clock));
  const likely = new Map<string, number>();
  for (const event of events) {
    const value = event.type === "get" || event.type === "return" ? event.value : undefined;
    for (const { signal, clock } of referencesIn(value)) {
      if (typeof clock !== "string" || foreign.has(clock)) continue;
      const owned = typeof signal === "string" && channels.has(signal) &&
        channels.get(signal) === undefined;
      likely.set(clock, (likely.get(clock) ?? 0) + (owned ? 1000 : 1));
    }
  }
  const [first] = [...likely].sort(([, a], [, b]) => b - a);
  return first?.[0] ?? "host";
}

function* referencesIn(json: Json | undefined): Generator<Reference> {
  if (typeof json !== "object" || json === null) return;
  const own = referenceOf(json);
  if (own) yield own;
  else for (const each of Object.values(json)) yield* referencesIn(each);
}
