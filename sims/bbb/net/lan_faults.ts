/** What a bad network does to a frame, drawn by chance. */
import type { Random } from "sims/engine/mod.ts";

/** Chances are from 0 to 1, and each frame draws each of them. */
export interface LanFaults {
  /** It never arrives. */
  readonly loss?: number;
  /** It arrives twice. */
  readonly duplication?: number;
  /** One bit is wrong and the FCS tells it: the receiver's hardware drops it. */
  readonly corruption?: number;
  /** One bit is wrong behind the FCS, in a switch's memory: only a checksum above can tell. */
  readonly damage?: number;
  /** It is held back by `reorderingDelayNs`, so that frames after it overtake it. */
  readonly reordering?: number;
  readonly reorderingDelayNs?: number;
  /** Each frame takes longer by something between these two; order stays. */
  readonly delayNs?: readonly [least: number, most: number];
}

export type Fate = "delivered" | "lost" | "duplicated" | "corrupted" | "damaged" | "delayed";

/** What becomes of one frame. */
export interface Drawn {
  readonly fate: Fate;
  /** Absent when nothing arrives. */
  readonly arrives: Uint8Array | undefined;
  readonly delayNs: number;
  /** It arrives a second time. */
  readonly again: boolean;
}

export const LOST: Drawn = { fate: "lost", arrives: undefined, delayNs: 0, again: false };
const REORDERING_DELAY_NS = 2_000_000;

/** @param random of this frame alone; of fates that are drawn together the first one counts */
export function drawFate(frame: Uint8Array, faults: LanFaults, random: Random): Drawn {
  const drawn = (chance = 0) => random.chance(chance);
  const fates: Record<Exclude<Fate, "delivered">, boolean> = {
    lost: drawn(faults.loss),
    duplicated: drawn(faults.duplication),
    corrupted: drawn(faults.corruption),
    damaged: drawn(faults.damage),
    delayed: drawn(faults.reordering),
  };
  const fate = (Object.keys(fates) as (keyof typeof fates)[]).find((name) => fates[name]);
  const [least, most] = faults.delayNs ?? [0, 0];
  const jitterNs = least + random.below(most - least + 1);
  if (fate === "lost") return LOST;
  const held = fate === "delayed" ? faults.reorderingDelayNs ?? REORDERING_DELAY_NS : 0;
  const isFlipped = fate === "corrupted" || fate === "damaged";
  return {
    fate: fate ?? "delivered",
    arrives: isFlipped ? withBitFlipped(frame, random) : frame,
    delayNs: jitterNs + held,
    again: fate === "duplicated",
  };
}

function withBitFlipped(frame: Uint8Array, random: Random): Uint8Array {
  const copy = frame.slice();
  const bit = random.below(copy.length * 8);
  copy[bit >>> 3]! ^= 1 << (bit & 7);
  return copy;
}
