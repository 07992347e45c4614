import assert from "node:assert/strict";
import { ms, seconds } from "hil";
import { Timeline, type TraceEvent } from "hil/trace/mod.ts";
import { Random } from "../engine/mod.ts";
import { DiskCacheModel, type ModelOptions } from "./model.ts";
import { type BlockContents, Flag, type Operation } from "./port.ts";
import { type Access, contradictionIn } from "./proof/mod.ts";

type Options = Partial<Omit<ModelOptions, "timeline">>;

function start(options: Options = {}) {
  const events: TraceEvent[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  return { cache: new DiskCacheModel({ seed: 1, ...options, timeline }), events, timeline };
}

const at = (lba: number, drive = 0) => ({ drive, lba });

async function readBack(cache: DiskCacheModel, lba: number, drive = 0): Promise<BlockContents> {
  return await (await cache.read(at(lba, drive))).finished();
}

/** Four clients side by side, 20 operations each on 8 blocks; gives what each block went through. */
async function clients(cache: DiskCacheModel, seed: number): Promise<Map<string, Access[]>> {
  const accesses = new Map<string, Access[]>();
  const client = async (number: number) => {
    const random = new Random(seed).fork(`client ${number}`);
    for (let turn = 1; turn <= 20; turn++) {
      const block = at(random.below(4), random.below(2) * 2);
      const wanted = number * 1000 + turn;
      const isRead = random.chance(0.5);
      const operation: Operation<BlockContents | void> = isRead
        ? await cache.read(block)
        : await cache.write(block, wanted);
      const contents = await operation.finished({ within: seconds(2) });
      if (contents) assert.ok(contents.whole, `a torn block at seed ${seed}`);
      const [begun, ...rest] = operation.events.occurrences.map(({ seq }) => seq);
      const stamp = contents ? contents.stamp : wanted;
      const access: Access = {
        ...{ client: number, kind: isRead ? "read" : "write", ...block, stamp, whole: true },
        ...{ begin: begun!, end: rest.at(-1)!, outcome: "ok" },
      };
      const place = `${block.drive}:${block.lba}`;
      accesses.set(place, [...accesses.get(place) ?? [], access]);
    }
  };
  await Promise.all([1, 2, 3, 4].map(client));
  return accesses;
}

Deno.test("300 seeds of four clients on a crowded cache: every block is linear, and sync puts it on disk", async () => {
  for (let seed = 0; seed < 300; seed++) {
    const { cache } = start({ seed, entries: 3 });
    const accesses = await clients(cache, seed);
    for (const [place, all] of accesses) {
      assert.equal(contradictionIn(all, 0), undefined, `block ${place} at seed ${seed}`);
    }
    await (await cache.sync()).finished();
    for (const [place, all] of accesses) {
      const [drive, lba] = place.split(":").map(Number);
      const onDisk = await cache.drives.peek(at(lba!, drive!));
      assert.ok(onDisk.whole);
      const over = Math.max(...all.map((access) => access.end));
      const last: Access = {
        ...{ client: 5, kind: "read", drive: drive!, lba: lba!, ...onDisk },
        ...{ begin: over + 1, end: over + 2, outcome: "ok" },
      };
      assert.equal(contradictionIn([...all, last], 0), undefined, `disk ${place} at seed ${seed}`);
    }
    assert.ok((await cache.statistics()).evictions > 0);
  }
});

Deno.test("work side by side reads no wrong block on 100 seeds", async () => {
  for (let seed = 0; seed < 100; seed++) {
    const { cache } = start({ seed, entries: 4 });
    const options = { count: 30, blocks: 6, readPercent: 60, drives: [0, 1, 2] };
    const workers = await cache.together(() =>
      Promise.all([1, 2, 3, 4].map((number) => cache.work({ ...options, seed: seed * 4 + number })))
    );
    for (const worker of workers) await worker.finished({ within: seconds(10) });
    assert.ok((await cache.statistics()).preemptions > 0);
  }
});

Deno.test("work with a failing disk ends on 100 seeds: nobody waits for ever", async () => {
  for (let seed = 0; seed < 100; seed++) {
    const { cache } = start({ seed, entries: 3 });
    for (let lba = 0; lba < 6; lba++) {
      await cache.drives.fail({ ...at(lba), operation: "write", count: 3 });
    }
    await cache.drives.fail({ ...at(5), operation: "read", count: 1 });
    const options = { count: 20, blocks: 6, readPercent: 50 };
    const workers = await cache.together(() =>
      Promise.all([1, 2, 3].map((number) => cache.work({ ...options, seed: seed * 4 + number })))
    );
    for (const worker of workers) {
      await worker.finished({ within: seconds(10) }).catch((error) => {
        assert.equal(error.error, "error=04", `seed ${seed}: ${error.message}`);
      });
    }
    for (let lba = 0; lba < 6; lba++) {
      await cache.drives.fail({ ...at(lba), operation: "write", count: 0 });
    }
    await (await cache.sync()).finished();
    assert.ok((await cache.entries()).every(({ flags }) => flags === Flag.BLOCK_VALID));
  }
});

Deno.test("the work of a thread notices a block that it did not write", async () => {
  const { cache } = start({ entries: 1 });
  const options = { count: 400, blocks: 2, readPercent: 50 };
  const worker = await cache.work({ ...options, seed: 1 });
  await cache.clock.until(() => cache.drives.requests.occurrences.length > 20 || undefined, ms(50));
  cache.drives.drive(0).poke(0, 0xbad);
  cache.drives.drive(0).poke(1, 0xbad);
  await assert.rejects(worker.finished(), {
    name: "OperationFailed",
    message: /bad 0:\d is 00000bad; it ought to be 00100/,
  });
});

Deno.test("a seed gives the same events again, and another seed other ones", async () => {
  const run = async (seed: number) => {
    const { cache, events } = start({ seed, entries: 3 });
    await clients(cache, 5);
    return JSON.stringify(events);
  };
  assert.equal(await run(1), await run(1));
  const different = new Set(await Promise.all([1, 2, 3, 4, 5].map(run)));
  assert.equal(different.size, 5);
});

Deno.test("a cache full of blocks that cannot be written fails the next operation", async () => {
  const { cache } = start({ entries: 2 });
  for (const lba of [1, 2]) {
    await cache.drives.fail({ ...at(lba), operation: "write", count: 100 });
    await (await cache.write(at(lba), lba)).finished();
  }
  await assert.rejects((await cache.read(at(3))).finished(), { error: "error=04" });
  assert.deepEqual((await cache.entries()).map(({ flags }) => flags), [5, 5]);
});

Deno.test("an update of a block that cannot be written fails and leaves the older data", async () => {
  const { cache } = start();
  await cache.drives.fail({ ...at(1), operation: "write", count: 100 });
  await (await cache.write(at(1), 10)).finished();
  await assert.rejects((await cache.write(at(1), 11)).finished(), { error: "error=04" });
  assert.equal((await readBack(cache, 1)).stamp, 10);
});

Deno.test("a flush that fails is reported by sync, and the next sync flushes again", async () => {
  const { cache } = start();
  await cache.drives.fail({ ...at(0), operation: "flush", count: 1 });
  await (await cache.write(at(1), 10)).finished();
  await assert.rejects((await cache.sync()).finished(), { error: "error=04" });
  await (await cache.sync()).finished();
  await (await cache.sync()).finished();
  assert.equal((await cache.statistics()).flushes, 2);
});

Deno.test("an operation that is waited for too short says how far it came", async () => {
  const { cache } = start();
  await cache.drives.hold(0);
  const read = await cache.read(at(7));
  await assert.rejects(read.finished({ within: ms(5) }), {
    message: 'Cannot finish "read 0 7": it did not get there within 5 ms; ' +
      "its events: began, blocked (read)",
  });
  await assert.rejects(cache.configure({ entries: 2 }), {
    message: 'Cannot configure the disk cache "diskcache": 1 threads run and 1 entries are ' +
      "pending; finish the operations and sync first",
  });
});

Deno.test("what an operation never did is said when it is over", async () => {
  const { cache } = start();
  const write = await cache.write(at(7), 1);
  await assert.rejects(write.blocked("room"), {
    message: 'Cannot see blocked (room) "write 0 7 00000001": it is over without that; ' +
      "its events: began, done",
  });
  await assert.rejects(
    async () => await write.resume(),
    /it is not paused; wait on paused\(\) first/,
  );
});

Deno.test("a block that is not there is refused with what is", async () => {
  const { cache } = start({ sizes: [16, 0, 8] });
  await assert.rejects(async () => await cache.read(at(16)), {
    name: "RangeError",
    message:
      'Cannot read block "0:16": drive 0 has 16 blocks; give a block of 0:0-16, 1:0-0, 2:0-8',
  });
  await assert.rejects(async () => await cache.write(at(0, 1), 1), /drive 1 is not there/);
  await assert.rejects(cache.drives.hold(3), /drive 3 is not there/);
  await assert.rejects(cache.drives.releaseOne(0), /it has none; wait on "requests"/);
  assert.throws(() => start({ entries: 0 }), /Cannot make a cache of "0" entries/);
  assert.throws(() => start({ sizes: [-1] }), /Cannot make drives of "-1" blocks/);
});

Deno.test("a failure shows the threads and the entries", async () => {
  const { cache, timeline } = start();
  await cache.drives.hold(0);
  await (await cache.write(at(7), 0xcafe)).finished();
  await (await cache.read(at(8))).blocked("read");
  assert.equal(
    await timeline.diagnosis(),
    "the disk cache:\n  thread 2 (read 0 8) is blocked\n" +
      "  0:7 WRITE_PENDING, access 1, 0000cafe\n  0:8 READ_PENDING IN_USE, access 2",
  );
});
