import assert from "node:assert/strict";
import type { Clock } from "../time/mod.ts";
import { ms, seconds } from "../time/mod.ts";
import { Timeline, type TraceEvent } from "./mod.ts";

const LOG = { type: "log", level: "info", text: "said" } as const;

function fakeClock(name: string, now = 0): Clock & { t: number } {
  return {
    name,
    virtual: true,
    t: now,
    now() {
      return this.t;
    },
    until: (probe) => Promise.resolve(probe()),
  };
}

function makeTimeline() {
  const events: TraceEvent[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  const clock = timeline.clock = fakeClock("board", 100);
  return { timeline, events, clock };
}

Deno.test("events are numbered from 1 and have the time of the scenario's clock", () => {
  const { timeline, events, clock } = makeTimeline();
  assert.deepEqual(timeline.record(LOG), { seq: 1, t: 100, clock: "board", what: "log" });
  clock.t = 250;
  timeline.record(LOG);
  timeline.record(LOG, { t: 40 });
  assert.deepEqual(events, [
    { seq: 1, t: 100, ...LOG },
    { seq: 2, t: 250, ...LOG },
    { seq: 3, t: 40, ...LOG },
  ]);
});

Deno.test("only a clock that is not the scenario's is named", () => {
  const { timeline, events, clock } = makeTimeline();
  const host = fakeClock("host", 7);
  assert.equal(timeline.record(LOG, { clock: host }).clock, "host");
  timeline.record(LOG, { clock });
  const up = timeline.signal<null>("link", { clock: host }).emit("up", null);
  assert.deepEqual([up.t, up.clock], [7, "host"], "a mark always says whose time it has");
  assert.deepEqual(events.map(({ t, clock }) => [t, clock]), [
    [7, "host"],
    [100, undefined],
    [7, "host"],
  ]);
});

Deno.test("a timeline without a clock says so", () => {
  assert.throws(() => new Timeline({ write() {} }).record(LOG), {
    message: "the timeline has no clock yet",
  });
});

Deno.test("who listens is told after the event is written, in order, until the end", () => {
  const { timeline, events } = makeTimeline();
  const heard: string[] = [];
  const forget = timeline.onEvent(() => heard.push(`first: ${events.length}`));
  timeline.onEvent(() => heard.push(`second: ${events.length}`));
  timeline.record(LOG);
  forget();
  timeline.record(LOG);
  assert.deepEqual(heard, ["first: 1", "second: 1", "second: 2"]);
});

Deno.test("listeners that come or go while they are told are right at once", () => {
  const { timeline } = makeTimeline();
  const heard: string[] = [];
  timeline.onEvent(() => {
    heard.push("first");
    forget();
    timeline.onEvent(() => heard.push("new"));
  });
  const forget = timeline.onEvent(() => heard.push("taken away"));
  timeline.record(LOG);
  assert.deepEqual(heard, ["first"]);
  timeline.record(LOG);
  assert.deepEqual(heard, ["first", "first", "new"]);
});

Deno.test("an occurrence is on the signal before anybody hears of it, and in the trace", () => {
  const { timeline, events, clock } = makeTimeline();
  const led = timeline.signal<number>("LED", { clock, describe: (kind, level) => kind + level });
  let seen: unknown;
  timeline.onEvent(() => seen = led.occurrences.at(-1));
  const rise = led.emit("rise", 1);
  assert.deepEqual(rise, {
    ...{ seq: 1, t: 100, clock: "board", what: "rise1" },
    ...{ channel: "LED", kind: "rise", data: 1 },
  });
  assert.equal(seen, rise);
  assert.deepEqual(events, [
    { seq: 1, t: 100, type: "signal", channel: "LED", kind: "rise", data: 1 },
  ]);
  assert.equal(led.emit("fall", 0, 90).t, 90, "a time that a device gave");
  assert.equal(events[1]!.t, 90);
  assert.equal(timeline.signal<null>("gpio", { clock }).emit("rise", null).what, "gpio rise");
});

Deno.test("a time that is no whole number from 0 on is refused, and leaves nothing behind", () => {
  for (const t of [-1, 0.5, NaN, Infinity, 2 ** 53]) {
    const { timeline, events, clock } = makeTimeline();
    const led = timeline.signal<null>("LED", { clock });
    let told = 0;
    timeline.onEvent(() => told++);
    assert.throws(() => timeline.record(LOG, { t }), {
      name: "RangeError",
      message: `Cannot record a "log" at "${t}" ns: that is no whole number from 0 on; ` +
        `give whole nanoseconds since the scenario began`,
    });
    assert.throws(() => led.emit("rise", null, t), /^RangeError: Cannot record a "signal" at/);
    clock.t = t;
    assert.throws(() => led.emit("rise", null), RangeError, "a clock may be wrong, too");
    assert.deepEqual([events, led.occurrences, told], [[], [], 0]);
    clock.t = 0;
    assert.equal(timeline.record(LOG).seq, 1, "there is no gap");
  }
});

Deno.test("a channel has one source at a time; the next one begins with nothing", () => {
  const { timeline, events, clock } = makeTimeline();
  const first = timeline.signal<null>("qmp", { clock });
  first.emit("STOP", null);
  assert.throws(() => timeline.signal("qmp", { clock }), {
    name: "TypeError",
    message: 'Cannot make a signal of "qmp": the channel has a source already; ' +
      "end that one first, or take a name of its own for this one",
  });
  first.end();
  const second = timeline.signal<null>("qmp", { clock });
  first.end();
  assert.throws(() => timeline.signal("qmp", { clock }), TypeError, "it has ended once only");
  second.emit("RESUME", null);
  assert.throws(() => first.emit("STOP", null), {
    message: 'Cannot emit "STOP" on "qmp": that signal has ended',
  });
  assert.deepEqual([first, second].map(({ occurrences }) => occurrences.map((o) => o.kind)), [
    ["STOP"],
    ["RESUME"],
  ]);
  assert.equal(events.length, 2);
});

Deno.test("an occurrence that another one causes comes after it everywhere", () => {
  const { timeline, events, clock } = makeTimeline();
  const button = timeline.signal<null>("button", { clock });
  const led = timeline.signal<null>("LED", { clock });
  const forget = timeline.onEvent(() => {
    forget();
    led.emit("rise", null);
    button.emit("release", null);
  });
  button.emit("press", null);
  assert.deepEqual(button.occurrences.map(({ kind, seq }) => [kind, seq]), [
    ["press", 1],
    ["release", 3],
  ]);
  assert.deepEqual(led.occurrences.map(({ seq }) => seq), [2]);
  assert.deepEqual(events.map(({ seq }) => seq), [1, 2, 3]);
});

Deno.test("the first failure counts, before somebody listens and after", () => {
  for (const early of [true, false]) {
    const { timeline } = makeTimeline();
    const heard: string[] = [];
    const listen = () => timeline.onFailure((error) => heard.push(error.message));
    if (!early) listen();
    timeline.fail(new Error("panic"));
    timeline.fail(new Error("and more"));
    if (early) listen();
    assert.deepEqual(heard, ["panic"]);
  }
});

Deno.test("what is to be awaited is done, and from then on accounted for", async () => {
  const { timeline } = makeTimeline();
  assert.equal(await timeline.awaited("the answer", () => Promise.resolve(5)), 5);
  const account: string[] = [];
  timeline.onAwaited((what, work) => {
    account.push(what);
    return work();
  });
  assert.equal(await timeline.awaited("another one", () => Promise.resolve(6)), 6);
  assert.deepEqual(account, ["another one"]);
});

Deno.test("paragraphs of the diagnosis are in order; the empty ones are left out", async () => {
  const { timeline } = makeTimeline();
  const slow = Promise.withResolvers<string>();
  timeline.diagnose("the board", () => slow.promise);
  timeline.diagnose("the console", () => {
    slow.resolve("LED off\nbutton up\n"); // All are asked, none waits for another.
    return "last line\n";
  });
  timeline.diagnose("the disk", () => "");
  assert.equal(
    await timeline.diagnosis(seconds(60)),
    "the board:\n  LED off\n  button up\nthe console:\n  last line",
  );
  assert.equal(await makeTimeline().timeline.diagnosis(), "");
});

Deno.test("a diagnosis takes the place of an earlier one of its name", async () => {
  const { timeline } = makeTimeline();
  timeline.diagnose("com1", () => "the dead machine");
  timeline.diagnose("the disk", () => "spins");
  timeline.diagnose("com1", () => "the living one");
  assert.equal(await timeline.diagnosis(), "com1:\n  the living one\nthe disk:\n  spins");
});

Deno.test("a diagnosis that fails or hangs says so in its place and costs no other", async () => {
  const { timeline } = makeTimeline();
  timeline.diagnose("throws", () => {
    throw new Error("no answer");
  });
  timeline.diagnose("rejects", () => Promise.reject("words"));
  timeline.diagnose("hangs", () => new Promise(() => {}));
  timeline.diagnose("works", () => "fine");
  assert.equal(
    await timeline.diagnosis(ms(5)),
    "throws: not to be had: no answer\n" +
      "rejects: not to be had: words\n" +
      "hangs: not to be had: it took longer than 5 ms\n" +
      "works:\n  fine",
  );
});
