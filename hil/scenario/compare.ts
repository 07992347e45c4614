/** Deep equality and how values are shown in messages. */
import { isDeepStrictEqual } from "node:util";

/** Deep, strict equality of plain data, typed arrays, maps and sets. */
export function equal(a: unknown, b: unknown): boolean {
  return isDeepStrictEqual(a, b);
}

/** A value on one line, cut where it is long. */
export function show(value: unknown): string {
  return Deno.inspect(value, {
    compact: true,
    breakLength: Infinity,
    iterableLimit: 16,
    strAbbreviateSize: 400,
  });
}
