/** Whether what a scenario gives a port now is what it gave when it was recorded. */
import type { Json } from "../../trace/mod.ts";

/** The content of a file beside the trace, by its name. */
type ReadFile = (name: string) => Uint8Array;

/** A file or folder that has another name each time. */
const TEMPORARY = /(?<![\w/])(\/tmp|\/var\/tmp|\/private\/tmp)\/[^\s/"',;:]+/g;

/**
 * An encoded value without what differs from run to run: names of functions and of temporary files, the place of a
 * mark in the trace, content in a file or not, text or its bytes where `bytes` counts alone.
 */
export function normal(json: Json, file: ReadFile): Json {
  if (typeof json === "string") return json.replaceAll(TEMPORARY, "$1/…");
  if (typeof json !== "object" || json === null) return json;
  const inner = (each: Json) => normal(each, file);
  if (Array.isArray(json)) return json.map(inner);
  const object = json as { readonly [key: string]: Json };
  if (object.$ === "function") return { $: "function" };
  if (object.$ === "object" || object.$ === "promise") return { $: object.$, is: object.is! };
  if (object.$ === "json") {
    return inner(JSON.parse(new TextDecoder().decode(file(String(object.file)))) as Json);
  }
  if (object.$ === "text") return inner(new TextDecoder().decode(file(String(object.file))));
  if (object.$ === "bytes" && typeof object.file === "string") {
    const { file: name, length: _length, ...rest } = object;
    return { ...rest, base64: file(name).toBase64() };
  }
  const skipped = isMark(object) ? ["seq"] : [];
  const fields = Object.entries(object).filter(([key, value]) =>
    !skipped.includes(key) && !isUndefined(value)
  );
  return Object.fromEntries(
    fields.sort(([a], [b]) => a < b ? -1 : 1).map(([key, value]) => [
      key,
      inner(value),
    ]),
  );
}

/** Arguments, which end where only undefined ones follow. */
export function normalArgs(args: readonly Json[], file: ReadFile): Json[] {
  const all = args.map((each) => normal(each, file));
  while (all.length > 0 && isUndefined(all.at(-1)!)) all.pop();
  return all;
}

/** A point of the timeline: it has its place in the trace. */
export function isMark(value: Readonly<Record<string, unknown>>): boolean {
  return typeof value.seq === "number" && typeof value.t === "number" &&
    typeof value.clock === "string" && typeof value.what === "string";
}

function isUndefined(json: Json): boolean {
  return typeof json === "object" && json !== null && "$" in json && json.$ === "undefined";
}

/** Of two values that were made {@link normal}. */
export function same(a: Json, b: Json): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What is written to a console is compared as bytes, text or not. */
export function writtenBytes(args: readonly Json[]): Json[] {
  const [first, ...rest] = args;
  if (typeof first !== "string") return [...args];
  return [{ $: "bytes", base64: new TextEncoder().encode(first).toBase64() }, ...rest];
}
