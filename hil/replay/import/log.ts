/**
 * Plain logs of serial lines: with or without times before each line, as the common tools write
 * them. What a tool put there is taken away; what the target itself said stays.
 */
import type { BytesEvent, EventBase } from "../../trace/mod.ts";

/** From some moment: as one number it would not be exact to the nanosecond. */
type Instant = readonly [seconds: number, nanoseconds: number];

/** A way to write a time before a line. */
export interface LogFormat {
  readonly name: string;
  /** Who writes it, for `hil import --help`. */
  readonly help: string;
  readonly match: RegExp;
  readonly time: (found: RegExpMatchArray) => Instant;
  /** The target said it: it stays. Such a clock begins again with each boot. */
  readonly own?: true;
  /** The time since the line before, not since some moment. */
  readonly delta?: true;
  /** Without a date: smaller than before means that a day is over. */
  readonly daily?: true;
}

const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";
const DAY = 86_400;
const CLOCK = String.raw`(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?`;

const seconds = (text: string): Instant => {
  const [whole, fraction = ""] = text.trim().split(".");
  return [Number(whole), fractionNs(fraction)];
};
const fractionNs = (digits = "") => Number(digits.padEnd(9, "0").slice(0, 9));
const onDay = (day: number, [h, m, s, fraction]: readonly string[]): Instant => [
  day * DAY + Number(h) * 3600 + Number(m) * 60 + Number(s),
  fractionNs(fraction),
];

/** Days from 1970. */
const days = (year: number, month: number, day: number) =>
  Date.UTC(year, month - 1, day) / 86_400e3;

/** In the order in which they are tried; the first that most lines have is it. */
export const LOG_FORMATS: readonly LogFormat[] = [
  {
    name: "date",
    help: "minicom, ts, Asterisk: [2026-11-25 09:43:55.464] text, 2026-11-25T09:43:55Z text",
    match: new RegExp(
      String.raw`^\[?(\d{4})-(\d\d)-(\d\d)[T ]${CLOCK}(?:Z|[+-]\d\d:?\d\d)?\]?:? ?`,
    ),
    time: ([, year, month, day, ...clock]) =>
      onDay(days(Number(year), Number(month), Number(day)), clock),
  },
  {
    name: "syslog",
    help: "ts, syslog: Nov 25 09:43:55 text",
    match: new RegExp(String.raw`^([A-Z][a-z]{2}) {1,2}(\d{1,2}) ${CLOCK} `),
    time: ([, month, day, ...clock]) =>
      onDay(days(2000, MONTHS.indexOf(month!) / 3 + 1, Number(day)), clock),
  },
  {
    name: "clock",
    help: "tio, ts -s, ts '%T': [09:43:55.123] text, 00:00:07 text",
    match: new RegExp(String.raw`^\[?${CLOCK}\]?:? `),
    time: ([, ...clock]) => onDay(0, clock),
    daily: true,
  },
  {
    name: "grabserial",
    help: "grabserial: [1.234567 0.000123] text",
    match: /^\[ *(\d+\.\d+) +\d+\.\d+\] ?/,
    time: ([, text]) => seconds(text!),
  },
  {
    name: "delta",
    help: "minicom, time since the line before: [   +0.123] text",
    match: /^\[ *\+ *(\d+\.\d+)\] ?/,
    time: ([, text]) => seconds(text!),
    delta: true,
  },
  {
    name: "kernel",
    help: "Linux, U-Boot with times: [    1.234567] text; these are the target's words, and stay",
    match: /^(?:<\d+>)?\[ *(\d+\.\d{3,9})\]/,
    time: ([, text]) => seconds(text!),
    own: true,
  },
  {
    name: "epoch",
    help: "ts '%.s': 1764063835.123456 text",
    match: /^(\d{9,11}\.\d{1,9}) /,
    time: ([, text]) => seconds(text!),
  },
];

/** Lines by which the format is told, and the part of them that must have it. */
const SAMPLE = 500, ENOUGH = 0.5;

/** The format of a log by its first lines; undefined when they have no times. */
export function logFormat(lines: readonly string[]): LogFormat | undefined {
  const said = lines.filter((line) => line.trim() !== "").slice(0, SAMPLE);
  return LOG_FORMATS.find(({ match }) =>
    said.length > 0 && said.filter((line) => match.test(line)).length >= ENOUGH * said.length
  );
}

export interface ImportedLog {
  readonly lines: number;
  /** Lines without a time: they have that of the line before. */
  readonly untimed: number;
  /** How many times the target's clock began again. */
  readonly boots: number;
  /** Times that were before the one before: they are taken for the same. */
  readonly backwards: number;
}

/** A log becomes the bytes that the target sent; times count from its first line. */
export class LogReader {
  #seq = 0;
  #now = 0;
  #first: Instant | undefined;
  #last = 0;
  #offset = 0;
  lines = 0;
  untimed = 0;
  boots = 0;
  backwards = 0;

  constructor(
    private readonly format: LogFormat | undefined,
    private readonly channel: string,
  ) {}

  /** @param line with its line end, as bytes */
  event(line: Uint8Array): EventBase & BytesEvent {
    this.lines++;
    const kept = this.format ? this.#timed(line, this.format) : line;
    return {
      seq: ++this.#seq,
      t: this.#now,
      type: "bytes",
      channel: this.channel,
      dir: "rx",
      ...textOf(kept),
    };
  }

  #timed(line: Uint8Array, format: LogFormat): Uint8Array {
    const head = latin.decode(line.subarray(0, 64));
    const found = head.match(format.match);
    if (!found) {
      this.untimed++;
      return line;
    }
    this.#advance(format.time(found), format);
    return format.own ? line : line.subarray(found[0].length);
  }

  #advance([s, n]: Instant, { own, delta, daily }: LogFormat): void {
    if (delta) {
      this.#now += s * 1e9 + n;
      return;
    }
    const [s0, n0] = this.#first ??= [s, n];
    const ns = (s - s0) * 1e9 + n - n0;
    if (ns < this.#last && daily && this.#last - ns > DAY * 1e9 / 2) this.#offset += DAY * 1e9;
    else if (ns < this.#last && own) {
      // The target has begun again, at its own beginning.
      this.boots++;
      this.#offset += this.#last - ns;
    } else if (ns < this.#last) this.backwards++;
    this.#last = ns;
    this.#now = Math.max(this.#now, ns + this.#offset);
  }
}

const latin = new TextDecoder("latin1");
const decoder = new TextDecoder("utf-8", { fatal: true });

function textOf(bytes: Uint8Array): Pick<BytesEvent, "text" | "base64"> {
  try {
    return { text: decoder.decode(bytes) };
  } catch {
    return { base64: bytes.toBase64() };
  }
}
