/** Calls as people read them. */
import { formatNs } from "../../time/mod.ts";
import type { Json } from "../../trace/mod.ts";
import type { Stimulus } from "./program.ts";

const LONGEST = 100;

/** `board.console.run("version", {within: 5 s})`. */
export function callText({ on, method, args }: Pick<Stimulus, "on" | "method" | "args">): string {
  return `${on}${method && `.${method}`}(${shortened(args.map(valueText).join(", "))})`;
}

export function shortened(text: string, longest = LONGEST): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** An encoded value; what is no JSON by its kind. */
export function valueText(json: Json | undefined): string {
  if (json === undefined) return "nothing";
  if (typeof json !== "object" || json === null) return JSON.stringify(json);
  if (Array.isArray(json)) return `[${json.map(valueText).join(", ")}]`;
  const object = json as { readonly [key: string]: Json };
  if (object.$ !== undefined) return taggedText(object);
  return `{${
    Object.entries(object).map(([key, each]) => `${key}: ${valueText(each)}`).join(", ")
  }}`;
}

function taggedText(json: { readonly [key: string]: Json }): string {
  const { $, is, ns, source, flags, base64, length, name, message } = json;
  switch ($) {
    case "undefined":
      return "undefined";
    case "duration":
      return formatNs(Number(ns));
    case "regexp":
      return `/${source}/${flags}`;
    case "bytes":
      return `${length ?? Math.floor(String(base64 ?? "").length * 3 / 4)} bytes`;
    case "error":
      return `${name}: ${message}`;
    default:
      return is === undefined ? `${$}` : `${is}`;
  }
}
