import assert from "node:assert/strict";
import type { Json } from "../../trace/mod.ts";
import type { Program } from "../program/program.ts";
import { action, script, sequence } from "../shrink/_scripts.ts";
import { type FileOptions, formatted, scenarioFile } from "./scenario_file.ts";
import { type Script, scriptOf } from "./script.ts";
import { durationText, expressionOf } from "./values.ts";

const OPTIONS: FileOptions = {
  name: "it is small",
  about: ["Made of a trace."],
  clock: "cache.clock",
  moduleOf: () => "sims/diskcache/targets/model.ts",
};

/** The statements of the body, as they are laid out. */
async function bodyOf(script: Script, options: Partial<FileOptions> = {}): Promise<string[]> {
  const text = await formatted(scenarioFile(script, { ...OPTIONS, ...options }));
  const [, body = ""] = text.match(/async \([^)]*\) => \{\n(.*)\n {2}\},\n\);/s) ?? [];
  return body.split("\n").map((line) => line.replace(/^ {4}/, ""));
}

const around = { object: (key: string) => key, uses: () => {} };

Deno.test("encoded values are written as a person would", () => {
  const cases: [Json, string][] = [
    [
      { drive: 0, lba: 7, "a key": [1, null, true] },
      '{ drive: 0, lba: 7, "a key": [1, null, true] }',
    ],
    [0x0800_a007, "0x800a007"],
    [65_000, "65_000"],
    [-1.5, "-1.5"],
    [{ $: "undefined" }, "undefined"],
    [{ $: "number", is: "-0" }, "-0"],
    [{ $: "bigint", is: "12" }, "12n"],
    [{ $: "duration", ns: 5e6 }, "ms(5)"],
    [{ $: "date", ms: 0 }, "new Date(0)"],
    [{ $: "regexp", source: "a\\d+", flags: "u" }, "/a\\d+/u"],
    [{ $: "bytes", base64: btoa("hello\r\n") }, 'new TextEncoder().encode("hello\\r\\n")'],
    [{ $: "bytes", base64: btoa("\x00\x7f") }, "Uint8Array.of(0x00, 0x7f)"],
    [{ $: "map", entries: [["a", 1]] }, 'new Map([["a", 1]])'],
    [{ $: "set", entries: ["a"] }, 'new Set(["a"])'],
    [{ $: "plain", entries: [["$", 1]] }, 'Object.fromEntries([["$", 1]])'],
    [{ $: "object", is: "#3" }, "#3"],
    [{ $: "opaque", is: "Sock*/et" }, "undefined /* opaque Socket */"],
  ];
  for (const [value, wanted] of cases) assert.equal(expressionOf(value, around), wanted);
});

Deno.test("a duration has the largest unit that says it in few digits", () => {
  const of = (ns: number) => durationText(ns, () => {});
  assert.deepEqual(
    [120e9, 1.5e9, 5e6, 91_500, 7, 1_234_567_891].map(of),
    ["minutes(2)", "seconds(1.5)", "ms(5)", "us(91.5)", "ns(7)", "ns(1_234_567_891)"],
  );
});

Deno.test("calls one after the other are awaited, and results are named where they are used", async () => {
  const body = await bodyOf(script([
    action(1, ["cache", "write", { drive: 0, lba: 7 }, 0x701]),
    action(2, ["#1", "finished"], { awaits: [1] }),
    action(3, ["cache", "read", { drive: 0, lba: 7 }], { awaits: [2], delayNs: 5e6 }),
    action(4, ["#3", "paused"], { awaits: [3] }),
    action(5, ["#3", "finished"], { awaits: [4] }),
  ]));
  assert.deepEqual(body, [
    "await (await cache.write({ drive: 0, lba: 7 }, 1793)).finished();",
    "await cache.clock.until(() => undefined, ms(5));",
    "const read = await cache.read({ drive: 0, lba: 7 });",
    "await read.paused();",
    "await read.finished();",
  ]);
});

Deno.test("calls at once are promises until they are awaited; what failed then may fail", async () => {
  const error = { name: "OperationFailed", message: "sync failed: error=04" };
  const body = await bodyOf(script([
    action(1, ["cache", "sync"]),
    action(2, ["cache", "sync"], { came: { sync: false, error } }),
    action(3, ["#1", "finished"], { awaits: [1] }),
    action(4, ["cache", "statistics"], { awaits: [2, 3], came: undefined }),
  ]));
  assert.deepEqual(body, [
    "const sync = cache.sync();",
    "const sync2 = cache.sync().catch(() => {});",
    "const syncResult = await sync;",
    "await syncResult.finished();",
    "await sync2;",
    "void cache.statistics();",
  ]);
});

Deno.test("a call that throws at once is caught, but for the one that it is all about", async () => {
  const error = { name: "RangeError", message: "no such block" };
  const own = script([action(1, ["cache", "read", 9], { came: { sync: true, error } })]);
  assert.deepEqual(await bodyOf(own), [
    "try {",
    "  cache.read(9);",
    "} catch {",
    "  // no such block",
    "}",
  ]);
  const about = await bodyOf(own, { ending: { by: "itself", call: 1 } });
  assert.deepEqual(about, ["cache.read(9);"]);
});

Deno.test("a function does what it did, and gives it to who asked for it", async () => {
  const callbacks = [{
    ...{ id: 2, on: "fn1", args: [], awaits: [3, 4], sync: false },
    value: [{ $: "object", is: "#3" }, { $: "object", is: "#4" }],
  }];
  const body = await bodyOf(script([
    action(1, ["cache", "together", { $: "function", is: "fn1" }]),
    action(3, ["cache", "sync"], { within: 2 }),
    action(4, ["cache", "sync", 1], { within: 2, awaits: [3] }),
    action(5, ["#4", "finished"], { awaits: [1] }),
  ], callbacks));
  assert.deepEqual(body, [
    "let sync!: Awaited<ReturnType<typeof cache.sync>>;",
    "await cache.together(async () => {",
    "  await cache.sync();",
    "  sync = await cache.sync(1);",
    "});",
    "await sync.finished();",
  ]);
});

Deno.test("an oracle, or what another target gives, is expected at the end", async () => {
  const own = sequence(["cache", "statistics"]);
  const oracle = { by: "oracle", name: "expectKept", from: "sims/x.ts", use: "cache" } as const;
  const judged = await formatted(scenarioFile(own, { ...OPTIONS, ending: oracle }));
  assert.match(judged, /import \{ expectKept \} from "sims\/x.ts";\n/);
  assert.match(judged, /await cache.statistics\(\);\n {4}expectKept\(cache\);\n/);
  const values = { by: "values", values: new Map([[1, { hits: 2 }]]) } as const;
  assert.deepEqual(await bodyOf(own, { ending: values }), [
    "const statistics = await cache.statistics();",
    `expect(statistics, 'what "statistics" gives').toEqual({ hits: 2 });`,
  ]);
});

Deno.test("the need is the one of the recorded scenario's file, else typed by the target", async () => {
  const own = sequence(["cache", "sync"]);
  const needs = new Map([["cache", {
    role: "diskcache",
    requires: ["machine"],
    options: { entries: 4 },
  }]]);
  const text = `import { scenario } from "hil";
import { type DiskCache, diskCacheMachine as made } from "sims/diskcache/mod.ts";
scenario("a", { uses: { cache: made() } }, async () => {});
`;
  const source = { text, line: 3 };
  const known = await formatted(scenarioFile({ ...own, needs }, { ...OPTIONS, source }));
  assert.match(known, /import \{ diskCacheMachine as made \} from "sims\/diskcache\/mod.ts";/);
  assert.match(known, /uses: \{ cache: made\(\{ entries: 4 \}\) \}/);
  const unknown = await formatted(scenarioFile({ ...own, needs }, OPTIONS));
  assert.match(unknown, /import type cacheTarget from "sims\/diskcache\/targets\/model.ts";/);
  assert.match(unknown, /type Cache = Awaited<ReturnType<\(typeof cacheTarget\)\["start"\]>>;/);
  assert.match(
    unknown,
    /need<Cache>\("diskcache", \{\s*requires: \["machine"\],\s*options: \{ entries: 4 \},?\s*\}\)/,
  );
});

Deno.test("a program's times become waits, and what had returned is awaited", () => {
  const returned = (t: number, sync = false) => ({ t, sync });
  const program = {
    ...{ header: {}, uses: new Map([["cache", "diskcache"]]), backs: [] },
    needs: new Map([["cache", { role: "diskcache", requires: [], options: {} }]]),
    stimuli: [
      { id: 1, on: "cache", method: "a", args: [], t: 0, after: [], returned: returned(10) },
      { id: 2, on: "cache", method: "b", args: [], t: 0, after: [], returned: returned(30) },
      {
        id: 3,
        on: "cache",
        method: "c",
        args: [],
        t: 15,
        after: [1],
        returned: returned(15, true),
      },
      { id: 4, on: "cache", method: "d", args: [], t: 30, after: [3, 2] },
    ],
  } as unknown as Program;
  const { actions } = scriptOf(program);
  assert.deepEqual(
    actions.map(({ awaits, delayNs }) => [awaits, delayNs]),
    [[[], 0], [[], 0], [[1], 5], [[2], 0]],
  );
  assert.equal(actions[3]!.came, undefined);
  assert.equal(scriptOf(program, { leastDelayNs: 5 }).actions[2]!.delayNs, 0);
});
