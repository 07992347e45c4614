/**
 * A trace as plain text, for grep, cut and less: a line each of what was said, done and measured, all
 * channels in one order. Four columns with tabs between: seconds since the scenario began, with nine
 * decimals, and "@" and a clock's name when it is not the scenario's; channel; direction or kind; text.
 */
import { type BytesLine, Lines } from "./_lines.ts";
import type { Json, TraceEvent, TraceHeader } from "./event.ts";

/** Of what is beside a signal or a call; the trace has all of it. */
const LONGEST_DATA = 400;
const NEWLINE = /[\r\n]+/g;

/** A log a piece at a time: {@link begin}, then each event, then {@link end}. */
export class PlainLog {
  readonly #lines = new Lines();

  begin({ scenario, file, line, seed, bench }: TraceHeader): string {
    return `# ${oneLine(scenario)} (${file}:${line}), seed ${seed}, bench ${oneLine(bench)}\n`;
  }

  /** The lines that are whole by this event; "" for none. */
  event(event: TraceEvent): string {
    if (event.type === "bytes") return this.#lines.add(event).map(bytesText).join("");
    if (event.type === "end") return this.#rest() + lineOf(event);
    return lineOf(event);
  }

  /** What a trace that was cut off has begun. */
  end(): string {
    return this.#rest();
  }

  #rest(): string {
    return this.#lines.end().map(bytesText).join("");
  }
}

function bytesText({ first, until, text }: BytesLine): string {
  return columns({ t: until, clock: first.clock }, first.channel, first.dir, text);
}

function lineOf(event: Exclude<TraceEvent, { type: "bytes" }>): string {
  const [channel, kind, text] = describe(event);
  return columns(event, channel, kind, text);
}

type Columns = readonly [channel: string, kind: string, text: string];

function describe(event: Exclude<TraceEvent, { type: "bytes" }>): Columns {
  switch (event.type) {
    case "signal":
      return [event.channel, event.kind, dataText(event.data)];
    case "step.begin":
      return ["step", "begin", event.name];
    case "step.end":
      return ["step", event.ok ? "end" : "failed", event.error ?? `step ${event.id}`];
    case "expect": {
      const { what, ok, detail = "" } = event;
      return ["expect", ok ? "ok" : "failed", [what, detail].filter(Boolean).join(": ")];
    }
    case "measure": {
      const { name, value, unit, verdict, within } = event;
      const limits = within ? ` (${within[0] ?? ""} to ${within[1] ?? ""})` : "";
      return ["measure", verdict, `${name} ${value} ${unit}${limits}`];
    }
    case "call":
      return ["call", event.back ? "back" : "call", callText(event)];
    case "return": {
      const { id, error, value } = event;
      const came = error ? `${error.name}: ${error.message}` : dataText(value);
      return ["call", error ? "threw" : "return", `#${id} ${came}`.trimEnd()];
    }
    case "get":
      return ["call", "get", `${event.on}.${event.name} ${dataText(event.value)}`.trimEnd()];
    case "log":
      return ["log", event.level, event.text];
    case "attachment":
      return ["attachment", "file", `${event.title} (${event.path})`];
    case "end":
      return ["end", event.outcome, event.error?.message ?? ""];
  }
}

function callText({ id, on, method, args }: TraceEvent & { type: "call" }): string {
  return `#${id} ${on}${method && `.${method}`}(${args.map((arg) => dataText(arg)).join(", ")})`;
}

function dataText(data: Json | undefined): string {
  if (data === undefined) return "";
  const text = typeof data === "string" ? data : JSON.stringify(data);
  if (text.length <= LONGEST_DATA) return text;
  return `${text.slice(0, LONGEST_DATA)}… ${text.length - LONGEST_DATA} characters more`;
}

function columns(
  { t, clock }: { readonly t: number; readonly clock?: string },
  channel: string,
  kind: string,
  text: string,
): string {
  const at = `${secondsOf(t)}${clock === undefined ? "" : `@${oneLine(clock)}`}`;
  return `${at}\t${oneLine(channel)}\t${oneLine(kind)}\t${escaped(text)}\n`;
}

/** Exactly: a double has no nanoseconds left after some days. */
function secondsOf(t: number): string {
  return `${Math.floor(t / 1e9)}.${String(t % 1e9).padStart(9, "0")}`;
}

function oneLine(text: string): string {
  return escaped(text).replaceAll("\t", " ");
}

/** A failure of many lines is one here; nothing moves the cursor of a terminal. */
function escaped(text: string): string {
  return text.replaceAll(NEWLINE, " ⏎ ").replaceAll(
    /[^\P{Cc}\t]/gu,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
