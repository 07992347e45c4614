import assert from "node:assert/strict";
import { formatLog, parseLog, STRATEGIES } from "hil/explore/mod.ts";
import { STANDARD_LOAD } from "../load.ts";
import { BUGS } from "./bugs.ts";
import { describeFailure } from "./describe.ts";
import { exploreModel, type ModelFailure, replayModel, shrinkModel } from "./explore_model.ts";
import { optionsFor, seedsUntil } from "./seeds_until.ts";

function bugNamed(name: string) {
  return BUGS.find((bug) => bug.name === name)!;
}

async function failureOf(name: string, strategy = "random"): Promise<ModelFailure> {
  const { failure } = await seedsUntil({ bug: bugNamed(name), strategy });
  assert.ok(failure, `${name} is not found`);
  return failure;
}

/** All that happened, to compare. */
function story({ history: { accesses, syncs, disk } }: ModelFailure): string {
  return JSON.stringify({ accesses, syncs, disk });
}

Deno.test("the model as it is breaks no promise, by any strategy, list and scheduler", async () => {
  for (const strategy of Object.keys(STRATEGIES)) {
    for (const list of ["array", "tree"] as const) {
      for (const scheduler of ["first-pending", "look", "deadline"] as const) {
        const load = { ...STANDARD_LOAD, drives: 3, blocks: 4 };
        const options = { seeds: 15, strategy, list, scheduler, load, faults: true };
        const { found, runs } = await exploreModel(options);
        assert.equal(runs, 15);
        assert.deepEqual(found.map(describeFailure), []);
      }
    }
  }
});

Deno.test("the same seeds give the same failures, whatever was explored before", async () => {
  const options = { ...optionsFor(bugNamed("evicts-dirty")), strategy: "pos", seeds: 40 };
  const first = await exploreModel({ ...options, collect: true });
  const again = await exploreModel({ ...options, collect: true });
  assert.ok(first.found.length > 10, `${first.found.length}`);
  assert.deepEqual(again.found.map(story), first.found.map(story));
  assert.deepEqual(again.counts, first.counts);
});

Deno.test("every kind of fault fires, and some seeds are without each", async () => {
  const options = { seeds: 100, strategy: "random", faults: true, collect: true };
  const { counts, found } = await exploreModel(options);
  assert.deepEqual(found, []);
  const fired = [...counts].filter(([kind]) => kind.startsWith("fault"));
  assert.equal(fired.length, 8);
  for (const [kind, { fired: times }] of fired) assert.ok(times > 0, `${kind} has never fired`);
  const quiet = await exploreModel({ ...options, faults: false });
  assert.deepEqual([...quiet.counts.keys()], ["go"]);
});

Deno.test("each seed has its own mask of faults", async () => {
  let without = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const { counts } = await exploreModel({ seeds: [seed], strategy: "random", faults: true });
    if (counts.get("fault write error")!.fired === 0) without++;
  }
  assert.ok(without > 20 && without < 50, `${without} of 60 seeds without write errors`);
});

Deno.test("clients are preempted where they could go on, and go on more often", async () => {
  const { counts } = await exploreModel({ seeds: 50, strategy: "random" });
  const { asked, fired } = counts.get("go")!;
  assert.ok(fired > 0.2 * asked && fired < 0.7 * asked, `${fired} of ${asked}`);
});

Deno.test("a failure replays from its log through the file, event for event", async () => {
  for (const name of ["evicts-in-use", "flush-not-sent", "error-swallowed"]) {
    const options = optionsFor(bugNamed(name));
    const failure = await failureOf(name);
    const log = parseLog(formatLog(failure.log));
    const again = await replayModel({ ...failure, log }, options);
    assert.deepEqual(again?.wrong, failure.wrong);
    assert.equal(story(again!), story(failure));
    assert.deepEqual(again!.log, failure.log);
  }
});

Deno.test("a log that the model does not ask for any more is told where it diverges", async () => {
  const failure = await failureOf("flush-not-sent");
  const [first, ...rest] = failure.load.clients;
  const load = { ...failure.load, clients: [first!.slice(1), ...rest] };
  await assert.rejects(
    replayModel({ log: failure.log, load }, optionsFor(bugNamed("flush-not-sent"))),
    { name: "DivergenceError" },
  );
});

Deno.test("a lost wake-up is shrunk to two operations", async () => {
  const options = optionsFor(bugNamed("lost-wake-up"));
  const failure = await failureOf("lost-wake-up");
  const small = await shrinkModel(failure, options);
  assert.equal(small.load.clients.flat().length, 2);
  assert.ok(small.log.decisions.every((way) => way === 0), `${small.log.decisions}`);
  assert.equal(small.wrong.promise, failure.wrong.promise);
  assert.deepEqual((await replayModel(small, options))?.wrong, small.wrong);
  assert.deepEqual(await shrinkModel(failure, options), small);
});

Deno.test("shrinking that is stopped gives a failure that is no larger", async () => {
  const options = optionsFor(bugNamed("evicts-in-use"));
  const failure = await failureOf("evicts-in-use");
  let asked = 0;
  const part = await shrinkModel(failure, { ...options, stop: () => ++asked > 40 });
  assert.equal(part.wrong.promise, failure.wrong.promise);
  assert.ok(part.load.clients.flat().length <= failure.load.clients.flat().length);
  assert.ok(await replayModel(part, options));
});

Deno.test("a failure tells what, who did what, and the load and log that bring it back", async () => {
  const options = optionsFor(bugNamed("flush-not-sent"));
  const small = await shrinkModel(await failureOf("flush-not-sent"), options);
  const text = describeFailure(small);
  assert.match(text, /^P3 does not hold: after a power cut it may hold 0x\w+, although/);
  assert.match(text, /\n {2}client \d: write 0:\d\n/);
  assert.match(text, /\n {2}load: \{"load":1,/);
  assert.match(text, /\n {2}log: \{"decisionLog":1,/);
});

Deno.test("a strategy that there is not is refused", async () => {
  await assert.rejects(exploreModel({ seeds: 1, strategy: "luck" }), {
    message: 'Cannot explore by "luck": there is no such strategy; name one of random, pct, pos, ' +
      "starve",
  });
});
