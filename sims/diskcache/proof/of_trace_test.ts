import assert from "node:assert/strict";
import { Timeline, type TraceHeader, TraceWriter } from "hil/trace/mod.ts";
import { Random } from "../../engine/mod.ts";
import { DiskCacheModel } from "../model.ts";
import { judge } from "./judge.ts";
import { HistoryError, historyOf, historyOfCache, historyOfTrace, type Told } from "./of_trace.ts";

const HEADER: TraceHeader = {
  ...{ trace: 1, scenario: "a run", file: "x.ts", line: 1, seed: 1, bench: "none" },
  ...{ targets: {}, environment: {} },
};

const op = (t: number, kind: string, thread: number, operation: string, more = {}): Told => ({
  ...{ channel: "operations", kind, t },
  data: { thread, operation, ...more },
});

Deno.test("a run on the model is the same history while it runs and from its trace", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/trace.jsonl`;
    const writer = TraceWriter.create(path, HEADER);
    const cache = new DiskCacheModel({ timeline: new Timeline(writer), seed: 3, entries: 2 });
    await cache.together(async () => {
      for (let i = 1; i <= 12; i++) await cache.write({ drive: 0, lba: i % 4 }, i);
      for (let i = 1; i <= 12; i++) await cache.read({ drive: 0, lba: i % 4 });
    });
    await (await cache.sync()).finished();
    await writer.close();
    const now = historyOfCache(cache);
    const kept = await historyOfTrace(path, { drives: [0, 1, 2, 3] });
    assert.deepEqual({ ...kept, initial: 0 }, { ...now, initial: 0 });
    assert.deepEqual(
      [now.accesses.length, now.syncs.length, now.disk.at(-1)?.type],
      [24, 1, "flush"],
    );
    assert.deepEqual(judge(now).violations, []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("operations become accesses and syncs, answered or not", () => {
  const { accesses, syncs } = historyOf([
    op(1, "began", 1, "write 0 7 0000cafe"),
    op(2, "began", 2, "read 1 9 pause"),
    op(3, "blocked", 2, "read 1 9 pause", { why: "read" }),
    op(4, "done", 1, "write 0 7 0000cafe"),
    op(5, "failed", 2, "read 1 9 pause", { why: "error=04" }),
    op(6, "began", 3, "sync 2"),
    op(7, "began", 4, "read 0 7"),
    op(8, "done", 4, "read 0 7", { stamp: 0xcafe, whole: false }),
    { channel: "com1", kind: "done", t: 9 },
  ], {});
  const base = { whole: true, drive: 0, lba: 7 };
  assert.deepEqual(accesses, [
    { ...base, client: 1, kind: "write", stamp: 0xcafe, begin: 1, end: 4, outcome: "ok" },
    {
      ...base,
      client: 2,
      kind: "read",
      drive: 1,
      lba: 9,
      stamp: 0,
      begin: 2,
      end: 5,
      outcome: "error",
    },
    {
      ...base,
      client: 4,
      kind: "read",
      stamp: 0xcafe,
      whole: false,
      begin: 7,
      end: 8,
      outcome: "ok",
    },
  ]);
  assert.deepEqual(syncs, [{ client: 3, begin: 6, end: Infinity, outcome: "open", drives: [2] }]);
});

Deno.test("requests that are done become what reached the drives, and errors", () => {
  const done = (t: number, operation: string, status: string, more = {}): Told => ({
    ...{ channel: "requests", kind: "done", t },
    data: { drive: 1, id: t, operation, lba: 7, blocks: 1, status, ...more },
  });
  const { disk, completions } = historyOf([
    { ...done(1, "write", "ok"), kind: "write" },
    done(2, "write", "ok", { stamp: 5, whole: true }),
    done(3, "write", "error"),
    done(4, "read", "ok"),
    done(5, "flush", "ok"),
    done(6, "flush", "reset"),
  ]);
  assert.deepEqual(disk.map(({ at, type }) => [at, type]), [[2, "write"], [5, "flush"]]);
  assert.deepEqual(completions!.map(({ at, ok }) => [at, ok]), [
    ...[[2, true], [3, false], [4, true], [5, true], [6, false]],
  ]);
});

Deno.test("what a block held at first may be taken from its first read", () => {
  const events = [
    op(1, "began", 1, "read 0 7"),
    op(2, "done", 1, "read 0 7", { stamp: 9, whole: true }),
    op(3, "began", 2, "read 0 7"),
    op(4, "done", 2, "read 0 7", { stamp: 8, whole: true }),
  ];
  assert.equal(judge(historyOf(events.slice(0, 2))).violations.length, 1);
  assert.equal(
    judge(historyOf(events.slice(0, 2), { initial: "first read" })).violations.length,
    0,
  );
  const [second] = judge(historyOf(events, { initial: "first read" })).violations;
  assert.deepEqual(second!.witness, [8], "the second one is not");
});

for (
  const [what, events, message] of [
    [
      "an end without a beginning",
      [op(1, "done", 1, "sync")],
      'Cannot make a history of "sync": thread 1 is done and never began',
    ],
    [
      "work",
      [op(1, "began", 1, "work 1 200 4 60")],
      'Cannot make a history of "work 1 200 4 60": only read, write and sync say what they did; ' +
      "give a run without others",
    ],
    [
      "a write that does not say what it wrote",
      [{
        ...{ channel: "requests", kind: "done", t: 1 },
        data: { drive: 0, id: 1, operation: "write", lba: 7, blocks: 1, status: "ok" },
      }],
      'Cannot make a history of "write 7 of drive 0": the request does not say what was written; ' +
      "record it again with this harness, and one block a write",
    ],
  ] as const
) {
  Deno.test(`${what} makes no history`, () => {
    assert.throws(() => historyOf(events), { name: "HistoryError", message });
  });
}

Deno.test("events from outside give a history or a HistoryError, and nothing else", () => {
  const random = new Random("events");
  const words = ["read", "write", "sync", "work", "0", "7", "00000001", "pause", "x", ""];
  const kinds = ["began", "done", "failed", "blocked", "read"];
  const pick = <T>(list: readonly T[]) => list[random.below(list.length)]!;
  const event = (t: number): Told => {
    const operation = Array.from({ length: random.below(5) }, () => pick(words)).join(" ");
    const data = pick<unknown>([
      { thread: random.below(3), operation, stamp: pick([1, undefined]) },
      {
        drive: 0,
        id: 1,
        operation: pick(["read", "write", "flush"]),
        lba: 1,
        blocks: 1,
        status: "ok",
      },
      { thread: "1" },
      null,
      7,
      undefined,
    ]);
    return { channel: pick(["operations", "requests"]), kind: pick(kinds), t, data };
  };
  for (let i = 0; i < 3_000; i++) {
    const events = Array.from({ length: 1 + random.below(4) }, (_, t) => event(t));
    try {
      historyOf(events);
    } catch (error) {
      assert.ok(error instanceof HistoryError, `${error} of ${JSON.stringify(events)}`);
    }
  }
});
