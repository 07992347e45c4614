/** Scenarios as they are run, on simulated targets: their traces, with all calls, are one seed's. */
import assert from "node:assert/strict";
import { hil, type TestFolder, testFolder } from "../cli/_testing.ts";
import { ROOT } from "../cli/paths.ts";
import { readTrace, traceHash } from "../trace/mod.ts";

/** One of each simulated target: a board, a disk cache, a PBX, a ban daemon beside one. */
const SCENARIOS = [
  "the boot ROM finds MLO on the eMMC",
  "an update while a write is pending waits",
  "phones call each other",
  "a dry run says whom it would ban",
];

const FILES = ["bbb/uboot", "diskcache/writing", "pbx/registration", "sipban/verdicts"]
  .map((name) => `${name}.scenario.ts`);

async function traces(folder: TestFolder, seed: number): Promise<Map<string, string>> {
  const reports = Deno.makeTempDirSync({ dir: folder.path });
  const { code, stdout, stderr } = await hil(folder, [
    ...FILES.map((file) => `${ROOT}/scenarios/${file}`),
    ...["--grep", SCENARIOS.join("|"), "--use", "diskcache=model", "--use", "pbx=sim"],
    ...["--seed", `${seed}`, "--reports", reports],
  ]);
  assert.equal(code, 0, stdout + stderr);
  const [run] = [...Deno.readDirSync(`${reports}/runs`)].filter(({ isDirectory }) => isDirectory);
  const folders = [...Deno.readDirSync(`${reports}/runs/${run!.name}`)];
  return new Map(
    folders.filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => [name, `${reports}/runs/${run!.name}/${name}/trace.jsonl`]),
  );
}

Deno.test("one seed makes one trace, calls and all, of each simulated target", async () => {
  await using folder = await testFolder();
  const [first, second] = [await traces(folder, 7), await traces(folder, 7)];
  assert.equal(first.size, SCENARIOS.length);
  for (const [name, path] of first) {
    const events = await Array.fromAsync(await readTrace(path));
    assert.ok(events.some(({ type }) => type === "call"), `${name} tells of calls`);
    assert.equal(await traceHash(second.get(name)!), await traceHash(path), name);
  }
});
