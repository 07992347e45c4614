import assert from "node:assert/strict";
import { Novelty } from "hil/drivers/qemu/coverage/mod.ts";
import { errorOf, onBench, soon } from "./_bench.ts";

const at = (lba: number, drive = 0) => ({ drive, lba });

Deno.test("a machine goes back with its cache and its drives, as often as is wanted", async () => {
  await onBench(async ({ start }) => {
    const cache = await start({ entries: 4, sizes: [64, 0, 64, 0] });
    await cache.drives.poke(at(1), 0x11);
    await (await cache.write(at(2, 2), 0x22)).finished();
    await (await cache.sync()).finished();
    const before = await cache.entries();
    const point = await soon(cache.branchPoint(), "the branch point");
    for (let round = 0; round < 3; round++) {
      assert.deepEqual(await cache.entries(), before);
      assert.equal((await (await cache.read(at(1))).finished()).stamp, 0x11);
      const { thread } = await cache.write(at(1), 0x100 + round);
      await (await cache.write(at(3, 2), 0x200 + round)).finished();
      await (await cache.sync()).finished();
      assert.equal((await cache.drives.peek(at(1))).stamp, 0x100 + round);
      await soon(point.rewind(), "the rewind");
      assert.equal((await cache.drives.peek(at(1))).stamp, 0x11);
      assert.equal((await cache.drives.peek(at(3, 2))).stamp, 0);
      assert.equal((await (await cache.read(at(2, 2))).finished()).stamp, 0x22);
      await soon(point.rewind(), "the second rewind");
      assert.equal(thread, 4, "threads are counted from the same number");
    }
    assert.equal(cache.console.quality.corruptLines, 0);
  });
});

Deno.test("what ran is lost, and what was held does not keep the machine from going back", async () => {
  await onBench(async ({ start, failure }) => {
    const cache = await start({ sizes: [64] });
    const point = await soon(cache.branchPoint(), "the branch point");
    let failed: Error | undefined;
    failure.then((error) => failed = error);
    for (let round = 0; round < 3; round++) {
      await cache.drives.hold(0);
      const read = await cache.read(at(7));
      await read.blocked("read");
      const work = await cache.work({ seed: round, count: 400, blocks: 16, readPercent: 100 });
      await work.blocked("read");
      await cache.console.run("print 3000");
      await soon(point.rewind(), "the rewind");
      assert.deepEqual(await cache.entries(), []);
      assert.equal((await cache.console.run("threads")).output, "");
      assert.equal((await (await cache.read(at(7))).finished()).stamp, 0);
      await soon(point.rewind(), "the second rewind");
    }
    assert.equal(failed, undefined);
  });
});

Deno.test("work that is under way is rewound too", async () => {
  await onBench(async ({ start }) => {
    const cache = await start({ sizes: [64], entries: 4 });
    const point = await soon(cache.branchPoint(), "the branch point");
    for (let seed = 1; seed <= 5; seed++) {
      await cache.work({ seed, count: 2000, blocks: 16, readPercent: 50 });
      await soon(point.rewind(), "the rewind");
    }
    await (await cache.work({ seed: 9, count: 50, blocks: 16, readPercent: 50 })).finished();
    assert.equal((await cache.statistics()).timeouts, 0);
  });
});

Deno.test("a moment in which an operation runs is none to go back to", async () => {
  await onBench(async ({ start }) => {
    const cache = await start({ sizes: [64] });
    await cache.drives.hold(0);
    await (await cache.read(at(7))).blocked("read");
    assert.match(
      (await errorOf(cache.branchPoint())).message,
      /^Cannot remember this moment of the disk cache: thread 1 is at "read 0 7"; wait until it/,
    );
  });
});

Deno.test("the ways that the guest's code went are counted, and there are new ways to go", async () => {
  await onBench(async ({ start }) => {
    const cache = await start({ coverage: true, sizes: [64] });
    const { coverage } = cache;
    const novelty = new Novelty();
    const reached = async (run: () => Promise<void>) => {
      coverage!.reset();
      await run();
      return novelty.add(coverage!.counts());
    };
    const read = async () => void await (await cache.read(at(7))).finished();
    assert.ok(await reached(read) > 50);
    const { edges } = novelty;
    const write = async () => void await (await cache.write(at(7), 1)).finished();
    assert.ok(await reached(write) > 5);
    assert.ok(novelty.edges > edges);
  });
});
