/** A trace as its calls, and what happened between them. */
import {
  type Json,
  readTrace,
  type Thrown,
  type TraceEvent,
  type TraceHeader,
} from "../../trace/mod.ts";
import { callText, valueText } from "../../record/mod.ts";
import { cutEnd } from "../../report/mod.ts";
import { type DescribeFrame, type Item, itemsOf } from "../diff/items.ts";
import { ADDRESS, type Normaliser } from "../diff/noise.ts";

/** One line of a timeline, for people: what the target did, a call, what came of it. */
export interface Line {
  readonly seq: number;
  /** Whole nanoseconds on `clock`. */
  readonly t: number;
  /** Left out when it is the scenario's own. */
  readonly clock?: string;
  /** "uart0", "uart0 (sent)", "calls", "answers". */
  readonly channel: string;
  readonly text: string;
}

/** A stimulus, with what came of it. */
export interface Call extends Line {
  readonly id: number;
  /** By origin, without numbers of calls: "cache.write().finished". */
  readonly name: string;
  readonly args: Json;
  answer?: Answer;
}

export interface Answer extends Line {
  readonly value?: Json;
  readonly error?: Thrown;
}

export interface Side {
  readonly path: string;
  readonly header: TraceHeader;
  readonly calls: readonly Call[];
  /** What targets did and were told, in order. */
  readonly items: readonly Item[];
  /** Number of the last event that is the scenario's own doing; infinite where none is. */
  readonly until: number;
  /** Time of that, on the scenario's own clock. */
  readonly untilT: number;
  readonly addresses: ReadonlySet<string>;
  /** Whether it is all that the trace has. */
  readonly complete: boolean;
  readonly problems: readonly string[];
}

/** Held in memory, of each side. */
const MOST_ITEMS = 500_000;

export async function readSide(path: string, describe?: DescribeFrame): Promise<Side> {
  const trace = await readTrace(path);
  const calls = new Calls();
  const items: Item[] = [];
  const addresses = new Set<string>();
  for await (const item of itemsOf(calls.watch(trace), describe)) {
    // Lines of bytes have no event; calls are taken by themselves.
    if (item.event && item.event.type !== "signal") continue;
    if (items.length === MOST_ITEMS) break;
    items.push(item);
    for (const [address] of item.text.matchAll(ADDRESS)) addresses.add(address);
  }
  return {
    path,
    header: trace.header,
    calls: calls.all,
    items: items.sort((a, b) => a.seq - b.seq),
    until: calls.until || Infinity,
    untilT: calls.until ? calls.untilT : Infinity,
    addresses,
    complete: items.length < MOST_ITEMS,
    problems: trace.problems.map(({ message }) => message),
  };
}

/** What the scenario does itself. */
const OWN: ReadonlySet<TraceEvent["type"]> = new Set(
  ["step.begin", "step.end", "expect", "measure", "call", "return"],
);

class Calls {
  readonly all: Call[] = [];
  until = 0;
  untilT = 0;
  readonly #names = new Map<string, string>();
  readonly #open = new Map<number, Call>();

  async *watch(events: AsyncIterable<TraceEvent>): AsyncGenerator<TraceEvent, void> {
    for await (const event of events) {
      if (OWN.has(event.type)) this.until = event.seq;
      if (OWN.has(event.type) && event.clock === undefined) this.untilT = event.t;
      if (event.type === "call" && !event.back) this.#call(event);
      else if (event.type === "return") this.#return(event);
      yield event;
    }
  }

  #call(event: TraceEvent & { type: "call" }): void {
    const { seq, t, clock, id, on, method, args } = event;
    const name = `${this.#origin(on)}${method && `.${method}`}`;
    this.#names.set(`#${id}`, `${name}()`);
    const text = callText({ on: this.#origin(on), method, args });
    const base = { seq, t, ...(clock && { clock }), channel: "calls", text };
    const call = { ...base, id, name, args: this.#plain(args) };
    this.all.push(call);
    this.#open.set(id, call);
  }

  #return(event: TraceEvent & { type: "return" }): void {
    const call = this.#open.get(event.id);
    if (!call) return;
    this.#open.delete(event.id);
    const { seq, t, clock, value, error } = event;
    const came = error ? `threw ${error.name}: ${firstLine(error.message)}` : valueText(value);
    call.answer = {
      seq,
      t,
      ...(clock && { clock }),
      channel: "answers",
      text: `${call.name} ${error ? "" : "gave "}${cutEnd(came, 400)}`,
      ...(value !== undefined && { value: this.#plain(value) }),
      ...(error && { error }),
    };
  }

  /** "#3.events" to "cache.write().events". */
  #origin(key: string): string {
    const [root = "", ...path] = key.split(".");
    const name = this.#names.get(root) ?? (/^fn\d+$/.test(root) ? "fn" : root);
    return [name, ...path].join(".");
  }

  /** With keys by origin, as two runs may count otherwise. */
  #plain(json: Json): Json {
    if (typeof json !== "object" || json === null) return json;
    if (Array.isArray(json)) return json.map((each) => this.#plain(each));
    const object = json as { readonly [key: string]: Json };
    const entries = Object.entries(object).map(([key, each]) =>
      key === "is" && typeof each === "string" && "$" in object
        ? [key, this.#origin(each)]
        : [key, this.#plain(each)]
    );
    return Object.fromEntries(entries);
  }
}

export function firstLine(text: string): string {
  return text.split("\n", 1)[0]!;
}

/** What two runs have in common of a call, if it is the same. */
export function callKey({ name, args }: Call, noise: Normaliser): string {
  return `${name}(${noise.data(args)})`;
}

/** What came of it, without its noise. */
export function answerKey({ answer }: Call, noise: Normaliser): string {
  if (!answer) return "pending";
  const { error, value } = answer;
  if (error) return `threw ${error.name}: ${noise.text(firstLine(error.message))}`;
  return `gave ${noise.data(noise.has("times") ? withoutPlaces(value) : value)}`;
}

/** What is said of an answer that is not the other one: of two objects, what differs. */
export function answerText(call: Call, other: Answer | undefined, noise: Normaliser): string {
  const { name, answer } = call;
  const [mine, theirs] = [answer?.value, other?.value].map(withoutPlaces);
  if (!isObject(mine) || !isObject(theirs)) return answer!.text;
  const field = (of: typeof mine, key: string) => noise.data(key in of ? { [key]: of[key]! } : {});
  const keys = Object.keys(mine).filter((key) => field(mine, key) !== field(theirs, key));
  const shown = keys.map((key) => `${key}: ${valueText(mine[key])}`).join(", ");
  const rest = Object.keys(mine).length - keys.length;
  return `${name} gave {${shown}${rest > 0 ? `${shown && ", "}… ${rest} alike` : ""}}`;
}

function isObject(json: Json | undefined): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json) && !("$" in json);
}

/** Where on its timeline a mark or a match is: that is a run's own. */
const PLACES = new Set(["t", "seq", "offset", "clock"]);

function withoutPlaces(json: Json | undefined): Json | undefined {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map((each) => withoutPlaces(each)!);
  const object = json as { readonly [key: string]: Json };
  const own = "t" in object && ("seq" in object || "offset" in object);
  const entries = Object.entries(object)
    .filter(([key]) => !own || !PLACES.has(key))
    .map(([key, each]) => [key, withoutPlaces(each)!]);
  return Object.fromEntries(entries);
}
