import assert from "node:assert/strict";
import { ReadLog } from "./read_log.ts";

Deno.test("the last reads are found by how many ago they were, if they were of that address", () => {
  const log = new ReadLog();
  for (let n = 0; n < 200; n++) log.note(n % 3 === 0 ? 0xf000_0000 : 4, 10 * n, n);
  assert.deepEqual(log.find(4, 1), { t: 1990, value: 199 });
  assert.deepEqual(log.find(0xf000_0000, 2), { t: 1980, value: 198 });
  assert.equal(log.find(4, 2), undefined);
  assert.deepEqual(log.find(4, 64), { t: 1360, value: 136 });
  assert.equal(log.find(0xf000_0000, 65), undefined);
});

Deno.test("before there were so many reads, and after it was cleared, nothing is found", () => {
  const log = new ReadLog();
  assert.equal(log.find(0, 1), undefined);
  log.note(0, 1, 2);
  assert.deepEqual(log.find(0, 1), { t: 1, value: 2 });
  assert.equal(log.find(0, 2), undefined);
  log.clear();
  assert.equal(log.find(0, 1), undefined);
});
