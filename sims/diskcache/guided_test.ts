import assert from "node:assert/strict";
import { Random } from "../engine/mod.ts";
import { guided, mutateLoad } from "./guided.ts";
import { generateLoad, partsOf, STANDARD_LOAD } from "./load.ts";
import { onBench, soon } from "./targets/_bench.ts";

Deno.test("a mutated load is another load, and its stamps still say who wrote what where", () => {
  const random = new Random(1);
  const load = generateLoad(random, STANDARD_LOAD);
  const other = mutateLoad(load, random, STANDARD_LOAD);
  const different = other.clients.filter((operations, client) =>
    JSON.stringify(operations) !== JSON.stringify(load.clients[client])
  );
  assert.equal(different.length, 1);
  for (const [client, operations] of other.clients.entries()) {
    for (const [sequence, { kind, drive, lba, stamp }] of operations.entries()) {
      if (kind === "write") assert.deepEqual(partsOf(stamp), { client, sequence, drive, lba });
    }
  }
});

Deno.test("loads that go new ways are kept, and the others are not", async () => {
  await onBench(async ({ start }) => {
    const shape = { ...STANDARD_LOAD, operations: 5 };
    const cache = await start({ coverage: true, sizes: [64], entries: 4 });
    const point = await cache.branchPoint();
    const { coverage } = cache;
    const options = { cache, coverage: coverage!, point, random: new Random(1), shape, runs: 12 };
    const { kept, edges, curve, faults } = await soon(guided(options), "the loads");
    assert.equal(curve.length, 12);
    assert.equal(curve.at(-1), edges);
    assert.ok(curve[0]! > 200 && edges > curve[0]!, curve.join());
    assert.ok(curve.every((count, run) => run === 0 || count >= curve[run - 1]!));
    assert.ok(kept.length > 0 && kept.length <= 12 && faults > 0);
  });
});
