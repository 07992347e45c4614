/** Encoded values and calls as people read them: `board.console.run("version", { within: 5 s })`. */
import { formatNs } from "../time/mod.ts";
import type { CallEvent, Json } from "../trace/event.ts";

type Tagged = { readonly [key: string]: Json };

/** Of what JSON lacks, how people write it. */
const SHOWN: Readonly<Record<string, (json: Tagged) => string>> = {
  undefined: () => "undefined",
  number: ({ is }) => `${is}`,
  bigint: ({ is }) => `${is}n`,
  duration: ({ ns }) => formatNs(Number(ns)),
  date: ({ ms }) => ms === null ? "no date" : new Date(Number(ms)).toISOString(),
  regexp: ({ source, flags }) => `/${source}/${flags}`,
  bytes: ({ base64, length }) => base64 === undefined ? `${length} bytes` : `base64 ${base64}`,
  text: ({ length }) => `a text of ${length} bytes`,
  json: ({ length }) => `a value of ${length} bytes`,
  map: ({ entries }) => `a map ${valueText(entries)}`,
  set: ({ entries }) => `a set ${valueText(entries)}`,
  plain: ({ entries }) => fieldsText(entries as [string, Json][]),
  error: ({ name, message }) => `${name}: ${message}`,
  object: ({ is }) => `${is}`,
  promise: ({ is }) => `${is}`,
  function: () => "function",
  opaque: ({ is }) => `a ${is}`,
};

/** A value as it would stand in a scenario, as far as there is a way to write it. */
export function valueText(json: Json | undefined): string {
  if (json === undefined) return "nothing";
  if (typeof json !== "object" || json === null) return JSON.stringify(json);
  if (Array.isArray(json)) return `[${json.map(valueText).join(", ")}]`;
  const { $: kind } = json as Tagged;
  if (typeof kind === "string" && Object.hasOwn(SHOWN, kind)) return SHOWN[kind]!(json as Tagged);
  return fieldsText(Object.entries(json));
}

/** A call as it would stand in a scenario; an empty method calls the object itself. */
export function callText({ on, method, args }: Pick<CallEvent, "on" | "method" | "args">): string {
  return `${on}${method && `.${method}`}(${args.map(valueText).join(", ")})`;
}

function fieldsText(entries: readonly [string, Json][]): string {
  const fields = entries.map(([key, value]) => `${key}: ${valueText(value)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
