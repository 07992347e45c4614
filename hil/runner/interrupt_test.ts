import assert from "node:assert/strict";
import { ms, timer } from "../time/mod.ts";
import { summarize } from "../trace/mod.ts";
import { Project } from "./_fixture.ts";
import { marked } from "./reap.ts";

/** Its child ignores what can be ignored, in a session of its own. */
const STUBBORN = `export default defineTarget({
  title: "a process", offers: [], availability: () => ({ ok: true }),
  async start({ defer, processEnv, tempDir }) {
    defer("say so", () => Deno.writeTextFileSync("ROOT/undone", ""));
    const script = "trap '' TERM HUP INT; echo; while :; do sleep 1; done";
    const child = new Deno.Command("setsid", {
      args: ["sh", "-c", script], clearEnv: true, stdout: "piped",
      env: { PATH: Deno.env.get("PATH")!, ...processEnv },
    }).spawn();
    await child.stdout.getReader().read();
    Deno.writeTextFileSync("ROOT/mark", processEnv.HIL_RUN!);
    Deno.writeTextFileSync(tempDir + "/left", "");
    return {};
  },
});`;

const WAITS = `scenario("waits", { uses: { board: need("board") } }, async () => {
  await step("for ever", () => new Promise((resolve) => setTimeout(resolve, 9e6)));
});
scenario("never begins", { uses: {} }, () => {});`;

const LOOPS = WAITS.replace(
  "new Promise((resolve) => setTimeout(resolve, 9e6))",
  "{ while (true); }",
);

async function withRunning(
  files: Record<string, string>,
  body: (project: Project, child: ReturnType<Project["spawn"]>) => Promise<void>,
): Promise<void> {
  await Project.with({}, async (project) => {
    const placed = Object.entries(files).map(([path, text]) => {
      return [path, text.replaceAll("ROOT", project.root)];
    });
    project.write(Object.fromEntries(placed));
    const child = project.spawn();
    await child.line("step waits: for ever");
    await body(project, child);
  }, { board: { sim: "sim.ts" } });
}

/** So that no run of another process clears up after one that is killed here. */
function ownTemporaryFolder(): Disposable {
  const before = Deno.env.get("TMPDIR");
  const path = Deno.makeTempDirSync({ prefix: "hil-t-" });
  Deno.env.set("TMPDIR", path);
  return {
    [Symbol.dispose]() {
      before === undefined ? Deno.env.delete("TMPDIR") : Deno.env.set("TMPDIR", before);
      Deno.removeSync(path, { recursive: true });
    },
  };
}

/** The temporary folder of the run, which is the mark of its processes. */
function markOf(project: Project): string {
  return Deno.readTextFileSync(`${project.root}/mark`);
}

function assertNothingLeft(mark: string): void {
  assert.deepEqual(marked("HIL_RUN", mark), []);
  assert.throws(() => Deno.statSync(mark), Deno.errors.NotFound);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} ends a run in order: clean-up, reports, exit code 130`, async () => {
    await withRunning({ "a.scenario.ts": WAITS, "sim.ts": STUBBORN }, async (project, child) => {
      const mark = markOf(project);
      signal === "SIGINT" ? child.interrupt() : child.kill(signal);
      assert.equal((await child.status).code, 130);
      assert.ok(Deno.statSync(`${project.root}/undone`));
      assert.deepEqual(child.lines.slice(-3), [
        "result waits interrupted",
        "result never begins skipped",
        "end 130",
      ]);
      const junit = Deno.readTextFileSync(`${project.root}/reports/junit.xml`);
      assert.match(junit, /the run was interrupted/);
      assertNothingLeft(mark);
    });
  });
}

Deno.test("one Ctrl-C that arrives twice, as through deno task, ends a run in order", async () => {
  await withRunning({ "a.scenario.ts": WAITS, "sim.ts": STUBBORN }, async (project, child) => {
    child.interrupt();
    // Another signal, since one that has not been heard yet is not kept twice.
    child.kill("SIGHUP");
    assert.equal((await child.status).code, 130);
    assert.ok(Deno.statSync(`${project.root}/undone`));
    assert.equal(child.lines.at(-1), "end 130");
  });
});

Deno.test("an interrupt ends a scenario in an endless loop too", async () => {
  await withRunning({ "a.scenario.ts": LOOPS, "sim.ts": STUBBORN }, async (project, child) => {
    const mark = markOf(project);
    child.interrupt();
    assert.equal((await child.status).code, 130);
    assert.ok(child.lines.includes("result waits interrupted"), child.lines.join("\n"));
    assertNothingLeft(mark);
  });
});

Deno.test("an interrupt ends the preparations, and nothing begins", async () => {
  await Project.with({
    "a.scenario.ts": WAITS,
    "sim.ts": `export default defineTarget({
      title: "", offers: [], start: () => Promise.resolve({}), availability: () => ({ ok: true }),
      prepare: (_, progress) => {
        progress("building");
        return new Promise((resolve) => setTimeout(resolve, 9e6));
      },
    });`,
  }, async (project) => {
    const child = project.spawn();
    await child.line("progress building");
    child.interrupt();
    assert.equal((await child.status).code, 130);
    assert.deepEqual(child.lines.slice(1), [
      "progress building",
      "result waits skipped",
      "result never begins skipped",
      "end 130",
    ]);
  }, { board: { sim: "sim.ts" } });
});

Deno.test("an interrupt ends the loading of a file", async () => {
  await Project.with({
    "a.scenario.ts": `console.log("loading"); while (true);`,
  }, async (project) => {
    const child = project.spawn();
    await child.line("progress loading");
    child.interrupt();
    assert.equal((await child.status).code, 130);
    assert.deepEqual(child.lines, ["progress loading", "begin 0", "end 130"]);
  });
});

Deno.test("a second interrupt ends everything at once", async () => {
  const hanging = STUBBORN.replace(
    `Deno.writeTextFileSync("ROOT/undone", "")`,
    `{ console.log("cleaning"); while (true); }`,
  );
  const files = { "a.scenario.ts": WAITS, "sim.ts": hanging };
  await withRunning(files, async (project, child) => {
    const mark = markOf(project);
    child.interrupt();
    // The first one has been heard: the clean-up has begun.
    const folder = `${project.root}/reports/runs`;
    const run = [...Deno.readDirSync(folder)][0]!.name;
    const trace = `${folder}/${run}/a-waits-sim/trace.jsonl`;
    await until(() => Deno.readTextFileSync(trace).includes("cleaning"));
    let ended = false;
    const status = child.status.finally(() => ended = true);
    // What comes soon after the first one is the same.
    await until(() => {
      try {
        if (!ended) child.interrupt();
      } catch (error) {
        // It is gone, and its last words are still read.
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      return ended;
    });
    assert.equal((await status).code, 130);
    assert.ok(!child.lines.includes("end 130"));
    assertNothingLeft(mark);
  });
});

Deno.test("after SIGKILL the trace can be read, and the next run clears up", async () => {
  for (const scenario of [WAITS, LOOPS]) {
    using _ = ownTemporaryFolder();
    await withRunning({ "a.scenario.ts": scenario, "sim.ts": STUBBORN }, async (project, child) => {
      const mark = markOf(project);
      child.kill("SIGKILL");
      await child.status;
      assert.ok(Deno.statSync(mark).isDirectory);
      project.write({ "a.scenario.ts": `scenario("quick", { uses: {} }, () => {});` });
      const next = await project.run();
      assert.equal(next.exitCode, 0);
      assert.match(project.recorder.lines[0]!, /^progress cleared up after 1 killed run/);
      assertNothingLeft(mark);
      const folder = `${project.root}/reports/runs`;
      const killed = [...Deno.readDirSync(folder)].map(({ name }) => name).sort()[0]!;
      const trace = await summarize(`${folder}/${killed}/a-waits-sim/trace.jsonl`);
      assert.deepEqual([trace.outcome, trace.cutOff, trace.running], [
        "interrupted",
        true,
        ["for ever"],
      ]);
    });
  }
});

Deno.test("a worker ends itself, and what it started, when the runner was killed", async () => {
  using _ = ownTemporaryFolder();
  await withRunning({ "a.scenario.ts": WAITS, "sim.ts": STUBBORN }, async (project, child) => {
    const mark = markOf(project);
    assert.ok(marked("HIL_RUN", mark).length >= 2);
    child.kill("SIGKILL");
    await child.status;
    await until(() => marked("HIL_RUN", mark).length === 0);
  });
});

Deno.test("a run does not clear up after one that lives", async () => {
  await withRunning({ "a.scenario.ts": WAITS, "sim.ts": STUBBORN }, async (project, child) => {
    const mark = markOf(project);
    project.write({ "b/b.scenario.ts": `scenario("quick", { uses: {} }, () => {});` });
    await project.run({ files: ["b"] });
    assert.ok(Deno.statSync(mark).isDirectory);
    assert.ok(marked("HIL_RUN", mark).length >= 2);
    child.interrupt();
    assert.equal((await child.status).code, 130);
  });
});

async function until(holds: () => boolean): Promise<void> {
  for (let left = 500; left > 0; left--) {
    if (holds()) return;
    await new Promise<void>((resolve) => timer(ms(10), resolve));
  }
  assert.fail("it did not come about in 5 s");
}
