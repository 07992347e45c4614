/** Which request the disk gets next, and how many at once. */
import { expect, measure, minutes, scenario, step } from "hil";
import { diskCache } from "sims/diskcache/mod.ts";
import { at, expectOnDisk, LIMIT, nextRequest, stampOf, sync, write } from "./steps.ts";

// No write is overdue, whatever the scheduler makes of those.
const patient = diskCache({ writeDeadline: minutes(10) });

scenario("reads go before writes", { uses: { cache: patient } }, async ({ cache }) => {
  const { drives } = cache;
  await drives.poke(at(40), 0x4001);
  await drives.poke(at(50, 1), 0x5001);
  await drives.hold(0);
  await write(cache, at(10), 0x1001);
  const first = await expect(drives.requests).toHappen({ kind: "write", within: LIMIT });
  const readers = await step("writes and then reads queue up behind a write", async () => {
    await write(cache, at(20), 0x2001);
    await write(cache, at(30), 0x3001);
    const readers = [await cache.read(at(40)), await cache.read(at(50, 1))];
    for (const reader of readers) await reader.blocked("read", { within: LIMIT });
    expect(drives.requests).toHaveHappened(0, { after: first });
    return readers;
  });
  await step("the reads are next, the other drive of the channel included", async () => {
    await drives.releaseOne(0);
    const next = await nextRequest(cache, first);
    await drives.release(0);
    const second = await nextRequest(cache, next);
    expect([next.data.lba, second.data.lba].sort(), "the next two blocks").toEqual([40, 50]);
    expect(await stampOf(readers[0]!), "the first read").toBe(0x4001);
    expect(await stampOf(readers[1]!), "the second read").toBe(0x5001);
    measure("a read past queued writes took", (second.t - first.t) / 1e3, { unit: "us" });
  });
  await sync(cache);
  for (const lba of [10, 20, 30]) await expectOnDisk(cache, at(lba), lba / 10 * 0x1000 + 1);
});

scenario("four drives work at once", { uses: { cache: diskCache() } }, async ({ cache }) => {
  const { drives } = cache;
  const all = [0, 1, 2, 3];
  for (const drive of all) {
    await drives.poke(at(7, drive), 0x0701 + drive);
    await drives.hold(drive);
  }
  const readers = await cache.together(() =>
    Promise.all(all.map((drive) => cache.read(at(7, drive))))
  );
  await step("both channels have a request at one time", async () => {
    for (const reader of readers) await reader.blocked("read", { within: LIMIT });
    for (const channel of [0, 1]) {
      await expect(drives.requests)
        .toHappen({ kind: "read", where: ({ drive }) => drive >> 1 === channel, within: LIMIT });
    }
    expect(drives.requests).toHaveHappened(2);
  });
  await step("each drive gives its own block", async () => {
    for (const drive of all) await drives.release(drive);
    for (const drive of all) {
      expect(await stampOf(readers[drive]!), `block 7 of drive ${drive}`).toBe(0x0701 + drive);
    }
  });
  await step("each drive takes its own block", async () => {
    for (const drive of all) await write(cache, at(7, drive), 0x0801 + drive);
    await sync(cache);
    for (const drive of all) await expectOnDisk(cache, at(7, drive), 0x0801 + drive);
  });
});
