/**
 * Where a drive could do one thing or another: somebody else decides. By default seeded chance;
 * an explorer of schedules gives a chooser of its own (the same shape as hil/explore's).
 */
import type { Random } from "../../engine/mod.ts";

/** Picks one of `ways`, 0 to `ways - 1`; way 0 is the quiet one: no fault, nothing lost. */
export interface Chooser {
  choose(choice: { readonly kind: string; readonly ways: number }): number;
}

/** All ways are equally likely. */
export function chooserOf(random: Random): Chooser {
  return { choose: ({ ways }) => random.below(ways) };
}
