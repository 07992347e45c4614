import assert from "node:assert/strict";
import { Random } from "./random.ts";

const draw = (random: Random, count: number) => Array.from({ length: count }, () => random.next());

Deno.test("the generator is xoshiro128**: the published sequence from state 1, 2, 3, 4", () => {
  assert.deepEqual(draw(Random.fromState([1, 2, 3, 4]), 4), [11520, 0, 5927040, 70819200]);
});

Deno.test("equal seeds give equal sequences and different seeds different ones", () => {
  assert.deepEqual(draw(new Random(7), 50), draw(new Random(7), 50));
  const firsts = new Set(Array.from({ length: 1000 }, (_, seed) => new Random(seed).next()));
  assert.ok(firsts.size > 998);
});

Deno.test("seeds beyond 32 bits count in full", () => {
  assert.notDeepEqual(draw(new Random(5), 4), draw(new Random(5 + 2 ** 32), 4));
});

Deno.test("a number below n is each one about as often", () => {
  const random = new Random(3);
  const counts = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < 60_000; i++) counts[random.below(6)]!++;
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `${counts}`);
});

Deno.test("a number below 0 is refused with what to give", () => {
  assert.throws(() => new Random(1).below(0), {
    name: "RangeError",
    message: 'Cannot draw a number below "0": it is not a whole number from 1 to 2^32; give one',
  });
});

Deno.test("chance keeps to its probability, and to 0 and 1 exactly", () => {
  const random = new Random(9);
  let hits = 0;
  for (let i = 0; i < 10_000; i++) {
    if (random.chance(0.25)) hits++;
    assert.equal(random.chance(0), false);
    assert.equal(random.chance(1), true);
  }
  assert.ok(Math.abs(hits - 2500) < 200, `${hits}`);
});

Deno.test("a fork depends on the seed and its name, not on what was drawn before", () => {
  const fresh = new Random(4);
  const used = new Random(4);
  draw(used, 10);
  assert.deepEqual(draw(fresh.fork("drive 0"), 8), draw(used.fork("drive 0"), 8));
  assert.notDeepEqual(draw(fresh.fork("drive 0"), 8), draw(fresh.fork("drive 1"), 8));
});
