import assert from "node:assert/strict";
import { BODIES, HEADER } from "./_samples.ts";
import { type TraceEvent, TraceFollower } from "./mod.ts";
import { TraceWriter } from "./writer.ts";

async function news(follower: TraceFollower): Promise<TraceEvent[]> {
  const all: TraceEvent[] = [];
  for (let some; (some = await follower.read());) all.push(...some);
  return all;
}

Deno.test("what is new is read as often as one asks, whole lines only", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/trace.jsonl`;
  try {
    assert.equal(await TraceFollower.open(path), undefined);
    const writer = TraceWriter.create(path, HEADER);
    using follower = (await TraceFollower.open(path))!;
    assert.deepEqual(await news(follower), []);
    assert.equal(follower.header?.scenario, HEADER.scenario);
    for (const [i, body] of BODIES.entries()) {
      writer.append(body, { t: i });
      const [event, more] = await news(follower);
      assert.deepEqual([event, more], [{ seq: i + 1, t: i, ...body }, undefined]);
    }
    writer.close();
    const last = JSON.stringify({ seq: 99, t: 1, type: "log", level: "info", text: "é" });
    const bytes = new TextEncoder().encode(`not JSON\n${last}\n`);
    for (const half of [bytes.subarray(0, -4), bytes.subarray(-4)]) {
      assert.deepEqual(await news(follower), []);
      await Deno.writeFile(path, half, { append: true });
    }
    assert.deepEqual((await news(follower)).map(({ seq }) => seq), [99]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
