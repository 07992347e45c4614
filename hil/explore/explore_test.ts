import assert from "node:assert/strict";
import fc from "fast-check";
import { interleave, momentOf } from "./_toys.ts";
import type { Chooser } from "./choice.ts";
import { explore, range } from "./explore.ts";
import { choosers } from "./fast_check.ts";
import { replay } from "./replay.ts";
import { random } from "./strategies.ts";

/** The last thread is the first one to end. */
function run(chooser: Chooser): string | undefined {
  const order = interleave(chooser, 3, 3);
  const isBad = momentOf(order, 2, 2) < Math.min(momentOf(order, 0, 2), momentOf(order, 1, 2));
  return isBad ? order.join("") : undefined;
}
const base = { strategy: "random", chooser: random, run };

Deno.test("exploring stops at the first seed that fails, and its log brings the failure back", async () => {
  const report = await explore({ ...base, seeds: range(1, 1000) });
  const [first] = report.found;
  assert.equal(report.found.length, 1);
  assert.equal(report.runs, first!.runs);
  assert.equal(first!.seed, first!.runs);
  assert.equal(run(replay(first!.log)), first!.finding);
});

Deno.test("exploring that collects goes through all seeds", async () => {
  const report = await explore({ ...base, seeds: range(1, 300), collect: true });
  assert.equal(report.runs, 300);
  assert.ok(report.found.length > 60 && report.found.length < 140, `${report.found.length}`);
  const { asked, fired } = report.counts.get("thread")!;
  // Two to nine choices of more than one way a run.
  assert.ok(asked > 300 * 5 && asked <= 300 * 9 && fired > asked / 2, `${asked} ${fired}`);
});

Deno.test("exploring can be stopped, and tells how far it is", async () => {
  const told: number[] = [];
  const report = await explore({
    ...base,
    seeds: range(1, 10_000),
    collect: true,
    progress: (runs) => told.push(runs),
    stop: () => told.length === 2,
  });
  assert.equal(report.runs, told[1]);
  assert.ok(report.runs < 10_000);
});

Deno.test("a run may be a promise, and a defect of the run is thrown", async () => {
  const slow = await explore({
    ...base,
    seeds: range(1, 1000),
    run: async (chooser) => {
      await undefined;
      return run(chooser);
    },
  });
  assert.deepEqual(slow.found, (await explore({ ...base, seeds: range(1, 1000) })).found);
  const broken = () => {
    throw new TypeError("a defect");
  };
  await assert.rejects(explore({ ...base, seeds: [1], run: broken }), TypeError);
});

Deno.test("fast-check drives a run, and shrinks it to the fewest choices", () => {
  const result = fc.check(
    fc.property(choosers(fc), (chooser) => run(chooser()) === undefined),
    { seed: 1, numRuns: 1000 },
  );
  assert.ok(result.failed);
  assert.equal(run(result.counterexample![0]()), "222000111");
});

Deno.test("a chooser of fast-check's answers the same each time it is made", () => {
  fc.assert(fc.property(choosers(fc), (chooser) => {
    assert.deepEqual(interleave(chooser(), 4, 4), interleave(chooser(), 4, 4));
  }));
});
