/**
 * The regions that are translated: found by where an instruction lies in memory, dropped by line
 * when code there is written.
 */
import { CODE_LINE_SHIFT } from "../layout.ts";
import { jumpTo } from "./jumps.ts";

/** What a region's code relies on; `pc` has bit 0 set for Thumb code. */
export interface Place {
  /** Virtual. */
  readonly pc: number;
  /** Byte offset of that instruction in the board's memory. */
  readonly host: number;
  readonly privileged: boolean;
}

/** A region that is translated. */
export interface Translated {
  readonly slot: number;
  /** Where it can be entered, and with which block. */
  readonly entries: readonly (Place & { readonly block: number })[];
  /** Byte offsets of all its instructions. */
  readonly hosts: Iterable<number>;
}

interface Entry extends Place {
  readonly jump: number;
}

export class Regions {
  /** By byte offset of the instruction, and instruction set. */
  readonly #entries = new Map<number, Entry[]>();
  readonly #lines = new Map<number, Set<Translated>>();
  readonly #all = new Set<Translated>();

  get count(): number {
    return this.#all.size;
  }

  add(region: Translated): void {
    this.#all.add(region);
    for (const line of linesOf(region)) {
      const there = this.#lines.get(line);
      if (there) there.add(region);
      else this.#lines.set(line, new Set([region]));
    }
    for (const { block, ...place } of region.entries) {
      const entry = { ...place, jump: jumpTo(region.slot, block) };
      const there = this.#entries.get(keyOf(place));
      // Later regions go first: they were made because the earlier ones lack something.
      if (there) there.unshift(entry);
      else this.#entries.set(keyOf(place), [entry]);
    }
  }

  /** The jump to a place; 0: none. */
  find(place: Place): number {
    const there = this.#entries.get(keyOf(place));
    const entry = there?.find(({ pc, privileged }) =>
      pc === place.pc && privileged === place.privileged
    );
    return entry?.jump ?? 0;
  }

  /** Forgets the regions that have an instruction in that line of memory, and gives them. */
  drop(line: number): readonly Translated[] {
    const dropped = [...this.#lines.get(line) ?? []];
    for (const region of dropped) this.#remove(region);
    return dropped;
  }

  dropAll(): readonly Translated[] {
    const dropped = [...this.#all];
    this.#all.clear();
    this.#entries.clear();
    this.#lines.clear();
    return dropped;
  }

  #remove(region: Translated): void {
    this.#all.delete(region);
    for (const line of linesOf(region)) {
      const there = this.#lines.get(line)!;
      there.delete(region);
      if (there.size === 0) this.#lines.delete(line);
    }
    for (const place of region.entries) {
      const there = this.#entries.get(keyOf(place))!;
      const rest = there.filter(({ jump }) => jump !== jumpTo(region.slot, place.block));
      if (rest.length > 0) this.#entries.set(keyOf(place), rest);
      else this.#entries.delete(keyOf(place));
    }
  }
}

const keyOf = ({ pc, host }: Place): number => host << 1 | pc & 1;

/** Lines of memory that the region's instructions lie in. */
export function linesOf({ hosts }: Pick<Translated, "hosts">): Set<number> {
  const lines = new Set<number>();
  // A 32-bit Thumb instruction may end in the next line.
  for (const host of hosts) {
    lines.add(host >>> CODE_LINE_SHIFT).add((host + 2) >>> CODE_LINE_SHIFT);
  }
  return lines;
}
