import assert from "node:assert/strict";
import { RaceDetector } from "./races.ts";

const PLACE = 64;

/** Three tasks on a little memory, in a new run. */
function detector(): RaceDetector {
  const made = new RaceDetector(1024, 3);
  made.begin();
  return made;
}

Deno.test("two writes that nothing orders are a race, and both are told", () => {
  const races = detector();
  races.access(0, PLACE, 4, true, 7);
  races.access(1, PLACE, 4, true, 9);
  assert.deepEqual(races.races, [{
    first: { task: 0, write: true, address: PLACE, size: 4, at: 7 },
    second: { task: 1, write: true, address: PLACE, size: 4, at: 9 },
  }]);
});

Deno.test("a read and a write that nothing orders are a race, whichever is first", () => {
  for (const readsFirst of [true, false]) {
    const races = detector();
    races.access(0, PLACE, 8, !readsFirst, 1);
    races.access(1, PLACE + 4, 4, readsFirst, 2);
    assert.equal(races.races.length, 1);
    assert.deepEqual(races.races[0]!.first.write, !readsFirst);
    assert.equal(races.races[0]!.first.address, PLACE + 4);
  }
});

Deno.test("reads alone are no race; a later write races with each of them", () => {
  const races = detector();
  races.access(0, PLACE, 4, false, 1);
  races.access(1, PLACE, 4, false, 2);
  assert.equal(races.races.length, 0);
  races.access(2, PLACE, 4, true, 3);
  assert.deepEqual(races.races.map(({ first }) => first.task), [0, 1]);
});

Deno.test("the lock orders what was before it was given back and after it was taken", () => {
  const races = detector();
  races.acquire(0);
  races.access(0, PLACE, 4, true, 1);
  races.release(0);
  races.access(0, PLACE + 4, 4, true, 2);
  races.acquire(1);
  races.access(1, PLACE, 4, true, 3);
  assert.equal(races.races.length, 0);
  races.access(1, PLACE + 4, 4, false, 4);
  assert.equal(races.races.length, 1);
});

Deno.test("order passes through a third task", () => {
  const races = detector();
  races.access(0, PLACE, 4, true, 1);
  races.order(0, 1);
  races.order(1, 2);
  races.access(2, PLACE, 4, true, 2);
  assert.equal(races.races.length, 0);
});

Deno.test("what a task does after it gave order on is not ordered", () => {
  const races = detector();
  races.order(0, 1);
  races.access(0, PLACE, 4, true, 1);
  races.access(1, PLACE, 4, true, 2);
  assert.equal(races.races.length, 1);
});

Deno.test("neighbours in one word do not race", () => {
  const races = detector();
  races.access(0, PLACE, 1, true, 1);
  races.access(1, PLACE + 1, 1, true, 2);
  races.access(2, PLACE + 2, 2, false, 3);
  assert.equal(races.races.length, 0);
  races.access(1, PLACE + 4, 1, false, 4);
  races.access(0, PLACE + 5, 1, true, 4);
  assert.equal(races.races.length, 0);
  races.access(0, PLACE + 3, 1, true, 4);
  assert.deepEqual(races.races[0]!.second, {
    ...{ task: 0, write: true, address: PLACE + 3, size: 1, at: 4 },
  });
});

Deno.test("runs do not race with each other, and races of the last run are forgotten", () => {
  const races = detector();
  races.access(0, PLACE, 4, true, 1);
  races.access(1, PLACE, 4, true, 2);
  races.begin();
  races.access(2, PLACE, 4, true, 3);
  assert.equal(races.races.length, 0);
});

Deno.test("more tasks than an epoch can name are refused", () => {
  assert.throws(() => new RaceDetector(64, 33), {
    name: "RangeError",
    message: 'Cannot watch "33" tasks for races: at most 32; make it fewer',
  });
});
