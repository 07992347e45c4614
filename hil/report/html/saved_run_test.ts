import assert from "node:assert/strict";
import { sampleRun } from "./_samples.ts";
import { latestRun, readRun, RUN_FILE, RunReadError } from "./saved_run.ts";

Deno.test("a run is read from its result, and without one from its traces", async () => {
  const root = Deno.makeTempDirSync({ prefix: "hil-html-" });
  const folder = `${root}/reports/runs/r1`;
  try {
    const run = sampleRun(root, 3);
    Deno.writeTextFileSync(`${folder}/${RUN_FILE}`, JSON.stringify(run));
    assert.deepEqual(await readRun(folder, root), run);
    for (const damage of ["{", "null", '{"results":7}']) {
      Deno.writeTextFileSync(`${folder}/${RUN_FILE}`, damage);
      const { results, interrupted } = await readRun(folder, root);
      assert.equal(interrupted, true);
      assert.deepEqual(results.map(({ name, outcome, targets }) => [name, outcome, targets]), [
        ["scenario 0 hello", "failed", { board: "sim" }],
        ["scenario 1 hello", "failed", { board: "sim" }],
        ["scenario 2 hello", "failed", { board: "sim" }],
      ]);
      assert.match(results[0]!.id, /^scenarios\/.*#scenario 0 hello \[board=sim\]$/);
      assert.deepEqual(results[0]!.attempts[0]!.attachments, [
        { path: "reports/runs/r1/s0/note.md", title: "note hello" },
      ]);
    }
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
});

Deno.test("the latest run is the last by its number too, among those that left something", async () => {
  const runs = Deno.makeTempDirSync({ prefix: "hil-html-" });
  try {
    assert.throws(() => latestRun(`${runs}/none`), RunReadError);
    for (const name of ["20260102-030405-9", "20260102-030405-10", "20260101-999999"]) {
      Deno.mkdirSync(`${runs}/${name}`);
      Deno.writeTextFileSync(`${runs}/${name}/${RUN_FILE}`, "{}");
    }
    Deno.mkdirSync(`${runs}/20270101-000000`);
    assert.equal(latestRun(runs), "20260102-030405-10");
    await assert.rejects(
      readRun(`${runs}/20270101-000000`, runs),
      /neither a run.json nor a trace/,
    );
    await assert.rejects(readRun(`${runs}/20280101-000000`, runs), /there is no such folder/);
  } finally {
    Deno.removeSync(runs, { recursive: true });
  }
});
