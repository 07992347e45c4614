import assert from "node:assert/strict";
import { TestDrive } from "./_bench.ts";
import type { PlannedFault } from "./plan.ts";

function fired(bench: TestDrive): number[] {
  return bench.drive.fired.map(({ fired }) => fired);
}

Deno.test("an error strikes once, moves nothing, and is counted", () => {
  const bench = new TestDrive();
  bench.plan([{ kind: "error", operations: ["write"], lba: [7, 8] }]);
  assert.deepEqual([bench.read(7), bench.write(6, 1)], [0, "ok"]);
  assert.deepEqual([bench.write(8, 1), bench.write(8, 2)], ["error", "ok"]);
  assert.deepEqual([bench.read(8), fired(bench)], [2, [1]]);
});

Deno.test("a persistent error lasts until its end, by request, flush or time", () => {
  const ends: [PlannedFault["until"], (bench: TestDrive) => void][] = [
    [{ request: 3 }, () => {}],
    [{ flush: 1 }, (bench) => void bench.flush()],
    [{ ns: 100 }, (bench) => void (bench.now = 100)],
  ];
  for (const [until, end] of ends) {
    const bench = new TestDrive();
    bench.plan([{ kind: "error", operations: ["read"], count: "persistent", until }]);
    assert.deepEqual([bench.read(1), bench.read(1)], ["error", "error"]);
    end(bench);
    assert.deepEqual([bench.read(1), fired(bench)], [0, [2]], JSON.stringify(until));
  }
});

Deno.test("a fault waits for all that its beginning asks for", () => {
  const bench = new TestDrive();
  bench.now = 1000;
  bench.plan([{ kind: "error", from: { request: 2, flush: 1, ns: 10 } }]);
  assert.deepEqual([bench.read(1), bench.read(1), bench.flush(), bench.read(1)], [0, 0, "ok", 0]);
  bench.now = 1010;
  assert.deepEqual([bench.read(1), bench.read(1)], ["error", 0]);
});

Deno.test("chance comes from the seed, as often as it is to", () => {
  const run = (seed: number) => {
    const bench = new TestDrive({ seed });
    bench.plan([{ kind: "error", chance: 0.25, count: "persistent" }]);
    return Array.from({ length: 1000 }, () => bench.read(1)).join();
  };
  assert.equal(run(1), run(1));
  assert.notEqual(run(1), run(2));
  const errors = run(1).split("error").length - 1;
  assert.ok(errors > 200 && errors < 300, `${errors} of 1000`);
});

Deno.test("a held request waits for ever or for its time; a late one takes longer", () => {
  const bench = new TestDrive();
  bench.plan([{ kind: "hold" }, { kind: "hold", ns: 50 }, { kind: "latency", ns: 30, count: 2 }]);
  const begin = () => {
    const { heldNs, delayNs } = bench.drive.begin({ operation: "read", lba: 0, blocks: 1 }, 0)!;
    return [heldNs, delayNs];
  };
  assert.deepEqual([begin(), begin(), begin()], [[Infinity, 30], [50, 30], [0, 0]]);
  assert.deepEqual(fired(bench), [1, 1, 2]);
});

Deno.test("a dropped write is acknowledged and not there; a dropped flush makes nothing durable", () => {
  const bench = new TestDrive();
  bench.plan([{ kind: "drop", operations: ["write"] }, { kind: "drop", operations: ["flush"] }]);
  assert.deepEqual([bench.write(7, 1), bench.read(7)], ["ok", 0]);
  bench.write(7, 2);
  assert.deepEqual([bench.flush(), bench.durable(7)], ["ok", 0]);
  assert.deepEqual([bench.flush(), bench.durable(7), fired(bench)], ["ok", 2, [1, 1]]);
});

Deno.test("a misdirected write lands beside its block, round the end of the drive", () => {
  const bench = new TestDrive();
  bench.plan([{ kind: "misdirect", by: 3 }, { kind: "misdirect", by: -2 }]);
  bench.write(62, 1);
  assert.deepEqual([bench.read(62), bench.read(1)], [0, 1]);
  bench.write(0, 2);
  assert.deepEqual([bench.read(0), bench.read(62)], [0, 2]);
});

Deno.test("rot flips one bit on the platter, for good, and leaves the cache alone", () => {
  const bench = new TestDrive();
  bench.write(7, 0xff);
  bench.plan([{ kind: "rot", lba: [7, 7] }]);
  assert.deepEqual([bench.read(7), fired(bench)], [0xff, [0]]);
  bench.flush();
  assert.deepEqual([bench.read(7), fired(bench)], ["mixed", [1]]);
  const zeros = [...bench.drive.peek(7)].map((byte) => 8 - byte.toString(2).split("1").length + 1);
  assert.equal(zeros.reduce((sum, count) => sum + count), 1);
  assert.equal(bench.read(7), "mixed");
});

Deno.test("the power goes at a request, after a flush, or at a time", () => {
  const cases: [PlannedFault["from"], string][] = [
    [{ request: 3 }, "ok ok no answer no answer"],
    [{ flush: 1 }, "ok ok ok no answer"],
    [{ ns: 2 }, "ok ok no answer no answer"],
  ];
  for (const [from, wanted] of cases) {
    let told = 0;
    const bench = new TestDrive({ onPowerCut: () => told++ });
    bench.plan([{ kind: "power cut", from }]);
    const answers: string[] = [];
    for (const turn of [1, 2, 3, 4]) {
      answers.push(turn === 3 ? bench.flush() : bench.write(turn, turn));
      bench.now++;
    }
    assert.equal(answers.join(" "), wanted, JSON.stringify(from));
    assert.deepEqual([told, bench.drive.hasPower, fired(bench)], [1, false, [1]]);
    if (from?.flush) assert.deepEqual([bench.durable(1), bench.durable(2)], [1, 2]);
  }
});

Deno.test("the next moment of a cut by time is known, and comes without a request", () => {
  const bench = new TestDrive();
  bench.now = 5;
  bench.plan([{ kind: "power cut", from: { ns: 20 } }, { kind: "power cut", from: { ns: 10 } }]);
  assert.equal(bench.drive.nextTime, 15);
  bench.drive.tick(14);
  assert.equal(bench.drive.hasPower, true);
  bench.drive.tick(15);
  assert.deepEqual([bench.drive.hasPower, bench.drive.nextTime], [false, undefined]);
  bench.drive.powerOn();
  assert.equal(bench.drive.nextTime, 25);
});
