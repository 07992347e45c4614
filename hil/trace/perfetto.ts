/**
 * A trace in the Trace Event Format ("Trace Event Format", Duffy and others, Google 2016), as JSON
 * that Perfetto's page, trace_processor, speedscope and older Chromium's chrome://tracing open. A
 * process for each clock; in it steps as slices, calls and requests as slices that may overlap, edges
 * and measurements as counters, lines of consoles and all else as instants, a thread for each channel.
 */
import { type BytesLine, Lines } from "./_lines.ts";
import type { EventBase, Json, SignalEvent, TraceEvent, TraceHeader } from "./event.ts";
import { Stacks } from "./_stacks.ts";

/** A pin's levels by what it did. */
const EDGES: Readonly<Record<string, number>> = { rise: 1, fall: 0, high: 1, low: 0 };
/** What ends a request that has a number. */
const ENDS = new Set(["done", "failed", "ended", "finished", "closed"]);
/** Requests that have begun; of more, the oldest end is not waited for. */
const MOST_OPEN = 10_000;
const LONGEST_NAME = 200;
/** Texts within arguments: a frame of a packet is found in the trace. */
const LONGEST_ARG = 1000;

type Fields = Readonly<Record<string, unknown>>;
type At = Pick<EventBase, "t" | "clock">;

/** The file a piece at a time: {@link begin}, then each event, then {@link end}. */
export class PerfettoFormat {
  readonly #lines = new Lines();
  readonly #steps = new Stacks();
  readonly #pids = new Map<string | undefined, number>();
  readonly #tids = new Map<string, number>();
  /** Calls and requests that have begun: their names. */
  readonly #open = new Map<string, string>();
  #out = "";
  #first = true;

  begin({ scenario, file, line, seed, bench, targets }: TraceHeader): string {
    const about = {
      scenario,
      file: `${file}:${line}`,
      seed,
      bench,
      targets: JSON.stringify(targets),
    };
    return `{"displayTimeUnit":"ns","otherData":${JSON.stringify(about)},"traceEvents":[\n`;
  }

  /** What comes of this event; "" for nothing yet. */
  event(event: TraceEvent): string {
    this.#add(event);
    return this.#take();
  }

  end(): string {
    for (const line of this.#lines.end()) this.#line(line);
    return `${this.#take()}\n]}\n`;
  }

  #take(): string {
    const out = this.#out;
    this.#out = "";
    return out;
  }

  #add(event: TraceEvent): void {
    switch (event.type) {
      case "bytes":
        return this.#lines.add(event).forEach((line) => this.#line(line));
      case "signal":
        return this.#signal(event);
      case "step.begin": {
        const track = this.#steps.begin(event, event.parent);
        return this.#slice(event, "B", stepsName(track), event.name);
      }
      case "step.end":
        return this.#stepEnd(event);
      case "call": {
        const { id, on, method, args, back } = event;
        const name = `${back ? "back: " : ""}${on}${method && `.${method}`}`;
        return this.#begin(event, "calls", `call ${id}`, name, { args });
      }
      case "return": {
        const { id, value, error } = event;
        return this.#end(event, "calls", `call ${id}`, { ...(error ? { error } : { value }) });
      }
      case "measure":
        return this.#measure(event);
      default:
        return this.#instant(event, ...describe(event));
    }
  }

  /** What was begun within it ends with it: a slice may not outlive the one around it. */
  #stepEnd(event: TraceEvent & { type: "step.end" }): void {
    const { track, steps } = this.#steps.end(event.id);
    const { ok, error } = event;
    const { name } = steps.at(-1) ?? { name: `step ${event.id}` };
    if (!ok) this.#instant(event, stepsName(Math.max(0, track)), `✗ ${name}`, { error });
    for (const step of steps) this.#slice(event, "E", stepsName(track), step.name);
  }

  #signal(event: EventBase & SignalEvent): void {
    const { channel, kind, data } = event;
    const level = Object.hasOwn(EDGES, kind) ? EDGES[kind] : undefined;
    if (level !== undefined) return this.#put(event, { ph: "C", name: channel, args: { level } });
    const key = keyOf(event);
    if (key === undefined) return this.#instant(event, channel, kind, data);
    if (ENDS.has(kind)) return this.#end(event, channel, key, data, kind);
    if (this.#open.has(key)) return this.#instant(event, channel, kind, data);
    this.#begin(event, channel, key, kind, data);
  }

  /** Slices of one name may overlap, and their ends find them by their id. */
  #begin(event: At, channel: string, key: string, name: string, args: unknown): void {
    if (this.#open.size >= MOST_OPEN) this.#open.delete(this.#open.keys().next().value!);
    this.#open.set(key, name);
    this.#put(event, { ph: "b", cat: channel, id: key, name: short(name), args: argsOf(args) });
  }

  /** What ends what has not begun is an instant. */
  #end(event: At, channel: string, key: string, args: unknown, kind = "return"): void {
    const name = this.#open.get(key);
    if (name === undefined) return this.#instant(event, channel, kind, args);
    this.#open.delete(key);
    this.#put(event, { ph: "e", cat: channel, id: key, name: short(name), args: argsOf(args) });
  }

  #measure(event: TraceEvent & { type: "measure" }): void {
    const { name, value, unit, verdict, within } = event;
    if (Number.isFinite(value)) {
      this.#put(event, { ph: "C", name: short(name), args: { [unit || "value"]: value } });
    }
    this.#instant(event, "measurements", name, { value, unit, verdict, within });
  }

  #line({ first, until, text }: BytesLine): void {
    const length = until - first.t;
    const name = `${first.channel} ${first.dir}`;
    if (text !== "") this.#instant(first, name, text, length > 0 ? { durationNs: length } : {});
  }

  #instant(event: At, thread: string, name: string, args?: unknown): void {
    this.#slice(event, "i", thread, name, args);
  }

  #slice(event: At, ph: "B" | "E" | "i", thread: string, name: string, args?: unknown): void {
    const tid = this.#tid(event, thread);
    const more = args === undefined ? {} : { args: argsOf(args) };
    this.#put(event, { ph, tid, name: short(name), ...(ph === "i" && { s: "t" }), ...more });
  }

  #put({ t, clock }: At, fields: Fields): void {
    const pid = this.#pid(clock);
    this.#write({ pid, tid: 0, ...fields }, t);
  }

  /** Its time in microseconds with three decimals: as text, no nanosecond is lost. */
  #write(fields: Fields, t = 0): void {
    const ts = `${Math.floor(t / 1000)}.${String(t % 1000).padStart(3, "0")}`;
    this.#out += `${this.#first ? "" : ",\n"}${JSON.stringify(fields).slice(0, -1)},"ts":${ts}}`;
    this.#first = false;
  }

  #pid(clock: string | undefined): number {
    let pid = this.#pids.get(clock);
    if (pid === undefined) {
      this.#pids.set(clock, pid = this.#pids.size + 1);
      const name = clock === undefined ? "scenario" : `clock ${clock}`;
      this.#write({ ph: "M", pid, tid: 0, name: "process_name", args: { name } });
    }
    return pid;
  }

  #tid(at: At, thread: string): number {
    const pid = this.#pid(at.clock);
    const key = `${pid} ${thread}`;
    let tid = this.#tids.get(key);
    if (tid === undefined) {
      this.#tids.set(key, tid = this.#tids.size + 1);
      this.#write({ ph: "M", pid, tid, name: "thread_name", args: { name: thread } });
    }
    return tid;
  }
}

function stepsName(track: number): string {
  return track === 0 ? "steps" : `steps ${track + 1}`;
}

type Other = Exclude<
  TraceEvent,
  { type: "bytes" | "signal" | "step.begin" | "step.end" | "call" | "return" | "measure" }
>;

function describe(event: Other): [thread: string, name: string, args: unknown] {
  switch (event.type) {
    case "expect": {
      const { what, ok, detail } = event;
      return ["expectations", `${ok ? "✓" : "✗"} ${what}`, { ok, detail }];
    }
    case "get":
      return ["calls", `get ${event.on}.${event.name}`, { value: event.value }];
    case "log":
      return ["log", event.text, { level: event.level }];
    case "attachment":
      return ["attachments", event.title, { path: event.path }];
    case "end":
      return ["expectations", event.outcome, { error: event.error?.message }];
  }
}

/** What names a request from its beginning to its end; undefined when nothing does. */
function keyOf({ channel, data }: SignalEvent): string | undefined {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  const { drive, id } = data as Fields;
  if (id === undefined) return undefined;
  return `${channel} ${drive ?? ""} ${typeof id === "object" ? JSON.stringify(id) : id}`;
}

/** Perfetto shows fields; anything else is one field. */
function argsOf(args: unknown): Fields {
  if (args === undefined || args === null) return {};
  const fields = typeof args === "object" && !Array.isArray(args) ? args as Fields : { data: args };
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, argOf(field)]));
}

function argOf(field: unknown): unknown {
  if (typeof field === "number" || typeof field === "boolean" || field === undefined) return field;
  const text = typeof field === "string" ? field : JSON.stringify(field as Json);
  return text.length <= LONGEST_ARG ? text : `${text.slice(0, LONGEST_ARG)}…`;
}

function short(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME)}…`;
}
