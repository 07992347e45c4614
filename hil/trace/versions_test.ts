/** Traces outlive the harness that wrote them: one file of each version is kept, and stays readable. */
import { deepEqual, equal } from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { readTrace, summarize, TRACE_VERSION } from "./mod.ts";

const folder = fileURLToPath(new URL("../../fixtures/traces", import.meta.url));

Deno.test("each version up to the present one has its file, and no other", async () => {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  const versions = Array.from({ length: TRACE_VERSION }, (_, i) => `version${i + 1}.jsonl`);
  deepEqual(names, versions);
});

const KINDS = "bytes signal step.begin step.end expect measure log attachment end";
const KINDS_OF = [KINDS, `${KINDS} call return get`];

for (const [index, kinds] of KINDS_OF.entries()) {
  const version = index + 1;
  Deno.test(`a trace of version ${version} is read whole`, async () => {
    const path = `${folder}/version${version}.jsonl`;
    const trace = await readTrace(path);
    const list = await Array.fromAsync(trace);
    deepEqual([trace.problems, trace.cutOff, trace.header.trace], [[], false, version]);
    const [header, ...lines] = (await Deno.readTextFile(path)).trimEnd().split("\n")
      .map((line) => JSON.parse(line));
    deepEqual([trace.header, list], [header, lines]);
    deepEqual(new Set(list.map(({ type }) => type)), new Set(kinds.split(" ")));
    equal((await summarize(path)).outcome, "failed");
  });
}
