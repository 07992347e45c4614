/** Encoded values as people read them: `{ within: 5 s, pattern: /x/g }`. */
import { formatNs } from "../time/mod.ts";
import type { Json } from "../trace/event.ts";

type Tagged = { readonly [key: string]: Json };

/** Of what JSON lacks, how people write it. */
const SHOWN: Readonly<Record<string, (json: Tagged) => string>> = {
  undefined: () => "undefined",
  number: ({ is }) => `${is}`,
  bigint: ({ is }) => `${is}n`,
  duration: ({ ns }) => formatNs(Number(ns)),
  regexp: ({ source, flags }) => `/${source}/${flags}`,
  bytes: ({ base64, length }) => base64 === undefined ? `${length} bytes` : `base64 ${base64}`,
  text: ({ length }) => `a text of ${length} bytes`,
  json: ({ length }) => `a value of ${length} bytes`,
  object: ({ is }) => `${is}`,
  promise: ({ is }) => `${is}`,
  function: () => "function",
  opaque: ({ is }) => `a ${is}`,
  error: ({ name, message }) => `${name}: ${message}`,
};

/** A value as it would stand in a scenario, as far as there is a way to write it. */
export function valueText(json: Json): string {
  if (typeof json !== "object" || json === null) return JSON.stringify(json);
  if (Array.isArray(json)) return `[${json.map(valueText).join(", ")}]`;
  const { $: kind } = json as Tagged;
  if (typeof kind === "string" && Object.hasOwn(SHOWN, kind)) return SHOWN[kind]!(json as Tagged);
  const fields = Object.entries(json).map(([key, value]) => `${key}: ${valueText(value as Json)}`);
  return fields.length === 0 ? "{}" : `{ ${fields.join(", ")} }`;
}
