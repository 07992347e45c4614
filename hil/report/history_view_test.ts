import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { inFolder } from "../trace/_samples.ts";
import { SCHEMA } from "./_history_sql.ts";
import { madeHistory } from "./_made_history.ts";
import { attempt, failed, result, run } from "./_samples.ts";
import { History, HistoryReadError, viewHistory } from "./mod.ts";
import type { HistoryRange } from "./history_view.ts";

const look = (path: string, range: HistoryRange = {}) =>
  viewHistory(path, "history.sqlite", (view) => {
    return view.scenarios().map((scenario) => ({ scenario, ...view.history(scenario, range) }));
  });

Deno.test("what became of a scenario: rate, durations, measurements with limits, and the change", () =>
  inFolder(async (folder) => {
    const path = `${folder}/h.sqlite`;
    await madeHistory(path, { runs: 60, worseFrom: 48, flaky: true });
    const [press, parked] = await look(path, { changes: true });
    equal(press!.scenario.name, "a press toggles the LED");
    deepEqual(press!.scenario.targets, { diskcache: "qemu" });
    equal(press!.passRate.share, 59 / 60);
    equal(press!.durations.points.length, 59, "what failed has no duration to compare");
    const [latency] = press!.measurements;
    deepEqual([latency!.name, latency!.unit, latency!.points.length], [
      "interrupt latency",
      "ms",
      60,
    ]);
    deepEqual([latency!.points[0]!.low, latency!.points[0]!.high], [undefined, 5]);
    const [change] = latency!.changes;
    equal(change!.way, "worse");
    ok(["r48", "r49"].includes(change!.run.id), change!.run.id);
    equal(change!.run.commit?.length, 40);
    match(change!.since.id, /^r4[78]$/);
    deepEqual([parked!.flakes.flakes, parked!.flakes.results, parked!.flakes.over], [5, 50, true]);
  }));

Deno.test("results are of a time, up to a run, and at most as many as asked for", () =>
  inFolder(async (folder) => {
    const path = `${folder}/h.sqlite`;
    await madeHistory(path, { runs: 30 });
    const ids = async (range: HistoryRange) => {
      const [one] = await look(path, range);
      const runs = one!.results.map(({ run }) => run.id);
      return [runs.length, runs[0], runs.at(-1)];
    };
    deepEqual(await ids({ limit: 5 }), [5, "r26", "r30"]);
    deepEqual(await ids({ since: "2026-09-21" }), [11, "r20", "r30"]);
    deepEqual(await ids({ since: "2027-01-01" }), [0, undefined, undefined]);
    deepEqual(await ids({ until: "r10", limit: 4 }), [4, "r7", "r10"]);
  }));

Deno.test("repeats of one run are one point, retries are one result", () =>
  inFolder(async (folder) => {
    const path = `${folder}/h.sqlite`;
    using history = new History(path, { warn: (text) => ok(false, text) });
    const measured = (value: number) => ({
      measurements: [{ type: "measure", name: "n", value, unit: "", verdict: "pass" } as const],
    });
    const repeats = [1, 2, 90].map((value, i) =>
      result({ repeat: i + 1, attempts: [attempt({ durationNs: value, ...measured(value) })] })
    );
    await history.record(run(repeats, { id: "r1" }));
    const attempts = [failed("no", { durationNs: 7, ...measured(5) }), attempt({ durationNs: 9 })];
    await history.record(run([result({ outcome: "flaky", attempts })], { id: "r2" }));
    const [one] = await look(path);
    deepEqual(one!.results.map(({ verdict, durationNs }) => [verdict, durationNs]), [
      ["passed", 1],
      ["passed", 2],
      ["passed", 90],
      ["flaky", 9],
    ]);
    deepEqual(one!.durations.points.map(({ value, samples }) => [value, samples]), [[2, 3], [
      9,
      1,
    ]]);
    deepEqual(one!.measurements[0]!.points.map(({ value }) => value), [2, 5]);
  }));

Deno.test("a failure at a commit that has passed is a flake, unless files or seed were others", () =>
  inFolder(async (folder) => {
    const path = `${folder}/h.sqlite`;
    using history = new History(path, { warn: (text) => ok(false, text) });
    const at = async (outcome: "passed" | "failed", dirty: boolean, seed = 7) => {
      const attempts = [outcome === "failed" ? failed("no") : attempt()];
      const commit = { hash: "c".repeat(40), dirty };
      await history.record(run([result({ outcome, attempts, seed })], { commit }));
    };
    await at("failed", true);
    await at("failed", false);
    await at("failed", false, 8);
    await at("passed", false);
    const [one] = await look(path);
    deepEqual(one!.flaky, [false, true, false, false]);
  }));

/** As version 1 of this harness left it. */
function writeVersion1(path: string): void {
  using database = new DatabaseSync(path);
  database.exec(SCHEMA[0]!);
  database.exec(`
    PRAGMA user_version = 1;
    INSERT INTO run VALUES (1, 'r1', '2026-11-24T00:00:00Z', 'desk', 'host', 7, '[]', 5);
    INSERT INTO scenario VALUES (1, 'a#x [board=sim]', 'x', 'a');
    INSERT INTO scenario VALUES (2, 'a#never', 'never', 'a');
    INSERT INTO attempt VALUES (1, 1, 1, NULL, 1, 'failed', 'flaky', 10, 7, '{"board":"sim"}', 't1');
    INSERT INTO attempt VALUES (2, 1, 1, NULL, 2, 'passed', 'flaky', 20, 7, '{"board":"sim"}', 't2');
    INSERT INTO measurement VALUES (2, 'latency', 3.5, 'ms', 'pass');
    INSERT INTO measurement VALUES (2, 'latency', 4.5, 'ms', 'pass');
    INSERT INTO measurement VALUES (2, 'size', NULL, 'B', 'fail');
    INSERT INTO measurement VALUES (1, 'size', 8, 'B', 'pass');
  `);
}

Deno.test("a history of version 1 is brought up to date with all that it has", () =>
  inFolder(async (folder) => {
    const path = `${folder}/h.sqlite`;
    writeVersion1(path);
    const [, one] = await look(path);
    deepEqual(one!.scenario.targets, { board: "sim" });
    deepEqual(one!.results.map(({ verdict, durationNs }) => [verdict, durationNs]), [[
      "flaky",
      20,
    ]]);
    deepEqual(
      one!.measurements.map(({ name, unit, points }) => [name, unit, points[0]!.value]),
      [["latency", "ms", 4], ["size", "B", 8]],
    );
    using history = new History(path, { warn: (text) => ok(false, text) });
    deepEqual(await history.expectedDurations(), new Map([["a#x [board=sim]", 15]]));
    ok(await history.record(run([result()])));
    using database = new DatabaseSync(path);
    const { samples } = database.prepare("SELECT count(*) AS samples FROM sample").get()!;
    equal(samples, 4, "those without a number are there still");
    equal(database.prepare("PRAGMA integrity_check").get()!.integrity_check, "ok");
    deepEqual(database.prepare("PRAGMA foreign_key_check").all(), []);
  }));

Deno.test("a history that cannot be read is left as it is, and the message says what to do", () =>
  inFolder(async (folder) => {
    const path = `${folder}/h.sqlite`;
    const fails = (message: RegExp) =>
      rejects(look(path), (error) => {
        ok(error instanceof HistoryReadError);
        match(error.message, message);
        return true;
      });
    await fails(/^Cannot read the history "history.sqlite": there is none; run something first/);
    await Deno.writeTextFile(path, "garbage ".repeat(1000));
    await fails(/file is not a database; it is damaged; the next run keeps it as .*\.recover"/);
    match(await Deno.readTextFile(path), /^garbage/);
    await Deno.remove(path);
    await madeHistory(path, { runs: 2 });
    using other = new DatabaseSync(path);
    other.exec("PRAGMA user_version = 99");
    await fails(/it is of version 99 and this harness knows versions up to 2; update the harness/);
  }));

Deno.test("a disk that is full costs the run's entry, and nothing of what was there", async (t) => {
  const available = await namespaceAvailable();
  if (!available) console.log("skipped: no user namespaces for a small disk; run as root");
  await t.step({ name: "on a disk of its own", ignore: !available, fn: () => inFolder(fullDisk) });
});

async function namespaceAvailable(): Promise<boolean> {
  try {
    const { success } = await unshared("mount -t tmpfs none /mnt");
    return success;
  } catch {
    return false;
  }
}

/** In namespaces of its own, so that what is mounted goes with the process. */
function unshared(script: string, ...args: string[]): Promise<Deno.CommandOutput> {
  return new Deno.Command("unshare", {
    args: ["--user", "--map-root-user", "--mount", "sh", "-ec", script, "sh", ...args],
  }).output();
}

async function fullDisk(folder: string): Promise<void> {
  const [history, made] = ["./mod.ts", "./_made_history.ts"]
    .map((name) => JSON.stringify(import.meta.resolve(name)));
  await Deno.mkdir(`${folder}/disk`);
  await Deno.writeTextFile(
    `${folder}/fill.ts`,
    `
    import { History, viewHistory } from ${history};
    import { madeHistory } from ${made};
    const path = Deno.args[0] + "/h.sqlite";
    const count = () => viewHistory(path, path, (view) =>
      view.scenarios().reduce((sum, one) => sum + view.history(one).results.length, 0));
    const last = await madeHistory(path, { runs: 10 });
    const before = await count();
    const many = Array.from({ length: 3000 }, (_, i) => ({ ...last.results[0], id: "many" + i }));
    const history = new History(path, { warn: console.log });
    const done = await history.record({ ...last, id: "large", results: many });
    history.close();
    console.log(done, before, await count());
    for (const entry of Deno.readDirSync(Deno.args[0])) console.log(entry.name);`,
  );
  const command = '"$1" run --quiet --no-lock --no-config -A "$2" "$3"';
  const { stdout, stderr } = await unshared(
    `mount -t tmpfs -o size=256k none "$3"\n${command}`,
    ...[Deno.execPath(), `${folder}/fill.ts`, `${folder}/disk`],
  );
  const text = new TextDecoder().decode(stdout).replaceAll(folder, "");
  equal(
    text,
    'Cannot write the history "/disk/h.sqlite": no space is left on the device; ' +
      "what it had is still there; this run goes on without it\nfalse 10 10\nh.sqlite\n",
    new TextDecoder().decode(stderr),
  );
}

Deno.test("many write and many read at once, and each run is in with all of it or not at all", () =>
  inFolder(async (folder) => {
    const path = `${folder}/h.sqlite`;
    const [history, samples] = ["./mod.ts", "./_samples.ts"]
      .map((name) => JSON.stringify(import.meta.resolve(name)));
    const writer = `
      import { History } from ${history};
      import { result, run } from ${samples};
      const history = new History(Deno.args[0], { warn: console.log, busyMs: 20000 });
      for (let i = 0; i < 20; i++) {
        const results = ["a", "b", "c"].map((id) => result({ id }));
        await history.record(run(results, { id: Deno.args[1] + i }));
      }`;
    const reader = `
      import { History } from ${history};
      const history = new History(Deno.args[0], { warn: console.log, busyMs: 20000 });
      for (let i = 0; i < 50; i++) {
        const counts = await history.view((view) =>
          view.scenarios().map((one) => view.history(one, { limit: 1000 }).results.length));
        if (new Set(counts).size > 1) console.log("half a run: " + counts);
      }`;
    const scripts = [writer, writer, reader];
    const outputs = await Promise.all(scripts.map(async (script, i) => {
      await Deno.writeTextFile(`${folder}/${i}.ts`, script);
      return await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-lock", "--no-config", "-A", `${folder}/${i}.ts`, path, `w${i}`],
      }).output();
    }));
    deepEqual(outputs.map(({ stdout }) => new TextDecoder().decode(stdout)), ["", "", ""]);
    deepEqual((await look(path)).map(({ results }) => results.length), [40, 40, 40]);
  }));
