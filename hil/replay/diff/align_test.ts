import { deepEqual, ok } from "node:assert/strict";
import { Random } from "../../time/mod.ts";
import { align, type Hunk } from "./align.ts";

const hunks = (a: string, b: string) =>
  align([...a], [...b]).map(({ aFrom, aTo, bFrom, bTo }) =>
    `${a.slice(aFrom, aTo)}>${b.slice(bFrom, bTo)}`
  );

Deno.test("equal sequences have no difference, and empty ones neither", () => {
  deepEqual(align([], []), []);
  deepEqual(hunks("abcabc", "abcabc"), []);
});

Deno.test("what was added, removed and replaced is found where it is", () => {
  deepEqual(hunks("abcd", "abxcd"), [">x"]);
  deepEqual(hunks("abcd", "acd"), ["b>"]);
  deepEqual(hunks("abcd", "abxd"), ["c>x"]);
  deepEqual(hunks("", "ab"), [">ab"]);
});

Deno.test("what is there once holds the alignment against repeated lines", () => {
  deepEqual(hunks("..A..B..", "..B.."), ["A..>"]);
  deepEqual(hunks("aaaaQaaa", "aaQaaaaa"), ["aa>", ">aa"]);
});

/** Whether the hunks, applied to `a`, give `b`. */
function applied(a: readonly string[], b: readonly string[], list: readonly Hunk[]): string[] {
  const out: string[] = [];
  let at = 0;
  for (const { aFrom, aTo, bFrom, bTo } of list) {
    out.push(...a.slice(at, aFrom), ...b.slice(bFrom, bTo));
    at = aTo;
  }
  return [...out, ...a.slice(at)];
}

Deno.test("whatever the sequences are, one becomes the other by the hunks", () => {
  for (let seed = 0; seed < 400; seed++) {
    const random = new Random(seed);
    const letters = 2 + random.below(20), length = random.below(60);
    const a = Array.from({ length }, () => `${random.below(letters)}`);
    const b = a.flatMap((name) => {
      const way = random.below(11);
      return way === 0 ? [] : way === 1 ? [name, `${random.below(letters)}`] : [name];
    });
    const list = align(a, b);
    deepEqual(applied(a, b, list), b, `seed ${seed}`);
    ok(list.every((h) => h.aTo > h.aFrom || h.bTo > h.bFrom), `seed ${seed}: an empty difference`);
  }
});

Deno.test("without anything that is there once, the shortest way is found", () => {
  deepEqual(hunks("abcabc", "bcabca"), ["a>", ">a"]);
  deepEqual(hunks("abababab", "ababbabab"), [">b"]);
});

Deno.test("long sequences with nothing in common are one difference, soon", () => {
  const a = Array.from({ length: 20_000 }, (_, i) => `a${i % 7}`);
  const b = Array.from({ length: 20_000 }, (_, i) => `b${i % 5}`);
  deepEqual(align(a, b), [{ aFrom: 0, aTo: 20_000, bFrom: 0, bTo: 20_000 }]);
});
