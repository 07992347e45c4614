import { deepEqual, equal, ok } from "node:assert/strict";
import type { Json, TraceBody } from "../../trace/mod.ts";
import { inFolder, rx, type Timed, writeTrace } from "../_samples.ts";
import { diffTraces, type TraceDiff } from "./diff.ts";

type Side = readonly Timed[];

async function diff(a: Side, b: Side): Promise<TraceDiff> {
  let found!: TraceDiff;
  await inFolder(async (folder) => {
    const [left, right] = [a, b].map((side, n) =>
      writeTrace(`${folder}/${n}.jsonl`, [...side, { type: "end", outcome: "passed" }])
    );
    found = await diffTraces(left!, right!);
  });
  return found;
}

const call = (id: number, on: string, method: string, ...args: readonly Json[]): TraceBody => ({
  type: "call",
  id,
  on,
  method,
  args,
});
const gave = (id: number, value?: Json): TraceBody => ({ type: "return", id, value });
const object = (is: string): Json => ({ $: "object", is });
const within = (ns: number): Json => ({ within: { $: "duration", ns } });

const READ: Side = [
  call(1, "cache", "read", { drive: 0, lba: 7 }),
  gave(1, object("#1")),
  rx("reading\n"),
  call(2, "#1", "finished", within(5e9)),
  gave(2, { stamp: 3, whole: true }),
];

Deno.test("a call with other arguments is a difference, and the scenario's doing", async () => {
  const other = READ.with(3, call(2, "#1", "finished", within(6e9)));
  const { comparison: { differences: [first] }, verdict } = await diff(READ, other);
  deepEqual([first?.a[0]?.text, first?.b[0]?.text], [
    "cache.read().finished({ within: 5 s })",
    "cache.read().finished({ within: 6 s })",
  ]);
  equal(verdict.likely, "scenario");
  deepEqual(verdict.evidence.map(({ text }) => text), [
    "the scenario asked otherwise: cache.read().finished({ within: 6 s })",
  ]);
});

Deno.test("what a call gave has the same name however many calls were made before it", async () => {
  const later: Side = [
    call(5, "cache", "read", { drive: 0, lba: 7 }),
    gave(5, object("#5")),
    rx("reading\n"),
    call(9, "#5", "finished", within(5e9)),
    gave(9, { stamp: 3, whole: true }),
  ];
  ok((await diff(READ, later)).same);
});

Deno.test("a call that throws on one side only is the product's doing", async () => {
  const error = { name: "OperationFailed", message: "read failed: error=04\nmore" };
  const failed = READ.with(4, { type: "return", id: 2, error });
  const { comparison: { differences: [first] }, verdict } = await diff(READ, failed);
  deepEqual(first?.b.map(({ text }) => text), [
    "cache.read().finished threw OperationFailed: read failed: error=04",
  ]);
  equal(verdict.likely, "product");
});

Deno.test("a trace that tells of no calls differs from one that does in nothing", async () => {
  ok((await diff(READ, [rx("reading\n")])).same);
});

Deno.test("what a port calls, and objects, functions and values that JSON lacks, have words", async () => {
  const all = call(
    3,
    "board",
    "do",
    { $: "undefined" },
    { $: "bytes", base64: "AAE=" },
    {
      $: "regexp",
      source: "a",
      flags: "g",
    },
    { $: "function", is: "fn7" },
    object("#1.events"),
    [1, { a: "b" }],
    { $: "number", is: "NaN" },
  );
  const back: TraceBody = { type: "call", id: 4, on: "fn7", method: "", args: [1], back: true };
  const { comparison } = await diff(READ, [...READ, all, back]);
  deepEqual(comparison.differences.flatMap(({ b }) => b.map(({ text }) => text)), [
    "board.do(undefined, base64 AAE=, /a/g, function, cache.read().events, " +
    '[1, { a: "b" }], NaN)',
  ]);
});
