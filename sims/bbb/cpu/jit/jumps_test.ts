import assert from "node:assert/strict";
import { JUMPS } from "../layout.ts";
import { JumpCache, jumpTo } from "./jumps.ts";

const words = new Int32Array((JUMPS.USER >> 2) + 2 * JUMPS.ENTRIES);

Deno.test("a jump is found at its address and instruction set, until the cache is emptied", () => {
  const jumps = new JumpCache(words, true);
  assert.equal(jumps.find(0x8000_0000 | 0), 0);
  jumps.enter(0x8000_0000 | 0, jumpTo(3, 5));
  assert.equal(jumps.find(0x8000_0000 | 0), jumpTo(3, 5));
  assert.equal(jumps.find(0x8000_0001 | 0), 0);
  jumps.empty();
  assert.equal(jumps.find(0x8000_0000 | 0), 0);
});

Deno.test("addresses that share an entry displace each other", () => {
  const jumps = new JumpCache(words, false);
  const other = 0x1000 + 2 * JUMPS.ENTRIES;
  jumps.enter(0x1000, jumpTo(1, 0));
  jumps.enter(other, jumpTo(2, 0));
  assert.equal(jumps.find(0x1000), 0);
  assert.equal(jumps.find(other), jumpTo(2, 0));
  jumps.empty();
  assert.equal(jumps.find(other), 0);
});

Deno.test("jumps of user mode are not those of privileged modes", () => {
  const privileged = new JumpCache(words, true), user = new JumpCache(words, false);
  privileged.enter(0x2000, jumpTo(1, 1));
  assert.equal(user.find(0x2000), 0);
});

Deno.test("an empty cache has no address at all, not even the last one", () => {
  const jumps = new JumpCache(words, true);
  for (const pc of [0, 1, -1, 2 * JUMPS.ENTRIES - 1]) assert.equal(jumps.find(pc), 0);
});
