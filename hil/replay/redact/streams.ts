/**
 * Bytes of consoles: a secret may come in pieces, an event a keystroke. So an event waits until its
 * line is whole, and those after it wait with it; not for ever, though.
 */
import type { BytesEvent, EventBase } from "../../trace/mod.ts";
import { bytesOf, fromLatin1, latin1, type Redactor } from "./redactor.ts";
import { PROMPT } from "./secrets.ts";

/** Told the event when it is redacted. */
type Done = (event: Bytes) => void;

export type Bytes = EventBase & BytesEvent;

const decoder = new TextDecoder("utf-8", { fatal: true });
/** What is looked back at when a line had to be let go in pieces, and for a prompt. */
const CONTEXT = 512;

interface Stream {
  /** Of the line, what was let go already. */
  context: string;
  /** Whether it is what was typed at a prompt for a secret. */
  asked: boolean;
  waiting: { readonly event: Bytes; readonly bytes: string; readonly done: Done }[];
}

/** The bytes of an event, a character a byte. */
function bytesIn({ text, base64 }: BytesEvent): string {
  if (text !== undefined) return bytesOf(text);
  try {
    return fromLatin1(Uint8Array.fromBase64(base64 ?? ""));
  } catch {
    return ""; // Damaged: nothing of it is kept.
  }
}

/** Which channels wait for somebody to type a secret. */
class Prompts {
  readonly #tails = new Map<string, string>();

  /** Whether the event is what was typed at a prompt. */
  sees({ channel, dir }: BytesEvent, bytes: string): boolean {
    const tail = this.#tails.get(channel) ?? "";
    if (dir === "rx") this.#tails.set(channel, (tail + bytes).slice(-CONTEXT));
    const asked = dir === "tx" && PROMPT.test(tail);
    if (asked && /[\r\n]/.test(bytes)) this.#tails.set(channel, "");
    return asked;
  }
}

/** Learns from bytes, line by line. */
export class StreamLearner {
  readonly #lines = new Map<string, string>();
  readonly #typed = new Map<string, string>();
  readonly #prompts = new Prompts();

  constructor(private readonly redactor: Redactor) {}

  push(event: Bytes): void {
    const bytes = bytesIn(event);
    const key = `${event.dir} ${event.channel}`;
    if (this.#prompts.sees(event, bytes)) {
      const typed = (this.#typed.get(key) ?? "") + bytes;
      const [secret, more] = typed.split(/[\r\n]/, 2);
      if (more !== undefined) this.redactor.learnValue(secret!, "passwords");
      this.#typed.set(key, more !== undefined ? "" : typed);
    }
    const line = (this.#lines.get(key) ?? "") + bytes;
    const end = Math.max(line.lastIndexOf("\n"), line.length > 64 * CONTEXT ? line.length : -1);
    if (end >= 0) this.redactor.learnBytes(line.slice(0, end + 1));
    this.#lines.set(key, line.slice(end + 1));
  }

  end(): void {
    for (const line of this.#lines.values()) this.redactor.learnBytes(line);
  }
}

/** Redacts bytes: each event when its line is whole, or when it is told to. */
export class StreamRedactor {
  readonly #streams = new Map<string, Stream>();
  readonly #prompts = new Prompts();

  constructor(private readonly redactor: Redactor) {}

  push(event: Bytes, done: Done): void {
    const bytes = bytesIn(event);
    const asked = this.#prompts.sees(event, bytes);
    const key = `${event.dir} ${event.channel}`;
    let stream = this.#streams.get(key);
    if (!stream) this.#streams.set(key, stream = { context: "", waiting: [], asked });
    stream.asked ||= asked;
    stream.waiting.push({ event, bytes, done });
    if (/[\r\n]$/.test(bytes)) this.#letGo(stream, true);
  }

  /** All that waits, as it is. */
  flush(): void {
    for (const stream of this.#streams.values()) this.#letGo(stream, false);
  }

  #letGo(stream: Stream, whole: boolean): void {
    const { context, waiting } = stream;
    const bytes = waiting.map(({ bytes }) => bytes).join("");
    const all = context + bytes;
    const out = stream.asked ? this.redactor.typed(all) : this.redactor.bytes(all);
    let at = context.length;
    const redacted = whole ? out : this.redactor.beginning(out);
    stream.context = whole ? "" : all.slice(-CONTEXT);
    stream.waiting = [];
    stream.asked &&= !whole;
    for (const { event, bytes: { length }, done } of waiting) {
      at += length;
      done(withBytes(event, redacted.slice(at - length, at)));
    }
  }
}

function withBytes({ text: _, base64: __, ...event }: Bytes, bytes: string): Bytes {
  const raw = latin1(bytes);
  try {
    return { ...event, text: decoder.decode(raw) };
  } catch {
    return { ...event, base64: raw.toBase64() };
  }
}
