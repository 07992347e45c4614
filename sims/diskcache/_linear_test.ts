import assert from "node:assert/strict";
import { type Access, whyNotLinear } from "./_linear.ts";

const write = (stamp: number, begun: number, over: number): Access => ({
  kind: "write",
  stamp,
  begun,
  over,
});
const read = (stamp: number, begun: number, over: number): Access => ({
  ...write(stamp, begun, over),
  kind: "read",
});

Deno.test("reads of what was last written are linear", () => {
  const accesses = [read(0, 0, 1), write(1, 2, 3), read(1, 4, 5), write(2, 6, 9), read(1, 7, 8)];
  assert.equal(whyNotLinear(accesses, 0), undefined);
  assert.equal(whyNotLinear([write(1, 0, 9), read(1, 1, 2), read(1, 3, 4)], 0), undefined);
});

Deno.test("a write that never ended may or may not have happened", () => {
  assert.equal(whyNotLinear([write(1, 0, Infinity), read(0, 5, 6)], 0), undefined);
  assert.equal(whyNotLinear([write(1, 0, Infinity), read(1, 5, 6)], 0), undefined);
});

Deno.test("a value that nobody wrote, from the future, or from the past is not linear", () => {
  assert.equal(whyNotLinear([read(7, 0, 1)], 0), "7 was read and never written");
  assert.equal(whyNotLinear([read(1, 0, 1), write(1, 2, 3)], 0), "1 was read before its write");
  const stale = [write(1, 0, 1), write(2, 2, 3), read(1, 4, 5)];
  assert.equal(whyNotLinear(stale, 0), "2 came and went inside 1");
});

Deno.test("two readers that see two writes in different orders are not linear", () => {
  const writes = [write(1, 0, 20), write(2, 0, 20)];
  const reads = [read(1, 1, 2), read(2, 3, 4), read(1, 5, 6), read(2, 7, 8)];
  assert.equal(whyNotLinear([...writes, ...reads], 0), "2 lived inside 1");
});
