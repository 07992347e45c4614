import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { TraceHeader } from "../../trace/mod.ts";
import { inFolder, rx, type Timed, tx, writeTrace } from "../_samples.ts";
import { type DiffOptions, diffTraces, type TraceDiff } from "./diff.ts";
import { diffJson, diffText } from "./text.ts";

type Side = readonly Timed[];
interface More extends DiffOptions {
  readonly header?: Partial<TraceHeader>;
}

async function diff(a: Side, b: Side, { header, ...options }: More = {}): Promise<TraceDiff> {
  let found!: TraceDiff;
  await inFolder(async (folder) => {
    const green = writeTrace(`${folder}/a.jsonl`, a);
    found = await diffTraces(green, writeTrace(`${folder}/b.jsonl`, b, header), options);
  });
  return found;
}

/** The first difference: its channel, and the texts of both sides. */
function first({ comparison }: TraceDiff) {
  const [found] = comparison.differences;
  return found && [found.channel, found.a.map((i) => i.text), found.b.map((i) => i.text)];
}

const PASSED: Timed = { type: "end", outcome: "passed" };
const signal = (
  kind: string,
  data: { [key: string]: string | number },
  channel = "sip",
): Timed => ({
  type: "signal",
  channel,
  kind,
  data,
});
const BOOT: Side = [
  { type: "step.begin", id: 1, name: "boot" },
  tx("boot\r"),
  rx("loading\r\ndisk ready\r\n=> "),
  signal("rise", { level: 1 }, "gpio/55"),
  { type: "step.end", id: 1, ok: true },
];

Deno.test("of long texts, what differs in them is shown", async () => {
  const invite = (tag: number, codec: string): Timed =>
    signal("sent", {
      text: `INVITE sip:x SIP/2.0\r\nFrom: a;tag=${tag}\r\n${
        "X: y\r\n".repeat(99)
      }m=audio ${codec}`,
    });
  const found = await diff([invite(1, "opus")], [invite(2, "pcmu")]);
  const plain = (text: string) => text;
  const paints = { bold: plain, dim: plain, a: plain, b: plain };
  const text = diffText(found, { paints, names: { a: "", b: "" }, plain, context: 0, show: 1 });
  match(text, /^- .*: sent text="INVITE[^…]*… m=audio opus"\n\+ .*… m=audio pcmu"$/m);
});

Deno.test("two equal traces have no difference, however their bytes are cut up", async () => {
  const pieces = [..."loading\r\ndisk ready\r\n=> "].map((c) => rx(c));
  const { same, comparison } = await diff(
    [...BOOT, PASSED],
    [...BOOT.slice(0, 2), ...pieces, ...BOOT.slice(3), PASSED],
  );
  ok(same);
  equal(comparison.equal, 8);
});

Deno.test("the first thing that differs is found, with what was before and after it", async () => {
  const red: Side = [
    ...BOOT.slice(0, 2),
    rx("loading\r\ndisk error 5\r\n=> "),
    ...BOOT.slice(3),
    { type: "expect", what: "the LED is on", ok: false },
    {
      type: "end",
      outcome: "failed",
      error: { name: "AssertionError", message: "the LED is off\n  evidence", blame: "product" },
    },
  ];
  const found = await diff([...BOOT, PASSED], red);
  deepEqual(first(found), ["com1", ["disk ready"], ["disk error 5"]]);
  equal(found.verdict.likely, "product");
  match(found.verdict.evidence[0]!.text, /what the target did on com1; all 1 lines sent before/);
  deepEqual(found.comparison.before.map(([, item]) => item.text), [
    'step "boot"',
    "boot",
    "loading",
  ]);
  const names = { a: "green", b: "red" };
  const plain = (text: string) => text;
  const paints = { bold: plain, dim: plain, a: plain, b: (text: string) => `[${text}]` };
  const text = diffText(found, { paints, names, plain, context: 2, show: 1 });
  match(text, /^The first difference is on com1; 6 items are the same\n=.*boot\n/m);
  match(text, /^- +0\.003000 s {2}#3 {6}com1: disk ready\n\[\+ .*com1: disk error 5\]$/m);
  match(text, /^Likely place: product$/m);
  const json = JSON.parse(JSON.stringify(diffJson(found, { context: 2 })));
  deepEqual([json.same, json.first.channel, json.likely], [false, "com1", "product"]);
  equal(json.first.before.at(-1).b.text, "loading");
});

Deno.test("times, ids, addresses of one run, ports, pids and paths are noise, and can be kept", async () => {
  const run = (n: number): Side => [
    rx(`[2026-11-25 09:43:5${n}.464] pid ${n}7 started in ${n}.5 ms, see /tmp/hil-${n}aB3xYz\n`),
    rx(`[    ${n}.234567] eth0: 02:42:ac:11:00:0${n} at 10.${n}.0.1:4${n}123\n`),
    signal("REGISTER", { callId: `x${n}`, peer: "198.51.100.2:5060", latencyMs: n / 3 }),
    { type: "log", level: "info", text: `{"event":"limit","latencyMs":1${n}.5}` },
    rx(`Via: SIP/2.0/UDP pc;branch=z9hG4bK${n}7a;tag=a${n}\r\nnonce="${n}"\r\n`),
    { type: "measure", name: "latency", value: n, unit: "ms", verdict: "pass" },
    PASSED,
  ];
  const found = await diff(run(1), run(2));
  deepEqual(first(found), undefined);
  deepEqual([found.comparison.equal, found.comparison.equalButForNoise], [8, 7]);
  deepEqual([...found.ignored.keys()].sort(), [
    "addresses",
    "ids",
    "paths",
    "pids",
    "ports",
    "times",
  ]);
  for (const rule of ["times", "ids", "addresses", "ports", "pids", "paths", "measured"]) {
    equal((await diff(run(1), run(2), { keep: [rule] })).same, false, rule);
  }
});

Deno.test("an address that both traces know is no noise", async () => {
  const bans = (host: string): Side => [
    rx("from 203.0.113.1 and 203.0.113.2\n"),
    signal("ban", { host }, "sipban"),
    PASSED,
  ];
  equal((await diff(bans("203.0.113.1"), bans("203.0.113.2"))).same, false);
  ok((await diff(bans("203.0.113.7"), bans("203.0.113.8"))).same);
});

Deno.test("a port that is no ephemeral one, and a status, are no noise", async () => {
  equal((await diff([rx("to pbx:5060\n")], [rx("to pbx:5061\n")])).same, false);
  equal(
    (await diff([signal("200", { status: 200 })], [signal("200", { status: 486 })])).same,
    false,
  );
});

Deno.test("peers that act at once may do so in any order; a console may not", async () => {
  const peers = ["198.51.100.1:1", "198.51.100.2:2", "198.51.100.3:3"];
  const list = peers.map((peer) => signal("REGISTER", { peer }));
  const found = await diff([...list, PASSED], [...list.toReversed(), PASSED]);
  ok(found.same);
  ok(found.comparison.reordered > 0);
  equal((await diff(list, list.toReversed(), { keep: ["order"] })).same, false);
  const lines = ["a\n", "b\n"].map((text) => rx(text));
  const swapped = await diff(lines, lines.toReversed());
  ok(swapped.comparison.differences.every(({ moved }) => moved));
  equal(swapped.same, false);
  ok((await diff(lines, lines.toReversed(), { ignore: ["order"] })).same);
  // What is missing says more than an order, also when that is in a window before it.
  const many = Array.from({ length: 60 }, (_, i) => rx(`c${i}\n`));
  for (const limits of [{}, { items: 20 }]) {
    const both = await diff([...lines, ...many], [...lines.toReversed(), ...many, rx("more\n")], {
      limits,
    });
    deepEqual(first(both), ["com1", [], ["more"]]);
    ok(both.comparison.differences.some(({ moved }) => moved));
  }
});

Deno.test("what differs first is first, on whatever channel it is, also by its time", async () => {
  const late: Side = [
    rx("one\n", "com1"),
    rx("two\n", "com2"),
    signal("fall", { level: 0 }, "pin"),
  ];
  const found = await diff(late, [
    rx("one\n", "com1"),
    rx("TWO\n", "com2"),
    signal("rise", { level: 1 }, "pin"),
  ]);
  deepEqual(found.comparison.differences.map(({ channel }) => channel), ["com2", "pin"]);
  // A capture that is told later than it happened.
  const told = await diff([...late, { ...rx("cap 1\n", "lan"), ms: 0.5 }], [
    ...late.slice(0, 2),
    signal("rise", { level: 1 }, "pin"),
    { ...rx("cap 2\n", "lan"), ms: 0.5 },
  ]);
  deepEqual(told.comparison.differences.map(({ channel }) => channel), ["lan", "pin"]);
});

Deno.test("what only one of them has is placed by how long after the same thing it happened", async () => {
  const both: Timed = { ...rx("same\n"), ms: 1 };
  const onlyA: Timed = { ...rx("a\n", "com2"), ms: 5 };
  const order = async (ms: number) => {
    const found = await diff([both, onlyA], [both, { ...rx("b\n", "com3"), ms }]);
    return found.comparison.differences.map(({ channel }) => channel);
  };
  deepEqual(await order(3), ["com3", "com2"]);
  deepEqual(await order(7), ["com2", "com3"]);
});

Deno.test("what is cut off by the end of a run is noise when both passed", async () => {
  const steps: Side = [rx("a\n"), { type: "expect", what: "x", ok: true }];
  const more: Side = [...steps, rx("late\n"), PASSED];
  ok((await diff([...steps, PASSED], more)).same);
  equal((await diff([...steps, PASSED], more, { keep: ["ending"] })).same, false);
  equal((await diff(more, [...steps, { type: "end", outcome: "interrupted" }])).same, false);
});

Deno.test("what is sent first otherwise, with one seed, is of the harness", async () => {
  const found = await diff([rx("=> "), tx("version\r"), PASSED], [rx("=> "), tx("vers\r"), PASSED]);
  deepEqual(first(found), ["com1 (sent)", ["version"], ["vers"]]);
  equal(found.verdict.likely, "harness");
  const other = await diff([tx("version\r"), PASSED], [tx("vers\r"), PASSED], {
    header: { seed: 8 },
  });
  equal(other.verdict.likely, "scenario");
});

Deno.test("what speaks of the bench is of the bench", async () => {
  const log = (text: string): Timed => ({ type: "log", level: "error", text });
  const found = await diff([rx("up\n"), PASSED], [
    log("Cannot open /dev/ttyUSB0: no such device"),
    { type: "end", outcome: "failed", error: { name: "E", message: "no console", blame: "bench" } },
  ], { header: { targets: { board: { target: "sim", version: "1.0", docker: "26" } } } });
  equal(found.verdict.likely, "bench");
  ok(found.verdict.evidence.some(({ text }) => /board has another docker/.test(text)));
});

Deno.test("a machine that was slow is seen by its pace", async () => {
  const run = (pace: number): Side => [
    ...Array.from({ length: 30 }, (_, i): Timed => ({ ...rx(`line ${i}\n`), ms: i * pace })),
    pace === 1 ? rx("done\n") : rx("timeout\n"),
  ];
  const { comparison, verdict } = await diff(run(1), run(4));
  equal(comparison.stretch, 4);
  ok(
    verdict.evidence.some(({ place, text }) =>
      place === "bench" && /4\.0 times as long/.test(text)
    ),
  );
});

Deno.test("own rules take for noise what only a project knows", async () => {
  const run = (n: number): Side => [
    rx(`build ${n} of main\n`),
    signal("sample", { temperature: n }, "adc/0"),
    rx(`noise ${n}\n`, "radio"),
  ];
  const rules = [
    { name: "build", help: "", match: /build \d+/g },
    { name: "heat", help: "", fields: /^temperature$/ },
    { name: "radio", help: "", channels: /^radio$/ },
  ];
  ok((await diff(run(1), run(2), { rules })).same);
  for (const [i] of rules.entries()) {
    equal((await diff(run(1), run(2), { rules: rules.toSpliced(i, 1) })).same, false);
  }
});

Deno.test("memory is bounded: a long trace is compared by windows, and its difference is found", async () => {
  const lines = (change: number): Side =>
    Array.from({ length: 3000 }, (_, i) => rx(i === change ? "odd\n" : `line ${i % 50}\n`));
  const peers = Array.from({ length: 300 }, (_, i) => signal("A", { peer: `p${i}` }));
  const limits = { items: 100 };
  ok((await diff([...lines(-1), PASSED], [...lines(-1), PASSED], { limits })).same);
  const found = await diff([...lines(-1), ...peers], [...lines(2500), ...peers], { limits });
  deepEqual(first(found), ["com1", ["line 0"], ["odd"]]);
  equal(found.comparison.complete, false);
  // Noise fills windows as well.
  const turned = peers.map((_, i) => peers[i ^ 1]!);
  ok((await diff([...peers, PASSED], [...turned, PASSED], { limits })).same);
  // A channel that only one side has is told, although the other side might still come to it.
  const apart = await diff([...lines(-1), PASSED], [...peers, PASSED], { limits });
  deepEqual([apart.same, apart.comparison.complete], [false, false]);
});
