/**
 * The cross-check of one block: a search for an order, by Wing and Gong, "Testing and verifying
 * concurrent objects", 1993, with Lowe's memory of states seen ("Testing for linearizability",
 * 2017). It knows nothing of zones and allows a stamp to be written twice; its time is
 * exponential in the number of clients at worst.
 */
import { type Access, isKnown, overAt } from "./history.ts";

export type Order = "linearizable" | "contradictory" | "undecided";

/** A beginning or an end in a linked list in order of time; `other` is the end of a beginning. */
interface Entry {
  readonly id: number;
  readonly access: Access;
  readonly other: Entry | undefined;
  previous: Entry;
  next: Entry | undefined;
}

interface Move {
  readonly entry: Entry;
  /** What the block held before it. */
  readonly held: number;
}

/**
 * Whether some order explains the accesses of one block.
 *
 * @param options.steps after so many it gives up: "undecided"
 */
export function searchOrder(
  accesses: readonly Access[],
  initial: number,
  options: { readonly steps?: number } = {},
): Order {
  const relevant = accesses.filter((access) => access.kind === "write" || isKnown(access));
  let ends = relevant.filter((access) => overOf(access) < Infinity).length;
  const head = linked(relevant);
  const taken = new Taken(relevant.length);
  const seen = new Set<string>();
  const moves: Move[] = [];
  let held = initial;
  let entry = head.next;
  for (let steps = options.steps ?? Infinity; ends > 0; steps--) {
    if (steps <= 0) return "undecided";
    // Past the end or at the end of an access that has no place yet: back to another way.
    if (!entry?.other) {
      const last = moves.pop();
      if (!last) return "contradictory";
      held = last.held;
      taken.give(last.entry.id);
      if (overOf(last.entry.access) < Infinity) ends++;
      unlift(last.entry);
      entry = last.entry.next;
      continue;
    }
    const { kind, stamp } = entry.access;
    const possible = kind === "write" || stamp === held;
    if (possible && taken.take(entry.id) && isNew(seen, `${taken.key()} ${stamp}`)) {
      moves.push({ entry, held });
      if (kind === "write") held = stamp;
      if (overOf(entry.access) < Infinity) ends--;
      lift(entry);
      entry = head.next;
    } else {
      if (possible) taken.give(entry.id);
      entry = entry.next;
    }
  }
  return "linearizable";
}

function overOf(access: Access): number {
  return access.kind === "read" ? access.end : overAt(access);
}

/** The list of beginnings and ends; what is at the same time overlaps. */
function linked(accesses: readonly Access[]): Entry {
  const sorted = accesses.toSorted((a, b) => a.begin - b.begin);
  const points = sorted.flatMap((access, id) => {
    const none = undefined as unknown as Entry;
    const end: Entry = { id, access, other: undefined, previous: none, next: undefined };
    const begin: Entry = { id, access, other: end, previous: none, next: undefined };
    return [{ at: access.begin, entry: begin }, { at: overOf(access), entry: end }];
  }).sort((a, b) => a.at === b.at ? rank(a.entry) - rank(b.entry) : a.at - b.at);
  const head = {} as Entry;
  let last = head;
  for (const { entry } of points) {
    entry.previous = last;
    last = last.next = entry;
  }
  return head;
}

function rank({ other }: Entry): number {
  return other ? 0 : 1;
}

function lift(begin: Entry): void {
  for (const entry of [begin, begin.other!]) {
    entry.previous.next = entry.next;
    if (entry.next) entry.next.previous = entry.previous;
  }
}

function unlift(begin: Entry): void {
  for (const entry of [begin.other!, begin]) {
    entry.previous.next = entry;
    if (entry.next) entry.next.previous = entry;
  }
}

function isNew(seen: Set<string>, key: string): boolean {
  const before = seen.size;
  return seen.add(key).size > before;
}

/** Which accesses have a place in the order: all before the first that has none, and some after. */
class Taken {
  readonly #flags: Uint8Array;
  #first = 0;
  #last = -1;

  constructor(length: number) {
    this.#flags = new Uint8Array(length);
  }

  /** Always true. */
  take(id: number): true {
    this.#flags[id] = 1;
    while (this.#flags[this.#first]) this.#first++;
    if (id > this.#last) this.#last = id;
    return true;
  }

  give(id: number): void {
    this.#flags[id] = 0;
    if (id < this.#first) this.#first = id;
    while (this.#last >= 0 && !this.#flags[this.#last]) this.#last--;
  }

  key(): string {
    let bits = `${this.#first} `;
    for (let id = this.#first + 1; id <= this.#last; id++) bits += this.#flags[id];
    return bits;
  }
}
