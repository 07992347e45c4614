/** From the JSON of value.ts to values. A trace is somebody else's: all of it is checked. */
import { Duration } from "../time/mod.ts";
import type { Json, Thrown } from "../trace/event.ts";
import { viewOf } from "./_binary.ts";
import { errorOf } from "./errors.ts";
import type { Reference } from "./value.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Deeper structures are refused; an encoder makes none. */
const DEEPEST = 1000;

/** What a decoder asks of those who know more than it. */
export interface Decoding {
  /** What an object, promise or function is. Default: it is refused. */
  readonly reference?: (reference: Reference) => unknown;
  /** The content of a file beside the trace. Default: it is refused. */
  readonly file?: (name: string) => Uint8Array;
}

/** JSON is no value: it is damaged, or of a newer version. */
export class ValueError extends Error {
  override readonly name = "ValueError";

  constructor(json: unknown, why: string, options?: ErrorOptions) {
    const text = JSON.stringify(json) ?? `${json}`;
    const shown = text.length > 120 ? `${text.slice(0, 119)}…` : text;
    super(`Cannot decode the value "${shown}": ${why}; record the trace again`, options);
  }
}

/** Stands for what could not be told: an object that the scenario made, a stream. */
export class Opaque {
  constructor(readonly is: string) {}
}

/** Kinds with a key, which {@link Decoding.reference} knows. */
const REFERENCES: readonly unknown[] = ["object", "promise", "function"];
const NUMBERS: Readonly<Record<string, number>> = {
  "NaN": NaN,
  "Infinity": Infinity,
  "-Infinity": -Infinity,
  "-0": -0,
};

type Tagged = { readonly [key: string]: Json };

/**
 * The value that was encoded.
 *
 * @throws ValueError when the JSON is none, or needs what `decoding` does not offer
 */
export function decode(json: Json, decoding: Decoding = {}): unknown {
  return decoded(json, decoding, 0);
}

/** What was thrown again, as an error of its class: see {@link registerError}. */
export function decodeThrown(thrown: Thrown, decoding: Decoding = {}): unknown {
  return errorOf(thrown, (json) => decoded(json, decoding, 1));
}

/** The reference that it is, if it is one. */
export function referenceOf(json: Json | undefined): Reference | undefined {
  if (typeof json !== "object" || json === null || Array.isArray(json)) return undefined;
  const { $, is } = json as Tagged;
  return REFERENCES.includes($) && typeof is === "string" ? json as Reference : undefined;
}

function decoded(json: Json, decoding: Decoding, depth: number): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (depth > DEEPEST) throw new ValueError("…", `it is more than ${DEEPEST} deep`);
  const inner = (each: Json) => decoded(each, decoding, depth + 1);
  if (Array.isArray(json)) return json.map(inner);
  const object = json as Tagged;
  if (!Object.hasOwn(object, "$")) {
    return Object.fromEntries(Object.entries(object).map(([key, each]) => [key, inner(each)]));
  }
  if (REFERENCES.includes(object.$)) return referred(object, decoding);
  const kind = typeof object.$ === "string" && Object.hasOwn(KINDS, object.$) && KINDS[object.$];
  if (!kind) throw new ValueError(json, `the kind ${JSON.stringify(object.$)} is unknown`);
  return kind(object, inner, decoding);
}

function referred(object: Tagged, { reference }: Decoding): unknown {
  const known = referenceOf(object);
  if (!known) throw new ValueError(object, "it has no key");
  if (!reference) throw new ValueError(object, "nobody here knows what it is");
  return reference(known);
}

type Decoder = (json: Tagged, inner: (json: Json) => unknown, decoding: Decoding) => unknown;

const KINDS: Readonly<Record<string, Decoder>> = {
  undefined: () => undefined,
  number: (json) => {
    const is = text(json, "is");
    if (!Object.hasOwn(NUMBERS, is)) throw new ValueError(json, "that is no such number");
    return NUMBERS[is];
  },
  bigint: (json) => {
    const is = text(json, "is");
    if (!/^-?\d+$/.test(is)) throw new ValueError(json, "that is no whole number");
    return BigInt(is);
  },
  duration: (json) => attempt(json, () => Duration.fromNs(number(json, "ns"))),
  date: (json) => new Date(json.ms === null ? NaN : number(json, "ms")),
  regexp: (json) => attempt(json, () => new RegExp(text(json, "source"), text(json, "flags"))),
  bytes: (json, _inner, decoding) => {
    const of = json.of === undefined ? undefined : text(json, "of");
    const bytes = json.file === undefined
      ? attempt(json, () => Uint8Array.fromBase64(text(json, "base64")))
      : content(json, decoding);
    return attempt(json, () => viewOf({ bytes, of }));
  },
  text: (json, _inner, decoding) => {
    const bytes = content(json, decoding);
    return attempt(json, () => utf8.decode(bytes));
  },
  json: (json, inner, decoding) => {
    const bytes = content(json, decoding);
    return inner(attempt(json, () => JSON.parse(new TextDecoder().decode(bytes)) as Json));
  },
  map: (json, inner) => new Map(pairs(json).map(([key, value]) => [inner(key), inner(value)])),
  set: (json, inner) => new Set(list(json, "entries").map(inner)),
  plain: (json, inner) => {
    const entries = pairs(json).map(([key, value]) => {
      if (typeof key !== "string") throw new ValueError(json, "a key is no text");
      return [key, inner(value)];
    });
    return Object.fromEntries(entries);
  },
  error: (json, inner) => errorOf(asThrown(json), inner),
  throws: (json, inner) => {
    throw errorOf(asThrown(json), inner);
  },
  opaque: (json) => new Opaque(text(json, "is")),
};

function asThrown(json: Tagged): Thrown {
  text(json, "name");
  text(json, "message");
  const { fields = {} } = json;
  if (typeof fields !== "object" || fields === null || Array.isArray(fields)) {
    throw new ValueError(json, 'its "fields" is no object');
  }
  if (json.class !== undefined) text(json, "class");
  return json as unknown as Thrown;
}

function content(json: Tagged, { file }: Decoding): Uint8Array {
  const name = text(json, "file");
  const length = number(json, "length");
  // The only names that an encoder gives: nothing leads out of the trace's folder.
  if (!/^blob-[0-9a-f]{16,64}\.(bin|json|txt)$/.test(name)) {
    throw new ValueError(json, "that is no name of a file beside a trace");
  }
  if (!file) throw new ValueError(json, "nobody here reads the files beside the trace");
  const bytes = attempt(json, () => file(name));
  if (bytes.length === length) return bytes;
  throw new ValueError(json, `the file has ${bytes.length} bytes`);
}

function text(json: Tagged, name: string): string {
  const value = json[name];
  if (typeof value !== "string") throw new ValueError(json, `its "${name}" is no text`);
  return value;
}

function number(json: Tagged, name: string): number {
  const value = json[name];
  if (typeof value !== "number") throw new ValueError(json, `its "${name}" is no number`);
  return value;
}

function list(json: Tagged, name: string): readonly Json[] {
  const value = json[name];
  if (!Array.isArray(value)) throw new ValueError(json, `its "${name}" is no list`);
  return value;
}

function pairs(json: Tagged): [Json, Json][] {
  return list(json, "entries").map((entry) => {
    if (Array.isArray(entry) && entry.length === 2) return entry as [Json, Json];
    throw new ValueError(json, "an entry is no pair");
  });
}

function attempt<T>(json: Tagged, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof ValueError) throw error;
    throw new ValueError(json, (error as Error).message, { cause: error });
  }
}
