/**
 * A trace in a bounded space, in one pass: rare events are all kept; of frequent kinds the first and
 * the last, and how many there were when. What is left out is said, kind by kind.
 */
import { type Json, readTrace, type SignalEvent, type TraceEvent } from "../../trace/mod.ts";
import { ConsoleLines } from "./console_lines.ts";
import type { EventsDetail, ShownEvent, Thinned } from "./model.ts";

/** How much of one kind is held while a trace is read, at its beginning and at its end. */
const MOST_OF_A_KIND = 2000;
/** No kind is cut to fewer than this, but by the number of kinds. */
const FEWEST_OF_A_KIND = 16;
const MOST_KINDS = 500;
const BINS = 512;
/** Of a text within an event's data, in characters; of a frame, in characters of its base64. */
const LONGEST_TEXT = 600;
const LONGEST_FRAME = 400;

/**
 * The events of a trace.
 *
 * @param limitBytes about how many bytes of JSON they may have
 * @throws TraceReadError when it cannot be read at all
 */
export async function condense(path: string, limitBytes: number): Promise<EventsDetail> {
  const trace = await readTrace(path);
  const condenser = new Condenser();
  for await (const event of trace) condenser.add(event);
  const cutOff = trace.cutOff ? ["the trace has no end: its run was killed or interrupted"] : [];
  const problems = [...trace.problems.map(({ message }) => message), ...cutOff];
  return condenser.detail(limitBytes, problems);
}

/** Takes events one by one, and gives at any time what is kept of them. */
export class Condenser {
  readonly #kinds = new Kinds();
  readonly #lines = new ConsoleLines((line) => this.#kinds.add(line));
  #total = 0;
  #lastT = 0;

  get total(): number {
    return this.#total;
  }

  add(event: TraceEvent): void {
    this.#total++;
    this.#lastT = Math.max(this.#lastT, event.t);
    if (event.type === "bytes") this.#lines.add(event);
    else this.#kinds.add(event.type === "signal" ? { ...event, ...trimmed(event) } : event);
  }

  /** Lines that have no end yet are there as far as they are. */
  detail(limitBytes: number, problems: readonly string[]): EventsDetail {
    const { events, thinned } = this.#kinds.within(limitBytes);
    const open = this.#lines.open();
    const all = open.length === 0 ? events : [...events, ...open].sort(inOrder);
    return { events: all, thinned, total: this.#total, lastT: this.#lastT, problems };
  }
}

function inOrder(a: ShownEvent, b: ShownEvent): number {
  return a.t - b.t || a.seq - b.seq;
}

/** The lane of an event: its channel, or its type for what the harness does. */
export function laneOf(event: TraceEvent): string {
  return event.type === "bytes" || event.type === "signal" ? event.channel : event.type;
}

class Kinds {
  readonly #kinds = new Map<string, Kind>();

  add(event: ShownEvent): void {
    let name = nameOf(event);
    if (!this.#kinds.has(name) && this.#kinds.size >= MOST_KINDS) name = "(other kinds)";
    let kind = this.#kinds.get(name);
    if (!kind) this.#kinds.set(name, kind = new Kind(name, laneOf(event)));
    kind.add(event);
  }

  within(limitBytes: number): Pick<EventsDetail, "events" | "thinned"> {
    const kinds = [...this.#kinds.values()];
    const most = mostOfAKind(kinds, limitBytes);
    const kept = kinds.map((kind) => kind.kept(most));
    return {
      events: kept.flat().sort(inOrder),
      thinned: kinds.flatMap((kind, i) => kind.thinned(kept[i]!)),
    };
  }
}

/** The largest cut that makes all fit. */
function mostOfAKind(kinds: readonly Kind[], limitBytes: number): number {
  let most = MOST_OF_A_KIND;
  const size = () => kinds.reduce((sum, kind) => sum + kind.bytes(most), 0);
  while (most > FEWEST_OF_A_KIND && size() > limitBytes) most = Math.floor(most * 0.8);
  return most;
}

class Kind {
  readonly #first: ShownEvent[] = [];
  /** A ring. */
  readonly #last: ShownEvent[] = [];
  readonly #histogram = new Histogram();
  #total = 0;
  #sampled = 0;
  #sampledBytes = 0;

  constructor(readonly name: string, readonly lane: string) {}

  add(event: ShownEvent): void {
    const half = MOST_OF_A_KIND / 2;
    const number = this.#total++;
    this.#histogram.add(event.t);
    if (number < half) this.#first.push(event);
    else this.#last[(number - half) % half] = event;
    if (number % 16 === 0) {
      this.#sampled++;
      this.#sampledBytes += JSON.stringify(event).length;
    }
  }

  /** About how many bytes `most` of them have. */
  bytes(most: number): number {
    return Math.min(most, this.#total) * this.#sampledBytes / Math.max(1, this.#sampled);
  }

  kept(most: number): ShownEvent[] {
    const half = MOST_OF_A_KIND / 2;
    const start = this.#total > MOST_OF_A_KIND ? (this.#total - half) % half : 0;
    const all = [...this.#first, ...this.#last.slice(start), ...this.#last.slice(0, start)];
    if (all.length <= most) return all;
    return [...all.slice(0, Math.floor(most / 2)), ...all.slice(-Math.ceil(most / 2))];
  }

  thinned(events: readonly ShownEvent[]): Thinned[] {
    const kept = events.length;
    if (kept >= this.#total) return [];
    const { name: what, lane } = this;
    const after = events[Math.floor(kept / 2)]!, before = events[Math.floor(kept / 2) - 1]!;
    const gap = { beforeSeq: after.seq, from: before.t, to: after.t };
    return [{ what, lane, total: this.#total, kept, gap, ...this.#histogram.counts() }];
  }
}

/** How many when; its bins grow as time goes on. */
class Histogram {
  #binNs = 1;
  #bins = new Uint32Array(BINS);

  add(t: number): void {
    while (t >= this.#binNs * BINS) this.#grow();
    this.#bins[Math.floor(t / this.#binNs)]!++;
  }

  counts(): { binNs: number; bins: number[] } {
    return { binNs: this.#binNs, bins: [...this.#bins] };
  }

  #grow(): void {
    const bins = this.#bins;
    for (let i = 0; i < BINS / 2; i++) bins[i] = bins[2 * i]! + bins[2 * i + 1]!;
    bins.fill(0, BINS / 2);
    this.#binNs *= 2;
  }
}

function nameOf(event: ShownEvent): string {
  switch (event.type) {
    case "bytes":
      return `${event.channel} ${event.dir}`;
    case "signal":
      return `${event.channel} ${event.kind}`;
    case "expect":
      return event.ok ? "expect" : "expect failed";
    case "log":
      return `log ${event.level}`;
    default:
      return event.type;
  }
}

/** Data without what is long. */
function trimmed({ data }: SignalEvent): { data?: Json; cut?: number } {
  if (typeof data !== "object" || data === null) {
    return typeof data === "string" ? { data: short(data) } : {};
  }
  if ("frame" in data && typeof data.frame === "string" && data.frame.length > LONGEST_FRAME) {
    const { frame } = data;
    const cut = Math.floor((frame.length - LONGEST_FRAME) * 3 / 4);
    return { data: { ...data, frame: frame.slice(0, LONGEST_FRAME) }, cut };
  }
  return { data: shortened(data, 0) };
}

function shortened(value: Json, depth: number): Json {
  if (typeof value === "string") return short(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth > 6) return "…";
  if (Array.isArray(value)) {
    const some = value.slice(0, 40).map((item) => shortened(item, depth + 1));
    return value.length > 40 ? [...some, `… ${value.length - 40} more`] : some;
  }
  const fields = Object.entries(value).slice(0, 60);
  return Object.fromEntries(fields.map(([name, field]) => [name, shortened(field, depth + 1)]));
}

function short(text: string): string {
  if (text.length <= LONGEST_TEXT) return text;
  return `${text.slice(0, LONGEST_TEXT)}… ${text.length - LONGEST_TEXT} characters more`;
}
