/**
 * For those who drive their tests by fast-check: its arbitrary data as a chooser, so that its
 * shrinking and replay (seed and path) work on what a run is told.
 */
import type { Chooser } from "./choice.ts";

/** What is used of fast-check; give the module itself. Nothing here loads it. */
export type FastCheck = Pick<typeof import("fast-check"), "array" | "nat">;

/**
 * An arbitrary whose values make choosers: call one for each run. It shrinks towards fewer and
 * quieter decisions; after the last all are quiet.
 *
 * @param maxLength of the decisions
 * @example
 * ```ts ignore
 * import fc from "fast-check";
 * fc.assert(fc.property(choosers(fc), (chooser) => run(chooser()) === undefined));
 * ```
 */
export function choosers(
  { array, nat }: FastCheck,
  { maxLength = 1000 }: { readonly maxLength?: number } = {},
): import("fast-check").Arbitrary<() => Chooser> {
  return array(nat(0xffff), { maxLength }).map((decisions) => () => driven(decisions));
}

/** Decisions beyond a choice's ways begin again at the quiet one. */
function driven(decisions: readonly number[]): Chooser {
  let at = 0;
  return { choose: ({ ways }) => ways === 1 ? 0 : (decisions[at++] ?? 0) % ways };
}
