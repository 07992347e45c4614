import assert from "node:assert/strict";
import { type Loop, loopsOf } from "./loops.ts";

/** `(2 3)` is a loop of two blocks. */
function text(loop: Loop): string {
  const inner = loop.parts.map(text).join(" ") || `${loop.first}`;
  return loop.repeats ? `(${inner})` : inner;
}

Deno.test("blocks without jumps back lie in a row", () => {
  assert.equal(text(loopsOf(3, [])), "(0 1 2)");
});

Deno.test("a block that jumps to itself is a loop of its own", () => {
  assert.equal(text(loopsOf(3, [[1, 1]])), "(0 (1) 2)");
});

Deno.test("loops with one start are one loop", () => {
  assert.equal(text(loopsOf(5, [[2, 1], [3, 1]])), "(0 (1 2 3) 4)");
});

Deno.test("an inner loop lies in the outer one, also when both end with the same block", () => {
  assert.equal(text(loopsOf(5, [[3, 1], [3, 2]])), "(0 (1 (2 3)) 4)");
});

Deno.test("loops that cross: the first ends with the second", () => {
  assert.equal(text(loopsOf(6, [[3, 1], [4, 2]])), "(0 (1 (2 3 4)) 5)");
});

Deno.test("a loop around everything is the region itself", () => {
  assert.equal(text(loopsOf(2, [[1, 0]])), "(0 1)");
  assert.equal(text(loopsOf(1, [[0, 0]])), "(0)");
});
