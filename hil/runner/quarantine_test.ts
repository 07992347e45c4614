import assert from "node:assert/strict";
import { DEFAULT_BUDGET, type Quarantine, type QuarantineEntry } from "../history/mod.ts";
import { outcomes, Project } from "./_fixture.ts";

const ENTRY: QuarantineEntry = {
  ...{ scenario: "bounces", targets: [], owner: "anna", reason: "the relay is old", issue: "#12" },
  ...{ expires: "9999-01-01", line: 3 },
};

function quarantine(entries: readonly QuarantineEntry[], more: Partial<Quarantine> = {}) {
  return {
    ...{ file: "fixtures/quarantine.yaml", entries, flakes: DEFAULT_BUDGET, removableAfter: 20 },
    ...more,
  };
}

const BOUNCES = `scenario("bounces", { uses: {} }, () => { throw new Error("it bounced"); });`;

Deno.test("a failure in quarantine is told in full and fails no run", async () => {
  await Project.with({
    "a.scenario.ts": `${BOUNCES}\nscenario("works", { uses: {} }, () => {});`,
  }, async (project) => {
    const run = await project.run({ quarantine: quarantine([ENTRY]), failFast: true });
    assert.deepEqual(outcomes(run), { bounces: "failed", works: "passed" });
    assert.equal(run.exitCode, 0);
    const [result] = run.results;
    assert.deepEqual(result!.quarantine, {
      ...{ owner: "anna", reason: "the relay is old", issue: "#12" },
      ...{ expires: "9999-01-01", expired: false },
    });
    assert.match(result!.attempts[0]!.failure!.message, /it bounced/);
    const junit = await Deno.readTextFile(`${project.root}/reports/junit.xml`);
    assert.match(junit, /failures="0" errors="0" skipped="1"/);
    assert.match(
      junit,
      /<skipped message="quarantined until 9999-01-01 \(anna, #12\): the relay is old&#10;it bounced/,
    );
    assert.match(junit, /<property name="quarantine" value="quarantined until 9999-01-01/);
    const again = await project.run({ quarantine: quarantine([ENTRY]), lastFailed: true });
    assert.deepEqual(outcomes(again), { bounces: "failed" });
  });
});

Deno.test("once its day is over, a failure in quarantine fails the run and says why", async () => {
  await Project.with({ "a.scenario.ts": BOUNCES }, async (project) => {
    const entries = [{ ...ENTRY, expires: "2020-02-29" }];
    const run = await project.run({ quarantine: quarantine(entries) });
    assert.equal(run.exitCode, 1);
    assert.equal(run.results[0]!.quarantine!.expired, true);
    const junit = await Deno.readTextFile(`${project.root}/reports/junit.xml`);
    assert.match(junit, /<failure message="quarantine expired after 2020-02-29, so it fails again/);
  });
});

Deno.test("entries for nothing, and for what passes by now, are told as removable", async () => {
  await Project.with(
    { "a.scenario.ts": `scenario("works", { uses: {} }, () => {});` },
    async (project) => {
      const entries = [ENTRY, { ...ENTRY, scenario: "work*", line: 9 }];
      const options = { files: [], quarantine: quarantine(entries, { removableAfter: 2 }) };
      project.write({ "scenarios/b.scenario.ts": `scenario("works", { uses: {} }, () => {});` });
      const first = await project.run(options);
      const unmatched = 'The quarantine of "bounces" (fixtures/quarantine.yaml:3, anna) can be ' +
        "removed: it matches no scenario; delete the entry";
      assert.deepEqual(first.problems, [unmatched]);
      const second = await project.run(options);
      assert.deepEqual(second.problems, [
        unmatched,
        'The quarantine of "work*" (fixtures/quarantine.yaml:9, anna) can be removed: what it ' +
        "matches has passed 2 times in a row; delete the entry",
      ]);
      assert.equal(second.exitCode, 0);
      // Of a part of the project nobody can say what is not in it.
      const part = await project.run({ ...options, files: ["a.scenario.ts"] });
      assert.doesNotMatch(part.problems.join("\n"), /matches no scenario/);
    },
  );
});

Deno.test("flakes beyond the budget are told", async () => {
  await Project.with({
    "a.scenario.ts": `
      import { existsSync } from "node:fs";
      scenario("flaky", { uses: {} }, () => {
        const mark = new URL("./mark", import.meta.url);
        if (existsSync(mark)) return;
        Deno.writeTextFileSync(mark, "");
        throw new Error("the first time only");
      });`,
  }, async (project) => {
    const run = async () => {
      await Deno.remove(`${project.root}/mark`).catch(() => {});
      return await project.run({ retries: 1, quarantine: quarantine([]) });
    };
    const [first, second] = [await run(), await run()];
    assert.deepEqual(first.problems, []);
    assert.deepEqual(second.problems, [
      "The flake budget (2 % of 50 results) is exceeded by a.scenario.ts#flaky: 2 of its last 2 " +
      "results; see deno task hil history --flaky",
    ]);
  });
});

Deno.test("a run knows the commit that its project is at, and whether files have changed since", async () => {
  await Project.with(
    { "a.scenario.ts": `scenario("works", { uses: {} }, () => {});` },
    async (project) => {
      assert.equal((await project.run()).commit, undefined);
      const git = async (...args: string[]) => {
        const identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        const { success } = await new Deno.Command("git", {
          args: ["-C", project.root, ...identity, ...args],
          ...{ stdout: "null", stderr: "null" },
        }).output();
        assert.ok(success, `git ${args}`);
      };
      await git("init", "-b", "trunk");
      assert.equal((await project.run()).commit, undefined, "there is no commit yet");
      project.write({ ".gitignore": "reports/\n" });
      await git("add", "a.scenario.ts", ".gitignore");
      await git("commit", "-m", "first");
      const { commit } = await project.run();
      assert.match(commit!.hash, /^[0-9a-f]{40}$/);
      assert.deepEqual([commit!.branch, commit!.dirty], ["trunk", false]);
      project.write({ "a.scenario.ts": `scenario("works still", { uses: {} }, () => {});` });
      assert.equal((await project.run()).commit!.dirty, true);
    },
  );
});
