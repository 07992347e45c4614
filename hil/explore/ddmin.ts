/**
 * Delta debugging (Zeller and Hildebrandt, "Simplifying and isolating failure-inducing input",
 * 2002, figure 4): the least of a list that still fails.
 */

export type Verdict = boolean | Promise<boolean>;

/**
 * A sublist, in order, that fails and of which no single item can be left out.
 *
 * @param items fail as a whole
 * @param onSmaller told of each smaller one that fails
 */
export async function ddmin<T>(
  items: readonly T[],
  fails: (some: readonly T[]) => Verdict,
  onSmaller: (some: readonly T[]) => void = () => {},
): Promise<readonly T[]> {
  let best = items;
  const smaller = async (some: readonly T[]): Promise<boolean> => {
    if (!(await fails(some))) return false;
    best = some;
    onSmaller(some);
    return true;
  };
  if (items.length > 0 && await smaller([])) return best;
  for (let parts = 2; best.length > 1;) {
    const splits = split(best, parts);
    if (await any(splits, ({ chunk }) => smaller(chunk))) parts = 2;
    // Of two parts, the rest of one is the other.
    else if (parts > 2 && await any(splits, ({ rest }) => smaller(rest))) parts--;
    else if (parts < best.length) parts *= 2;
    else break;
    parts = Math.min(parts, best.length);
  }
  return best;
}

async function any<T>(all: readonly T[], holds: (one: T) => Promise<boolean>): Promise<boolean> {
  for (const one of all) if (await holds(one)) return true;
  return false;
}

interface Split<T> {
  readonly chunk: readonly T[];
  readonly rest: readonly T[];
}

function split<T>(items: readonly T[], parts: number): readonly Split<T>[] {
  const edge = (part: number) => Math.floor(part * items.length / parts);
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [edge(part), edge(part + 1)];
    return {
      chunk: items.slice(from, to),
      rest: [...items.slice(0, from), ...items.slice(to)],
    };
  });
}
