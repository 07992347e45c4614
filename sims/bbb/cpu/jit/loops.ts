/**
 * The loops among blocks that lie in a row: stretches that are jumped back into, made to lie one in
 * another or apart.
 */

/** Blocks `first` to `last`; all of them are in `parts`, in order. */
export interface Loop {
  readonly first: number;
  readonly last: number;
  /** Something in it jumps back to `first`; otherwise it is a single block. */
  readonly repeats: boolean;
  /** Of a loop of several blocks; empty for one block. */
  readonly parts: readonly Loop[];
}

/** The loop around all `count` blocks, of which `back` says which jumps back to which. */
export function loopsOf(count: number, back: Iterable<readonly [from: number, to: number]>): Loop {
  // The last block of the loop that starts with a block; -1: none does.
  const last = new Int32Array(count).fill(-1);
  for (const [from, to] of back) last[to] = Math.max(last[to]!, from);
  // A loop that starts in another ends in it: else the other one ends with it.
  for (let first = count - 1; first >= 0; first--) {
    for (let inner = first + 1; inner <= last[first]!; inner++) {
      last[first] = Math.max(last[first]!, last[inner]!);
    }
  }
  return nest({ first: 0, last: count - 1, repeats: true }, last);
}

function nest(outer: Omit<Loop, "parts">, last: Int32Array): Loop {
  const parts: Loop[] = [];
  // The block that a loop starts with is a part of it, not that loop again.
  for (let first = outer.first; first <= outer.last;) {
    const isOuter = first === outer.first && last[first] === outer.last;
    const end = isOuter ? -1 : last[first]!;
    const part = { first, last: Math.max(first, end), repeats: end >= 0 };
    parts.push(part.last > part.first ? nest(part, last) : { ...part, parts: [] });
    first = part.last + 1;
  }
  return { ...outer, parts };
}
