import assert from "node:assert/strict";
import { seconds, type TargetContext } from "hil";
import { Timeline, traceHash, TraceWriter } from "hil/trace/mod.ts";
import target from "./model.ts";

Deno.test("the same seed gives the same trace hash, another seed another one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const hashes: string[] = [];
    for (const [run, seed] of [7, 7, 8].entries()) {
      hashes.push(await tracedRun(`${folder}/${run}.jsonl`, seed));
    }
    assert.equal(hashes[0], hashes[1]);
    assert.notEqual(hashes[0], hashes[2]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

/** Four threads of random work, a sync, and the hash of the trace of that. */
async function tracedRun(path: string, seed: number): Promise<string> {
  // The header does not know the seed, so that a difference can only come from the events.
  const header = {
    trace: 1,
    scenario: "random work",
    file: "",
    line: 0,
    seed: 0,
    bench: "",
    targets: {},
    environment: { run: path },
  } as const;
  const writer = TraceWriter.create(path, header);
  const timeline = new Timeline(writer);
  const options = { entries: 4 };
  const context = { role: "diskcache", target: "model", options, seed, timeline };
  const cache = await target.start(context as unknown as TargetContext);
  const work = { count: 30, blocks: 4, readPercent: 50, drives: [0, 1, 2, 3] };
  const threads = await cache.together(() =>
    Promise.all([1, 2, 3, 4].map((number) => cache.work({ ...work, seed: number })))
  );
  await Promise.all(threads.map((thread) => thread.finished({ within: seconds(5) })));
  await (await cache.sync()).finished();
  timeline.record({ type: "end", outcome: "passed" });
  writer.close();
  return await traceHash(path);
}

Deno.test("the model is there on every machine and takes the options of a need", async () => {
  assert.deepEqual(await target.availability({}), { ok: true });
  const timeline = new Timeline({ write: () => {} });
  const options = { entries: 2, sizes: [100, 0, 5, 0] };
  const context = { role: "diskcache", target: "model", options, seed: 1, timeline };
  const cache = await target.start(context as unknown as TargetContext);
  assert.deepEqual(cache.drives.sizes, [100, 0, 5, 0]);
  assert.equal(timeline.clock, cache.clock);
  for (const lba of [1, 2, 3]) await (await cache.read({ drive: 0, lba })).finished();
  assert.equal((await cache.entries()).length, 2);
});
