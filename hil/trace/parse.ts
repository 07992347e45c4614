/** One line of a trace to a header or an event: the only place that knows what a good one is. */
import { TRACE_VERSION, type TraceEvent, type TraceHeader } from "./event.ts";

/** The longest line that a writer writes and a reader takes. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024;

type Kind = "string" | "number" | "boolean";

/** The fields that each type of event must have. */
const REQUIRED: Readonly<Record<TraceEvent["type"], Readonly<Record<string, Kind>>>> = {
  "bytes": { channel: "string", dir: "string" },
  "signal": { channel: "string", kind: "string" },
  "step.begin": { id: "number", name: "string" },
  "step.end": { id: "number", ok: "boolean" },
  "expect": { what: "string", ok: "boolean" },
  "measure": { name: "string", value: "number", unit: "string", verdict: "string" },
  "call": { id: "number", on: "string", method: "string" },
  "return": { id: "number" },
  "get": { on: "string", name: "string" },
  "log": { level: "string", text: "string" },
  "attachment": { path: "string", title: "string" },
  "end": { outcome: "string" },
};

const VOCABULARY: Readonly<Record<string, readonly unknown[]>> = {
  dir: ["rx", "tx"],
  verdict: ["pass", "marginal", "fail"],
  level: ["debug", "info", "warn", "error"],
  outcome: ["passed", "failed", "skipped", "interrupted"],
};

const HEADER: Readonly<Record<string, Kind>> = {
  scenario: "string",
  file: "string",
  line: "number",
  seed: "number",
  bench: "string",
};

type Fields = Record<string, unknown>;

/** Fatal, so that a byte that changed on disk does not pass for a replacement character. */
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The event of a line, or what is wrong with it. */
export function parseEvent(line: Uint8Array): TraceEvent | string {
  const fields = parseObject(line);
  if (typeof fields === "string") return fields;
  if (!Number.isSafeInteger(fields.seq) || fields.seq as number < 1) return "it has no seq";
  if (fields.t === undefined) return "it has no time";
  if (!isTime(fields.t)) return "its time is no whole number of nanoseconds from 0 on";
  const type = fields.type;
  if (typeof type !== "string" || !Object.hasOwn(REQUIRED, type)) {
    return `its type ${JSON.stringify(type) ?? "is missing"} is unknown`;
  }
  if (type === "bytes" && typeof (fields.text ?? fields.base64) !== "string") {
    return "it has no bytes";
  }
  // JSON has no NaN: a number that was none is written as null.
  if (type === "measure" && fields.value === null) fields.value = NaN;
  if (type === "call" && !Array.isArray(fields.args)) return "its args are no list";
  return wrongField(fields, REQUIRED[type as TraceEvent["type"]]) ?? wrongWord(fields) ??
    wrongFailure(fields.error, type) ?? fields as unknown as TraceEvent;
}

/** Whether it can be the `t` of an event: whole nanoseconds, exact, from 0 on. */
export function isTime(t: unknown): t is number {
  return Number.isSafeInteger(t) && t as number >= 0;
}

/** The header of a newer version, with what of it is known. */
export interface NewerHeader {
  readonly newer: number;
  readonly fields: Partial<TraceHeader>;
}

/** The header of a line, that of a newer version, or what is wrong with it. */
export function parseHeader(line: Uint8Array): TraceHeader | NewerHeader | string {
  const fields = parseObject(line);
  if (typeof fields === "string") return fields;
  const version = fields.trace;
  if (!Number.isSafeInteger(version) || version as number < 1) return "it has no version";
  if (version as number > TRACE_VERSION) return { newer: version as number, fields: known(fields) };
  for (const name of ["targets", "environment"]) {
    if (!isObject(fields[name])) return `its ${name} is no object`;
  }
  return wrongField(fields, HEADER) ?? fields as unknown as TraceHeader;
}

/** What has the shape that this version gives it. */
function known(fields: Fields): Partial<TraceHeader> {
  const entries = Object.entries(fields).filter(([name, value]) =>
    ["targets", "environment"].includes(name)
      ? isObject(value)
      : Object.hasOwn(HEADER, name) && typeof value === HEADER[name]
  );
  return Object.fromEntries(entries) as Partial<TraceHeader>;
}

function parseObject(line: Uint8Array): Fields | string {
  try {
    const value: unknown = JSON.parse(decoder.decode(line));
    return isObject(value) ? value : "it is no JSON object";
  } catch (error) {
    return error instanceof SyntaxError ? "it is not JSON" : "it is not UTF-8";
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrongField(fields: Fields, required: Readonly<Record<string, Kind>>): string | undefined {
  for (const name in required) {
    const kind: string = typeof fields[name];
    if (kind !== required[name]) return `its ${name} is no ${required[name]}`;
  }
}

function wrongWord(fields: Fields): string | undefined {
  for (const name in VOCABULARY) {
    const value = fields[name];
    if (value !== undefined && !VOCABULARY[name]!.includes(value)) {
      return `its ${name} ${JSON.stringify(value)} is unknown`;
    }
  }
}

function wrongFailure(error: unknown, type: string): string | undefined {
  if (error === undefined) return;
  if (type === "return") {
    const { name, message } = isObject(error) ? error : {};
    return [name, message].every((text) => typeof text === "string")
      ? undefined
      : "its error has no name or no message";
  }
  if (type !== "end") return typeof error === "string" ? undefined : "its error is no string";
  if (!isObject(error) || typeof error.message !== "string") return "its error has no message";
}
