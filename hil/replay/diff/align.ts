/**
 * Alignment of two sequences: anchors are what each has exactly once (Bram Cohen's patience diff);
 * between them the shortest edit script (E. Myers, "An O(ND) difference algorithm and its
 * variations", Algorithmica 1986) as long as that is short.
 */

/** A stretch that is not the same: `a[aFrom..aTo)` stands where `b[bFrom..bTo)` does. */
export interface Hunk {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/** Edits past which a stretch counts as all different: time and memory go with its square. */
const MOST_EDITS = 1000;

/** The stretches in which two sequences differ, in order; what is between them is the same. */
export function align(a: readonly string[], b: readonly string[]): Hunk[] {
  const names = new Map<string, number>();
  const number = (name: string) => {
    let n = names.get(name);
    if (n === undefined) names.set(name, n = names.size);
    return n;
  };
  const [x, y] = [Int32Array.from(a, number), Int32Array.from(b, number)];
  const pairs: [number, number][] = [];
  pairUp(x, y, { aFrom: 0, aTo: x.length, bFrom: 0, bTo: y.length }, pairs);
  return hunksOf(pairs, x.length, y.length);
}

function hunksOf(pairs: readonly [number, number][], aEnd: number, bEnd: number): Hunk[] {
  const hunks: Hunk[] = [];
  let a = 0, b = 0;
  for (const [i, j] of [...pairs, [aEnd, bEnd] as const]) {
    if (i > a || j > b) hunks.push({ aFrom: a, aTo: i, bFrom: b, bTo: j });
    [a, b] = [i + 1, j + 1];
  }
  return hunks;
}

/** Appends the pairs of a stretch, in order. */
function pairUp(x: Int32Array, y: Int32Array, stretch: Hunk, pairs: [number, number][]): void {
  let { aFrom, aTo, bFrom, bTo } = stretch;
  while (aFrom < aTo && bFrom < bTo && x[aFrom] === y[bFrom]) pairs.push([aFrom++, bFrom++]);
  const tail: [number, number][] = [];
  while (aFrom < aTo && bFrom < bTo && x[aTo - 1] === y[bTo - 1]) tail.push([--aTo, --bTo]);
  if (aFrom < aTo && bFrom < bTo) {
    const inner = { aFrom, aTo, bFrom, bTo };
    const anchors = uniqueAnchors(x, y, inner);
    if (anchors.length === 0) myers(x, y, inner, pairs);
    for (const [i, j] of anchors.length === 0 ? [] : [...anchors, [aTo, bTo] as const]) {
      pairUp(x, y, { aFrom, aTo: i, bFrom, bTo: j }, pairs);
      if (i < aTo) pairs.push([i, j]);
      [aFrom, bFrom] = [i + 1, j + 1];
    }
  }
  pairs.push(...tail.reverse());
}

/** What each side has once, in an order that both have: the longest such chain. */
function uniqueAnchors(x: Int32Array, y: Int32Array, stretch: Hunk): [number, number][] {
  const inA = onceIn(x, stretch.aFrom, stretch.aTo);
  const inB = onceIn(y, stretch.bFrom, stretch.bTo);
  const common: [number, number][] = [];
  for (const [name, i] of inA) {
    const j = inB.get(name);
    if (i >= 0 && j !== undefined && j >= 0) common.push([i, j]);
  }
  return longestChain(common);
}

/** Name to its place; -1 when there are several. In the order of the places. */
function onceIn(names: Int32Array, from: number, to: number): Map<number, number> {
  const places = new Map<number, number>();
  for (let i = from; i < to; i++) places.set(names[i]!, places.has(names[i]!) ? -1 : i);
  return places;
}

/** Patience sorting by the second number; the first ones rise already. */
function longestChain(pairs: readonly [number, number][]): [number, number][] {
  const tops: number[] = [], before = new Int32Array(pairs.length);
  for (const [n, [, j]] of pairs.entries()) {
    let low = 0, high = tops.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[tops[middle]!]![1] < j) low = middle + 1;
      else high = middle;
    }
    before[n] = low > 0 ? tops[low - 1]! : -1;
    tops[low] = n;
  }
  const chain: [number, number][] = [];
  for (let n = tops.at(-1) ?? -1; n >= 0; n = before[n]!) chain.push(pairs[n]!);
  return chain.reverse();
}

/** The greedy algorithm, with what was reached kept for the way back. */
function myers(x: Int32Array, y: Int32Array, stretch: Hunk, pairs: [number, number][]): void {
  const { aFrom, bFrom } = stretch;
  const n = stretch.aTo - aFrom, m = stretch.bTo - bFrom;
  const most = Math.min(n + m, MOST_EDITS), middle = most + 1;
  const reach = new Int32Array(2 * most + 3);
  const history: Int32Array[] = [];
  for (let d = 0; d <= most; d++) {
    history.push(reach.slice(middle - d - 1, middle + d + 2));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && reach[middle + k - 1]! < reach[middle + k + 1]!);
      let i = down ? reach[middle + k + 1]! : reach[middle + k - 1]! + 1;
      while (i < n && i - k < m && x[aFrom + i] === y[bFrom + i - k]) i++;
      reach[middle + k] = i;
      if (i >= n && i - k >= m) return void wayBack(history, stretch, pairs);
    }
  }
}

function wayBack(history: readonly Int32Array[], stretch: Hunk, pairs: [number, number][]): void {
  const { aFrom, bFrom } = stretch;
  let i = stretch.aTo - aFrom, j = stretch.bTo - bFrom;
  const found: [number, number][] = [];
  for (let d = history.length - 1; d >= 0; d--) {
    const reach = history[d]!, middle = d + 1, k = i - j;
    const down = k === -d || (k !== d && reach[middle + k - 1]! < reach[middle + k + 1]!);
    const from = down ? k + 1 : k - 1;
    const iBefore = d === 0 ? 0 : reach[middle + from]!, jBefore = d === 0 ? 0 : iBefore - from;
    while (i > iBefore && j > jBefore) found.push([aFrom + --i, bFrom + --j]);
    [i, j] = [iBefore, jBefore];
  }
  pairs.push(...found.reverse());
}
