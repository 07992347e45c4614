import assert from "node:assert/strict";
import { ms, seconds } from "../time/mod.ts";
import { summarize } from "../trace/mod.ts";
import { failureIn, outcomes, Project } from "./_fixture.ts";
import { marked } from "./reap.ts";

const NEXT = `scenario("next", { uses: {} }, () => {});`;

/** Runs one scenario with `body`, and another after it. */
async function runOne(
  body: string,
  check: (project: Project, run: Awaited<ReturnType<Project["run"]>>) => void | Promise<void>,
  options = "",
): Promise<void> {
  await Project.with({
    "a.scenario.ts":
      `scenario("bad", { uses: {}, ${options} }, async () => {\n${body}\n});\n${NEXT}`,
  }, async (project) => {
    const run = await project.run();
    assert.deepEqual(outcomes(run), { bad: "failed", next: "passed" });
    assert.equal(run.exitCode, 1);
    await check(project, run);
  });
}

Deno.test("an endless loop is ended, its trace says which step ran, the run goes on", async () => {
  await runOne(
    `await step("outer", () => step("turn", () => { while (true); }));`,
    async (project, run) => {
      const { message, running, blame } = failureIn(run, "bad");
      assert.equal(
        message.split("\n")[0],
        'The scenario "bad" did not end within 200 ms; running: outer › turn',
      );
      assert.match(message, /an endless loop\?/);
      assert.deepEqual([running, blame], [["outer", "turn"], "scenario"]);
      const trace = await summarize(`${project.root}/${run.results[0]!.attempts[0]!.trace}`);
      assert.equal(trace.outcome, "failed");
      assert.equal(trace.cutOff, false);
      assert.equal(trace.failure!.message, message);
    },
    "timeout: ms(200)",
  );
});

Deno.test("a scenario that waits for ever fails with the steps that ran", async () => {
  await runOne(
    `await step("outer", () => step("wait", () => new Promise((r) => setTimeout(r, 9e6))));`,
    (_, run) => {
      const { name, message, running } = failureIn(run, "bad");
      assert.equal(name, "TimeLimitError");
      assert.equal(message, 'The scenario "bad" did not end within 100 ms; running: outer › wait');
      assert.deepEqual(running, ["outer", "wait"]);
    },
    "timeout: ms(100)",
  );
});

Deno.test("a step has a limit of its own", async () => {
  await runOne(
    `await step("outer", { timeout: ms(50) }, () => step("inner", () => new Promise(() => {})));`,
    (_, run) => {
      const { message, running } = failureIn(run, "bad");
      assert.equal(message, 'The step "outer" did not end within 50 ms; running: outer › inner');
      assert.deepEqual(running, ["outer", "inner"]);
    },
  );
});

Deno.test("Deno.exit in a scenario fails that scenario only, with its last words", async () => {
  await runOne(
    `console.log("logged"); Deno.stderr.writeSync(new TextEncoder().encode("last words\\n"));
     await step("leave", () => Deno.exit(0));`,
    (_, run) => {
      const { name, message, running } = failureIn(run, "bad");
      assert.equal(name, "WorkerLost");
      assert.match(
        message,
        /^The scenario "bad" ended early: its process ended itself with code 0; running: leave; look for Deno.exit\n {2}last words$/,
      );
      assert.deepEqual(running, ["leave"]);
      assert.match(run.results[0]!.attempts[0]!.output, /last words\nlogged/);
    },
  );
});

Deno.test("a process that is killed fails its scenario", async () => {
  await runOne(`Deno.kill(Deno.pid, "SIGKILL"); await new Promise(() => {});`, (_, run) => {
    assert.match(failureIn(run, "bad").message, /its process was killed by SIGKILL/);
  });
});

Deno.test("a rejection that nobody handles fails the scenario that ran", async () => {
  await runOne(`Promise.reject(new Error("forgotten"));`, (_, run) => {
    const { message, file, line, blame } = failureIn(run, "bad");
    assert.deepEqual([message, file, line], ["forgotten", "a.scenario.ts", 3]);
    assert.equal(blame, "scenario", "it is the body's, not the clean-up's");
  });
  await runOne(
    `setTimeout(() => { throw new Error("thrown by a timer"); }, 5); await new Promise(() => {});`,
    (_, run) => assert.equal(failureIn(run, "bad").message, "thrown by a timer"),
  );
});

Deno.test("an error that comes late is held against the scenario that runs then", async () => {
  await Project.with({
    "a.scenario.ts": `let next = false;
    scenario("leaves something", { uses: {} }, () => {
      const id = setInterval(() => {
        if (!next) return;
        clearInterval(id);
        throw new Error("too late");
      }, 1);
    });
    scenario("waits", { uses: {} }, () => {
      next = true;
      return new Promise((resolve) => setTimeout(resolve, 9e6));
    });`,
  }, async (project) => {
    const run = await project.run();
    assert.deepEqual(outcomes(run), { "leaves something": "passed", waits: "failed" });
    assert.equal(failureIn(run, "waits").message, "too late");
  });
});

Deno.test("a file that does not load is a failure of its own; the others run", async () => {
  const bad = {
    "syntax.scenario.ts": `\nscenario("x" {`,
    "throws.scenario.ts": `\nthrow new Error("not today");`,
    "exits.scenario.ts": `Deno.exit(3);`,
    "loops.scenario.ts": `while (true);`,
    "waits.scenario.ts": `await new Promise((r) => setTimeout(r, 9e6));`,
    "rejects.scenario.ts": `Promise.reject(new Error("by the way"));`,
    "imports.scenario.ts": `import "./nowhere.ts";`,
  };
  await Project.with({ ...bad, "z.scenario.ts": NEXT }, async (project) => {
    const limits = { load: ms(300), grace: ms(300) };
    const run = await project.run({ jobs: 2, limits });
    const messages = Object.fromEntries(run.results.map(({ file, attempts }) => {
      return [file.split(".")[0]!, attempts[0]?.failure?.message.split("\n")[0]];
    }));
    assert.equal(run.results.find(({ name }) => name === "next")!.outcome, "passed");
    assert.equal(run.results.length, 8);
    assert.equal(run.exitCode, 1);
    assert.match(
      messages.syntax!,
      /^Cannot load the scenario file "syntax.scenario.ts": .*Expected/,
    );
    assert.equal(messages.throws, 'Cannot load the scenario file "throws.scenario.ts": not today');
    assert.match(messages.exits!, /^The file "exits.scenario.ts" did not load: its process ended/);
    assert.match(messages.loops!, /^The file "loops.scenario.ts" did not load within 300 ms; look/);
    assert.match(messages.waits!, /^The file "waits.scenario.ts" did not load within 300 ms; look/);
    assert.match(messages.rejects!, /"rejects.scenario.ts": by the way$/);
    assert.match(messages.imports!, /Module not found.*nowhere.ts/);
    const syntax = run.results.find(({ file }) => file === "syntax.scenario.ts")!;
    assert.equal(syntax.name, "(file)");
    assert.equal(syntax.attempts[0]!.failure!.file, "syntax.scenario.ts");
    assert.equal(syntax.line, 3);
    const junit = Deno.readTextFileSync(`${project.root}/reports/junit.xml`);
    assert.equal(junit.match(/name="\(file\)"/g)!.length, 7);
  });
});

const TARGETS = {
  "throws.ts": `throw new Error("broken module");`,
  "none.ts": `export default 3;`,
  "exits.ts": `Deno.exit(1);`,
  "unsure.ts": `export default defineTarget({
    title: "", offers: [], start: () => Promise.resolve({}),
    availability: () => { throw new Error("cannot tell"); },
  });`,
  "unprepared.ts": `export default defineTarget({
    title: "", offers: [], start: () => Promise.resolve({}), availability: () => ({ ok: true }),
    prepare: (_, progress) => { progress("building"); throw new Error("does not compile"); },
  });`,
  "slow.ts": `export default defineTarget({
    title: "", offers: [], startLimit: ms(30), availability: () => ({ ok: true }),
    start: () => new Promise((resolve) => setTimeout(resolve, 9e6)),
  });`,
};

Deno.test("a target module that is broken fails the scenarios that need it", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("on it", { uses: { board: need("board") } }, () => {}); ${NEXT}`,
    ...TARGETS,
  }, async (project) => {
    const names = Object.keys(TARGETS).map((file) => file.slice(0, -3));
    const run = await project.run({ use: new Map([["board", names]]) });
    const messages = Object.fromEntries(run.results.map(({ targets, attempts }) => {
      return [targets.board, attempts[0]?.failure?.message.split("\n")[0]];
    }));
    assert.match(messages.throws!, /^Cannot load the target "board=throws": .*broken module$/);
    assert.match(messages.none!, /^Cannot use the target "board=none": the default export/);
    assert.match(messages.exits!, /^The target "board=exits" did not say what it is: its process/);
    assert.equal(messages.unsure, "cannot tell");
    assert.equal(messages.unprepared, "does not compile");
    assert.match(messages.slow!, /"start board=slow" did not end within 30 ms/);
    const blames = run.results.flatMap(({ attempts }) => attempts[0]?.failure?.blame ?? []);
    assert.deepEqual(blames, Array(6).fill("bench"));
    assert.equal(run.results.at(-1)!.outcome, "passed");
    assert.deepEqual(project.recorder.of("progress"), ["building"]);
  }, { board: Object.fromEntries(Object.keys(TARGETS).map((file) => [file.slice(0, -3), file])) });
});

Deno.test("nothing that a scenario started outlives its worker, or the run", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("leaves a process", { uses: {} }, async () => {
      const script = "trap '' TERM HUP INT; echo; while :; do sleep 1; done";
      const args = ["sh", "-c", script];
      const child = new Deno.Command("setsid", { args, stdout: "piped" }).spawn();
      await child.stdout.getReader().read();
      throw new Error(Deno.env.get("HIL_WORKER"));
    });
    scenario("looks", { uses: {} }, () => {});`,
  }, async (project) => {
    let found: number[] | undefined;
    project.recorder.onLine = (line) => {
      if (line !== "start looks 1") return;
      found = marked("HIL_WORKER", failureOfFirst!);
    };
    let failureOfFirst: string | undefined;
    project.recorder.onResult = (result) => {
      failureOfFirst ??= result.attempts[0]?.failure?.message;
    };
    await project.run();
    assert.match(failureOfFirst!, /\/w1$/);
    assert.deepEqual(found, [], "before the next one starts");
  });
  await Project.with({
    "a.scenario.ts": `scenario("leaves a process", { uses: {} }, async () => {
      new Deno.Command("setsid", { args: ["sleep", "1000"] }).spawn();
      Deno.writeTextFileSync("MARK", Deno.env.get("HIL_RUN")!);
    });`,
  }, async (project) => {
    const file = `${project.root}/a.scenario.ts`;
    const mark = `${project.root}/mark`;
    Deno.writeTextFileSync(file, Deno.readTextFileSync(file).replace("MARK", mark));
    const run = await project.run();
    assert.equal(run.exitCode, 0);
    const folder = Deno.readTextFileSync(mark);
    assert.deepEqual(marked("HIL_RUN", folder), []);
    assert.throws(() => Deno.statSync(folder), Deno.errors.NotFound);
  });
});

Deno.test("a process that hides from the runner and keeps its streams does not hold it up", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("hides one", { uses: {} }, async () => {
      const args = ["-i", "/bin/sleep", "20"];
      const child = new Deno.Command("setsid", { args: ["env", ...args], stdout: "inherit" }).spawn();
      throw new Error(String(child.pid));
    }); ${NEXT}`,
  }, async (project) => {
    const run = await project.run();
    Deno.kill(Number(failureIn(run, "hides one").message), "SIGKILL");
    assert.equal(outcomes(run).next, "passed");
  });
});

Deno.test("the time of a run ends what runs, names it, and begins nothing more", async () => {
  await Project.with({
    "a.scenario.ts": `scenario("long", { uses: {} }, async () => {
      await step("sleep", () => new Promise((resolve) => setTimeout(resolve, 9e6)));
    }); ${NEXT}`,
  }, async (project) => {
    const run = await project.run({ timeout: seconds(0.4) });
    assert.deepEqual(outcomes(run), { long: "failed", next: "skipped" });
    assert.equal(
      failureIn(run, "long").message,
      'The run "a command" did not end within 400 ms; running: sleep',
    );
    assert.equal(run.exitCode, 1);
  });
});
