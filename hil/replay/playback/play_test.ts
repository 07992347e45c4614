import { deepEqual, equal, match, rejects } from "node:assert/strict";
import type { RunResult } from "../../report/mod.ts";
import { failureIn, Project } from "../../runner/_fixture.ts";
import { readTrace } from "../../trace/mod.ts";
import { diffTraces } from "../diff/diff.ts";
import { PlaybackError, playTrace } from "./mod.ts";

const ROLES = { pump: { real: "pump.ts" } };
/** What can be had once: the recording has to stand in for it. */
const PUMP = `let started = 0;
export default defineTarget({
  title: "a pump", offers: [],
  availability: () => ({ ok: true, versions: { firmware: "1.2" } }),
  start: ({ timeline, attachmentsDir }) => {
    const { clock } = timeline;
    const flow = timeline.signal("flow", { clock });
    return Promise.resolve({
      clock, flow,
      run: async (rate) => {
        await null;
        flow.emit("starts", { rate });
        timeline.record({ type: "log", level: "warn", text: "it is old" });
        Deno.writeTextFileSync(attachmentsDir + "/flow.txt", "" + rate);
        timeline.record({ type: "attachment", path: "flow.txt", title: "the flow" });
        return { rate, serial: ++started };
      },
      check: (rate) => { if (rate > 9) throw new RangeError("too fast"); return rate; },
    });
  },
});`;
const GONE = `export default defineTarget({
  title: "a pump", offers: [],
  availability: () => ({ ok: false, reason: "it is in the lab", remedy: "go there" }),
  start: () => { throw new Error("nobody is to start it"); },
});`;
const scenario = (rate: number, expected: number) =>
  `scenario("the pump runs", { uses: { pump: need("pump") } }, async ({ pump }) => {
  await step("run", async () => {
    const { serial } = await pump.run(${rate});
    await expect(pump.flow).toHappen({ kind: "starts", within: ms(50) });
    try { pump.check(10); } catch (error) { expect(error instanceof RangeError, "refused").toBe(true); }
    expect(serial, "its number").toBe(${expected});
  });
});`;

async function recorded(
  first: string,
  body: (play: (text?: string) => Promise<RunResult>, trace: string) => Promise<void>,
): Promise<void> {
  await Project.with({ "pump.ts": PUMP, "pump.scenario.ts": first }, async (project) => {
    const { results } = await project.run();
    const trace = `${project.root}/${results[0]!.attempts[0]!.trace}`;
    project.write({ "pump.ts": GONE });
    const { root } = project;
    await body((text) => {
      if (text !== undefined) project.write({ "pump.scenario.ts": text });
      const reports = `${root}/reports/replays`;
      return playTrace({
        trace,
        root,
        reports,
        argv: ["replay", "it"],
        reporters: [project.recorder],
      });
    }, trace);
  }, ROLES);
}

Deno.test("a recording stands in for a target that is not there, and leaves the same trace", async () => {
  await recorded(scenario(3, 1), async (play, trace) => {
    const { results: [result], exitCode } = await play();
    deepEqual([exitCode, result!.outcome, result!.targets], [0, "passed", { pump: "real" }]);
    const played = `${trace.slice(0, trace.indexOf("/reports/"))}/${result!.attempts[0]!.trace}`;
    const { same } = await diffTraces(trace, played);
    equal(same, true);
    equal((await readTrace(played)).header.targets.pump!.firmware, "1.2");
    equal(await Deno.readTextFile(played.replace("trace.jsonl", "flow.txt")), "3");
  });
});

Deno.test("what the scenario does otherwise is its failure, with its line and both sides", async () => {
  await recorded(scenario(3, 1), async (play) => {
    const result = await play(scenario(4, 1));
    const failure = failureIn(result, "the pump runs");
    equal(result.exitCode, 1);
    deepEqual([failure.name, failure.blame], ["PlaybackDivergence", "scenario"]);
    deepEqual([failure.file, failure.line], ["pump.scenario.ts", 4]);
    match(failure.message, /recorded: pump\.run\(3\) at .*\n {2}now: {6}pump\.run\(4\)/);
  });
});

Deno.test("a failure comes again, with its blame; an expectation that is put right holds", async () => {
  await recorded(scenario(3, 2), async (play) => {
    const again = failureIn(await play(), "the pump runs");
    deepEqual([again.name, again.blame, again.line], ["ExpectationError", "product", 7]);
    equal((await play(scenario(3, 1))).exitCode, 0);
  });
});

Deno.test("a scenario that is not there is told before anything runs", async () => {
  await recorded(scenario(3, 1), async (play) => {
    const other = scenario(3, 1).replace("the pump runs", "a");
    equal((await play(other)).exitCode, 0); // The only one of its file.
    const two = other + scenario(3, 1).replace("the pump runs", "b");
    await rejects(play(two), (error: Error) => {
      equal(error instanceof PlaybackError, true);
      match(
        error.message,
        /into "the pump runs": pump\.scenario\.ts has .*; choose among "a", "b"/,
      );
      return true;
    });
  });
});

/** It asks the pump for what never comes. */
const STUCK =
  `scenario("the pump runs", { uses: { pump: need("pump") }, timeout: ms(1000) }, async ({ pump }) => {
  await step("wait", async () => {
    await expect(pump.flow).toHappen({ kind: "stops", within: ms(60_000) });
  });
});`;

Deno.test("a scenario that did not end in its time fails so again, at once", async () => {
  await recorded(STUCK, async (play) => {
    const failure = failureIn(await play(), "the pump runs");
    deepEqual([failure.name, failure.blame], ["TimeLimitError", "product"]);
    match(
      failure.message,
      /^The scenario "the pump runs" did not end within 1 s; running: wait/,
    );
  });
});

Deno.test("a recording that was cut off plays to where it was, and says so", async () => {
  await recorded(scenario(3, 1), async (play, trace) => {
    const lines = Deno.readTextFileSync(trace).split("\n");
    const call = lines.findIndex((line) => line.includes('"method":"run"'));
    Deno.writeTextFileSync(trace, lines.slice(0, call + 1).join("\n") + '\n{"seq":');
    const failure = failureIn(await play(), "the pump runs");
    equal(failure.name, "PlaybackEnded");
    match(
      failure.message,
      /cut off at .*: its run was killed there, and the scenario waits for pump\.run/,
    );
    deepEqual([failure.file, failure.line], ["pump.scenario.ts", 4]);
  });
});

Deno.test("of a damaged recording what can be read is played, and the damage told", async () => {
  await recorded(scenario(3, 1), async (play, trace) => {
    const lines = Deno.readTextFileSync(trace).split("\n");
    const held = lines.findIndex((line) => line.includes('"expect"'));
    lines[held] = lines[held]!.slice(0, 20);
    Deno.writeTextFileSync(trace, lines.join("\n"));
    const { results: [result] } = await play();
    equal(result!.outcome, "passed");
    match(result!.attempts[0]!.output, /warn: the recording is damaged: line \d+ is damaged/);
  });
});

Deno.test("a recording that no memory would hold is refused", async () => {
  await recorded(scenario(3, 1), async (play, trace) => {
    using file = Deno.openSync(trace, { write: true });
    file.truncateSync(10e9); // It takes no room: nothing is written there.
    await rejects(play(), /has 10\.0 GB, and playback holds all of it/);
  });
});
