import assert from "node:assert/strict";
import { Random } from "../time/mod.ts";
import { FakeBench, SECOND } from "./_fixture.ts";
import type { NightResult } from "./model.ts";

const verdicts = ({ scenarios }: NightResult) =>
  Object.fromEntries(scenarios.map(({ planned, verdict }) => [planned.name, verdict]));

const runs = ({ log }: FakeBench) =>
  log.filter((line) => line.startsWith("run ")).map((line) => line.split(" ")[1]);

Deno.test("everything runs once with the night's seed, then with seeds that follow from it", async () => {
  const seeds = async () => {
    const bench = new FakeBench({ a: { takes: 10 * SECOND }, b: { takes: 10 * SECOND } });
    const night = await bench.night({ budgetNs: 60 * SECOND }).run();
    assert.deepEqual(runs(bench), ["a", "b", "a", "b", "a", "b"]);
    assert.equal(bench.time, 60 * SECOND, "the budget is used, and no more");
    assert.deepEqual(verdicts(night), { a: "passed", b: "passed" });
    assert.equal(night.exitCode, 0);
    return night.passes.map(({ seed }) => seed);
  };
  const random = new Random(7);
  assert.deepEqual(await seeds(), [7, random.next(), random.next()]);
  assert.deepEqual(await seeds(), await seeds());
});

Deno.test("what cannot end within what is left is not begun, and shorter ones still are", async () => {
  const bench = new FakeBench({ long: { takes: 30 * SECOND }, short: { takes: 5 * SECOND } });
  const night = await bench.night({ budgetNs: 50 * SECOND }).run();
  assert.deepEqual(runs(bench), ["long", "short", "short", "short", "short"]);
  assert.equal(bench.time, 50 * SECOND);
  assert.deepEqual(verdicts(night), { long: "passed", short: "passed" });
});

Deno.test("what was never reached says so, and what history knows to be too long is not tried", async () => {
  const bench = new FakeBench({ long: { takes: 30 * SECOND }, short: { takes: 5 * SECOND } });
  const nothing = new Set<string>();
  const durations = new Map([["x.scenario.ts#long", 30 * SECOND]]);
  const night = await bench.night({
    budgetNs: 12 * SECOND,
    memory: { failed: nothing, flaky: nothing, unreached: nothing, durations },
  }).run();
  assert.deepEqual(runs(bench), ["short", "short"]);
  assert.deepEqual(night.scenarios[0]!.skip, {
    reason: "time: it would not have ended in time\n12.0 s left, and it takes up to 30 s",
    remedy: "give the night a longer --budget, or fewer scenarios",
  });
  assert.deepEqual([verdicts(night).long, night.exitCode], ["skipped", 0]);
});

Deno.test("failures of the last nights come first, and those in trouble have passes of their own", async () => {
  const odd = (seed: number) => seed % 2 ? "failed" : "passed";
  const bench = new FakeBench({
    good: { takes: SECOND },
    new: { takes: SECOND },
    flaky: { takes: SECOND },
    broken: { takes: SECOND, ends: odd },
  });
  const of = (...names: string[]) => new Set(names.map((name) => `x.scenario.ts#${name}`));
  const memory = { failed: of("broken"), flaky: of("flaky"), unreached: of("new") };
  const night = await bench.night({
    passes: 3,
    memory: { ...memory, durations: new Map() },
  }).run();
  const second = night.passes[1]!.seed;
  assert.deepEqual(bench.log.slice(0, 12), [
    ...["pass 1 all", "run broken 7", "run flaky 7", "run new 7", "run good 7"],
    "pass 2 troubled",
    ...[0, 1, 2].map((i) => `run broken ${second + i}`),
    ...[0, 1, 2].map((i) => `run flaky ${second + i}`),
  ]);
  assert.equal(bench.log[12], "pass 3 all");
  assert.deepEqual([verdicts(night).broken, night.exitCode], ["failed", 1]);
  const { passed, failed, failures } = night.scenarios.find(({ planned }) =>
    planned.name === "broken"
  )!;
  assert.equal(passed + failed, 5);
  assert.ok(failures.every(({ result: { seed } }) => seed % 2 === 1), "with its seed each");
  assert.equal(failures[0]!.result.attempts[0]!.trace, "kept/p1/broken");
});

Deno.test("a board that is dead at the beginning is bench: nothing begins on it, others run on", async () => {
  const board = { board: "bbb" };
  const bench = new FakeBench({
    boot: { takes: SECOND, targets: board },
    model: { takes: SECOND, targets: { disk: "model" } },
  });
  bench.deadSince.set("board=bbb", 0);
  const night = await bench.night({ passes: 2 }).run();
  assert.deepEqual(bench.log.slice(0, 4), [
    ...["ask board=bbb", "ask disk=model", "pass 1 all", "run model 7"],
  ]);
  assert.ok(!runs(bench).includes("boot"));
  assert.deepEqual(verdicts(night), { boot: "bench", model: "passed" });
  assert.deepEqual(night.scenarios[0]!.skip, {
    reason: "bench: the target board=bbb is dead: no prompt",
    remedy: "look at it (trace of the check: checks/1)",
  });
  assert.equal(night.exitCode, 4);
});

Deno.test("a board that dies in the night is asked after failures in a row, and is to blame for them", async () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const bench = new FakeBench(Object.fromEntries(
    names.map((name) => [name, { takes: 10 * SECOND, targets: { board: "bbb" } }]),
  ));
  bench.deadSince.set("board=bbb", 25 * SECOND); // In the middle of c.
  const night = await bench.night().run();
  assert.deepEqual(bench.log, [
    ...["ask board=bbb", "pass 1 all", "run a 7", "run b 7", "run c 7", "run d 7", "run e 7"],
    "ask board=bbb", // Before f.
    "ask board=bbb", // After the pass: it may be back.
  ]);
  assert.deepEqual(verdicts(night), {
    ...{ a: "passed", b: "passed", c: "bench", d: "bench", e: "bench", f: "bench" },
  });
  assert.equal(night.exitCode, 4, "it is no failure of the product");
  const { skip, failures } = night.scenarios[2]!;
  assert.match(skip!.reason, /^bench: .* is dead: no prompt\nbefore .* known: c is dark \(trace: /);
  assert.deepEqual(failures, []);
});

Deno.test("failures in a row on a board that is well are the product's", async () => {
  const bench = new FakeBench(Object.fromEntries(
    ["a", "b", "c", "d", "e"].map((name) => [
      name,
      { takes: SECOND, targets: { board: "bbb" }, ends: () => "failed" as const },
    ]),
  ));
  const night = await bench.night({ passes: 1 }).run();
  assert.deepEqual(bench.log.filter((line) => line.startsWith("ask")).length, 2);
  assert.deepEqual(new Set(Object.values(verdicts(night))), new Set(["failed"]));
  assert.equal(night.exitCode, 1);
});

Deno.test("a board that comes back is used again, and what died with it stays the bench's", async () => {
  const bench = new FakeBench({
    a: { takes: 10 * SECOND, targets: { board: "bbb" } },
    other: { takes: 10 * SECOND },
  });
  bench.deadSince.set("board=bbb", 0);
  bench.pruneProblems.push("Cannot prune");
  const check = bench.check.bind(bench);
  let asked = 0;
  bench.check = (targets) => {
    if (++asked === 3) bench.deadSince.clear();
    return check(targets);
  };
  const night = await bench.night({ passes: 4 }).run();
  assert.deepEqual(runs(bench), ["other", "other", "a", "other", "a", "other"]);
  assert.deepEqual(night.health.map(({ pass, state }) => [pass, state]), [
    ...[[0, "dead"], [1, "dead"], [2, "well"]],
  ]);
  assert.deepEqual(verdicts(night), { a: "passed", other: "passed" });
  assert.equal(night.exitCode, 4, "a board that was dead for a while is told");
  assert.deepEqual(night.problems, ["Cannot prune"], "each once");
});

Deno.test("what is in quarantine fails no night, until its day is over, and does not wake the watch", async () => {
  const known = { owner: "anna", reason: "a race", issue: "#12", expires: "2026-12-24" };
  const spend = async (expired: boolean) => {
    const dark = {
      takes: SECOND,
      targets: { board: "bbb" },
      ends: () => "failed" as const,
      quarantine: { ...known, expired },
    };
    const bench = new FakeBench({ a: dark, b: dark, c: dark, d: dark });
    const night = await bench.night({ passes: 1 }).run();
    const asked = bench.log.filter((line) => line.startsWith("ask")).length;
    return [verdicts(night).a, night.exitCode, asked];
  };
  assert.deepEqual(await spend(false), ["quarantined", 0, 1]);
  assert.deepEqual(await spend(true), ["failed", 1, 2]);
});

Deno.test("a night that is ended tells what ran; what did not is skipped", async () => {
  const bench = new FakeBench({ a: { takes: 10 * SECOND }, b: { takes: 10 * SECOND } });
  bench.stopAfter = 10 * SECOND;
  const night = await bench.night().run();
  assert.deepEqual(verdicts(night), { a: "passed", b: "skipped" });
  assert.deepEqual([night.interrupted, night.exitCode], [true, 130]);
});

Deno.test("what each pass complains of is told once, as it was at last", async () => {
  const bench = new FakeBench({ a: { takes: SECOND } });
  const run = bench.run.bind(bench);
  bench.run = async (pass) => ({
    ...await run(pass),
    problems: [`flakes: ${pass.number} of ${pass.number + 1}`, "no room"],
  });
  const { problems } = await bench.night({ passes: 3 }).run();
  assert.deepEqual(problems, ["flakes: 3 of 4", "no room"]);
});

Deno.test("a pass that breaks ends the night, which tells what it has seen", async () => {
  const bench = new FakeBench({ a: { takes: SECOND } });
  const run = bench.run.bind(bench);
  bench.run = async (pass) => {
    if (pass.number === 3) throw new Error("no space left on device");
    return await run(pass);
  };
  const night = await bench.night().run();
  assert.deepEqual(night.problems, ["The night ended in pass 3: no space left on device"]);
  assert.deepEqual([verdicts(night), night.passes.length, night.exitCode], [{ a: "passed" }, 2, 1]);
});

Deno.test("a night in which nothing could run ends, and is not green", async () => {
  const bench = new FakeBench({ a: { takes: SECOND, targets: { board: "bbb" } } });
  bench.run = (pass) => {
    bench.log.push(`pass ${pass.number}`);
    return Promise.resolve({ results: [], problems: [], interrupted: false });
  };
  const night = await bench.night().run();
  assert.deepEqual(bench.log, ["ask board=bbb", "pass 1"]);
  assert.equal(night.exitCode, 3);
});
