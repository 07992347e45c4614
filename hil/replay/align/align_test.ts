import { deepEqual, equal, match } from "node:assert/strict";
import type { Json } from "../../trace/mod.ts";
import { inFolder, rx, type Timed, writeTrace } from "../_samples.ts";
import { type Alignment, type AlignOptions, alignTraces } from "./align.ts";
import { stretchOf } from "./clocks.ts";
import { alignText } from "./text.ts";

const call = (id: number, method: string, arg: string, ms: number): Timed => ({
  type: "call",
  id,
  on: "board.console",
  method,
  args: [arg],
  ms,
});
const returned = (id: number, value: string, ms: number): Timed => ({
  type: "return",
  id,
  value,
  ms,
});
const edge = (kind: string, ms: number): Timed => ({
  type: "signal",
  channel: "led",
  kind,
  data: { level: kind === "rise" ? 1 : 0 },
  ms,
});
const said = (text: string, ms: number): Timed => ({ ...rx(text), ms });
const END: Timed = { type: "end", outcome: "passed" };

/** Ten commands, each answered and followed by an edge; times by `at`. */
function session(at: (ms: number) => number, other: (n: number) => string = () => ""): Timed[] {
  return Array.from({ length: 10 }, (_, n) => {
    const t = 10 + n * 100;
    return [
      call(n + 1, "run", `led ${n}`, at(t)),
      said(`led is ${n}${other(n)}\r\n`, at(t + 2)),
      edge(n % 2 ? "fall" : "rise", at(t + 3)),
      returned(n + 1, `done ${n}`, at(t + 4)),
    ];
  }).flat();
}

async function aligned(
  a: readonly Timed[],
  b: readonly Timed[],
  { target = "sim", ...options }: AlignOptions & { readonly target?: string } = {},
): Promise<Alignment> {
  let alignment!: Alignment;
  await inFolder(async (folder) => {
    alignment = await alignTraces(
      writeTrace(`${folder}/a.jsonl`, [...a, END], { targets: { board: { target: "real" } } }),
      writeTrace(`${folder}/b.jsonl`, [...b, END], { targets: { board: { target } } }),
      options,
    );
  });
  return alignment;
}

Deno.test("the same on another clock is the same: offset and drift tell how that goes", async () => {
  const found = await aligned(session((ms) => ms), session((ms) => 250 + ms * 1.0001));
  equal(found.first, undefined);
  equal(found.stimuli.length, 10);
  equal(found.answered, 10);
  equal(found.pairs.length, 20);
  const { clocks, stimuli } = found;
  equal(Math.round((stretchOf(stimuli) - 1) * 1e6), 100);
  equal(clocks.length, 10);
  equal(clocks[0]!.offsetNs, 250_001_000);
  match(alignText(found), /Both did the same/);
  match(alignText(found), /Clocks: \+250\.001 ms at the first stimulus, .*drift 100 ppm/);
});

Deno.test("a planted difference is the first divergence, with its stimulus and both sides", async () => {
  const slow = (ms: number) => ms * 2;
  const found = await aligned(session((ms) => ms), session(slow, (n) => n === 6 ? "!" : ""));
  const { first, divergences } = found;
  equal(divergences.length, 1);
  equal(first?.channel, "com1");
  equal(first?.after?.a.text, `board.console.run("led 6")`);
  deepEqual(first?.a.map(({ text }) => text), ["led is 6"]);
  deepEqual(first?.b.map(({ text }) => text), ["led is 6!"]);
  const text = alignText(found);
  match(text, /The first divergence is on com1, after call #7, board\.console\.run\("led 6"\)/);
  match(text, /\n= +0\.610000 s {2}#25 {5}calls: board\.console\.run\("led 6"\)\n- +0\.612000 s/);
  match(text, /\n\+ +1\.224000 s .* com1: led is 6!\n {2}then, on board=real\n/);
});

Deno.test("an answer that is another one is a divergence, and one that never came", async () => {
  const a = session((ms) => ms);
  const b = session((ms) => ms).map((event) =>
    event.type === "return" && event.id === 4 ? { ...event, value: "done?" } : event
  ).filter((event) => !(event.type === "return" && event.id === 5));
  const { divergences } = await aligned(a, b);
  deepEqual(divergences.map(({ channel, a, b }) => [channel, a[0]?.text, b[0]?.text]), [
    ["answers", `board.console.run gave "done 3"`, `board.console.run gave "done?"`],
    ["answers", `board.console.run gave "done 4"`, undefined],
  ]);
});

Deno.test("an error is an answer, and so is its message", async () => {
  const thrown = (message: string): Timed[] => [
    call(1, "run", "reset", 10),
    { type: "return", id: 1, error: { name: "UBootError", message: `${message}\nlines` }, ms: 12 },
  ];
  equal((await aligned(thrown("no"), thrown("no"))).first, undefined);
  const { first } = await aligned(thrown("no"), thrown("never"));
  equal(first?.b[0]?.text, "board.console.run threw UBootError: never");
});

Deno.test("what a slow target does after the next stimulus is shifted, not missing", async () => {
  const a = [
    call(1, "write", "a", 10),
    edge("rise", 12),
    call(2, "write", "b", 20),
    edge("fall", 22),
  ];
  const b = [
    call(1, "write", "a", 10),
    call(2, "write", "b", 20),
    edge("rise", 21),
    edge("fall", 22),
  ];
  const both = (events: Timed[]) => [...events, call(3, "write", "c", 90)];
  const { first, shifted } = await aligned(both(a), both(b));
  equal(first, undefined);
  equal(shifted, 1);
});

Deno.test("a stimulus that only one side has is told, and what is after it stays aligned", async () => {
  const a = session((ms) => ms);
  const b = a.filter((event) =>
    !("id" in event && event.id === 3) && event.ms !== 212 && event.ms !== 213
  );
  const { divergences, stimuli } = await aligned(a, b);
  equal(stimuli.length, 9);
  deepEqual(divergences.map(({ channel, a, b }) => [channel, a.length, b.length]), [
    ["calls", 1, 0],
    ["com1", 1, 0],
    ["led", 1, 0],
  ]);
});

Deno.test("calls are the same whatever their numbers are", async () => {
  const made = (first: number): Timed[] => [
    { type: "call", id: first, on: "cache", method: "write", args: [1] },
    { type: "return", id: first, value: { $: "object", is: `#${first}` } },
    { type: "call", id: first + 1, on: `#${first}`, method: "finished", args: [] },
  ];
  const { stimuli, first } = await aligned(made(1), made(5));
  deepEqual(stimuli.map(({ a }) => a.name), ["cache.write", "cache.write().finished"]);
  equal(first, undefined);
});

Deno.test("latencies are from a stimulus to its return and to what came of it, on each side", async () => {
  // Of several things on a channel, the first one is the response.
  const twice = (events: Timed[]) =>
    events.flatMap((one): Timed[] =>
      one.type === "signal" ? [one, { ...one, ms: one.ms! + 0.5 }] : [one]
    );
  const { latencies } = await aligned(
    twice(session((ms) => ms)),
    twice(session((ms) => ms * 3)),
  );
  deepEqual(latencies.map(({ stimulus, response, count }) => [stimulus, response, count]), [
    ["board.console.run", "return", 10],
    ["board.console.run", "com1", 10],
    ["board.console.run", "led", 10],
  ]);
  const [answer, , led] = latencies;
  deepEqual([answer!.a.medianNs, answer!.b.medianNs], [4e6, 12e6]);
  deepEqual([led!.a.maxNs, led!.b.p95Ns], [3e6, 9e6]);
});

Deno.test("what a run alone has after all was done is its ending", async () => {
  const a = session((ms) => ms);
  const { first } = await aligned(a, [...a, edge("off", 2000)]);
  equal(first, undefined);
});

const signal = (channel: string, kind: string, data: Json): Timed => ({
  type: "signal",
  channel,
  kind,
  data,
});
const around = (events: readonly Timed[]): Timed[] => [
  { type: "call", id: 1, on: "cache", method: "sync", args: [] },
  ...events,
  { type: "return", id: 1 },
  { type: "call", id: 2, on: "cache", method: "statistics", args: [] },
  { type: "return", id: 2, value: { reads: 1, ticks: events.length } },
];

Deno.test("a channel that only one of two different targets has is told, and not compared", async () => {
  const done = signal("disk", "done", { drive: 0 });
  const talk = signal("qmp", "stop", {});
  const other = await aligned(around([done]), around([done, talk]));
  equal(other.first, undefined);
  deepEqual([...other.own], [["qmp", { on: "b", events: 1 }]]);
  match(alignText(other), /only one has them: qmp \(1 events on board=sim\)/);
  const kept = await aligned(around([done]), around([done, talk]), { keep: ["channels"] });
  equal(kept.first?.channel, "qmp");
  const same = await aligned(around([done]), around([done, talk]), { target: "real" });
  equal(same.first?.channel, "qmp");
});

Deno.test("of two different targets, fields that one alone gives do not count; on one target they do", async () => {
  const a = around([signal("pbx", "call", { user: "1001" })]);
  const b = around([signal("pbx", "call", { user: "1001", name: "Newchannel" })]);
  const other = await aligned(a, b);
  deepEqual([other.first, other.ownFields], [undefined, ["pbx call name"]]);
  const another = around([signal("pbx", "call", { user: "1002", name: "Newchannel" })]);
  equal((await aligned(a, another)).first?.channel, "pbx");
  equal((await aligned(a, b, { target: "real" })).first?.channel, "pbx");
});

Deno.test("threads go on side by side: only the order in each of them counts", async () => {
  const done = (thread: number, block: number) => signal("threads", "done", { thread, block });
  const a = around([done(1, 7), done(2, 8), done(1, 9)]);
  equal((await aligned(a, around([done(2, 8), done(1, 7), done(1, 9)]))).first, undefined);
  const { first } = await aligned(a, around([done(1, 9), done(2, 8), done(1, 7)]));
  equal(first?.channel, "threads");
});

Deno.test("ports of peers, and how often threads were switched, are noise of two targets alone", async () => {
  const sent = (peer: string) => signal("sip", "INVITE", { peer, line: `INVITE sip:1@${peer}` });
  const [a, b] = [around([sent("198.51.100.10:5060")]), around([sent("198.51.100.10:40112")])];
  equal((await aligned(a, b)).first, undefined);
  equal((await aligned(a, b, { target: "real" })).first?.channel, "sip");
  const more = around([sent("198.51.100.10:5060"), sent("198.51.100.10:5060")]);
  const { divergences } = await aligned(
    more,
    more.map((event) =>
      event.type === "return" && event.id === 2
        ? { ...event, value: { reads: 2, ticks: 9 } }
        : event
    ),
  );
  deepEqual(divergences.map(({ a, b }) => [a[0]?.text, b[0]?.text]), [[
    "cache.statistics gave {reads: 1, … 1 alike}",
    "cache.statistics gave {reads: 2, … 1 alike}",
  ]]);
});

Deno.test("what a target does before the first stimulus is its start", async () => {
  const { first } = await aligned([edge("off", 1), ...session((ms) => ms)], session((ms) => ms));
  equal(first, undefined);
});

Deno.test("lines that came at once are those that came one by one", async () => {
  const lines = ["one\r\n", "=> \r\n", "two\r\n", "=> \r\n"];
  const a = around(lines.map((line) => rx(line))), b = around([rx(lines.join(""))]);
  for (const [one, other] of [[a, b], [b, a]] as const) {
    const { first, pairs } = await aligned(one, other);
    deepEqual([first, pairs.length], [undefined, 4]);
  }
});

Deno.test("what came when the other side looked on no more is no divergence", async () => {
  const look = (ms: number): Timed[] => [{ type: "step.begin", id: 9, name: "look", ms }];
  const a = [...session((ms) => ms), edge("late", 3000), ...look(4000)];
  equal((await aligned(a, [...session((ms) => ms), ...look(2000)])).first, undefined);
  equal((await aligned(a, [...session((ms) => ms), ...look(4000)])).first?.channel, "led");
});
