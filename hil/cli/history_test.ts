import { deepEqual, equal, match, ok } from "node:assert/strict";
import { madeHistory } from "../report/_made_history.ts";
import { hil, type TestFolder, testFolder } from "./_testing.ts";

const QUARANTINE = `
flakes: { budget: 1 %, of: 100 }
quarantine:
  - scenario: a call is parked
    owner: anna
    reason: the answer is lost
    issue: 12
    expires: 2026-09-03
`;

async function withHistory(
  body: (ask: (...args: string[]) => ReturnType<typeof hil>, folder: TestFolder) => Promise<void>,
): Promise<void> {
  await using folder = await testFolder();
  await madeHistory(`${folder.path}/history.sqlite`, { runs: 60, worseFrom: 48, flaky: true });
  await folder.write("quarantine.yaml", QUARANTINE);
  const fixed = ["--reports", folder.path, "--quarantine", "quarantine.yaml"];
  await body((...args) => hil(folder, ["history", ...args, ...fixed]), folder);
}

Deno.test("a table has a line for each scenario, by file; of a few all is told", () =>
  withHistory(async (ask) => {
    const { code, stdout } = await ask();
    equal(code, 0);
    const lines = stdout.split("\n");
    match(lines[0]!, /^results {2}passed +flakes +median +p95 +trend +durations +results$/);
    equal(lines[1], "scenarios/diskcache/cache.scenario.ts");
    match(
      lines[2]!,
      /^ +60 {2}98\.3 % \(91\.1–99\.7\) +79\.2 ms +84\.\d ms +[▁-█]{24} {2}·{23}✗ {2}a press toggles the LED \[diskcache=qemu\]$/,
    );
    match(
      lines[3]!,
      /^ +60 {2}90 % \(79\.9–95\.3\) +6! .* {2}.*≈.* {2}a call is parked \[diskcache=qemu\] \(expired\)$/,
    );
    const one = await ask("LED");
    match(one.stdout, /^a press toggles the LED \[diskcache=qemu\]\nscenarios/);
    match(one.stdout, /duration +median 79\.2 ms, 95 % within 84\.\d ms +[▁-█]{24}/);
    match(
      one.stdout,
      / 60 +3\.6\d+ ms +3\.\d+ ms +3\.\d+ ms +≤ 5 ms .*│·······•··│ {2}interrupt latency/,
    );
    match(
      one.stdout,
      /worse +interrupt latency: 3\.\d+ ms → 3\.\d+ ms \(\+\d+ %, limit ≤ 5 ms\) since r49 at 31c0ffe, good until r48 at 30c0ffe, confidence 99\.\d %/,
    );
  }));

Deno.test("where there are no results, it is told whether there are any at all", () =>
  withHistory(async (ask, folder) => {
    const none = await ask("--since", "2099-01-01");
    deepEqual([none.code, none.stdout], [
      0,
      "no results in that time; without --since all are shown\n",
    ]);
    await folder.write("history.sqlite", "");
    const empty = await ask();
    deepEqual([empty.code, empty.stdout], [
      0,
      "no results yet; run something first: deno task hil\n",
    ]);
  }));

Deno.test("changes, flakes and measurements are told across scenarios", () =>
  withHistory(async (ask) => {
    const changes = await ask("--changes");
    match(changes.stdout, /^worse {2}interrupt latency: .*\n.*a press toggles the LED/);
    const flaky = await ask("--flaky");
    match(flaky.stdout, /6 of 60 +10 % \(4\.7–20\.1\) +over +\S+ +a call is parked/);
    match(flaky.stdout, /the budget bears 1 in 100 results \(1 %\)$/m);
    const generous = await ask("--flaky", "--flake-budget", "50%");
    match(generous.stdout, / within /);
    const measured = await ask("--measurement", "*latency", "--limit", "10");
    match(measured.stdout, /^runs +latest .*\n +10 .* interrupt latency {2}a press toggles/);
  }));

Deno.test("--check fails for a budget that is exceeded, quarantine that is over, and what got worse", () =>
  withHistory(async (ask) => {
    const { code, stderr } = await ask("--check");
    equal(code, 1);
    deepEqual(stderr.replaceAll(/: 3\..*/g, ": …").trim().split("\n"), [
      "hil: flaky#1: 6 flakes in its last 60 results, the budget bears 1",
      "hil: flaky#1: its quarantine expired after 2026-09-03 (anna, #12)",
      "hil: cache#1: interrupt latency: …",
    ]);
    const { code: good } = await ask("--check", "--limit", "8", "LED");
    equal(good, 0, "too few results to say that anything is worse");
  }));

Deno.test("JSON has all of it, CSV a line for each result, value or change", () =>
  withHistory(async (ask) => {
    const { scenarios, runs } = JSON.parse((await ask("--json")).stdout);
    equal(Object.keys(runs).length, 60);
    const [press, parked] = scenarios;
    deepEqual([press.counted, press.results.length, press.targets], [60, 60, {
      diskcache: "qemu",
    }]);
    equal(press.measurements[0].points.length, 60);
    deepEqual([press.measurements[0].points[0].high, press.measurements[0].changes[0].way], [
      5,
      "worse",
    ]);
    deepEqual([parked.flakes.flakes, parked.quarantine.expired], [6, true]);
    const lines = async (...args: string[]) =>
      (await ask("--csv", ...args)).stdout.trim().split("\r\n");
    const results = await lines();
    equal(results.length, 121);
    match(
      results[0]!,
      /^scenario,file,targets,run,started,bench,commit,branch,verdict,flake,duration_ns$/,
    );
    match(
      results[1]!,
      /^a press toggles the LED,scenarios\/diskcache\/cache\.scenario\.ts,diskcache=qemu,r1,/,
    );
    const values = await lines("--measurement", "latency");
    equal(values.length, 61);
    match(values[60]!, /,interrupt latency,3\.\d+,ms,,5$/);
    const [, change] = await lines("--changes");
    match(change!, /,r49,.*,interrupt latency,ms,3\.\d+,3\.\d+,0\.1\d+,worse,0\.99\d*$/);
  }));

Deno.test("what is not there is told, with what was likely meant", () =>
  withHistory(async (ask, folder) => {
    const says = async (message: RegExp, ...args: string[]) => {
      const { code, stderr, stdout } = await ask(...args);
      deepEqual([code, stdout], [2, ""]);
      match(stderr, message);
    };
    await says(
      /Cannot find a scenario "togles" in the history: there is none; did you mean "toggles"\?/,
      "togles",
    );
    await says(
      /Cannot find the target "qmu": there is none; did you mean "qemu"\?/,
      "--target",
      "qmu",
    );
    await says(
      /Cannot find a measurement "latencies": .*"interrupt latency"/,
      "--measurement",
      "latencies",
    );
    await says(
      /Cannot use the time "yesterday": it is neither a time ago nor a day; write/,
      "--since",
      "yesterday",
    );
    await says(/Cannot use the flake budget "200%"/, "--flake-budget", "200%");
    await says(
      /Cannot use the option "--chnges": there is no such option; did you mean "--changes"/,
      "--chnges",
    );
    await says(/Cannot print both --json and --csv/, "--json", "--csv");
    await folder.write("quarantine.yaml", "quarantine: [{ scenario: x, ownr: y }]");
    await says(/quarantine\.yaml:1:29: an entry has no key "ownr"; did you mean "owner"\?/);
    const { code, stderr } = await hil(folder, ["history", "--reports", `${folder.path}/none`]);
    equal(code, 2);
    match(stderr, /none\/history\.sqlite": there is none; run something first: deno task hil/);
    ok((await hil(folder, ["history", "--help"])).stdout.includes("deno task hil history --check"));
  }));
