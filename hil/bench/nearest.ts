/** "Did you mean": the name that somebody most likely wanted. */

/** The one of `names` that is nearest to `typed`; undefined when none is near. */
export function nearest(typed: string, names: Iterable<string>): string | undefined {
  const wanted = typed.slice(0, 64).toLowerCase(); // The distance takes time and space squared.
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const name of names) {
    const away = distance(wanted, name.toLowerCase());
    if (away >= least) continue;
    best = name;
    least = away;
  }
  return best;
}

/** `did you mean "targets"?`, or what there is when nothing is near. */
export function suggestion(typed: string, names: Iterable<string>): string {
  const all = [...names];
  const near = nearest(typed, all);
  if (near !== undefined) return `did you mean "${near}"?`;
  return all.length > 0 ? `there is ${all.map((name) => `"${name}"`).join(", ")}` : "there is none";
}

/** Insertions, deletions, substitutions and swaps of neighbours between two texts. */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const other = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + other);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length]!;
}
