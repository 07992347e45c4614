import assert from "node:assert/strict";
import { alarm, every, hostNow, timer, withLimit } from "./clock.ts";
import { type Duration, minutes, ms, ns, seconds, us } from "./duration.ts";

/** Deno looks for timers that are left behind only when told to. */
function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: true, sanitizeResources: true });
}

const never = new Promise<never>(() => {});

test("host time is whole nanoseconds and never goes back", () => {
  let before = hostNow();
  for (let i = 0; i < 1000; i++) {
    const now = hostNow();
    assert.ok(Number.isSafeInteger(now) && now >= before);
    before = now;
  }
});

test("nothing rings before its time, not by a part of a millisecond either", async () => {
  for (const ring of [timer, alarm]) {
    const early: string[] = [];
    const keepAlive = timer(minutes(1), () => {});
    await Promise.all([ns(1), us(300), us(999), us(1500), us(2100), ms(3)].map((delay) => {
      const began = hostNow();
      return new Promise<void>((resolve) =>
        ring(delay, () => {
          if (hostNow() - began < delay.ns) early.push(`${delay}`);
          resolve();
        })
      );
    }));
    keepAlive();
    assert.deepEqual(early, []);
  }
});

test("what is due later than the host's timers can tell does not ring at once", async () => {
  const rung: Duration[] = [];
  const long = minutes(100 * 24 * 60);
  const cancels = [timer, alarm, every].map((ring) => ring(long, () => rung.push(long)));
  const answer = await withLimit(
    new Promise<string>((resolve) => timer(ms(30), () => resolve("work"))),
    long,
    () => "late",
  );
  for (const cancel of cancels) cancel();
  assert.deepEqual([answer, rung], ["work", []]);
});

test("a timer rings once and not after it was cancelled, also while it waits again", async () => {
  const rung: string[] = [];
  const cancel = timer(us(100), () => rung.push("cancelled"));
  timer(us(1), () => rung.push("once"));
  cancel();
  cancel();
  await new Promise<void>((resolve) => timer(ms(5), resolve));
  assert.deepEqual(rung, ["once"]);
});

test("an interval goes on until it is ended, by its own callback too", async () => {
  let count = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = every(ms(1), () => {
    if (++count === 3) {
      end();
      resolve();
    }
  });
  const keepAlive = timer(minutes(1), () => {});
  await promise;
  await new Promise<void>((done) => timer(ms(5), done));
  keepAlive();
  assert.equal(count, 3);
});

test("within its limit, work gives its value or its error", async () => {
  const onTimeout = () => assert.fail("it was in time");
  assert.equal(await withLimit(Promise.resolve(5), seconds(60), onTimeout), 5);
  assert.equal(await withLimit(Promise.resolve(undefined), seconds(60), onTimeout), undefined);
  const failing = withLimit(Promise.reject(new RangeError("no")), seconds(60), onTimeout);
  await assert.rejects(failing, { name: "RangeError", message: "no" });
});

test("past its limit, what the limit gives or throws counts", async () => {
  assert.equal(await withLimit<number>(never, ms(1), () => 6), 6);
  assert.equal(await withLimit<number>(never, ms(1), () => Promise.resolve(7)), 7);
  const late = () => {
    throw new RangeError("late");
  };
  await assert.rejects(withLimit(never, ms(1), late), { message: "late" });
});

test("work that fails after its limit is no unhandled rejection", async () => {
  const work = Promise.withResolvers<number>();
  assert.equal(await withLimit(work.promise, ms(1), () => 5), 5);
  work.reject(new Error("nobody waits for this"));
  await new Promise<void>((resolve) => timer(ms(1), resolve));
});
