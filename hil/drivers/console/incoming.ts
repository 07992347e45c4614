/** What comes from a target that speaks checked lines: frames told apart, damage found and named. */
import type { Damage } from "./error.ts";
import { type Frame, parseFrame } from "./frame.ts";
import { fromLatin1, latin1 } from "./log.ts";
import type { Quality } from "./quality.ts";
import { type Change, compare, type Repair, repair } from "./repair.ts";
import type { PlainSink } from "./shell.ts";
import { Splitter } from "./splitter.ts";

export interface IncomingOptions {
  readonly quality: Quality;
  onEvent(text: string, sink: PlainSink): void;
  /** The target counts its events from 1 again: it was reset. */
  onRestart(): void;
  onAnswer(seq: number, line: number, text: string): void;
  onEnd(seq: number, end: { lines: number; status: number; text: string }): void;
  onRefusal(reason: string, got: string): void;
  /** @param seq of the command to whose answer the damage was done, when it was to one */
  onDamage(damage: Damage, seq: number | undefined): void;
  /** An empty line that only a doubled byte makes; harmless, but damage to a command under way. */
  onDoubledEnd(damage: Damage): void;
}

const LF = 0x0a;

/** How much of what was no frame is kept, to find in it the frame that is missing. */
const REST_SIZE = 8 << 10;
/** Most lines over which a frame can be torn by what was printed into it. */
const TORN_LINES = 4;
const EXPLAINED_LINES = 64;

export class Incoming {
  readonly #splitter = new Splitter();
  /** The end of what was no intact frame. */
  #rest = "";
  /** Number of the last event. */
  #k = 0;
  #lastEvent = "";
  #afterFrame = false;

  constructor(private readonly options: IncomingOptions) {}

  receive(bytes: Uint8Array, sink: PlainSink): void {
    this.#splitter.push(bytes, {
      plain: (piece, raw) => this.#plain(piece, raw, sink),
      line: (line, raw) => this.#line(line, raw, sink),
    });
  }

  /** The link has ended. */
  end(sink: PlainSink): void {
    this.#splitter.end({
      plain: (piece, raw) => this.#plain(piece, raw, sink),
      line: () => {},
    });
  }

  /** How many events the target has counted. */
  get events(): number {
    return this.#k;
  }

  /** The target went back to when it had counted `events`. */
  rewind(events: number): void {
    this.#k = events;
    this.#lastEvent = "";
    this.#rest = "";
    this.#afterFrame = false;
  }

  /** Passes over bytes that count no more: what comes next begins a line. */
  skip(size: number): void {
    this.#splitter.restart(size);
  }

  /** A new command: what was before it explains nothing. */
  forgetRest(): void {
    this.#rest = "";
  }

  /** The damage that was done to a frame that is missing, if something of it did come. */
  explain(missing: (frame: Frame) => boolean): Damage | undefined {
    const lines = this.#rest.split("\n").slice(-EXPLAINED_LINES);
    for (let size = TORN_LINES; size > 0; size--) {
      for (let at = 0; at + size <= lines.length; at++) {
        const line = lines.slice(at, at + size).join("\n").replace(/\r$/, "");
        const found = repair(line);
        if (!found || !missing(found.frame)) continue;
        const damage = damageOf(found, line);
        this.options.quality.counters.corruptLines++;
        this.options.quality.count(damage);
        return damage;
      }
    }
    return undefined;
  }

  #plain(piece: Uint8Array, raw: number, sink: PlainSink): void {
    // A frame ends in CR and LF: an LF right after that is one too many.
    const again = this.#afterFrame && piece[0] === LF;
    this.#afterFrame = false;
    if (again) {
      const damage = {
        kind: "doubled",
        unit: "bytes",
        count: 1,
        where: "the end of a line",
      } as const;
      this.options.onDoubledEnd(damage);
    }
    this.#rest = (this.#rest + latin1(piece.subarray(-REST_SIZE))).slice(-REST_SIZE);
    sink.plain(piece, raw);
  }

  #line(bytes: Uint8Array, raw: number, sink: PlainSink): void {
    this.options.quality.counters.linesReceived++;
    const line = latin1(bytes.subarray(0, -1));
    const frame = line.endsWith("\r") ? parseFrame(line.slice(0, -1)) : undefined;
    this.#afterFrame = true;
    if (frame) {
      sink.settle();
      return this.#take(frame, sink);
    }
    sink.plain(bytes, raw);
    sink.settle();
    const parts = apart(line) ?? [line];
    for (const [i, part] of parts.entries()) this.#damaged(part, i < parts.length - 1, sink);
  }

  /** @param more another frame is on the same line: this one has lost its end */
  #damaged(part: string, more: boolean, sink: PlainSink): void {
    const end = ending(part, more);
    if (end && !end.change) return this.#take(end.frame, sink);
    this.options.quality.counters.corruptLines++;
    const line = part.replace(/\r$/, "");
    const change = end?.change ? { ...end.change, frame: end.frame, sent: end.sent } : repair(line);
    if (!change) {
      this.#rest = `${this.#rest}${part}\n`.slice(-REST_SIZE);
      return this.#unclear(line);
    }
    const { frame } = change;
    this.options.onDamage(damageOf(change, line), "seq" in frame ? frame.seq : undefined);
    // It counts as received: what is missing is something else.
    if (frame.type === "event") this.#k = frame.k;
    else this.#take(frame, sink);
  }

  /** Of an answer, what is missing at its end explains it; of an event, there is no more to come. */
  #unclear(line: string): void {
    const event = /^!(\d+)/.exec(line);
    if (!event) return;
    this.#k = Math.max(this.#k, Math.min(Number(event[1]), this.#k + 1));
    const damage: Damage = {
      kind: "unclear",
      unit: "bytes",
      count: 1,
      where: `event ${event[1]}`,
      received: line,
    };
    this.options.onDamage(damage, undefined);
  }

  #take(frame: Frame, sink: PlainSink): void {
    const { options } = this;
    switch (frame.type) {
      case "answer":
        return options.onAnswer(frame.seq, frame.line, frame.text);
      case "end":
        return options.onEnd(frame.seq, frame);
      case "refusal":
        return options.onRefusal(frame.reason, frame.got);
      case "event":
        return this.#event(frame.k, frame.text, sink);
    }
  }

  #event(k: number, text: string, sink: PlainSink): void {
    const last = this.#k;
    const again = k === last && text === this.#lastEvent;
    if (again || (k <= last && k !== 1)) {
      this.options.onDamage(
        { kind: "doubled", unit: "lines", count: 1, where: `event ${k}` },
        undefined,
      );
      return;
    }
    if (k > last + 1) {
      const count = k - last - 1;
      const found = count === 1
        ? this.explain((frame) => frame.type === "event" && frame.k === last + 1)
        : undefined;
      const where = count === 1 ? `event ${last + 1}` : `(events ${last + 1} to ${k - 1})`;
      if (found) this.options.onDamage(found, undefined);
      else this.options.onDamage({ kind: "lost", unit: "lines", count, where }, undefined);
    }
    if (k === 1 && last > 0) this.options.onRestart();
    this.#k = k;
    this.#lastEvent = text;
    this.options.onEvent(utf8(text), sink);
  }
}

interface Ending {
  readonly frame: Frame;
  readonly sent: string;
  /** What is wrong with its end. */
  readonly change: Change | undefined;
}

/** An intact frame and how it ends; undefined when the frame itself is damaged. */
function ending(part: string, more: boolean): Ending | undefined {
  for (let size = 0; size <= 2; size++) {
    const sent = part.slice(0, part.length - size);
    const frame = parseFrame(sent);
    if (!frame || (size === 2 && part.at(-2) !== "\r")) continue;
    const kind = endingDamage(part.slice(sent.length), more);
    return { frame, sent, change: kind && { kind, count: 1 } };
  }
  return undefined;
}

/** What became of the carriage return, and of the line feed when more is on the line. */
function endingDamage(end: string, more: boolean): Change["kind"] | undefined {
  if (end === "" || (more && end === "\r")) return "lost";
  if (end === "\r") return undefined;
  return end === "\r\r" && !more ? "doubled" : "altered";
}

/** Two frames on one line, whose end between them was lost or altered. */
function apart(line: string): string[] | undefined {
  for (const { index } of line.matchAll(/[<=!?]\d/g)) {
    if (index === 0 || !parseFrame(line.slice(index).replace(/\r$/, ""))) continue;
    const first = line.slice(0, index);
    if (parseFrame(first.replace(/\r?[^]?$/, "")) || parseFrame(first.replace(/\r$/, ""))) {
      return [first, line.slice(index)];
    }
  }
  return undefined;
}

function damageOf({ kind, count, frame, sent }: Repair, received: string): Damage {
  return { kind, unit: "bytes", count, where: nameOf(frame), received, sent };
}

function nameOf(frame: Frame): string {
  if (frame.type === "event") return `event ${frame.k}`;
  if (frame.type === "refusal") return "a complaint about a command";
  if (frame.type === "end") return `the end of the answer to command ${frame.seq}`;
  return `line ${frame.line + 1} of the answer to command ${frame.seq}`;
}

/**
 * The damage to a command, from what the target says of it.
 *
 * @param got as the target shows it: cut, and dots for what does not print
 */
export function refusal(
  reason: string,
  { sent, got, what }: { readonly sent: string; readonly got: string; readonly what: string },
): Damage {
  const shown = sent.replace(/[^ -~]/g, ".");
  // What was cut off is not known: it counts as unchanged.
  const received = got.length < 120 ? got : got + shown.slice(120);
  const change = reason === "seq" ? undefined : compare(shown, received);
  const where = reason === "seq"
    ? `the count of commands at ${what} (did the target restart, or lose a command?)`
    : what;
  if (!change) return { kind: "unclear", unit: "bytes", count: 1, where, received: got, sent };
  return { ...change, unit: "bytes", where, received: got, sent };
}

/** The damage to the end of a command, which made one line of it and the hello after it. */
export function mergedCommand(sent: string, got: string, what: string): Damage | undefined {
  const shown = sent.replace(/[^ -~]/g, ".").slice(0, 120);
  if (!got.startsWith(shown)) return undefined;
  const next = got[shown.length];
  const kind = next === undefined || next === ">" ? "lost" : "altered";
  return { kind, unit: "bytes", count: 1, where: `the end of ${what}`, received: got, sent };
}

/** Text that came as Latin-1, one character a byte. */
export function utf8(text: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(fromLatin1(text));
}
