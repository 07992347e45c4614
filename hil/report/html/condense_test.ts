import assert from "node:assert/strict";
import { everything, type Happened, writeTrace } from "./_samples.ts";
import { condense } from "./condense.ts";
import type { EventsDetail } from "./model.ts";

async function condensed(happened: Iterable<Happened>, limit = 1e6): Promise<EventsDetail> {
  const folder = Deno.makeTempDirSync({ prefix: "hil-html-" });
  try {
    return await condense(writeTrace(folder, happened), limit);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function* ticks(count: number, more: readonly Happened[] = []): Generator<Happened> {
  for (let i = 0; i < count; i++) {
    yield [i * 1000, { type: "signal", channel: "timer", kind: "tick", data: { i } }];
  }
  yield* more;
}

Deno.test("bytes that come one at a time are one line with its first and last moment", async () => {
  const { events, total, thinned } = await condensed(everything());
  const lines = events.filter((event) => event.type === "bytes");
  assert.deepEqual(lines.map(({ dir, text }) => [dir, text]), [
    ["rx", "U-Boot 2024.01\n"],
    ["tx", "echo hello\n"],
    ["rx", "hello\n"],
  ]);
  assert.equal(lines[0]!.t, 1e6);
  assert.equal(lines[0]!.until, 1e6 + 15 * 87_000);
  assert.equal(total, everything().length);
  assert.deepEqual(thinned, []);
});

Deno.test("of a frequent kind the first and the last are kept, and the rest is counted", async () => {
  const last: Happened = [99_999_000, { type: "end", outcome: "passed" }];
  const { events, thinned, total, lastT } = await condensed(ticks(50_321, [last]));
  const [timer, ...others] = thinned;
  assert.deepEqual(others, []);
  assert.equal(timer!.total, 50_321);
  assert.equal(timer!.bins.reduce((sum, count) => sum + count, 0), 50_321);
  const shown = events.filter((event) => event.type === "signal");
  assert.equal(shown.length, timer!.kept);
  assert.equal(shown[0]!.seq, 1);
  assert.equal(shown.at(-1)!.seq, 50_321);
  assert.deepEqual(
    shown.map(({ seq }) => seq).toSorted((a, b) => a - b),
    shown.map(({ seq }) => seq),
  );
  const after = shown.findIndex(({ seq }) => seq === timer!.gap.beforeSeq);
  assert.deepEqual([shown[after - 1]!.t, shown[after]!.t], [timer!.gap.from, timer!.gap.to]);
  assert.ok(timer!.gap.to - timer!.gap.from > 40_000_000);
  assert.equal(events.at(-1)!.type, "end", "what is rare is all there");
  assert.deepEqual([total, lastT], [50_322, 99_999_000]);
});

Deno.test("the events keep to the room that they are given", async () => {
  for (const limit of [20_000, 100_000]) {
    const { events } = await condensed(ticks(5000), limit);
    const length = JSON.stringify(events).length;
    assert.ok(length < limit * 1.2 && length > limit * 0.5, `${length} in ${limit}`);
  }
});

Deno.test("long texts, frames and bytes are cut, and it is said", async () => {
  const frame = new Uint8Array(1500).toBase64();
  const { events: [text, packet, bytes] } = await condensed([
    [1, { type: "signal", channel: "a", kind: "said", data: { text: "x".repeat(5000), n: 1 } }],
    [2, { type: "signal", channel: "a", kind: "sent", data: { frame } }],
    [3, { type: "bytes", channel: "b", dir: "rx", base64: new Uint8Array(4000).toBase64() }],
  ]);
  assert.match(JSON.stringify(text), /x… 4400 characters more","n":1/);
  assert.equal(packet!.cut, 1200);
  assert.equal(bytes!.cut, 4000 - 192);
  assert.ok(JSON.stringify([text, packet, bytes]).length < 2500);
});

Deno.test("a trace that was cut off says so, and what is there is shown", async () => {
  const { events, problems } = await condensed(everything().slice(0, 5));
  assert.equal(events.length, 2);
  assert.match(problems.join(), /has no end/);
});
