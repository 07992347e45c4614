/** What goes wrong on a console, with what is known about it. */
import { registerError } from "../../record/errors.ts";
import type { Pattern } from "../../ports/mod.ts";
import type { Duration } from "../../time/mod.ts";
import { show } from "./pattern.ts";
import type { NearMiss } from "./near_miss.ts";

/** What an error shows of a console. */
export interface Evidence {
  /** The console's name: "com1". */
  readonly channel: string;
  /** Its last lines. */
  readonly tail: readonly string[];
}

/** The target did not say what was awaited, or did not answer, in time. */
export class ConsoleTimeout extends Error {
  override readonly name = "ConsoleTimeout";
  readonly channel: string;
  readonly tail: readonly string[];
  /** Of a `waitFor`. */
  readonly pattern: Pattern | undefined;
  readonly limit: Duration;
  /** The longest part of the pattern that did come. */
  readonly nearMiss: NearMiss | undefined;
  /** Bytes that came while waiting. */
  readonly bytesReceived: number;

  constructor(
    options: Evidence & {
      /** What was waited for: `"login: "`, `the answer to "stats"`. */
      readonly what: string;
      readonly limit: Duration;
      readonly bytesReceived: number;
      readonly pattern?: Pattern;
      readonly nearMiss?: NearMiss;
      /** What else is known, a sentence a line. */
      readonly notes?: readonly string[];
    },
  ) {
    const { channel, what, limit, bytesReceived, nearMiss, notes = [], tail } = options;
    super([
      `Cannot find ${what} on ${channel}: it did not come within ${limit}; ` +
      (bytesReceived === 0 ? "nothing came at all" : `${bytesReceived} bytes of other things came`),
      ...(nearMiss ? [`  nearest miss: ${nearMiss.text}`] : []),
      ...notes.map((note) => `  ${note}`),
      ...lastLines(tail),
    ].join("\n"));
    this.channel = channel;
    this.tail = tail;
    this.pattern = options.pattern;
    this.limit = limit;
    this.nearMiss = nearMiss;
    this.bytesReceived = bytesReceived;
  }
}

/** The target said what it must not say. */
export class ForbiddenOutput extends Error {
  override readonly name = "ForbiddenOutput";
  readonly channel: string;
  readonly tail: readonly string[];
  readonly pattern: Pattern;
  /** The line in which it stands. */
  readonly line: string;
  /** Position of its first byte in all that the target has said. */
  readonly offset: number;
  /** Timestamp of its last byte: whole nanoseconds on the console's clock. */
  readonly t: number;

  constructor(
    options: Evidence & {
      readonly pattern: Pattern;
      readonly line: string;
      readonly offset: number;
      readonly t: number;
      readonly because?: string;
    },
  ) {
    const { channel, pattern, line, offset, t, because, tail } = options;
    super([
      `${channel} said what is forbidden${because ? ` (${because})` : ""}: ${line}`,
      `  pattern ${show(pattern)} at byte ${offset}, ${(t / 1e9).toFixed(6)} s`,
      ...lastLines(tail),
    ].join("\n"));
    this.channel = channel;
    this.tail = tail;
    this.pattern = pattern;
    this.line = line;
    this.offset = offset;
    this.t = t;
  }
}

/** The console ended while somebody waited on it, or before. `cause` says what ended it. */
export class ConsoleClosed extends Error {
  override readonly name = "ConsoleClosed";
  readonly channel: string;
  readonly tail: readonly string[];

  constructor(options: Evidence & { readonly waitingFor: string; readonly cause?: Error }) {
    const { channel, waitingFor, cause, tail } = options;
    const why = cause ? cause.message : "the link was closed";
    super(
      [`Cannot go on waiting for ${waitingFor}: ${channel} has ended: ${why}`, ...lastLines(tail)]
        .join("\n"),
      { cause },
    );
    this.channel = channel;
    this.tail = tail;
  }
}

export type DamageKind = "lost" | "doubled" | "altered" | "interleaved" | "unclear";

/** One piece of damage to what went over a link. */
export interface Damage {
  readonly kind: DamageKind;
  /** What is damaged, whole lines or bytes of one. */
  readonly unit: "bytes" | "lines";
  readonly count: number;
  /** Which line: "line 2 of the answer to command 7". */
  readonly where: string;
  /** As it came; of a command, as the target says that it came. */
  readonly received?: string;
  /** As it was sent, where that can be told. */
  readonly sent?: string;
}

/** Bytes or lines were lost, doubled, altered or interleaved on the way. */
export class LinkError extends Error {
  override readonly name = "LinkError";
  readonly channel: string;
  readonly tail: readonly string[];
  readonly damage: readonly Damage[];

  constructor(options: Evidence & { readonly what: string; readonly damage: readonly Damage[] }) {
    const { channel, what, damage, tail } = options;
    super([
      `Cannot trust ${what} on ${channel}: ${damage.map(sentence).join("; ")}`,
      ...damage.flatMap(({ received, sent }) => [
        ...(sent === undefined ? [] : [`  sent:     ${JSON.stringify(sent)}`]),
        ...(received === undefined ? [] : [`  received: ${JSON.stringify(received)}`]),
      ]),
      ...lastLines(tail),
    ].join("\n"));
    this.channel = channel;
    this.tail = tail;
    this.damage = damage;
  }
}
registerError(ConsoleTimeout, ForbiddenOutput, ConsoleClosed, LinkError);

/** Damage as people say it: "1 byte was lost from line 2 of the answer to command 7". */
export function sentence({ kind, unit, count, where }: Damage): string {
  if (kind === "unclear") return `${where} is damaged, in more than one place`;
  const what = unit === "lines" && count === 1 ? "" : `${count} ${count === 1 ? "byte" : unit} `;
  const verb = `${count === 1 ? "was" : "were"} ${kind}`;
  if (unit === "lines") return `${what}${where} ${verb}`;
  return `${what}${verb} ${kind === "lost" ? "from" : "in"} ${where}`;
}

function lastLines(tail: readonly string[]): string[] {
  if (tail.length === 0) return [];
  return ["  last lines:", ...tail.map((line) => `    ${line}`)];
}
