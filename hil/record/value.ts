/**
 * Values of a scenario's calls as JSON, and back. JSON stands for itself, plain objects and lists
 * too; what JSON lacks is an object with a key `$` that tells its kind:
 *
 * | kind | fields | what |
 * | --- | --- | --- |
 * | undefined | | also a field that is there and undefined |
 * | number | `is`: "NaN", "Infinity", "-Infinity", "-0" | |
 * | bigint | `is`: decimal digits | |
 * | duration | `ns` | a {@link Duration} |
 * | date | `ms`, null for an invalid one | |
 * | regexp | `source`, `flags` | |
 * | bytes | `base64`, or `file` and `length`; `of`: "Uint16Array" where it is no Uint8Array | |
 * | text | `file`, `length` in bytes | a long text, as UTF-8 |
 * | json | `file`, `length` | an encoded value so large that it is a file of its own |
 * | map, set | `entries`: of a map lists of two | |
 * | plain | `entries` | an object that has a key `$` (or `__proto__`) of its own |
 * | error | as {@link Thrown} | an error that is a value |
 * | throws | as {@link Thrown} | of a `get` only: reading it throws this |
 * | object | `is`: its key; `signal`: channel; `only`: of a part of it; `clock`: name; `virtual`: true of such a clock | see {@link ObjectKey} |
 * | promise | `is`: its key | settled as the call of "then" on that key returns |
 * | function | `is`: its key | |
 * | opaque | `is`: its class | what cannot be told: an object that the scenario made, a stream |
 */
import { Duration } from "../time/mod.ts";
import type { Json, Thrown } from "../trace/event.ts";
import { thrownOf } from "./errors.ts";
import { binaryOf } from "./_binary.ts";

/** An encoded value larger than this, in bytes or characters, is a file beside the trace. */
export const LARGEST_INLINE = 1024 * 1024;
/** Deeper structures are cut off with an opaque value. */
const DEEPEST = 64;

/** What stands for one that is not data: `{"$":"object","is":"board"}`. */
export type Reference = { readonly $: string; readonly is: string; readonly [key: string]: Json };

/** What an encoder asks of those who know more than it. */
export interface Encoding {
  /**
   * Of a function, or an object that is no plain data: what stands for it; undefined: it is opaque.
   * `path` leads to it from the top of the value: "phones.0".
   */
  readonly reference?: (value: object, path: string) => Reference | undefined;
  /** Keeps content in a file beside the trace, whose name it gives. Default: all is inline. */
  readonly keep?: (content: Uint8Array, ending: "bin" | "json" | "txt") => string;
}

/** The value as JSON. Whatever it is, nothing is thrown because of it. */
export function encode(value: unknown, encoding: Encoding = {}): Json {
  return new Encoder(encoding).top(value);
}

/** What {@link encode} does, and whether there were references in it. */
export function encodeWithReferences(
  value: unknown,
  encoding: Encoding = {},
): { json: Json; references: boolean } {
  const encoder = new Encoder(encoding);
  const json = encoder.top(value);
  return { json, references: encoder.references };
}

/** What was thrown, as an event has it. */
export function encodeThrown(error: unknown, encoding: Encoding = {}): Thrown {
  return new Encoder(encoding).thrown(error);
}

/** Whether it is a list or an object literal: by value, if all that is in it is. */
export function isPlain(value: object): boolean {
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether an object literal has what only a living thing has: functions, or properties that compute. */
export function hasBehaviour(value: object): boolean {
  for (const key of Object.keys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key)!;
    if (!("value" in property) || typeof property.value === "function") return true;
  }
  return false;
}

class Encoder {
  references = false;
  readonly #above: object[] = [];
  /** About the characters that it all takes as JSON. */
  #size = 0;

  constructor(private readonly encoding: Encoding) {}

  top(value: unknown): Json {
    const json = this.value(value, "");
    const { keep } = this.encoding;
    if (!keep || this.#size <= LARGEST_INLINE) return json;
    const content = new TextEncoder().encode(JSON.stringify(json));
    return { $: "json", file: keep(content, "json"), length: content.length };
  }

  value(value: unknown, path: string): Json {
    this.#size += 8;
    switch (typeof value) {
      case "string":
        return this.#text(value);
      case "boolean":
        return value;
      case "number":
        return Number.isFinite(value) && !Object.is(value, -0)
          ? value
          : { $: "number", is: Object.is(value, -0) ? "-0" : `${value}` };
      case "undefined":
        return { $: "undefined" };
      case "bigint":
        return { $: "bigint", is: `${value}` };
      case "symbol":
        return { $: "opaque", is: "Symbol" };
      default:
        return value === null ? null : this.#object(value as object, path);
    }
  }

  thrown(error: unknown): Thrown {
    try {
      return thrownOf(error, (value, path) => this.value(value, path));
    } catch {
      return { name: "Error", message: "an error that cannot be read" };
    }
  }

  #text(value: string): Json {
    const { keep } = this.encoding;
    // Half of a surrogate pair is no UTF-8; JSON can write it.
    if (keep && value.length > LARGEST_INLINE && value.isWellFormed()) {
      const content = new TextEncoder().encode(value);
      return { $: "text", file: keep(content, "txt"), length: content.length };
    }
    this.#size += value.length;
    return value;
  }

  #object(value: object, path: string): Json {
    if (this.#above.length >= DEEPEST) return { $: "opaque", is: "too deep" };
    if (this.#above.includes(value)) return { $: "opaque", is: "cycle" };
    this.#above.push(value);
    try {
      return this.#byReference(value, path) ?? this.#builtIn(value, path) ??
        (isPlain(value) ? this.#plain(value, path) : { $: "opaque", is: classOf(value) });
    } catch {
      // A proxy or a property of somebody else's that throws.
      return { $: "opaque", is: "unreadable" };
    } finally {
      this.#above.pop();
    }
  }

  /** Asked first: what a port gave is its reference, whatever else it looks like. */
  #byReference(value: object, path: string): Json | undefined {
    const reference = this.encoding.reference?.(value, path);
    if (reference) this.references = true;
    return reference;
  }

  #builtIn(value: object, path: string): Json | undefined {
    if (value instanceof Duration) return { $: "duration", ns: value.ns };
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return this.#bytes(value);
    if (value instanceof RegExp) return { $: "regexp", source: value.source, flags: value.flags };
    if (value instanceof Date) {
      const ms = value.getTime();
      return { $: "date", ms: Number.isNaN(ms) ? null : ms };
    }
    if (value instanceof Error) return { $: "error", ...this.thrown(value) };
    if (value instanceof Map) {
      const entries = [...value].map(([key, each], n) => [
        this.value(key, joined(path, `${n}.key`)),
        this.value(each, joined(path, `${n}.value`)),
      ]);
      return { $: "map", entries };
    }
    if (value instanceof Set) {
      return { $: "set", entries: [...value].map((each, n) => this.value(each, joined(path, n))) };
    }
  }

  #bytes(value: ArrayBufferView | ArrayBuffer): Json {
    const { bytes, ...of } = binaryOf(value);
    const { keep } = this.encoding;
    if (keep && bytes.length > LARGEST_INLINE) {
      return { $: "bytes", file: keep(bytes, "bin"), length: bytes.length, ...of };
    }
    this.#size += bytes.length * 4 / 3;
    return { $: "bytes", base64: bytes.toBase64(), ...of };
  }

  #plain(value: object, path: string): Json {
    if (Array.isArray(value)) {
      // Not `map`, which leaves holes.
      return Array.from(value, (each, n) => this.value(each, joined(path, n)));
    }
    const entries: [string, Json][] = [];
    let escape = false;
    for (const key of Object.keys(value)) {
      this.#size += key.length;
      if (key === "$" || key === "__proto__") escape = true;
      const json = this.value((value as Record<string, unknown>)[key], joined(path, key));
      entries.push([key, json]);
    }
    return escape ? { $: "plain", entries } : Object.fromEntries(entries);
  }
}

/** The name of an object's class, for people. */
export function classOf(value: object): string {
  try {
    const { name } = value.constructor ?? {};
    return typeof name === "string" && name !== "" ? name : typeof value;
  } catch {
    return typeof value;
  }
}

function joined(path: string, key: string | number): string {
  return path === "" ? `${key}` : `${path}.${key}`;
}
