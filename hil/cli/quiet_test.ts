import { deepEqual, equal, match, ok } from "node:assert/strict";
import { hil, testFolder } from "./_testing.ts";
import { ROOT } from "./paths.ts";

async function lab() {
  const folder = await testFolder();
  await folder.write(
    "lamp.scenario.ts",
    `import { expect, scenario, step } from "hil";
scenario("the lamp is on", { uses: {} }, () => step("look", () => {}));
scenario("the lamp is off", { uses: {} }, () => expect(true, "the lamp").toBe(false));
`,
  );
  return folder;
}

const RUN = ["--reports", "out", "--seed", "7", "lamp.scenario.ts"];

Deno.test("--quiet prints what the editor's problem matcher takes, and a last line", async () => {
  await using folder = await lab();
  const { code, stdout, stderr } = await hil(folder, ["--quiet", ...RUN]);
  deepEqual([code, stderr], [1, ""]);
  const [bad, end, ...more] = stdout.trimEnd().split("\n");
  deepEqual(more, []);
  match(end!, /^1 passed, 1 failed in .* \(seed 7\)$/);
  const tasks = JSON.parse(await Deno.readTextFile(`${ROOT}/.vscode/tasks.json`)).tasks;
  for (const { problemMatcher, args } of tasks) {
    if (!args.includes("--quiet") || !args.includes("hil") || args.includes("report")) continue;
    const { regexp, file, line, severity, message } = problemMatcher.pattern;
    const found = bad!.match(new RegExp(regexp))!;
    match(found[file]!, /lamp\.scenario\.ts$/);
    deepEqual([found[line], found[severity]], ["3", "error"]);
    equal(found[message], "the lamp is off: the lamp is true; it ought to be false");
    equal(end!.match(new RegExp(regexp)), null);
  }
});

Deno.test("--json prints an object a line for each thing that happens", async () => {
  await using folder = await lab();
  const { code, stdout, stderr } = await hil(folder, ["--json", "--jobs", "1", ...RUN]);
  deepEqual([code, stderr], [1, ""]);
  const events = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  const kinds = events.map(({ event }) => event).filter((event) => event !== "progress");
  deepEqual(kinds, ["begin", "start", "step", "result", "start", "result", "end"]);
  const { exitCode, counts, reports } = events.at(-1);
  deepEqual([exitCode, counts.passed, counts.failed], [1, 1, 1]);
  ok((await Deno.stat(reports.junit)).isFile, "the report that the last event names");
});

Deno.test("--list --json prints the scenarios as objects", async () => {
  await using folder = await lab();
  const { code, stdout } = await hil(folder, ["--list", "--json", ...RUN]);
  equal(code, 0);
  const names = stdout.trimEnd().split("\n").map((line) => JSON.parse(line).name);
  deepEqual(names, ["the lamp is on", "the lamp is off"]);
});
