import assert from "node:assert/strict";
import { BODIES, HEADER } from "./_samples.ts";
import type { TraceBody, TraceEvent } from "./event.ts";
import { PerfettoFormat } from "./perfetto.ts";

type Happened = readonly [t: number, body: TraceBody, clock?: string];

interface Written {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly name?: string;
  readonly id?: string;
  readonly cat?: string;
  readonly s?: string;
  readonly args?: Record<string, unknown>;
}

function written(happened: readonly Happened[]): { events: Written[]; text: string } {
  const format = new PerfettoFormat();
  let text = format.begin(HEADER);
  for (const [i, [t, body, clock]] of happened.entries()) {
    text += format.event({ seq: i + 1, t, ...(clock && { clock }), ...body } as TraceEvent);
  }
  text += format.end();
  const { traceEvents } = JSON.parse(text) as { traceEvents: Written[] };
  return { events: traceEvents, text };
}

/** Names of threads by their numbers, and what is on them. */
function onThreads(events: readonly Written[]): Map<string, Written[]> {
  const names = new Map(
    events.filter(({ ph, name }) => ph === "M" && name === "thread_name")
      .map(({ tid, args }) => [tid, args!.name as string]),
  );
  return Map.groupBy(events.filter(({ ph }) => ph !== "M"), ({ tid }) => names.get(tid) ?? "");
}

const begin = (id: number, name: string, parent?: number): TraceBody => ({
  type: "step.begin",
  ...{ id, name, ...(parent && { parent }) },
});
const end = (id: number, ok = true): TraceBody => ({ type: "step.end", id, ok });

Deno.test("steps are slices within slices; those that overlap are on threads of their own", () => {
  const { events } = written([
    [0, begin(1, "all")],
    [1000, begin(2, "left", 1)],
    [2000, begin(3, "right", 1)],
    [3000, end(2)],
    [4000, begin(4, "more", 3)],
    [5000, end(3)],
    [6000, end(1)],
  ]);
  const threads = onThreads(events);
  const shown = (name: string) => threads.get(name)!.map(({ ph, ts, name }) => [ph, ts, name]);
  assert.deepEqual(shown("steps"), [
    ["B", 0, "all"],
    ["B", 1, "left"],
    ["E", 3, "left"],
    ["E", 6, "all"],
  ]);
  // "more" had no end of its own: it ends with what it was within.
  assert.deepEqual(shown("steps 2"), [
    ["B", 2, "right"],
    ["B", 4, "more"],
    ["E", 5, "more"],
    ["E", 5, "right"],
  ]);
});

Deno.test("calls and requests are slices that may overlap, found by their numbers", () => {
  const data = (id: number) => ({ drive: 0, id, lba: 7 });
  const signal = (kind: string, id: number): TraceBody => ({
    ...{ type: "signal", channel: "requests", kind, data: data(id) },
  });
  const { events } = written([
    [1, { type: "call", id: 1, on: "board.console", method: "send", args: ["x"] }],
    [2, signal("read", 1)],
    [3, signal("write", 2)],
    [4, signal("done", 1)],
    [5, { type: "return", id: 1, value: 3 }],
    [6, signal("done", 9)],
    [7, signal("done", 2)],
  ]);
  const slices = events.filter(({ ph }) => "be".includes(ph))
    .map(({ ph, cat, id, name }) => [ph, cat, id, name]);
  assert.deepEqual(slices, [
    ["b", "calls", "call 1", "board.console.send"],
    ["b", "requests", "requests 0 1", "read"],
    ["b", "requests", "requests 0 2", "write"],
    ["e", "requests", "requests 0 1", "read"],
    ["e", "calls", "call 1", "board.console.send"],
    ["e", "requests", "requests 0 2", "write"],
  ]);
  const instants = events.filter(({ ph }) => ph === "i");
  assert.deepEqual(instants.map(({ name, s }) => [name, s]), [["done", "t"]]);
});

Deno.test("edges and measurements are counters, lines of consoles instants of their channel", () => {
  const { events } = written([
    [5, { type: "signal", channel: "GPIO 55", kind: "rise" }],
    [6, { type: "bytes", channel: "uart0", dir: "rx", text: "he" }],
    [9, { type: "bytes", channel: "uart0", dir: "rx", text: "llo\n" }],
    [9, { type: "measure", name: "latency", value: 7.5, unit: "ms", verdict: "pass" }],
    [9, { type: "measure", name: "none", value: NaN, unit: "ms", verdict: "fail" }],
  ]);
  const counters = events.filter(({ ph }) => ph === "C").map(({ name, args }) => [name, args]);
  assert.deepEqual(counters, [["GPIO 55", { level: 1 }], ["latency", { ms: 7.5 }]]);
  const [line] = onThreads(events).get("uart0 rx")!;
  assert.deepEqual([line!.name, line!.ts, line!.args], ["hello", 0.006, { durationNs: 3 }]);
});

Deno.test("each clock is a process, and no nanosecond is lost after a week", () => {
  const week = 7 * 86_400 * 1e9 + 123_456_789;
  const log: TraceBody = { type: "log", level: "info", text: "hello" };
  const { events, text } = written([[week, log], [7, log, "guest"]]);
  assert.match(text, /"ts":604800123456\.789\}/);
  const names = events.filter(({ name }) => name === "process_name").map(({ args }) => args!.name);
  assert.deepEqual(names, ["scenario", "clock guest"]);
  assert.equal(new Set(events.filter(({ ph }) => ph === "i").map(({ pid }) => pid)).size, 2);
});

/** Fields that the format asks for, by phase ("Trace Event Format", sections Duration to Metadata). */
const FIELDS: Readonly<Record<string, readonly (keyof Written)[]>> = {
  B: ["pid", "tid", "ts", "name"],
  E: ["pid", "tid", "ts", "name"],
  i: ["pid", "tid", "ts", "name", "s"],
  C: ["pid", "ts", "name", "args"],
  b: ["pid", "ts", "name", "cat", "id"],
  e: ["pid", "ts", "name", "cat", "id"],
  M: ["pid", "name", "args"],
};

Deno.test("every type of event becomes what the format knows, cut off anywhere", () => {
  for (let length = 0; length <= BODIES.length; length++) {
    const { events } = written(BODIES.slice(0, length).map((body, i) => [i * 1000, body] as const));
    for (const event of events) {
      assert.ok(Object.hasOwn(FIELDS, event.ph), event.ph);
      for (const field of FIELDS[event.ph]!) assert.notEqual(event[field], undefined, field);
    }
    const depth = new Map<number, number>();
    for (const { ph, tid } of events) {
      if (ph === "B") depth.set(tid, (depth.get(tid) ?? 0) + 1);
      if (ph === "E") depth.set(tid, depth.get(tid)! - 1);
      assert.ok((depth.get(tid) ?? 0) >= 0);
    }
  }
});

Deno.test("requests that never end are not all remembered", () => {
  const format = new PerfettoFormat();
  const at = (id: number, kind: string): TraceEvent => ({
    ...{ seq: 1, t: id, type: "signal", channel: "requests", kind, data: { id } },
  });
  for (let id = 0; id < 20_000; id++) format.event(at(id, "read"));
  assert.match(format.event(at(5, "done")), /"ph":"i"/, "forgotten: its end is an instant");
  assert.match(format.event(at(19_999, "done")), /"ph":"e"/);
});
