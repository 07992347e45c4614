import assert from "node:assert/strict";
import { HostClock } from "../drivers/host_clock.ts";
import { type Duration, ms, ns, Random, seconds, us } from "../time/mod.ts";
import type { Json, Occurrence, Signal } from "../trace/mod.ts";
import { errorOf, inside, type Lab, makeLab } from "./_lab.ts";
import { expect, type Query } from "./expect.ts";

const OUT: Readonly<Record<string, string>> = { rise: "GPIO 55 rose", fall: "GPIO 55 fell" };
const boardLab = () => makeLab((kind) => OUT[kind] ?? kind);

/** The expectations in the trace. */
function verdicts({ events }: Lab) {
  return events.flatMap((event) => event.type === "expect" ? [event] : []);
}

function press(lab: Lab) {
  const button = lab.timeline.signal("GPIO 66", {
    clock: lab.clock,
    describe: () => "GPIO 66 rose (press)",
  });
  return button.emit("rise", 1);
}

Deno.test("what happens in time is waited for, given and recorded", async () => {
  const lab = boardLab();
  lab.clock.at(3e6, () => lab.led.emit("fall", null));
  lab.clock.at(4e6, () => lab.led.emit("rise", { level: 1 }));
  const found = await inside(lab, () => expect(lab.led).toHappen({ kind: "rise", within: ms(5) }));
  assert.equal(found.what, "GPIO 55 rose");
  assert.deepEqual(found.data, { level: 1 });
  assert.equal(lab.clock.now(), 4e6, "time stops at the match");
  const [{ what, ok, detail, t }] = verdicts(lab) as [ReturnType<typeof verdicts>[0]];
  assert.deepEqual({ what, ok, detail, t }, {
    what: "LED: rise",
    ok: true,
    detail: undefined,
    t: 4e6,
  });
});

Deno.test("what happened later than a stimulus but was recorded sooner came after it", async () => {
  const lab = boardLab();
  lab.led.emit("rise", null, 1e6);
  lab.led.emit("fall", null, 3e6);
  const button = lab.timeline.signal("GPIO 66", { clock: lab.clock });
  const press = button.emit("rise", 1, 2e6); // Word of it comes by a slower cable.
  await inside(lab, async () => {
    const fall = await expect(lab.led).toHappen({ after: press, within: ms(5) });
    assert.equal(fall.kind, "fall");
    expect(lab.led).toHaveHappened(0, { kind: "rise", after: press });
  });
});

Deno.test("what happens at the very limit is in time, and a nanosecond later is not", async () => {
  for (const late of [0, 1]) {
    const lab = boardLab();
    const start = press(lab);
    lab.led.emit("rise", null, 5e6 + late);
    const work = () => inside(lab, () => expect(lab.led).toHappen({ after: start, within: ms(5) }));
    if (late) assert.match((await errorOf(work)).message, /: 5 ms after, 1 ns too late$/m);
    else assert.equal((await work()).t, 5e6);
  }
});

Deno.test("what comes too late is said with its amounts, beside the mark asked from", async () => {
  const lab = boardLab();
  lab.clock.at(12_340_118_000, () => {});
  await lab.clock.until(() => undefined, ns(12_340_118_000));
  const start = press(lab);
  lab.clock.at(12_347_402_000, () => lab.led.emit("rise", null));
  await lab.clock.until(() => undefined, ms(50));
  const error = await errorOf(() =>
    inside(lab, () => expect(lab.led).toHappen({ kind: "rise", after: start, within: ms(5) }))
  );
  assert.equal(error.name, "ExpectationError");
  assert.equal(
    error.message,
    "LED: no rise within 5 ms of GPIO 66 rose (press)\n" +
      "  12.340118 s  GPIO 66 rose (press) (asked from here)\n" +
      "  12.347402 s  GPIO 55 rose: 7.284 ms after, 2.284 ms too late",
  );
  assert.deepEqual(verdicts(lab).map(({ ok, detail }) => ({ ok, detail })), [
    { ok: false, detail: error.message },
  ]);
});

Deno.test("a mark of the same signal is shown once", async () => {
  const lab = boardLab();
  const fell = lab.led.emit("fall", null);
  const error = await errorOf(() =>
    inside(lab, () => expect(lab.led).toHappen({ after: fell, within: ms(5) }))
  );
  assert.equal(
    error.message,
    "LED: no event within 5 ms of GPIO 55 fell\n" +
      "  0.000000 s  GPIO 55 fell (asked from here)",
  );
});

Deno.test("what never happens is said with what did happen, or that nothing did", async () => {
  const lab = boardLab();
  const query = { kind: "rise", within: ms(5) };
  const silent = await errorOf(() => inside(lab, () => expect(lab.led).toHappen(query)));
  assert.equal(silent.message, "LED: no rise within 5 ms\n  LED was silent all the time");
  assert.equal(lab.clock.now(), 5e6, "the whole limit was waited for");
  lab.led.emit("fall", null);
  const fell = await errorOf(() => inside(lab, () => expect(lab.led).toHappen(query)));
  assert.equal(fell.message, "LED: no rise within 5 ms\n  0.005000 s  GPIO 55 fell");
});

Deno.test("one recorded late with an earlier time is in time all the same", async () => {
  const lab = boardLab();
  const start = press(lab);
  lab.led.emit("rise", "late", 9e6);
  lab.led.emit("rise", "in time", 4e6);
  const found = await inside(
    lab,
    () => expect(lab.led).toHappen({ after: start, within: ms(5) }),
  );
  assert.equal(found.data, "in time");
});

Deno.test("kinds, data and marks select together", async () => {
  const lab = boardLab();
  const all = ["rise", "fall", "rise", "blink"].map((kind, i) => lab.led.emit(kind, i));
  const pick = (query: Query<Json>) => {
    const count = lab.led.occurrences.length;
    for (let expected = 0; expected <= count; expected++) {
      try {
        const found = inside(lab, () => expect(lab.led).toHaveHappened(expected, query));
        return found.map(({ data }) => data);
      } catch { /* Not as many. */ }
    }
  };
  assert.deepEqual(pick({ kind: "blink" }), [3]);
  assert.deepEqual(pick({ kind: ["fall", "nothing"] }), [1]);
  assert.deepEqual(pick({ kind: "rise", after: all[0] }), [2]);
  assert.deepEqual(pick({ kind: "rise", before: all[2] }), [0]);
  assert.deepEqual(pick({ after: all[0], before: all[2] }), [1]);
  assert.deepEqual(pick({ where: (level) => level === 2 }), [2]);
  await inside(lab, () => expect(lab.led).toHappen({ kind: "fall", within: ms(0) }));
});

Deno.test("an empty list of kinds, in which nothing is, is refused", async () => {
  const lab = boardLab();
  const message = `Cannot expect the kind "": the list of kinds is empty, which nothing is in; ` +
    `name one, or leave "kind" out for any`;
  await inside(lab, async () => {
    const query = { kind: [], within: ms(1) };
    for (const asked of ["toHappen", "notToHappen"] as const) {
      await assert.rejects(expect(lab.led)[asked](query), { name: "RangeError", message });
    }
    assert.throws(() => expect(lab.led).toHaveHappened(0, { kind: [] }), { message });
  });
});

Deno.test("a condition is asked once of each occurrence, however long the wait", async () => {
  const lab = boardLab();
  const count = 2000;
  for (let i = 0; i < count; i++) lab.led.emit("tick", i);
  for (let i = 0; i < count; i++) lab.clock.at(1000 + i, () => lab.led.emit("tick", count + i));
  const asked: number[] = [];
  const found = await inside(lab, () =>
    expect(lab.led as Signal<number>).toHappen({
      where: (n) => asked.push(n) > 0 && n === 2 * count - 1,
      within: ms(5),
    }));
  assert.equal(found.data, 2 * count - 1);
  assert.deepEqual(asked, Array.from({ length: 2 * count }, (_, i) => i));
});

Deno.test("a condition that throws ends the wait with its error and records no verdict", async () => {
  const lab = boardLab();
  lab.clock.at(1000, () => lab.led.emit("rise", null));
  const where = () => {
    throw new TypeError("no such field");
  };
  const work = inside(lab, () => expect(lab.led).toHappen({ where, within: ms(5) }));
  await assert.rejects(work, { name: "TypeError", message: "no such field" });
  assert.deepEqual(verdicts(lab), []);
});

Deno.test("a condition and a long occurrence are cut in messages", async () => {
  const lab = makeLab(() => "x".repeat(5000));
  lab.led.emit("rise", null);
  const error = await errorOf(() =>
    inside(lab, () =>
      expect(lab.led).toHappen({
        where: (data) =>
          data === "a text that makes this condition longer than anybody cares to read, and then " +
              "goes on about how long it is for longer than that",
        within: ms(1),
      }))
  );
  for (const line of error.message.split("\n")) assert.ok(line.length < 260, line);
  assert.match(error.message, /^LED: no event \(\(data\) ?=>/);
});

Deno.test("evidence of a chatty signal is bounded, and has the late one whatever is between", async () => {
  const lab = boardLab();
  const start = press(lab);
  for (let i = 1; i <= 100; i++) lab.led.emit("blink", null, i * 1e6);
  lab.led.emit("rise", null, 120e6);
  lab.led.emit("rise", null, 130e6);
  const error = await errorOf(() =>
    inside(lab, () => expect(lab.led).toHappen({ kind: "rise", after: start, within: ms(5) }))
  );
  const lines = error.message.split("\n");
  assert.equal(lines.length, 16);
  assert.equal(lines[2], "  0.001000 s  blink");
  assert.deepEqual(lines.slice(-3), [
    "  0.012000 s  blink",
    "  … 90 more",
    "  0.120000 s  GPIO 55 rose: 120 ms after, 115 ms too late",
  ]);
});

Deno.test("nothing happens: passes when the time is over, with earlier ones left out", async () => {
  const lab = boardLab();
  lab.led.emit("rise", null);
  lab.clock.at(6e6, () => lab.led.emit("rise", null));
  await inside(lab, () => expect(lab.led).notToHappen({ kind: "rise", within: ms(5) }));
  assert.equal(lab.clock.now(), 5e6);
  assert.deepEqual(verdicts(lab).map(({ what, ok }) => [what, ok]), [
    ["LED: no rise for 5 ms", true],
  ]);
});

Deno.test("nothing happens: fails at the first that does, with how far in it was", async () => {
  const lab = boardLab();
  lab.clock.at(2e6, () => lab.led.emit("rise", null));
  const error = await errorOf(() =>
    inside(lab, () => expect(lab.led).notToHappen({ within: ms(5) }))
  );
  assert.equal(
    error.message,
    "LED: event happened, 2 ms in; none was expected for 5 ms\n  0.002000 s  GPIO 55 rose",
  );
  assert.equal(lab.clock.now(), 2e6, "it is not waited for the rest");
});

Deno.test("nothing happens after a mark: what is recorded counts, what is past the limit not", async () => {
  const lab = boardLab();
  const start = press(lab);
  lab.led.emit("rise", null, 7e6);
  await inside(lab, () => expect(lab.led).notToHappen({ after: start, within: ms(5) }));
  lab.led.emit("rise", null, 3e6);
  const work = inside(lab, () => expect(lab.led).notToHappen({ after: start, within: ms(5) }));
  await assert.rejects(work, /^ExpectationError: LED: event happened, 3 ms in/);
});

Deno.test("a count is exact, and the ones counted are given", () => {
  const lab = boardLab();
  const first = lab.led.emit("rise", null);
  lab.led.emit("fall", null);
  inside(lab, () => {
    assert.deepEqual(expect(lab.led).toHaveHappened(1, { kind: "rise" }), [first]);
    assert.deepEqual(expect(lab.led).toHaveHappened(0, { kind: "blink" }), []);
    assert.throws(() => expect(lab.led).toHaveHappened(0), {
      message: "LED: event happened 2 times, 0 expected\n" +
        "  0.000000 s  GPIO 55 rose\n  0.000000 s  GPIO 55 fell",
    });
    assert.throws(() => expect(lab.led).toHaveHappened(3, { kind: "fall" }), {
      message: /^LED: fall happened once, 3 expected$/m,
    });
  });
  assert.deepEqual(verdicts(lab).map(({ what, ok }) => [what, ok]), [
    ["LED: rise once", true],
    ["LED: blink 0 times", true],
    ["LED: event 0 times", false],
    ["LED: fall 3 times", false],
  ]);
});

Deno.test("the kinds that went by are compared in order, with a mark where one is given", () => {
  const lab = boardLab();
  const first = lab.led.emit("rise", null);
  inside(lab, () => {
    expect(lab.led).toHaveGone(["rise"]);
    expect(lab.led).toHaveGone([], { after: first });
    lab.led.emit("fall", null);
    expect(lab.led).toHaveGone(["rise", "fall"]);
    for (
      const [kinds, message] of [
        [["fall", "rise"], "LED went rise, fall; expected fall, rise"],
        [["rise"], "LED went rise, fall; expected rise"],
        [[], "LED went rise, fall; expected nothing"],
      ] as const
    ) {
      assert.throws(() => expect(lab.led).toHaveGone(kinds), (error: Error) => {
        assert.equal(error.message.split("\n")[0], message);
        return true;
      });
    }
    assert.throws(() => expect(lab.led).toHaveGone(["x"], { kind: "x" }), {
      message: /^LED went nowhere; expected x$/m,
    });
  });
});

Deno.test("of long lists of kinds the message has the place where they part", () => {
  const lab = boardLab();
  for (let i = 0; i < 1000; i++) lab.led.emit(`k${i}`, null);
  const kinds = lab.led.occurrences.map(({ kind }) => kind).with(500, "other");
  assert.throws(() => inside(lab, () => expect(lab.led).toHaveGone(kinds)), (error: Error) => {
    const [head] = error.message.split("\n");
    assert.match(head!, /^LED went … k494, .* k500, .* k505, … \(495 to 506 of 1000\); expected/);
    assert.match(head!, /expected … k494, .* other, .* k505, …/);
    return head!.length < 300;
  });
});

Deno.test("whatever went by, a wait finds what a plain look over all of it finds", async () => {
  const random = new Random(20);
  for (let round = 0; round < 300; round++) {
    const lab = boardLab();
    const kinds = ["rise", "fall", "blink"];
    const pick = <T>(list: readonly T[]) => list[random.below(list.length)]!;
    const emit = () => lab.led.emit(pick(kinds), random.below(3));
    const marks: Occurrence[] = [];
    for (let i = random.below(6); i > 0; i--) marks.push(emit());
    for (let i = random.below(8); i > 0; i--) lab.clock.at(random.below(10_000), emit);
    const after = random.chance(0.5) && marks.length > 0 ? pick(marks) : undefined;
    const kind = random.chance(0.5) ? pick(kinds) : undefined;
    const where = random.chance(0.5) ? (data: unknown) => data === 1 : undefined;
    const within: Duration = us(random.below(12));
    const work = inside(lab, () => expect(lab.led).toHappen({ after, kind, where, within }));
    const found = await work.catch(() => undefined);
    await lab.clock.until(() => undefined, seconds(1));
    const wanted = lab.led.occurrences.find((one) =>
      (!after || one.seq > after.seq) && (!kind || one.kind === kind) &&
      (!where || where(one.data)) && one.t <= within.ns
    );
    assert.equal(found, wanted, `round ${round}`);
  }
});

Deno.test("a limit from a mark of another clock is refused; the order takes any", async () => {
  const lab = makeLab();
  const clock = new HostClock(lab.timeline);
  const up = lab.timeline.signal("link", { clock }).emit("up", 1);
  lab.led.emit("rise", null);
  const later = lab.timeline.record({ type: "log", level: "info", text: "" }, { clock });
  const query = { after: up, within: ms(5) };
  const message = 'Cannot expect of LED within 5 ms of "link up": that is on the clock "host", ' +
    'the signal on "fake"; give a mark of "fake", or ask toHaveHappened, which goes by the ' +
    "order alone";
  await inside(lab, async () => {
    const { led } = lab;
    await assert.rejects(expect(led).toHappen(query), { name: "TypeError", message });
    await assert.rejects(expect(led).notToHappen(query), { name: "TypeError", message });
    expect(led).toHaveHappened(1, { after: up, before: later });
    expect(led).toHaveGone(["rise"], { after: up });
    await expect(led).toHappen({ before: later, within: ms(5) });
  });
  assert.deepEqual(
    verdicts(lab).map(({ ok }) => ok),
    [true, true, true],
    "a refusal is no verdict",
  );
});

Deno.test("on the host's clock the wait ends with the occurrence, and without one at the limit", async () => {
  const lab = makeLab();
  const clock = new HostClock(lab.timeline);
  const link = lab.timeline.signal<number>("link", { clock });
  const wait = inside(lab, () => expect(link).toHappen({ kind: "up", within: seconds(60) }));
  link.emit("up", 1);
  assert.equal((await wait).data, 1);
  const never = inside(lab, () => expect(link).toHappen({ kind: "down", within: ms(2) }));
  await assert.rejects(never, /^ExpectationError: link: no down within 2 ms\n/);
  const quiet = ms(3), began = clock.now();
  await inside(lab, () => expect(link).notToHappen({ within: quiet }));
  assert.ok(clock.now() - began >= quiet.ns, "the whole time was watched");
});
