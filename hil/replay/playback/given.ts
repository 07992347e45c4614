/** What passes between a scenario and its recording. */
import { referenceOf } from "../../record/mod.ts";
import type { Json, ObjectKey } from "../../trace/mod.ts";
import { isMark } from "./compare.ts";

type Fields = Readonly<Record<string, Json>>;

/** Gives functions among arguments the names that they had when they were recorded. */
export function pairFunctions(
  recorded: readonly Json[],
  given: readonly unknown[],
  // deno-lint-ignore no-explicit-any
  into: Map<ObjectKey, (...args: any[]) => unknown>,
): void {
  const pair = (json: Json | undefined, value: unknown): void => {
    const reference = referenceOf(json);
    if (reference) {
      if (typeof value === "function") {
        into.set(reference.is, value as (...args: unknown[]) => unknown);
      }
      return;
    }
    if (typeof json !== "object" || json === null || typeof value !== "object" || value === null) {
      return;
    }
    for (const [key, each] of Object.entries(json)) {
      pair(each, (value as Record<string, unknown>)[key]);
    }
  };
  recorded.forEach((json, n) => pair(json, given[n]));
}

/** Begins the key of what a recording could not tell. */
export const UNTOLD = "untold:";

/**
 * The value with the places of its marks moved: there they are on the timeline of now. What could not
 * be told becomes an object, which says so when it is asked for something.
 */
export function marksMoved(json: Json, move: (seq: number) => number): Json {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) {
    let moved: Json[] | undefined;
    for (const [n, each] of json.entries()) {
      const other = marksMoved(each, move);
      if (other !== each) (moved ??= [...json])[n] = other;
    }
    return moved ?? json;
  }
  const fields = json as Fields;
  let moved: Record<string, Json> | undefined;
  for (const [key, each] of Object.entries(fields)) {
    const other = marksMoved(each, move);
    if (other !== each) (moved ??= { ...fields })[key] = other;
  }
  if (fields.$ === "opaque") return { $: "object", is: `${UNTOLD}${fields.is}` };
  if (!isMark(fields)) return moved ?? json;
  return { ...fields, ...moved, seq: move(fields.seq as number) };
}
