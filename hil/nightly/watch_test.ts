import assert from "node:assert/strict";
import type { TargetHealth } from "../runner/mod.ts";
import { FakeBench, plannedOf, resultOf, SECOND } from "./_fixture.ts";
import type { Occasion } from "./tally.ts";
import { Watch } from "./watch.ts";

const BOARD = { board: "bbb" };

/** A watch whose targets are what `states` says, in the order of asking; then well. */
function watchOf(...states: TargetHealth["state"][]) {
  const asked: string[] = [], struck: string[] = [];
  let wait = Promise.resolve();
  const watch = new Watch({
    async check(targets, leased) {
      const healths = targets.map(({ role, target }) => {
        asked.push(`${role}=${target}${leased ? " leased" : ""}`);
        const state = states.shift() ?? "well";
        const reason = state === "dead" ? "no prompt" : "";
        return { role, target, state, reason, remedy: "look", trace: "", durationNs: 1 };
      });
      await wait;
      return healths;
    },
    onStrike: ({ id, pass }: Occasion) => void struck.push(`${pass} ${id.split("#")[1]}`),
  });
  const ended = (name: string, outcome: "passed" | "failed" | "skipped" | "flaky", pass = 1) =>
    watch.onResult(pass, resultOf(plannedOf(name, { targets: BOARD }), outcome));
  return { watch, asked, struck, ended, slowly: (promise: Promise<void>) => wait = promise };
}

Deno.test("after a pass, a target is asked on which the last two failed, or that was dead", async () => {
  const { watch, asked, ended } = watchOf("dead", "dead", "well");
  ended("a", "failed");
  await watch.after();
  assert.deepEqual(asked, []);
  ended("b", "failed", 2);
  await watch.after();
  assert.deepEqual(asked, ["board=bbb"]);
  await watch.after();
  assert.ok(watch.deadOf(BOARD));
  await watch.after();
  assert.equal(watch.deadOf(BOARD), undefined);
  await watch.after();
  assert.equal(asked.length, 3, "one that is well again is left alone");
});

Deno.test("a pass, and a flaky one, say that it lives; a skip says nothing", async () => {
  const { watch, asked, ended } = watchOf();
  for (const good of ["passed", "flaky"] as const) {
    ended("a", "failed");
    ended("b", "failed");
    ended("c", good);
    ended("d", "failed");
    await watch.hold(BOARD);
    ended("e", good);
  }
  assert.deepEqual(asked, []);
  for (const outcome of ["failed", "skipped", "failed", "failed"] as const) ended("f", outcome);
  assert.equal(await watch.hold(BOARD), undefined);
  assert.deepEqual(asked, ["board=bbb leased"]);
  assert.equal(await watch.hold(BOARD), undefined);
  assert.equal(asked.length, 1, "three more must fail");
  assert.equal(await watch.hold({ disk: "model" }), undefined);
});

Deno.test("scenarios that come while it is asked wait for the answer; what still ran is struck", async () => {
  const { watch, asked, struck, ended, slowly } = watchOf("dead");
  const { promise, resolve } = Promise.withResolvers<void>();
  slowly(promise);
  for (const name of ["a", "b", "c"]) ended(name, "failed");
  const lanes = [watch.hold(BOARD), watch.hold(BOARD)];
  resolve();
  const [first, second] = await Promise.all(lanes);
  assert.equal(asked.length, 1);
  assert.match(first!.reason, /^bench: the target board=bbb is dead: no prompt$/);
  assert.equal(second, first);
  assert.deepEqual(struck, ["1 a", "1 b", "1 c"]);
  ended("in the other lane", "failed");
  assert.deepEqual(struck.slice(3), ["1 in the other lane"]);
});

Deno.test("who is busy, or was not asked as all is to end, is not dead", async () => {
  const { watch, struck, ended } = watchOf("busy", "unasked");
  for (const name of ["a", "b", "c"]) ended(name, "failed");
  assert.equal(await watch.hold(BOARD), undefined);
  for (const name of ["a", "b", "c"]) ended(name, "failed");
  assert.equal(await watch.hold(BOARD), undefined);
  assert.deepEqual(struck, []);
});

Deno.test("what the runner skips for want of a dead target is bench too", async () => {
  const bench = new FakeBench({ a: { takes: SECOND, targets: BOARD } });
  bench.deadSince.set("board=bbb", 0);
  bench.run = () => {
    const skip = { reason: "no cable", remedy: "plug it in" };
    const result = resultOf(plannedOf("a", { targets: BOARD }), "skipped", { skip });
    return Promise.resolve({ results: [result], problems: [], interrupted: false });
  };
  const { scenarios } = await bench.night().run();
  assert.equal(scenarios[0]!.verdict, "bench");
});
