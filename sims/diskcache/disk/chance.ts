/** Who decides what a drive could do one way or another: by default seeded chance. */
import type { Chooser } from "hil/explore/mod.ts";
import type { Random } from "../../engine/mod.ts";

export type { Chooser };

/** Way 0 is the quiet one: no fault, nothing lost. */
export function chooserOf(random: Random): Chooser {
  return {
    choose({ ways, rate }) {
      if (rate === undefined) return random.below(ways);
      return random.chance(rate) ? 1 + random.below(ways - 1) : 0;
    },
  };
}
