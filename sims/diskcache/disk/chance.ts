/**
 * Where a drive could do one thing or another: somebody else decides. By default seeded chance;
 * an explorer of schedules gives a chooser of its own (the same shape as hil/explore's).
 */
import type { Random } from "../../engine/mod.ts";

/** Picks one of `ways`, 0 to `ways - 1`; way 0 is the quiet one: no fault, nothing lost. */
export interface Chooser {
  choose(choice: {
    readonly kind: string;
    readonly ways: number;
    /** How often another way than the quiet one, 0 to 1; otherwise all are as likely. */
    readonly rate?: number;
  }): number;
}

export function chooserOf(random: Random): Chooser {
  return {
    choose({ ways, rate }) {
      if (rate === undefined) return random.below(ways);
      return random.chance(rate) ? 1 + random.below(ways - 1) : 0;
    },
  };
}
