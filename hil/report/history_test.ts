import { deepEqual, equal, match, ok } from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { inFolder } from "../trace/_samples.ts";
import { attempt, failed, result, run } from "./_samples.ts";
import { History, type Verdict } from "./mod.ts";

interface Fixture {
  readonly path: string;
  readonly warnings: string[];
  readonly history: History;
}

async function withHistory(body: (fixture: Fixture) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const path = `${folder}/reports/history.sqlite`, warnings: string[] = [];
    const warn = (text: string) => void warnings.push(text.replaceAll(folder, ""));
    using history = new History(path, { warn, busyMs: 100 });
    await body({ path, warnings, history });
  });
}

function runOf(id: string, outcome: Verdict, ...durationsNs: number[]) {
  const attempts = durationsNs.map((durationNs, i) =>
    outcome === "failed" || (outcome === "flaky" && i === 0)
      ? failed("no", { durationNs })
      : attempt({ durationNs, outcome: outcome === "interrupted" ? outcome : "passed" })
  );
  return run([result({ id, outcome, attempts })]);
}

Deno.test("a project without a history has no expectations, no warnings and gets no file", () =>
  withHistory(async ({ path, history, warnings }) => {
    equal((await history.expectedDurations()).size, 0);
    equal((await history.lastFailed()).size, 0);
    deepEqual(warnings, []);
    await Deno.lstat(path).then(() => ok(false), () => {});
  }));

Deno.test("the expected duration is the median of the last five that ended", () =>
  withHistory(async ({ history }) => {
    for (const ns of [900, 900, 900, 10, 50, 20, 40, 30]) {
      ok(await history.record(runOf("a", "passed", ns)));
    }
    await history.record(runOf("a", "interrupted", 5));
    await history.record(runOf("b", "flaky", 7, 9));
    await history.record(run([result({ id: "c", outcome: "skipped", attempts: [] })]));
    deepEqual(await history.expectedDurations(), new Map([["a", 30], ["b", 8]]));
  }));

Deno.test("what failed last is what failed when it was last run", () =>
  withHistory(async ({ history }) => {
    await history.record(runOf("mended", "failed", 1));
    await history.record(runOf("mended", "passed", 1));
    await history.record(runOf("broken", "passed", 1));
    await history.record(runOf("broken", "failed", 1, 1));
    await history.record(runOf("stopped", "interrupted", 1));
    await history.record(runOf("flaky", "flaky", 1, 1));
    await history.record(run([result({ id: "broken", outcome: "skipped", attempts: [] })]));
    const skipped = [attempt({ outcome: "skipped" })]; // By the scenario itself, once it ran.
    await history.record(run([result({ id: "broken", outcome: "skipped", attempts: skipped })]));
    const repeats = (["failed", "passed"] as const).map((outcome, i) =>
      result({ id: "repeated", outcome, repeat: i + 1, attempts: [attempt({ outcome })] })
    );
    await history.record(run(repeats));
    deepEqual(await history.lastFailed(), new Set(["broken", "stopped", "repeated"]));
  }));

Deno.test("each attempt is kept with its run, seed, targets and measurements", () =>
  withHistory(async ({ path, history }) => {
    const measure = { type: "measure", name: "flush", unit: "ms", verdict: "pass" } as const;
    const measurements = [{ ...measure, value: 3.25 }, { ...measure, value: NaN }];
    const seed = 2 ** 53 - 1;
    await history.record(
      run([result({ seed, attempts: [failed("no"), attempt({ measurements })] })]),
    );
    history.close();
    using database = new DatabaseSync(path);
    const rows = database.prepare(
      "SELECT number, outcome, targets FROM attempt JOIN scenario ON scenario.key = scenario",
    ).all();
    deepEqual(rows.map((row) => ({ ...row })), [
      { number: 1, outcome: "failed", targets: '{"diskcache":"qemu"}' },
      { number: 2, outcome: "passed", targets: '{"diskcache":"qemu"}' },
    ]);
    const values = database.prepare(
      "SELECT attempt, value, unit FROM sample JOIN metric ON metric.key = metric",
    ).all();
    deepEqual(values.map((row) => ({ ...row })), [
      { attempt: 2, value: 3.25, unit: "ms" },
      { attempt: 2, value: null, unit: "ms" },
    ]);
  }));

Deno.test("a corrupt history is moved aside with a warning and a new one begins", () =>
  withHistory(async ({ path, history, warnings }) => {
    for (const number of [1, 2]) {
      history.close();
      await Deno.mkdir(path.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(path, "garbage ".repeat(1000));
      equal((await history.expectedDurations()).size, 0);
      ok(await history.record(runOf("a", "failed", 5)));
      deepEqual(await history.lastFailed(), new Set(["a"]));
      match(await Deno.readTextFile(`${path}.broken-${number}`), /^garbage/);
    }
    deepEqual(
      warnings,
      [1, 2].map((number) =>
        'Cannot use the history "/reports/history.sqlite": file is not a database; ' +
        `it is kept as "/reports/history.sqlite.broken-${number}" and a new one begins`
      ),
    );
  }));

Deno.test("damage inside the file, or tables that are gone, is moved aside too", () =>
  withHistory(async ({ path, history, warnings }) => {
    for (let i = 0; i < 200; i++) {
      await history.record(runOf(`id ${i} ${"x".repeat(50)}`, "passed", 1));
    }
    history.close();
    const bytes = await Deno.readFile(path);
    bytes.fill(0xa5, 4096);
    await Deno.writeFile(path, bytes);
    await history.expectedDurations();
    ok(await history.record(runOf("a", "passed", 5)));
    deepEqual(await history.expectedDurations(), new Map([["a", 5]]));
    history.close();
    const database = new DatabaseSync(path);
    database.exec("DROP TABLE attempt");
    database.close();
    equal((await history.lastFailed()).size, 0);
    deepEqual(warnings.map((text) => / it is kept as .*-([12])"/.exec(text)?.[1]), ["1", "2"]);
  }));

Deno.test("a history of a newer version is left alone", () =>
  withHistory(async ({ path, history, warnings }) => {
    await history.record(runOf("a", "passed", 5));
    history.close();
    const database = new DatabaseSync(path);
    database.exec("PRAGMA user_version = 3");
    database.close();
    equal((await history.expectedDurations()).size, 0);
    equal(await history.record(runOf("a", "passed", 5)), false);
    deepEqual(warnings, [
      'Cannot use the history "/reports/history.sqlite": it is of version 3 and this harness ' +
      "knows versions up to 2; update the harness or move the file away",
    ]);
  }));

Deno.test("a locked history is a warning, not a failure", () =>
  withHistory(async ({ path, history, warnings }) => {
    await history.record(runOf("a", "passed", 5));
    using other = new DatabaseSync(path);
    other.exec("BEGIN EXCLUSIVE");
    equal((await history.expectedDurations()).size, 0);
    equal(await history.record(runOf("b", "passed", 5)), false);
    other.exec("ROLLBACK");
    ok(await history.record(runOf("b", "passed", 5)));
    equal((await history.expectedDurations()).size, 2);
    deepEqual(
      warnings,
      ["read", "write"].map((verb) =>
        `Cannot ${verb} the history "/reports/history.sqlite": ` +
        "another run has it locked; this run goes on without it"
      ),
    );
  }));

Deno.test("a folder that cannot be made is a warning", async () => {
  const warnings: string[] = [];
  const history = new History("/dev/null/history.sqlite", { warn: (text) => warnings.push(text) });
  equal(await history.record(runOf("a", "passed", 5)), false);
  match(warnings.join(), /^Cannot write the history "\/dev\/null\/history.sqlite": /);
});

Deno.test("two runs at once both get their results in", () =>
  inFolder(async (folder) => {
    const module = JSON.stringify(import.meta.resolve("./mod.ts"));
    const samples = JSON.stringify(import.meta.resolve("./_samples.ts"));
    await Deno.writeTextFile(
      `${folder}/one.ts`,
      `
      import { History } from ${module};
      import { result, run } from ${samples};
      const history = new History(Deno.args[0], { warn: console.log });
      for (let i = 0; i < 30; i++) await history.record(run([result({ id: Deno.args[1] + i })]));`,
    );
    const path = `${folder}/history.sqlite`;
    const outputs = await Promise.all(["a", "b", "c"].map((name) =>
      new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-lock", "--no-config", "-A", `${folder}/one.ts`, path, name],
      }).output()
    ));
    deepEqual(
      outputs.map(({ stdout }) =>
        new TextDecoder().decode(stdout)
      ),
      ["", "", ""],
    );
    using history = new History(path, { warn: (text) => ok(false, text) });
    equal((await history.expectedDurations()).size, 90);
  }));
