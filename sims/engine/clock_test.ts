import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { ms, ns, seconds, us } from "hil";
import { type EngineTimer, VirtualClock } from "./clock.ts";

const never = () => undefined;

Deno.test("alarms ring by time, and those of one instant in the order they were set", async () => {
  const clock = new VirtualClock("test");
  const rung: string[] = [];
  for (const [t, name] of [[30, "d"], [10, "a"], [20, "b"], [20, "c"]] as const) {
    clock.at(t, () => rung.push(`${name}${clock.now()}`));
  }
  await clock.until(() => rung.length === 4 || undefined, us(1));
  assert.deepEqual(rung, ["a10", "b20", "c20", "d30"]);
});

Deno.test("a thousand shuffled alarms ring in order", async () => {
  const clock = new VirtualClock("test");
  const rung: number[] = [];
  for (let i = 0; i < 1000; i++) clock.at((i * 7919) % 1000, () => rung.push(clock.now()));
  await clock.until(never, us(2));
  assert.deepEqual(rung, Array.from({ length: 1000 }, (_, i) => i));
});

Deno.test("an alarm that asks for it gives the host a turn before the next one rings", async () => {
  const clock = new VirtualClock("test");
  const seen: string[] = [];
  clock.at(10, () => {
    setImmediate(() => seen.push("host"));
    clock.requestTurn();
  });
  clock.at(20, () => seen.push("next"));
  await clock.until(never, us(1));
  assert.deepEqual(seen, ["host", "next"]);
});

Deno.test("a cancelled alarm does not ring", async () => {
  const clock = new VirtualClock("test");
  let rung = 0;
  const alarm = clock.after(5, () => rung++);
  clock.after(6, () => rung += 10);
  alarm.cancel();
  alarm.cancel();
  await clock.until(never, us(1));
  assert.equal(rung, 10);
});

Deno.test("time stands still while nobody waits", async () => {
  const clock = new VirtualClock("test");
  clock.after(1, () => assert.fail("rang"));
  await new Promise((resolve) => queueMicrotask(() => resolve(0)));
  assert.equal(clock.now(), 0);
});

Deno.test("a probe that has its value at once is answered without time passing", async () => {
  const clock = new VirtualClock("test");
  assert.equal(await clock.until(() => 0, seconds(1)), 0);
  assert.equal(clock.now(), 0);
});

Deno.test("when nothing is left, time jumps to the limit and there is no value", async () => {
  const clock = new VirtualClock("test");
  assert.equal(await clock.until(never, seconds(3)), undefined);
  assert.equal(clock.now(), 3e9);
});

Deno.test("what happens at the very limit counts, what happens after it does not", async () => {
  const clock = new VirtualClock("test");
  let seen = "";
  const waiting = clock.until(() => seen || undefined, ns(10));
  clock.at(10, () => seen = "in time");
  clock.at(11, () => seen = "late");
  assert.equal(await waiting, "in time");
  assert.equal(await clock.until(() => seen === "late" || undefined, ns(0)), undefined);
  assert.equal(clock.now(), 10);
});

Deno.test("several wait at once, each to its own limit", async () => {
  const clock = new VirtualClock("test");
  const log: string[] = [];
  const wait = async (name: string, limit: number) => {
    await clock.until(never, ms(limit));
    log.push(`${name} ${clock.now() / 1e6}`);
  };
  await Promise.all([wait("long", 5), wait("short", 2), wait("middle", 3)]);
  assert.deepEqual(log, ["short 2", "middle 3", "long 5"]);
});

Deno.test("a long chain of promises ends before the next alarm rings", async () => {
  const clock = new VirtualClock("test");
  let value = 0;
  clock.at(10, () => value = 1);
  clock.at(11, () => value = 2);
  const chain = async () => {
    await clock.until(() => value === 1 || undefined, us(1));
    for (let i = 0; i < 1000; i++) await undefined;
    return `${value} at ${clock.now()}`;
  };
  const other = clock.until(() => value === 2 || undefined, us(1));
  assert.equal(await chain(), "1 at 10");
  await other;
});

Deno.test("chains of promises interleave in the same way each time", async () => {
  const run = async () => {
    const clock = new VirtualClock("test");
    const log: string[] = [];
    const chain = async (name: string, hops: number) => {
      for (let round = 0; round < 20; round++) {
        let rung = false;
        clock.after((round * 13 + hops * 7) % 11, () => rung = true);
        await clock.until(() => rung || undefined, us(1));
        for (let i = 0; i < hops; i++) await undefined;
        log.push(`${name}${round}@${clock.now()}`);
      }
    };
    await Promise.all([chain("a", 1), chain("b", 9), chain("c", 30)]);
    return log.join();
  };
  assert.equal(await run(), await run());
});

Deno.test("a probe that throws fails only who asked", async () => {
  const clock = new VirtualClock("test");
  let rung = false;
  clock.after(5, () => rung = true);
  const bad = clock.until(() => {
    if (rung) throw new Error("no such thing");
    return undefined;
  }, us(1));
  const good = clock.until(() => rung || undefined, us(1));
  await assert.rejects(bad, /no such thing/);
  assert.equal(await good, true);
});

Deno.test("an alarm that throws fails all who wait, and the clock can be used again", async () => {
  const clock = new VirtualClock("test");
  clock.after(5, () => {
    throw new Error("model defect");
  });
  await assert.rejects(clock.until(never, us(1)), /model defect/);
  assert.equal(await clock.until(() => clock.now(), us(1)), 5);
});

Deno.test("an alarm in the past is refused with where the clock is", async () => {
  const clock = new VirtualClock("board");
  await clock.until(never, ns(50));
  assert.throws(() => clock.at(49, () => {}), {
    message: 'Cannot set an alarm at "49" ns: clock "board" is at 50 ns; ' +
      "give a whole number that is not in the past",
  });
});

/** An executor whose every instruction takes `step` ns; it does `at` first, and obeys the clock. */
function executor(clock: VirtualClock, step: number, at: (t: number) => void = () => {}) {
  const log: string[] = [];
  clock.drive({
    run(untilNs) {
      const from = clock.now();
      while (clock.now() < untilNs && clock.nextAlarmNs() > clock.now()) {
        clock.advanceTo(Math.min(clock.now() + step, untilNs, clock.nextAlarmNs()));
        at(clock.now());
      }
      log.push(`${from}-${clock.now()}`);
    },
  });
  return log;
}

Deno.test("an executor runs from alarm to alarm, and time is what it makes of it", () => {
  const clock = new VirtualClock("board");
  const rung: number[] = [];
  for (const t of [30, 75]) clock.at(t, () => rung.push(clock.now()));
  const log = executor(clock, 10);
  clock.runTo(100);
  assert.deepEqual(log, ["0-30", "30-75", "75-100"]);
  assert.deepEqual(rung, [30, 75]);
  assert.equal(clock.now(), 100);
});

Deno.test("an alarm that is set while it runs ends the stretch in time", () => {
  const clock = new VirtualClock("board");
  const rung: number[] = [];
  const log = executor(clock, 10, (t) => {
    if (t === 20) clock.at(45, () => rung.push(clock.now()));
  });
  clock.runTo(100);
  assert.deepEqual(rung, [45]);
  assert.deepEqual(log, ["0-45", "45-100"]);
});

Deno.test("a stop that was asked for ends the stretch at once", () => {
  const clock = new VirtualClock("board");
  const log = executor(clock, 10, (t) => {
    if (t === 40) clock.requestStop();
  });
  clock.runTo(100);
  assert.deepEqual(log, ["0-40", "40-100"]);
});

Deno.test("nobody waits longer than a quantum to be asked", async () => {
  const clock = new VirtualClock("board");
  const log = executor(clock, 1000);
  assert.equal(
    await clock.until(() => clock.now() >= 3_500_000 ? clock.now() : undefined, ms(10)),
    4e6,
  );
  assert.deepEqual(log.slice(0, 2), ["0-1000000", "1000000-2000000"]);
});

Deno.test("a run until something is so ends as soon as it is, or at the limit", () => {
  const clock = new VirtualClock("board");
  let risen = false;
  clock.at(30, () => risen = true);
  executor(clock, 10);
  assert.equal(clock.runUntil(() => risen, 1000), true);
  assert.equal(clock.now(), 30);
  assert.equal(clock.runUntil(() => clock.now() > 1000, 1000), false);
  assert.equal(clock.now(), 1000);
});

Deno.test("the next alarm is the earliest that was not cancelled", () => {
  const clock = new VirtualClock("board");
  assert.equal(clock.nextAlarmNs(), Infinity);
  const early = clock.at(5, () => {});
  clock.at(9, () => {});
  assert.equal(clock.nextAlarmNs(), 5);
  early.cancel();
  assert.equal(clock.nextAlarmNs(), 9);
});

Deno.test("the clock does not go back", () => {
  const clock = new VirtualClock("board");
  clock.advanceTo(10);
  assert.throws(() => clock.advanceTo(9), {
    name: "RangeError",
    message: 'Cannot turn clock "board" back from 10 to 9 ns',
  });
});

Deno.test("a timer rings when it was set to last, once", () => {
  const clock = new VirtualClock("board");
  const rung: number[] = [];
  const timer = clock.timer("t", () => rung.push(clock.now()));
  assert.equal(timer.t, undefined);
  timer.set(50);
  timer.set(20);
  timer.set(20);
  assert.equal(timer.t, 20);
  clock.runTo(100);
  assert.equal(timer.t, undefined);
  timer.set(150);
  timer.cancel();
  clock.runTo(200);
  assert.deepEqual(rung, [20]);
});

Deno.test("a timer may set itself again while it rings", () => {
  const clock = new VirtualClock("board");
  const rung: number[] = [];
  const timer: EngineTimer = clock.timer("t", () => {
    rung.push(clock.now());
    if (rung.length < 3) timer.set(clock.now() + 10);
  });
  timer.set(10);
  clock.runTo(100);
  assert.deepEqual(rung, [10, 20, 30]);
});

Deno.test("timers of one instant ring by age, before other alarms, however they were set", () => {
  const clock = new VirtualClock("board");
  const rung: string[] = [];
  const [first, second] = ["first", "second"].map((name) =>
    clock.timer(name, () => rung.push(name))
  );
  clock.at(10, () => rung.push("alarm"));
  second!.set(10);
  first!.set(10);
  clock.runTo(10);
  assert.deepEqual(rung, ["first", "second", "alarm"]);
});

Deno.test("restored to an instant, a clock has nothing to ring until timers are set again", () => {
  const clock = new VirtualClock("board");
  const rung: number[] = [];
  const timer = clock.timer("t", () => rung.push(clock.now()));
  timer.set(10);
  clock.at(11, () => rung.push(-1));
  clock.runTo(5);
  clock.restore(2);
  assert.equal(clock.now(), 2);
  assert.equal(timer.t, undefined);
  assert.equal(clock.nextAlarmNs(), Infinity);
  timer.set(4);
  clock.runTo(100);
  assert.deepEqual(rung, [4]);
});

Deno.test("time that is held stands still, and goes on as if nothing had been", async () => {
  const run = async (holds: readonly number[]) => {
    const clock = new VirtualClock("board");
    const told: string[] = [];
    const tick = () => void (told.push(`tick ${clock.now()}`), clock.after(1000, tick));
    clock.after(1000, tick);
    for (const t of holds) {
      const held = Promise.withResolvers<void>();
      const goOn = Promise.withResolvers<void>();
      clock.hold(t, () => {
        held.resolve();
        return goOn.promise;
      });
      const waited = clock.until(() => told.length >= 7 || undefined, us(100));
      await held.promise;
      assert.equal(clock.now(), Math.max(t, 0));
      await new Promise<void>((resolve) => void setImmediate(resolve));
      assert.equal(clock.now(), t, "it stands still");
      goOn.resolve();
      await waited;
    }
    await clock.until(() => told.length >= 9 || undefined, us(100));
    return told;
  };
  const free = await run([]);
  assert.equal(free.length, 9);
  assert.deepEqual(await run([3500]), free);
  assert.deepEqual(await run([3000]), free);
  assert.deepEqual(await run([0]), free);
});

Deno.test("who holds time and fails fails those who wait", async () => {
  const clock = new VirtualClock("board");
  clock.hold(0, () => Promise.reject(new Error("not here")));
  await assert.rejects(clock.until(() => undefined, us(1)), /not here/);
  assert.equal(await clock.until(() => 1, us(1)), 1);
});
