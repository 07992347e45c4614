/**
 * What was thrown, as a trace has it, and an error of its class again. The class is found by its name
 * in a register: the built-in ones are there, others are put there where they are declared.
 */
import type { Json, Thrown } from "../trace/event.ts";

// deno-lint-ignore no-explicit-any
export type ErrorClass = new (...args: any[]) => Error;

const classes = new Map<string, ErrorClass>();

/**
 * Lets playback make instances of a class, so that `instanceof` holds of what a recording throws.
 * They have the recorded fields; the constructor is not called, and `#private` fields are not there.
 *
 * @throws TypeError when another class has that name already
 * @example
 * ```ts
 * import { registerError } from "hil";
 *
 * export class PumpJammed extends Error {
 *   override readonly name = "PumpJammed";
 * }
 * registerError(PumpJammed);
 * ```
 */
export function registerError(...errors: readonly ErrorClass[]): void {
  for (const error of errors) {
    const { name } = error;
    const known = classes.get(name);
    if (known && known !== error) {
      throw new TypeError(
        `Cannot register the error "${name}": another class has that name; give one of them another`,
      );
    }
    classes.set(name, error);
  }
}

registerError(Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError);
registerError(AggregateError, ...Object.values(Deno.errors) as ErrorClass[]);

/** Fields that say nothing, or are told by themselves. */
const UNTOLD = new Set(["name", "message", "stack"]);

/** What was thrown, with its own fields and its cause, which `encode` encodes. */
export function thrownOf(error: unknown, encode: (value: unknown, path: string) => Json): Thrown {
  if (!(error instanceof Error)) {
    // The empty name says that it was no error.
    return { name: "", message: textOf(error), fields: { value: encode(error, "value") } };
  }
  const name = `${error.name}`;
  const own = error.constructor?.name ?? "";
  const fields: Record<string, Json> = {};
  for (const key of Object.getOwnPropertyNames(error)) {
    if (UNTOLD.has(key)) continue;
    fields[key] = encode((error as unknown as Record<string, unknown>)[key], key);
  }
  return {
    name,
    message: `${error.message}`,
    ...(own !== name && own !== "" && { class: own }),
    ...(Object.keys(fields).length > 0 && { fields }),
  };
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

/** What was thrown again: an error of its class, where that is registered, else one of its name. */
export function errorOf(thrown: Thrown, decode: (json: Json) => unknown): unknown {
  const { name, message, fields = {} } = thrown;
  if (name === "") return Object.hasOwn(fields, "value") ? decode(fields.value!) : message;
  const known = classes.get(thrown.class ?? name);
  // No constructor knows what to do with fields: the prototype makes it an instance.
  const error = thrown.class === "DOMException"
    ? new DOMException(message, name)
    : new Error(message);
  if (known) Object.setPrototypeOf(error, known.prototype);
  for (const [key, json] of Object.entries(fields)) define(error, key, decode(json));
  if (error.name !== name) define(error, "name", name);
  return error;
}

function define(error: object, name: string, value: unknown): void {
  Object.defineProperty(error, name, {
    value,
    configurable: true,
    enumerable: name !== "cause" && name !== "errors",
    writable: true,
  });
}
