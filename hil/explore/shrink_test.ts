import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { interleave, momentOf } from "./_toys.ts";
import { ddmin } from "./ddmin.ts";
import { explore, range } from "./explore.ts";
import type { DecisionLog } from "./log.ts";
import { recording } from "./recorder.ts";
import { replay } from "./replay.ts";
import { shrink } from "./shrink.ts";
import { random } from "./strategies.ts";

const upTo = (length: number) => Array.from({ length }, (_, i) => i);

Deno.test("ddmin gives exactly the items that are needed, wherever they are", async () => {
  const chance = new Random(1);
  for (let round = 0; round < 200; round++) {
    const length = 1 + chance.below(60);
    const needed = upTo(length).filter(() => chance.chance(0.1));
    const fails = (some: readonly number[]) => needed.every((item) => some.includes(item));
    assert.deepEqual(await ddmin(upTo(length), fails), needed);
  }
});

Deno.test("of what ddmin leaves no item can be left out, even where less is no better", async () => {
  const chance = new Random(2);
  for (let round = 0; round < 100; round++) {
    // Not monotonic: the number of items must be odd and at least 5, and item 3 be there.
    const fails = (some: readonly number[]) =>
      some.length % 2 === 1 && some.length >= 5 && some.includes(3);
    const items = upTo(2 * chance.below(20) + 7);
    const least = await ddmin(items, fails);
    assert.ok(fails(least));
    for (const left of least) assert.ok(!fails(least.filter((item) => item !== left)));
  }
});

Deno.test("ddmin tries as few as 12 times for one of 64 items", async () => {
  let tries = 0;
  await ddmin(upTo(64), (some) => {
    tries++;
    return some.includes(40);
  });
  assert.ok(tries <= 2 * Math.log2(64) + 2, `${tries}`);
});

/** Thread 2 ends before thread 0 has taken a step, and thread 1 in the middle of thread 0. */
function isBad(log: DecisionLog): boolean {
  const order = interleave(replay(log), 3, 4);
  return momentOf(order, 2, 3) < momentOf(order, 0, 0) &&
    momentOf(order, 0, 1) < momentOf(order, 1, 0);
}

async function found(): Promise<DecisionLog> {
  const run = (chooser: Parameters<typeof interleave>[0]) => {
    const recorder = recording(chooser, { seed: 0, strategy: "" });
    interleave(recorder, 3, 4);
    return isBad(recorder.log) ? true : undefined;
  };
  const report = await explore({
    seeds: range(1, 20_000),
    strategy: "random",
    chooser: random,
    run,
  });
  return report.found[0]!.log;
}

Deno.test("a shrunk log fails, none of its decisions can be quiet, and it is found again", async () => {
  const log = await found();
  const { log: small, complete } = await shrink(log, isBad);
  assert.ok(complete);
  assert.ok(isBad(small));
  // Thread 2 must be chosen four times; all else is quiet.
  assert.deepEqual(small.decisions, [2, 2, 2, 2]);
  assert.deepEqual((await shrink(log, isBad)).log, small);
});

Deno.test("a later way becomes the first one where that fails too", async () => {
  const log = { version: 1, seed: 1, strategy: "", decisions: [7, 5, 0, 3, 9] } as const;
  const fails = ({ decisions }: DecisionLog) => (decisions[1] ?? 0) > 0 && decisions[3] === 3;
  assert.deepEqual((await shrink(log, fails)).log.decisions, [0, 1, 0, 3]);
});

Deno.test("shrinking that is stopped gives the best until then", async () => {
  const log = { version: 1, seed: 1, strategy: "", decisions: upTo(500).map(() => 1) } as const;
  const needed = [3, 77, 400];
  const fails = ({ decisions }: DecisionLog) => needed.every((at) => decisions[at] === 1);
  const whole = await shrink(log, fails);
  let told = 0;
  const part = await shrink(log, fails, {
    progress: () => told++,
    stop: () => told > 3,
  });
  const loud = (log: DecisionLog) => log.decisions.filter((way) => way > 0).length;
  assert.equal(loud(whole.log), 3);
  assert.equal(part.complete, false);
  assert.ok(fails(part.log));
  assert.ok(loud(part.log) > 3 && loud(part.log) < 500, `${loud(part.log)}`);
  const signal = AbortSignal.abort();
  assert.deepEqual((await shrink(log, fails, { signal })).log.decisions, log.decisions);
});

Deno.test("a log that does not fail is not shrunk", async () => {
  const log = { version: 1, seed: 7, strategy: "", decisions: [1] } as const;
  await assert.rejects(shrink(log, () => false), {
    message: 'Cannot shrink the decision log of seed "7": it does not fail when it is run again; ' +
      "make the run depend on its choices alone",
  });
});
