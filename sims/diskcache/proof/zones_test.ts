import assert from "node:assert/strict";
import { Random } from "../../engine/mod.ts";
import { hasOrder, KNOWN, randomAccesses, read, write } from "./_samples.ts";
import { searchOrder } from "./wgl.ts";
import { contradictionIn, RepeatedStamp } from "./zones.ts";

for (const [name, good, accesses] of KNOWN) {
  Deno.test(`${name}: ${good ? "linearizable" : "not linearizable"}`, () => {
    assert.equal(contradictionIn(accesses, 0) === undefined, good, "by zones");
    assert.equal(contradictionIn(accesses.toReversed(), 0) === undefined, good, "in any order");
    assert.equal(searchOrder(accesses, 0), good ? "linearizable" : "contradictory", "by search");
    assert.equal(hasOrder(accesses, 0), good, "by all permutations");
  });
}

Deno.test("zones and search agree on 20,000 random histories, of which half are bad", () => {
  const random = new Random("zones and search");
  let bad = 0;
  for (let i = 0; i < 20_000; i++) {
    const accesses = randomAccesses(random);
    const wrong = contradictionIn(accesses, 0);
    if (wrong) bad++;
    const order = searchOrder(accesses, 0);
    assert.equal(order, wrong ? "contradictory" : "linearizable", JSON.stringify(accesses));
  }
  assert.ok(bad > 8_000 && bad < 12_000, `${bad} were bad`);
});

Deno.test("zones and all permutations agree on 4,000 tiny histories", () => {
  const random = new Random("zones and permutations");
  let bad = 0;
  for (let i = 0; i < 4_000; i++) {
    const accesses = randomAccesses(random, 6);
    const isGood = contradictionIn(accesses, 0) === undefined;
    if (!isGood) bad++;
    assert.equal(hasOrder(accesses, 0), isGood, JSON.stringify(accesses));
  }
  assert.ok(bad > 800 && bad < 3_200, `${bad} were bad`);
});

Deno.test("the evidence of a contradiction is one by itself, and of the same values", () => {
  const random = new Random("evidence");
  let seen = 0;
  while (seen < 2_000) {
    const wrong = contradictionIn(randomAccesses(random), 0);
    if (!wrong) continue;
    seen++;
    assert.ok(wrong.evidence.length <= 6);
    assert.deepEqual(contradictionIn(wrong.evidence, 0)?.values, wrong.values);
  }
});

Deno.test("a contradiction names two values", () => {
  const accesses = [write(27, 0, 1), write(28, 2, 3), read(27, 4, 5), read(28, 6, 7)];
  const wrong = contradictionIn(accesses, 0)!;
  assert.equal(wrong.message, "0x001c was in the block inside the life of 0x001b");
  assert.deepEqual(wrong.values, [27, 28]);
  const initial = contradictionIn([write(28, 2, 3), read(0, 4, 5)], 0)!;
  assert.equal(initial.message, "0x001c was in the block inside the life of the initial 0x0000");
});

Deno.test("a stamp that is written twice is refused by zones and searched for", () => {
  const accesses = [write(1, 0, 1), write(2, 2, 3), write(1, 4, 5), read(1, 6, 7)];
  assert.throws(() => contradictionIn(accesses, 0), (error) => {
    assert.ok(error instanceof RepeatedStamp);
    assert.match(error.message, /^Cannot check block "0:0" by zones: 0x0001 was written twice;/);
    return true;
  });
  assert.equal(searchOrder(accesses, 0), "linearizable");
  assert.equal(searchOrder([...accesses, read(2, 8, 9)], 0), "contradictory");
});

Deno.test("a search gives up after so many steps", () => {
  const writes = Array.from({ length: 12 }, (_, i) => write(i + 1, i / 100, 50 + i / 100));
  const accesses = [...writes, read(99, 60, 61)];
  assert.equal(searchOrder(accesses, 0, { steps: 1_000 }), "undecided");
});
