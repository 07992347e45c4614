import assert from "node:assert/strict";
import { block, TestDrive } from "./_bench.ts";
import { DESKTOP_DRIVE } from "./mechanics.ts";

Deno.test("a write is read back at once and durable after a flush", () => {
  const bench = new TestDrive();
  assert.equal(bench.write(7, 1), "ok");
  assert.deepEqual([bench.read(7), bench.durable(7), bench.drive.volatile], [1, 0, 1]);
  assert.equal(bench.flush(), "ok");
  assert.deepEqual([bench.durable(7), bench.drive.volatile], [1, 0]);
});

Deno.test("a write with FUA is durable alone; without a cache every write is", () => {
  const bench = new TestDrive();
  bench.write(1, 1);
  bench.write(2, 2, { fua: true });
  assert.deepEqual([bench.durable(1), bench.durable(2)], [0, 2]);
  const through = new TestDrive({ cacheBlocks: 0 });
  through.write(3, 3);
  assert.equal(through.durable(3), 3);
});

Deno.test("a full cache writes the older half to the platter, in order", () => {
  const bench = new TestDrive({ cacheBlocks: 4 });
  for (const lba of [9, 3, 5, 1]) bench.write(lba, lba);
  assert.equal(bench.drive.volatile, 4);
  bench.write(7, 7);
  assert.deepEqual([9, 3, 5, 1, 7].map((lba) => bench.durable(lba)), [9, 3, 5, 0, 0]);
  assert.deepEqual([9, 3, 5, 1, 7].map((lba) => bench.read(lba)), [9, 3, 5, 1, 7]);
});

Deno.test("a discard makes a range zero at once, in cache and on the platter", () => {
  const bench = new TestDrive();
  bench.write(1, 1);
  bench.flush();
  bench.write(2, 2);
  const discard = { operation: "write", lba: 0, blocks: 4, data: undefined } as const;
  assert.equal(bench.write(0, 0, discard), "ok");
  assert.deepEqual([bench.read(1), bench.read(2), bench.durable(1)], [0, 0, 0]);
});

Deno.test("what a cut leaves is for each block one that it could be, and all of them come up", () => {
  const seen = new Map<number, Set<number | string>>();
  for (let seed = 0; seed < 200; seed++) {
    const bench = new TestDrive({ seed });
    bench.write(1, 10);
    bench.flush();
    bench.write(1, 11);
    bench.write(1, 12);
    bench.write(2, 20);
    const fates = bench.drive.powerCut();
    assert.deepEqual(fates.map(({ lba }) => lba), [1, 2]);
    assert.deepEqual(
      [bench.write(1, 13), bench.read(1), bench.flush()],
      Array(3).fill("no answer"),
    );
    bench.drive.powerOn();
    for (const { lba, fate } of fates) {
      const now = bench.read(lba);
      assert.equal(fate, { 10: "old", 11: "older", 12: "newest", 0: "old", 20: "newest" }[now]);
      seen.set(lba, (seen.get(lba) ?? new Set()).add(now));
    }
    assert.equal(bench.drive.volatile, 0);
  }
  assert.deepEqual([...seen.get(1)!].sort(), [10, 11, 12]);
  assert.deepEqual([...seen.get(2)!].sort(), [0, 20]);
});

Deno.test("in order, what survives is a beginning of the writes; all and none are that", () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 100; seed++) {
    const bench = new TestDrive({ seed });
    bench.plan([], { survivors: "in order" });
    const order = [5, 3, 9, 1];
    for (const lba of order) bench.write(lba, 1);
    bench.drive.powerCut();
    const survived = order.map((lba) => bench.durable(lba) as number);
    const length = survived.indexOf(0) < 0 ? 4 : survived.indexOf(0);
    assert.deepEqual(survived, order.map((_, index) => index < length ? 1 : 0));
    lengths.add(length);
  }
  assert.equal(lengths.size, 5);
  for (const [survivors, wanted] of [["all", 2], ["none", 0]] as const) {
    const bench = new TestDrive();
    bench.plan([], { survivors });
    bench.write(1, 1);
    bench.write(1, 2);
    bench.drive.powerCut();
    assert.equal(bench.durable(1), wanted);
  }
});

Deno.test("a write under way is old or new at a cut; in torn mode it may be part of each", () => {
  for (const torn of [false, true]) {
    const seen = new Set<number | string>();
    for (let seed = 0; seed < 300; seed++) {
      const bench = new TestDrive({ seed });
      bench.write(8, 8);
      bench.write(7, 1);
      bench.flush();
      bench.plan([{ kind: "power cut", operations: ["write"] }], { torn });
      assert.equal(bench.write(7, 2), "no answer");
      seen.add(bench.durable(7));
      assert.equal(bench.durable(8), 8);
    }
    assert.deepEqual([...seen].sort(), torn ? [1, 2, "mixed"] : [1, 2]);
  }
});

Deno.test("a write whose data has not all come leaves nothing", () => {
  for (let seed = 0; seed < 20; seed++) {
    const bench = new TestDrive({ seed });
    const request = { operation: "write", lba: 7, blocks: 1, data: block(9) } as const;
    const job = bench.drive.begin(request, 0)!;
    job.received = 256;
    assert.deepEqual([bench.drive.powerCut(), bench.durable(7)], [[], 0]);
  }
});

Deno.test("a request that the driver gave up on does nothing", () => {
  const bench = new TestDrive();
  const job = bench.drive.begin({ operation: "write", lba: 7, blocks: 1, data: block(9) }, 0)!;
  bench.drive.forget(job);
  assert.equal(bench.drive.finish(job, 0), undefined);
  assert.equal(bench.read(7), 0);
});

Deno.test("the arm takes its seek, its turn and its transfer; the cache takes the bus alone", () => {
  const { rpm, blocksPerTrack, settleNs, sqrtNs, busNs } = DESKTOP_DRIVE;
  const turnNs = 60e9 / rpm;
  const { drive } = new TestDrive({ blocks: 2 ** 20, mechanics: DESKTOP_DRIVE });
  const took = (operation: "read" | "write" | "flush", lba: number, now: number) => {
    const blocks = operation === "flush" ? 0 : 1;
    const data = operation === "write" ? block(1) : undefined;
    const job = drive.begin({ operation, lba, blocks, data }, now)!;
    drive.finish(job, now + job.delayNs);
    return job.delayNs;
  };
  const transferNs = turnNs / blocksPerTrack;
  assert.equal(took("read", 512, 0), Math.round(turnNs / 2 + transferNs));
  const far = took("read", 100 * blocksPerTrack, 0);
  const seekNs = settleNs + sqrtNs * 10;
  assert.equal(far, Math.round(turnNs * Math.ceil(seekNs / turnNs) + transferNs));
  assert.equal(took("write", 5, 0), busNs);
  assert.equal(took("read", 5, 0), busNs);
  assert.equal(drive.arm!.travel, 100);
  assert.ok(took("flush", 0, 0) > settleNs);
  assert.deepEqual([drive.arm!.travel, drive.arm!.seeks], [200, 2]);
});

Deno.test("what is remembered comes back, volatile or not, as often as it is asked for", () => {
  const bench = new TestDrive();
  bench.write(1, 1);
  bench.flush();
  bench.write(2, 2);
  const restore = bench.drive.remember();
  for (let round = 0; round < 2; round++) {
    for (const lba of [1, 2, 3]) bench.write(lba, 9);
    bench.flush();
    assert.deepEqual([1, 2, 3].map((lba) => bench.durable(lba)), [9, 9, 9]);
    restore();
    assert.deepEqual([1, 2, 3].map((lba) => bench.read(lba)), [1, 2, 0]);
    assert.deepEqual([1, 2, 3].map((lba) => bench.durable(lba)), [1, 0, 0]);
  }
});
