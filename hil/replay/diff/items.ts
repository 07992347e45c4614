/**
 * A trace as items that can be compared: bytes joined to lines, signals with their data, steps and
 * expectations without numbers that a run gave them. One at a time, however long the trace is.
 */
import type { Json, SignalEvent, TraceEvent } from "../../trace/mod.ts";
import { Calls } from "./calls.ts";
import { CONVERSATION, MEASURED, type Normaliser, TIMES } from "./noise.ts";

/** Who made it: the target; the harness, which told the target; the scenario; who runs it all. */
export type Source = "target" | "harness" | "scenario" | "log";

export interface Item {
  /** "com1", "com1 (sent)", "scenario", "log". */
  readonly channel: string;
  readonly source: Source;
  /** Number of its event; of a line, the event of its first byte. */
  readonly seq: number;
  /** Whole nanoseconds on `clock`. */
  readonly t: number;
  readonly clock?: string;
  /** On the scenario's own clock, as far as that is known. */
  readonly order: number;
  /** How many items the trace gave before it. */
  readonly number: number;
  /** As people read it. */
  readonly text: string;
  /** Whether it belongs to one of several conversations that go on at once. */
  readonly conversation: boolean;
  /** What is compared without noise, until {@link keyOf} has made it. */
  readonly event: TraceEvent | undefined;
  key?: string;
}

/** A readable line of a packet, by whoever can take packets apart. */
export type DescribeFrame = (data: SignalEvent["data"]) => string | undefined;

/** The channel of what a scenario asked of its ports. */
export const CALLS = "calls";

/** A line that does not end is cut there. */
const LONGEST_LINE = 16 * 1024;

/** The items of a trace, in the order in which their events were recorded; lines when they end. */
export async function* itemsOf(
  events: AsyncIterable<TraceEvent> | Iterable<TraceEvent>,
  describe: DescribeFrame = () => undefined,
): AsyncGenerator<Item, void> {
  const lines = new Map<string, Line>();
  const steps = new Map<number, string>();
  const calls = new Calls();
  let now = 0, number = 0;
  const numbered = (item: Unnumbered): Item => ({ ...item, number: number++ });
  for await (const event of events) {
    if (event.clock === undefined) now = Math.max(now, event.t);
    const order = event.clock === undefined ? event.t : now;
    if (event.type === "bytes") {
      const channel = event.dir === "rx" ? event.channel : `${event.channel} (sent)`;
      let line = lines.get(channel);
      if (!line) lines.set(channel, line = new Line(channel, event.dir));
      for (const item of line.push(event, order)) yield numbered(item);
    } else {
      const item = itemOf(event, { order, steps, calls, describe });
      if (item) yield numbered(item);
    }
  }
  for (const line of lines.values()) for (const item of line.end()) yield numbered(item);
}

type Unnumbered = Omit<Item, "number">;

interface Context {
  readonly order: number;
  readonly steps: Map<number, string>;
  readonly calls: Calls;
  readonly describe: DescribeFrame;
}

function itemOf(event: TraceEvent, context: Context): Unnumbered | undefined {
  const { order, steps, calls, describe } = context;
  const { seq, t, clock } = event;
  const base = { seq, t, ...(clock && { clock }), order, event, conversation: false };
  const own = (text: string): Unnumbered => ({
    ...base,
    channel: "scenario",
    source: "scenario",
    text,
  });
  switch (event.type) {
    case "signal": {
      const { channel, kind, data } = event;
      const text = `${kind} ${describe(data) ?? shownData(data)}`.trimEnd();
      const conversation = isObject(data) &&
        Object.keys(data).some((key) => CONVERSATION.test(key));
      return { ...base, channel, source: "target", text, conversation };
    }
    case "step.begin":
      steps.set(event.id, event.name);
      return own(`step "${event.name}"`);
    case "step.end": {
      const name = steps.get(event.id) ?? `${event.id}`;
      steps.delete(event.id);
      return own(`end of step "${name}"${event.ok ? "" : `: failed: ${event.error ?? ""}`}`);
    }
    case "expect":
      return own(`expected: ${event.what}: ${event.ok ? "so" : "not so"}${tail(event.detail)}`);
    case "measure":
      return own(`measured: ${event.name}: ${event.value} ${event.unit} (${event.verdict})`);
    case "attachment":
      return own(`attached: ${event.path}: ${event.title}`);
    case "call": {
      const call = calls.asked(event);
      if (!call) return undefined;
      const named = { ...event, method: call.name, args: call.args };
      return { ...own(call.text), channel: CALLS, event: named };
    }
    case "return": {
      const text = calls.threw(event);
      return text === undefined ? undefined : { ...own(text), channel: CALLS };
    }
    case "end":
      return own(`ended: ${event.outcome}${tail(event.error?.message)}`);
    case "log":
      return { ...base, channel: "log", source: "log", text: `${event.level}: ${event.text}` };
  }
}

function tail(text: string | undefined): string {
  return text ? `: ${text}` : "";
}

/** The text of an item without its noise. */
export function keyOf(item: Item, noise: Normaliser): string {
  return item.key ??= makeKey(item, noise);
}

function makeKey({ event, text, t }: Item, noise: Normaliser): string {
  const time = noise.has(TIMES) ? "" : `@${t} `;
  if (event?.type === "measure") {
    if (!noise.has(MEASURED)) return time + text;
    return `${time}measured: ${event.name}: ${event.unit} (${event.verdict})`;
  }
  // Not its text: a duration that was asked for is no noise.
  if (event?.type === "call") return `${time}${event.method} ${noise.data(event.args)}`;
  if (event?.type !== "signal" || !text.endsWith(shownData(event.data))) {
    return time + noise.text(text);
  }
  return `${time}${event.kind} ${noise.data(event.data)}`;
}

function shownData(data: Json | undefined): string {
  if (data === undefined) return "";
  if (!isObject(data)) return typeof data === "string" ? data : JSON.stringify(data);
  return Object.entries(data).map(([key, value]) => `${key}=${shownValue(value)}`).join(" ");
}

function shownValue(value: Json): string {
  if (typeof value === "string" && /^[^\s"=]+$/.test(value)) return value;
  return JSON.stringify(value);
}

function isObject(data: Json | undefined): data is { readonly [key: string]: Json } {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

const CR = 13, LF = 10;
const encoder = new TextEncoder();

/** Bytes of one channel and direction, until a line is whole. Empty lines mean nothing. */
class Line {
  readonly #bytes = new Uint8Array(LONGEST_LINE);
  #length = 0;
  #first: Pick<Item, "seq" | "t" | "clock" | "order"> = { seq: 0, t: 0, order: 0 };

  constructor(private readonly channel: string, private readonly dir: "rx" | "tx") {}

  *push(event: TraceEvent & { type: "bytes" }, order: number): Generator<Unnumbered> {
    for (const byte of bytesOf(event)) {
      if (byte === CR || byte === LF) {
        yield* this.end();
        continue;
      }
      if (this.#length === 0) {
        const { seq, t, clock } = event;
        this.#first = { seq, t, ...(clock && { clock }), order };
      }
      this.#bytes[this.#length++] = byte;
      if (this.#length === LONGEST_LINE) yield* this.end();
    }
  }

  *end(): Generator<Unnumbered> {
    if (this.#length === 0) return;
    const text = shownBytes(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    const source = this.dir === "rx" ? "target" : "harness";
    const { channel } = this;
    yield { ...this.#first, channel, source, text, conversation: false, event: undefined };
  }
}

function bytesOf({ text, base64 }: { readonly text?: string; readonly base64?: string }) {
  if (text !== undefined) return encoder.encode(text);
  try {
    return Uint8Array.fromBase64(base64 ?? "");
  } catch {
    return encoder.encode(base64); // Damaged; as it stands, then.
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** As text, and what is none as `\xff`. */
function shownBytes(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    return Array.from(
      bytes,
      (byte) =>
        byte >= 0x20 && byte < 0x7f
          ? String.fromCharCode(byte)
          : `\\x${byte.toString(16).padStart(2, "0")}`,
    ).join("");
  }
}
