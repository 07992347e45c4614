/** Deep equality, where two values differ, and how values are shown in messages. */
import { isDeepStrictEqual } from "node:util";

/** Characters of a value in a message: enough to know it by, whatever its size. */
const SHOWN_CHARACTERS = 600;
/** How far down a difference is looked for; it ends in structures that contain themselves. */
const DEEPEST = 32;

/** Deep, strict equality of plain data, typed arrays, maps and sets. */
export function equal(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}

/** A value on one line, cut where it is long. */
export function show(value: unknown): string {
  // Of an error not the stack: it names files of this machine.
  const text = value instanceof Error ? `${value.name}: ${value.message}` : Deno.inspect(value, {
    compact: true,
    breakLength: Infinity,
    iterableLimit: 16,
    strAbbreviateSize: 400,
  });
  return cut(text.replace(/\s*\n\s*/g, " "), SHOWN_CHARACTERS);
}

/** The first `limit` characters of a text, with an ellipsis when that is not all. */
export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).toWellFormed()}…`;
}

/** The first place, below the top, where two values are not equal: ".list[3] is 5, not 4". */
export function difference(actual: unknown, expected: unknown): string | undefined {
  let path = "";
  let a = actual, b = expected;
  for (let depth = 0; depth < DEEPEST; depth++) {
    const key = differingKey(a, b);
    if (key === undefined) break;
    path += Array.isArray(a) || ArrayBuffer.isView(a)
      ? `[${key}]`
      : /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key)
      ? `.${key}`
      : `[${JSON.stringify(key)}]`;
    const [hasA, hasB] = [Object.hasOwn(a as object, key), Object.hasOwn(b as object, key)];
    a = (a as Record<string, unknown>)[key];
    b = (b as Record<string, unknown>)[key];
    if (!hasA) return `${path} is missing, not ${show(b)}`;
    if (!hasB) return `${path} is ${show(a)}, not missing`;
  }
  return path === "" ? undefined : `${path} is ${show(a)}, not ${show(b)}`;
}

/** A key of two objects of one class whose values are not equal. */
function differingKey(a: unknown, b: unknown): string | undefined {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return undefined;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return undefined;
  const [left, right] = [a, b] as Record<string, unknown>[];
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].find((key) =>
    Object.hasOwn(a, key) !== Object.hasOwn(b, key) || !equal(left![key], right![key])
  );
}
