import assert from "node:assert/strict";
import type { TraceBody } from "../../../trace/mod.ts";
import { everything, FRAME, type Happened } from "../_samples.ts";
import type { EventsDetail, ShownEvent } from "../model.ts";
import { eventText, wholeText } from "./event_text.ts";
import { durationText, momentText, roundStep } from "./format.ts";
import { ladderColumns, sipMessages } from "./ladder.ts";
import { type Lane, makeLanes } from "./lanes.ts";
import { hexDump, packetOf } from "./packets.ts";
import { Scale } from "./scale.ts";

function detail(happened: readonly Happened[]): EventsDetail {
  const events = happened.map(([t, body], i): ShownEvent => ({ seq: i + 1, t, ...body }));
  const lastT = Math.max(...happened.map(([t]) => t));
  return { events, total: events.length, lastT, thinned: [], problems: [] };
}

function lanes(happened: readonly Happened[]): Record<string, Lane> {
  return Object.fromEntries(makeLanes(detail(happened)).lanes.map((lane) => [lane.label, lane]));
}

function signal(channel: string, kind: string, data?: object): TraceBody {
  return { type: "signal", channel, kind, ...(data && { data: data as Record<string, string> }) };
}

Deno.test("each kind of event has a lane of its shape", () => {
  const made = makeLanes(detail(everything())).lanes.map(({ label, shape }) => [label, shape]);
  assert.deepEqual(made, [
    ["steps", "bars"],
    ["expectations", "ticks"],
    ["measurements", "ticks"],
    ["attachments", "ticks"],
    ["log", "ticks"],
    ["uart0", "ticks"],
    ["requests 0", "bars"],
    ["sip", "ticks"],
    ["GPIO 66", "wave"],
    ["lan", "ticks"],
  ]);
});

Deno.test("a step lasts from its begin to its end, its parts below it, one that failed is bad", () => {
  const { steps } = lanes([
    [0, { type: "step.begin", id: 1, name: "a" }],
    [5, { type: "step.begin", id: 2, parent: 1, name: "b" }],
    [7, { type: "step.end", id: 2, ok: false }],
    [9, { type: "log", level: "info", text: "" }],
  ]);
  assert.deepEqual(
    steps!.items.map(({ from, to, row, text, tone }) => [from, to, row, text, tone]),
    [[0, 9, 0, "a", "warn"], [5, 7, 1, "b", "bad"]],
  );
});

Deno.test("requests are spans; those that never end last until the drive is started again", () => {
  const read = (id: number) => ({ drive: 0, id, operation: "read", lba: id, blocks: 1 });
  const { "requests 0": drive } = lanes([
    [0, signal("requests", "read", read(1))],
    [1, signal("requests", "read", read(2))],
    [3, signal("requests", "done", read(1))],
    [8, signal("requests", "read", read(1))],
    [9, signal("requests", "done", read(1))],
  ]);
  assert.deepEqual(drive!.items.map(({ from, to, row, text }) => [from, to, row, text]), [
    [0, 3, 0, "read 1+1"],
    [1, 8, 1, "read 2+1 (no end)"],
    [8, 9, 0, "read 1+1"],
  ]);
});

Deno.test("edges are a wave, which was at the other level before; states are a bus", () => {
  const made = lanes([
    [10, signal("GPIO 1", "fall")],
    [20, signal("GPIO 1", "rise")],
    [10, signal("phone", "ringing")],
    [20, signal("phone", "ended")],
    [30, { type: "log", level: "info", text: "" }],
  ]);
  const levels = made["GPIO 1"]!.items.map(({ from, to, level }) => [from, to, level]);
  assert.deepEqual(levels, [[0, 10, 1], [10, 20, 0], [20, 30, 1]]);
  assert.deepEqual(made.phone!.items.map(({ from, to, tone }) => [from, to, tone]), [
    [10, 20, "plain"],
    [20, 30, "dim"],
  ]);
});

Deno.test("what another clock stamped has a lane of its own", () => {
  const made = makeLanes({
    ...detail([[1, signal("led", "rise")], [2, signal("led", "fall")]]),
    events: [
      { seq: 1, t: 1, type: "signal", channel: "led", kind: "rise" },
      { seq: 2, t: 2, clock: "board", type: "signal", channel: "led", kind: "fall" },
    ],
  });
  assert.deepEqual(made.lanes.map(({ label }) => label), ["led", "led @board"]);
});

Deno.test("frames are read as far as their text", () => {
  const packet = packetOf({ frame: FRAME })!;
  assert.equal(packet.from, "198.51.100.1:5060");
  assert.equal(packet.to, "198.51.100.2:5060");
  assert.equal(packet.what, "UDP SIP: OPTIONS sip:a SIP/2.0");
  assert.match(hexDump(packet.bytes), /^0000 {2}02 00 .*\n0010 {2}/);
  for (const frame of ["", "AAAA", "!", FRAME.slice(0, 20), FRAME.slice(0, 44)]) {
    packetOf({ frame }); // Throws nothing.
  }
  assert.equal(packetOf({ frame: 7 }), undefined);
  assert.equal(packetOf(null), undefined);
});

Deno.test("IPv6 addresses are short (RFC 5952)", () => {
  const ip6 = (source: string) =>
    packetOf({
      linkType: 101,
      frame: Uint8Array.fromHex(`6000000000003b40${source}${"0".repeat(31)}1`).toBase64(),
    })!;
  assert.equal(ip6("20010db8000000000000000000000010").from, "2001:db8::10");
  assert.equal(ip6("20010db8000000000000000000000010").to, "::1");
  assert.equal(ip6("fe800000000000000000000000000000").from, "fe80::");
  assert.equal(ip6("00000000000000000000000000000000").from, "::");
  assert.equal(ip6("20010db8000100020003000400050006").from, "2001:db8:1:2:3:4:5:6");
});

Deno.test("a ladder has messages of the wire and of a page's sockets, in columns", () => {
  const text = "INVITE sip:600@pbx SIP/2.0\r\nCall-ID: c1\r\n\r\n";
  const { events } = detail([
    ...everything(),
    [90, signal("alice sockets", "sent", { url: "wss://pbx.example/ws", text })],
    [95, signal("alice sockets", "received", { url: "wss://pbx.example/ws", text: "hello" })],
  ]);
  const messages = sipMessages(events);
  assert.deepEqual(messages.map(({ from, to, text, callId }) => [from, to, text, callId]), [
    ["198.51.100.2", "PBX", "REGISTER sip:hello", "hello"],
    ["PBX", "198.51.100.2", "200 OK", "hello"],
    ["alice", "pbx.example", "INVITE sip:600@pbx", "c1"],
  ]);
  assert.deepEqual(ladderColumns(messages), ["198.51.100.2", "PBX", "alice", "pbx.example"]);
  const crowd = Array.from({ length: 20 }, (_, i) => ({ ...messages[0]!, from: `peer ${i}` }));
  assert.deepEqual(ladderColumns(crowd).slice(-1), ["others"]);
  assert.equal(ladderColumns(crowd).length, 7);
});

Deno.test("every event has a line, and all of it for who looks closer", () => {
  for (const event of detail(everything()).events) {
    if (event.type !== "bytes") assert.notEqual(eventText(event).text, "", event.type);
    assert.match(wholeText(event), new RegExp(`^event ${event.seq} at \\d+\\.\\d{9} s\n`));
  }
});

Deno.test("times are short, and steps of an axis are round", () => {
  const texts = [0, 999, 1500, 2_345_678, 1_234_567_890, 61e9, -5e6].map(durationText);
  assert.deepEqual(texts, [
    "0 ns",
    "999 ns",
    "1.5 µs",
    "2.346 ms",
    "1.235 s",
    "1 min 1 s",
    "−5 ms",
  ]);
  assert.deepEqual([momentText(1.5e9, 1e9), momentText(1.5e9, 1e6)], ["2", "1.500"]);
  assert.deepEqual([7, 12, 40, 99].map((span) => roundStep(span, 1)), [10, 20, 50, 100]);
});

Deno.test("zooming keeps the moment under the pointer, and never leaves what there is", () => {
  const scale = new Scale(0, 1000);
  scale.width = 100;
  const [begin, end] = scale.all;
  scale.zoom(0.5, 250);
  const at = scale.x(250);
  scale.zoom(0.5, 250);
  assert.ok(Math.abs(scale.x(250) - at) < 1e-9);
  scale.pan(-1e9);
  assert.equal(scale.from, begin);
  scale.zoom(1e9);
  assert.ok(scale.isWhole && scale.to === end);
  scale.show(500, 500);
  assert.equal(scale.span, 20);
});
