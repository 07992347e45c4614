import { deepEqual, equal } from "node:assert/strict";
import { EVERY_KIND, failed, result, run } from "./_samples.ts";
import { JSON_EVENTS, JsonReporter, QuietReporter, type Reporter } from "./mod.ts";

async function lines(make: (write: (line: string) => void) => Reporter) {
  const said: string[] = [];
  const reporter = make((line) => said.push(line));
  reporter.onBegin({ id: "r1", bench: "desk", seed: 7, jobs: 2, scenarios: EVERY_KIND });
  for (const one of EVERY_KIND) {
    reporter.onStart(one, 1, "");
    reporter.onStep(one, "boot › wait");
    reporter.onProgress("building");
    reporter.onProgress("");
    reporter.onResult(one);
  }
  await reporter.onEnd(run(EVERY_KIND, { problems: ["a <problem>\n\x1b[31m"], exitCode: 1 }));
  return said;
}

Deno.test("quiet says a line for each scenario that did not pass, and one at the end", async () => {
  deepEqual(await lines((write) => new QuietReporter(write)), [
    "scenarios/diskcache/cache.scenario.ts:37: error: reads & writes <in order> [diskcache=qemu]: " +
    'sector 12 holds "old"',
    "scenarios/diskcache/cache.scenario.ts:50: warning: the cache warms up [diskcache=qemu]: too slow",
    "scenarios/bbb/led.scenario.ts:12: error: a press toggles the LED [board=sim, tftp=local]: " +
    "the scenario was interrupted before it had an outcome",
    "scenarios/sip/broken.scenario.ts:1: error: (file): Unexpected token at 3:7",
    "hil: warning: a <problem>",
    "1 passed, 2 failed, 1 skipped, 1 flaky, 1 interrupted in 1.23 s (seed 7)",
  ]);
});

Deno.test("what a target said cannot make a line of its own in quiet output", () => {
  const said: string[] = [];
  const message = "\x1b[2Jno\nx.ts:1: error: forged\r\nmore";
  const bad = failed(message, { outcome: "failed" });
  new QuietReporter((line) => said.push(line))
    .onResult(result({ name: "a\nb", outcome: "failed", attempts: [bad] }));
  equal(said.length, 1);
  equal(said[0]!.includes("\n") || said[0]!.includes("\x1b") || said[0]!.includes("forged"), false);
});

Deno.test("events are one JSON object a line, from the plan to the end", async () => {
  const said = await lines((write) => new JsonReporter(write, { junit: "reports/junit.xml" }));
  const events = said.map((line) => JSON.parse(line));
  const each = ["start", "step", "progress", "result"];
  deepEqual(
    events.map(({ event }) => event),
    ["begin", ...EVERY_KIND.flatMap(() => each), "end"],
  );
  const [begin, start, step, progress, outcome] = events;
  deepEqual([begin.version, begin.seed, begin.scenarios.length], [JSON_EVENTS, 7, 6]);
  deepEqual(start, { event: "start", scenario: EVERY_KIND[0]!.id, attempt: 1 });
  deepEqual(step, { event: "step", scenario: EVERY_KIND[0]!.id, name: "boot › wait" });
  deepEqual(progress, { event: "progress", text: "building" });
  deepEqual(outcome, { event: "result", ...JSON.parse(JSON.stringify(EVERY_KIND[0])) });
  deepEqual(events.at(-1), {
    event: "end",
    exitCode: 1,
    durationNs: 1_234_567_890,
    counts: { passed: 1, failed: 2, skipped: 1, flaky: 1, interrupted: 1 },
    problems: ["a <problem>\n\x1b[31m"],
    interrupted: false,
    reports: { junit: "reports/junit.xml" },
  });
});
