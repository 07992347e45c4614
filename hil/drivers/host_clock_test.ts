import assert from "node:assert/strict";
import { minutes, ms, us } from "../time/mod.ts";
import { Timeline } from "../trace/mod.ts";
import { HostClock } from "./host_clock.ts";

/** Deno looks for timers that are left behind only when told to. */
function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: true, sanitizeResources: true });
}

function makeClock() {
  const timeline = new Timeline({ write() {} });
  const clock = new HostClock(timeline);
  timeline.clock = clock;
  const happen = () => void timeline.record({ type: "log", level: "info", text: "something" });
  return { timeline, clock, happen };
}

test("it starts near zero and counts on", () => {
  const { clock } = makeClock();
  const first = clock.now();
  assert.ok(first >= 0 && first < 60e9 && Number.isSafeInteger(first));
  assert.ok(clock.now() >= first);
  assert.deepEqual([clock.name, clock.virtual], ["host", false]);
  assert.equal(new HostClock(makeClock().timeline, "bench").name, "bench");
});

test("what is so already is not waited for, whatever its value but undefined", async () => {
  const { clock } = makeClock();
  for (const value of [5, 0, "", false, null, NaN]) {
    assert.equal(await clock.until<unknown>(() => value, minutes(1)), value);
  }
});

test("the probe is asked after each event until it has an answer, and then no more", async () => {
  const { clock, happen } = makeClock();
  let asked = 0;
  const wait = clock.until(() => ++asked === 3 ? "third" : undefined, minutes(1));
  for (let i = 0; i < 5; i++) happen();
  assert.equal(await wait, "third");
  happen();
  assert.equal(asked, 3);
});

test("several wait at once, each for its own", async () => {
  const { clock, timeline } = makeClock();
  const led = timeline.signal<number>("LED", { clock });
  const waits = [1, 2, 3].map((count) =>
    clock.until(() => led.occurrences.length >= count ? count : undefined, minutes(1))
  );
  for (let i = 0; i < 3; i++) led.emit("rise", i);
  assert.deepEqual(await Promise.all(waits), [1, 2, 3]);
});

test("without an answer it gives undefined, never before the limit", async () => {
  const { clock, happen } = makeClock();
  for (const limit of [us(0), us(700), us(1500), ms(3)]) {
    let asked = 0;
    const began = clock.now();
    const wait = clock.until(() => void asked++, limit);
    happen();
    assert.equal(await wait, undefined);
    assert.ok(clock.now() - began >= limit.ns, `${limit}`);
    happen();
    assert.equal(asked, 2, "nobody is asked any more");
  }
});

test("a probe that throws, at once or later, rejects the wait and nothing else", async () => {
  const { clock, happen } = makeClock();
  let asked = 0;
  const throwAt = (count: number) => () => {
    if (++asked === count) throw new RangeError("no such field");
    return undefined;
  };
  await assert.rejects(clock.until(throwAt(1), minutes(1)), { message: "no such field" });
  asked = 0;
  const wait = clock.until(throwAt(2), minutes(1));
  const other = clock.until(() => asked >= 2 ? "goes on" : undefined, minutes(1));
  happen(); // It throws in there; who records an event does not notice.
  await assert.rejects(wait, { message: "no such field" });
  assert.equal(await other, "goes on");
  happen();
  assert.equal(asked, 2);
});
