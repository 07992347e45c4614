/**
 * Lanes of a channel: what several threads or drives do side by side is in order for each of them,
 * and means nothing between two of them.
 */
import type { Item } from "../diff/items.ts";
import type { Paired } from "./align.ts";

/** Fields that tell which of several did it. */
const FIELDS = /^(thread|task|core|drive)$/;

export class Lanes {
  /** By lane, in the order of both sides. */
  readonly #taken = new Map<string, Paired<Item>[]>();

  /** @param several false: a channel is one lane */
  constructor(private readonly several: boolean) {}

  of(items: readonly Item[]): Map<string, Item[]> {
    return Map.groupBy(items, (item) => `${item.channel} ${this.several ? laneOf(item) : ""}`);
  }

  /** Whether a pair keeps to the order of those that were taken, and so is taken too. */
  take(lane: string, pair: Paired<Item>): boolean {
    const taken = this.#taken.get(lane) ?? [];
    let low = 0, high = taken.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (taken[middle]!.a.number < pair.a.number) low = middle + 1;
      else high = middle;
    }
    const [before, after] = [taken[low - 1], taken[low]];
    if ((before && before.b.number > pair.b.number) || (after && after.b.number < pair.b.number)) {
      return false;
    }
    taken.splice(low, 0, pair);
    this.#taken.set(lane, taken);
    return true;
  }
}

function laneOf({ event }: Item): string {
  const data = event?.type === "signal" ? event.data : undefined;
  if (typeof data !== "object" || data === null) return "";
  return JSON.stringify(Object.entries(data).filter(([key]) => FIELDS.test(key)));
}
