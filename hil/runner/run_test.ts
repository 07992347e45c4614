import assert from "node:assert/strict";
import { readTrace, summarize } from "../trace/mod.ts";
import { failureIn, outcomes, PLAIN_TARGET, Project } from "./_fixture.ts";
import type { RunOptions } from "./options.ts";

const ROLES = { board: { sim: "sim.ts" } };

Deno.test("a run tells reporters, and leaves traces, a JUnit report and a history", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("first", { uses: { board: need("board") } }, async ({ board }) => {
      await step("outer", () => step("inner", () => console.log("hello", board)));
      measure("size", 3, { unit: "B" });
    });`,
    "sim.ts": PLAIN_TARGET,
  }, async (project) => {
    const run = await project.run();
    const [result] = run.results;
    assert.equal(run.exitCode, 0, JSON.stringify(result));
    assert.deepEqual(project.recorder.lines, [
      "begin 1",
      "start first 1",
      "step first: outer",
      "step first: outer › inner",
      "result first passed",
      "end 0",
    ]);
    assert.equal(result!.id, "a.scenario.ts#first [board=sim]");
    assert.deepEqual(result!.targets, { board: "sim" });
    assert.deepEqual(result!.versions, { board: { firmware: "1.2" } });
    assert.equal(
      result!.reproduce,
      "deno task hil a.scenario.ts --grep '^first$' --bench bench.yaml --use board=sim --seed 7",
    );
    const [attempt] = result!.attempts;
    assert.match(attempt!.output, /^hello \{ target: "sim", seed: 7, options: \{\} \}$/);
    assert.deepEqual(attempt!.measurements.map(({ name, value }) => [name, value]), [["size", 3]]);
    assert.equal(attempt!.trace, `reports/runs/${run.id}/a-first-sim/trace.jsonl`);
    const trace = await summarize(`${project.root}/${attempt!.trace}`);
    assert.equal(trace.outcome, "passed");
    assert.deepEqual(trace.header.targets, { board: { target: "sim", firmware: "1.2" } });
    assert.deepEqual([trace.header.file, trace.header.line], ["a.scenario.ts", 2]);
    assert.match(Deno.readTextFileSync(`${project.root}/reports/junit.xml`), /name="first"/);
    assert.ok(Deno.statSync(`${project.root}/reports/history.sqlite`).size > 0);
  }, ROLES);
});

Deno.test("what a process prints, and its children, is in the trace and not on the terminal", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("prints", { uses: {} }, async () => {
      await Deno.stdout.write(new TextEncoder().encode("by hand\\n"));
      await new Deno.Command("sh", { args: ["-c", "echo by a child >&2"], stderr: "inherit" }).spawn().status;
      console.warn("by console");
    });
    scenario("is silent", { uses: {} }, () => {});
    scenario("prints at its end", { uses: {} }, () => {
      Deno.stderr.writeSync(new TextEncoder().encode("the last thing\\n"));
    });
    scenario("is silent too", { uses: {} }, () => {});`,
  }, async (project) => {
    const run = await project.run();
    const { trace, output } = run.results[0]!.attempts[0]!;
    for (const text of ["by hand", "by a child", "warn: by console"]) {
      assert.ok(output.includes(text), output);
    }
    const logs: string[] = [];
    for await (const event of await readTrace(`${project.root}/${trace}`)) {
      if (event.type === "log") logs.push(event.text);
    }
    assert.deepEqual(logs.sort(), ["by a child", "by console", "by hand"]);
    const outputs = run.results.map(({ attempts }) => attempts[0]!.output);
    assert.deepEqual(outputs.slice(1), ["", "the last thing", ""]);
  });
});

Deno.test("a failure has its place, its steps, its blame and what the targets say", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("expects", { uses: { board: need("board") } }, async () => {
      await step("outer", () => step("inner", () => { expect(1 + 1, "the sum").toBe(3); }));
    });
    scenario("measures", { uses: {} }, () => measure("size", 9, { unit: "B", within: { max: 3 } }));
    scenario("errs", { uses: {} }, () => { (undefined as unknown as string).length; });
    scenario("throws a word", { uses: {} }, () => { throw "word"; });`,
    "sim.ts": `export default defineTarget({
      title: "one that talks", offers: [], availability: () => ({ ok: true }),
      start({ timeline }) {
        timeline.diagnose("the board", () => "all LEDs are off");
        return Promise.resolve({});
      },
    });`,
  }, async (project) => {
    const run = await project.run();
    assert.equal(run.exitCode, 1);
    const expects = failureIn(run, "expects");
    assert.equal(
      expects.message,
      "the sum is 2; it ought to be 3\nthe board:\n  all LEDs are off",
    );
    assert.equal(expects.blame, "product");
    assert.deepEqual(expects.running, ["outer", "inner"]);
    assert.deepEqual([expects.file, expects.line], ["a.scenario.ts", 3]);
    assert.equal(failureIn(run, "measures").message, "size is 9 B, outside at most 3 B");
    assert.equal(failureIn(run, "measures").file, "a.scenario.ts");
    assert.deepEqual([failureIn(run, "errs").name, failureIn(run, "errs").blame], [
      "TypeError",
      "scenario",
    ]);
    assert.match(failureIn(run, "throws a word").message, /threw "word", which is no Error/);
  }, ROLES);
});

Deno.test("a target that fails its scenario ends it at once", async () => {
  await Project.with({
    "a.scenario.ts":
      `scenario("waits", { uses: { board: need("board") } }, () => new Promise(() => {
      setInterval(() => {}, 1000);
    }));`,
    "sim.ts": `export default defineTarget({
      title: "one that dies", offers: [], availability: () => ({ ok: true }),
      start({ timeline }) {
        setTimeout(() => timeline.fail(new Error("the board went up in smoke")), 5);
        return Promise.resolve({});
      },
    });`,
  }, async (project) => {
    const run = await project.run();
    assert.equal(failureIn(run, "waits").message, "the board went up in smoke");
  }, ROLES);
});

const UNDO = `export default defineTarget({
  title: "one that cleans up", offers: [], availability: () => ({ ok: true }),
  async start({ defer, options, tempDir }) {
    defer("first", () => console.log("undone first"));
    defer("second", async () => { await options.undo?.(); console.log("undone second"); });
    defer("third", () => console.log("undone third"));
    Deno.writeTextFileSync(tempDir + "/left", "");
    if (options.stuck) defer("fourth", () => { throw new Error("stuck itself"); });
    if (options.broken) throw new Error("it does not start");
    return tempDir;
  },
});`;

Deno.test("the clean-up runs in reverse, all of it, whatever fails or hangs", async () => {
  const use = (options: string) => `{ uses: { board: need("board", { options: ${options} }) } }`;
  await Project.with({
    "a.scenario.ts": `
    scenario("good", ${use("{}")}, () => {});
    scenario("body fails", ${use("{}")}, () => { throw new Error("no"); });
    scenario("set-up fails", ${use("{ broken: true }")}, () => {});
    scenario("clean-up fails", ${use(`{ undo() { throw new Error("stuck"); } }`)}, () => {});
    scenario("clean-up of a target fails", ${use("{ stuck: true }")}, () => {});
    scenario("clean-up hangs", ${use("{ undo: () => new Promise(() => {}) }")}, () => {});
    scenario("both fail", ${use(`{ undo() { throw new Error("stuck"); } }`)}, () => {
      expect(1, "one").toBe(2);
    });
    scenario("clean-up spins", ${use("{ undo() { while (true); } }")}, () => {});`,
    "sim.ts": UNDO,
  }, async (project) => {
    const run = await project.run();
    const output = (name: string) =>
      run.results.find((result) => result.name === name)!.attempts[0]!.output;
    const all = "undone third\nundone second\nundone first";
    for (const name of ["good", "body fails", "set-up fails"]) {
      assert.equal(output(name), all, name);
    }
    const without = "undone third\nundone first";
    for (const name of ["clean-up fails", "clean-up hangs", "both fail"]) {
      assert.equal(output(name), without, name);
    }
    assert.equal(run.results[0]!.outcome, "passed");
    assert.equal(failureIn(run, "set-up fails").blame, "bench");
    assert.equal(failureIn(run, "clean-up fails").message, "stuck");
    assert.equal(failureIn(run, "clean-up fails").blame, "scenario", "whose function it is");
    assert.equal(failureIn(run, "clean-up of a target fails").message, "stuck itself");
    assert.equal(failureIn(run, "clean-up of a target fails").blame, "harness");
    const hangs = failureIn(run, "clean-up hangs");
    assert.equal(hangs.message, 'The clean-up "second" did not end within 300 ms');
    assert.equal(hangs.blame, "harness");
    const both = failureIn(run, "both fail");
    assert.equal(both.message, "one is 1; it ought to be 2\nalso: stuck");
    assert.equal(both.blame, "product");
    const spins = failureIn(run, "clean-up spins");
    assert.match(spins.message, /^The clean-up "second" of the scenario "clean-up spins" did not/);
    assert.equal(spins.blame, "harness");
    assert.match(output("clean-up spins"), /undone third/);
  }, ROLES);
});

Deno.test("a retry that passes is flaky, is no success, and keeps the traces of all", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("sometimes", { uses: {} }, () => {
      const path = "ROOT/count";
      Deno.writeTextFileSync(path, "x", { append: true });
      expect(Deno.readTextFileSync(path), "the count").toBe("xx");
    });
    scenario("never", { uses: {} }, () => { throw new Error("no"); });`,
  }, async (project) => {
    const path = `${project.root}/a.scenario.ts`;
    Deno.writeTextFileSync(path, Deno.readTextFileSync(path).replace("ROOT", project.root));
    const run = await project.run({ retries: 2 });
    assert.deepEqual(outcomes(run), { sometimes: "flaky", never: "failed" });
    assert.deepEqual(run.results.map(({ attempts }) => attempts.length), [2, 3]);
    const traces = run.results.flatMap(({ attempts }) => attempts.map(({ trace }) => trace));
    assert.equal(new Set(traces).size, 5);
    const pids = new Set<unknown>();
    for (const trace of traces) {
      const { header } = await readTrace(`${project.root}/${trace}`);
      pids.add(header.environment.pid);
    }
    assert.equal(pids.size, 4, "each attempt after a failure is in a worker of its own");
    assert.equal(run.exitCode, 1);
    assert.deepEqual(project.recorder.of("start").slice(0, 2), ["sometimes 1", "sometimes 2"]);
    Deno.removeSync(`${project.root}/count`);
    const flakyOnly = await project.run({ retries: 1, grep: /sometimes/ });
    assert.equal(flakyOnly.exitCode, 1);
  });
});

Deno.test("a scenario that names its seed has that, unless one is given", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("own", { uses: {}, seed: 5 }, () => {});
    scenario("any", { uses: {} }, () => {});`,
    "b.scenario.ts": `scenario("none", { uses: {}, seed: -1 }, () => {});`,
  }, async (project) => {
    const seeds = async (options: Partial<RunOptions>) => {
      const { results } = await project.run({ seed: 7, files: ["a.scenario.ts"], ...options });
      return results.map(({ seed }) => seed);
    };
    assert.deepEqual(await seeds({ seedIsDrawn: true }), [5, 7]);
    assert.deepEqual(await seeds({ seedIsDrawn: true, repeat: 2 }), [5, 6, 7, 8]);
    assert.deepEqual(await seeds({}), [7, 7]);
    const { results: [broken] } = await project.run({ files: ["b.scenario.ts"] });
    assert.match(broken!.attempts[0]!.failure!.message, /its seed -1 is no whole number from 0 on/);
  });
});

Deno.test("repeats have seeds of their own, and a reproduce command that gives them again", async () => {
  await Project.with({
    "a.scenario.ts":
      `scenario("seeded (really)", { uses: { board: need("board") } }, ({ board }) => {
      console.log((board as { seed: number }).seed);
    });`,
    "sim.ts": PLAIN_TARGET,
  }, async (project) => {
    const run = await project.run({ repeat: 3, seed: 40 });
    const seen = run.results.map(({ repeat, seed, attempts }) => [
      repeat,
      seed,
      attempts[0]!.output,
    ]);
    assert.deepEqual(seen, [[1, 40, "40"], [2, 41, "41"], [3, 42, "42"]]);
    const last = run.results[2]!.reproduce;
    assert.match(last, /--grep '\^seeded \\\(really\\\)\$' .*--use board=sim --seed 42$/);
    const again = await project.run({ seed: 42, grep: /^seeded \(really\)$/ });
    assert.equal(again.results[0]!.attempts[0]!.output, "42");
  }, ROLES);
});

Deno.test("a role runs on each target that is chosen, and options of a need go over the bench's", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("on each", {
      uses: { board: need("board", { options: { b: 3 } }) },
    }, ({ board }) => console.log(JSON.stringify(board)));`,
    "sim.ts": PLAIN_TARGET,
  }, async (project) => {
    const run = await project.run({ use: new Map([["board", ["one", "two"]]]) });
    assert.deepEqual(run.results.map(({ attempts }) => JSON.parse(attempts[0]!.output)), [
      { target: "one", seed: 7, options: { a: 1, b: 3 } },
      { target: "two", seed: 7, options: { b: 3 } },
    ]);
    assert.equal(new Set(run.results.map(({ id }) => id)).size, 2);
  }, { board: { one: `sim.ts?{"a":1,"b":2}`, two: "sim.ts" } });
});

Deno.test("fail-fast begins nothing after a failure", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("good", { uses: {} }, () => {});
    scenario("bad", { uses: {} }, () => { throw new Error("no"); });
    scenario("late", { uses: {} }, () => {});`,
  }, async (project) => {
    const run = await project.run({ failFast: true });
    assert.deepEqual(outcomes(run), { good: "passed", bad: "failed", late: "skipped" });
    assert.equal(run.results[2]!.skip!.reason, '"bad" failed before (--fail-fast)');
    assert.equal(project.recorder.of("start").length, 2);
  });
});

Deno.test("last-failed runs what did not pass, and all of a file that did not load", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("good", { uses: {} }, () => {});
    scenario("bad", { uses: {} }, () => { throw new Error("no"); });`,
    "b.scenario.ts": `throw new Error("no file today");`,
  }, async (project) => {
    await project.run();
    project.write({ "b.scenario.ts": `scenario("in b", { uses: {} }, () => {});` });
    const run = await project.run({ lastFailed: true });
    assert.deepEqual(outcomes(run), { bad: "failed", "in b": "passed" });
    const again = await project.run({ lastFailed: true });
    assert.deepEqual(Object.keys(outcomes(again)).sort(), ["bad"]);
  });
});

Deno.test("a report that cannot be written is a problem and no success", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("good", { uses: {} }, () => {});`,
    "file": "",
  }, async (project) => {
    const run = await project.run({ junit: `${project.root}/file/junit.xml` });
    assert.equal(run.exitCode, 1);
    assert.match(run.problems.join(), /Cannot write the JUnit report/);
    assert.deepEqual(outcomes(run), { good: "passed" });
  });
});

Deno.test("a trace that cannot be written fails its scenario, not the run", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("untold", { uses: {} }, () => {});
    scenario("untold too", { uses: {} }, () => {});`,
    "reports/runs": "a file where a folder ought to be",
  }, async (project) => {
    const run = await project.run();
    assert.deepEqual(outcomes(run), { untold: "failed", "untold too": "failed" });
    const { name, blame, message } = failureIn(run, "untold");
    assert.deepEqual([name, blame], ["TraceWriteError", "bench"]);
    assert.match(message, /^Cannot write the trace ".*trace.jsonl": /);
    assert.match(Deno.readTextFileSync(`${project.root}/reports/junit.xml`), /Cannot write the/);
  });
});

Deno.test({
  name: "a disk that fills up while a scenario runs fails that one with the disk's words",
  ignore: Deno.uid() !== 0,
  async fn() {
    await Project.with({
      "a.scenario.ts": `scenario("talks much", { uses: {} }, async () => {
        for (let i = 0; i < 1000; i++) console.log("x".repeat(10_000));
        await new Promise((resolve) => setTimeout(resolve, 5000));
      });
      scenario("talks little", { uses: {} }, () => console.log("hello"));`,
      "reports/.keep": "",
    }, async (project) => {
      const reports = `${project.root}/reports`;
      const mount = (...args: string[]) =>
        new Deno.Command(args[0]!, { args: args.slice(1) }).outputSync();
      const { success } = mount("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", reports);
      if (!success) return; // A container that may not mount.
      try {
        const run = await project.run({ junit: `${project.root}/junit.xml` });
        const { blame, message } = failureIn(run, "talks much");
        assert.equal(blame, "bench", message);
        assert.match(message, /no space is left on the device/);
        assert.equal(run.results[1]!.attempts[0]!.failure?.name, "TraceWriteError");
        assert.equal(run.exitCode, 1);
      } finally {
        mount("umount", reports);
      }
    });
  },
});
