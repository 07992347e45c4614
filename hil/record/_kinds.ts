/** What a value that a port gives is, for a membrane: data, a living thing, or nobody's business. */
import { type Clock, Duration } from "../time/mod.ts";
import { Timeline } from "../trace/timeline.ts";
import { hasBehaviour } from "./value.ts";

/**
 * - `data`: by value, whole: a duration, bytes, an error;
 * - `container`: by value, what is in it each by its own kind: a list, a map, an object literal;
 * - `object`, `function`, `promise`: by reference;
 * - `clock`: by reference, but as it is: whoever waits must wait on the real one;
 * - `raw`: as it is, and opaque: what the runtime would not know behind a proxy.
 */
export type Kind = "data" | "container" | "object" | "function" | "promise" | "clock" | "raw";

/** Classes of the runtime that are not to be had by name. */
const UNNAMED = new Set(["TcpConn", "TlsConn", "UnixConn", "Listener", "TlsListener"]);
/** Classes of the runtime that only a scenario asks something of: they are ports like any other. */
const PROGRAMS: readonly unknown[] = [Deno.Command, Deno.ChildProcess];

/** Of instances of a class, all are of the kind of the first. */
const kinds = new WeakMap<object, Kind>();

const ownAffair = new WeakSet<object>();

/**
 * Keeps an object out of recordings, with all that it gives: for what a scenario runs itself, such as
 * code in its own memory, a million calls of which say less than its seed.
 *
 * @returns the object
 */
export function unrecorded<T extends object>(value: T): T {
  ownAffair.add(value);
  return value;
}

export function kindOf(value: object): Kind {
  if (ownAffair.has(value)) return "raw";
  if (typeof value === "function") return "function";
  if (Array.isArray(value)) return "container";
  const prototype = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) {
    return !hasBehaviour(value) ? "container" : isClock(value) ? "clock" : "object";
  }
  let kind = kinds.get(prototype);
  if (!kind) kinds.set(prototype, kind = kindOfInstance(value));
  return kind;
}

function kindOfInstance(value: object): Kind {
  if (value instanceof Map || value instanceof Set) return "container";
  if (DATA.some((type) => value instanceof type) || ArrayBuffer.isView(value)) return "data";
  if (value instanceof Promise) return "promise";
  if (value instanceof Timeline || isRuntimes(value)) return "raw";
  return isClock(value) ? "clock" : "object";
}

const DATA = [Duration, ArrayBuffer, RegExp, Date, Error];

function isClock(value: object): value is Clock {
  const { name, virtual, now, until } = value as Partial<Clock>;
  return typeof until === "function" && typeof now === "function" &&
    typeof name === "string" && typeof virtual === "boolean";
}

/** A connection, a stream, an AbortSignal. One of a class that is derived of those is not. */
function isRuntimes(value: object): boolean {
  const { constructor } = value;
  if (typeof constructor !== "function" || PROGRAMS.includes(constructor)) return false;
  const { name } = constructor;
  return UNNAMED.has(name) ||
    [globalThis, Deno].some((scope) => Reflect.get(scope, name) === constructor);
}

/** The channel of a signal, and undefined of anything else. */
export function channelOf(value: object): string | undefined {
  if (!("channel" in value && "clock" in value && "occurrences" in value)) return undefined;
  const { channel, clock } = value;
  const isSignal = typeof channel === "string" && typeof clock === "object" && clock !== null &&
    isClock(clock);
  return isSignal ? channel : undefined;
}
