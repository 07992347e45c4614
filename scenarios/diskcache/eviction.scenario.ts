/** Purging: the oldest entry that nothing is going on with makes room, and no other. */
import { expect, measure, scenario, step } from "hil";
import { diskCache, Flag } from "sims/diskcache/mod.ts";
import { at, cached, expectOnDisk, flagsOf, LIMIT, read, stampOf, sync, write } from "./steps.ts";

scenario(
  "the oldest idle entry is evicted",
  { uses: { cache: diskCache({ entries: 4 }) } },
  async ({ cache }) => {
    const { drives } = cache;
    const { evictions } = await cache.statistics();
    for (const lba of [1, 2, 3, 4]) await read(cache, at(lba));
    await step("a hit makes the first one young again", () => read(cache, at(1)));
    await step("the next miss takes the place of the second", async () => {
      await read(cache, at(5));
      expect(await cached(cache), "blocks in the cache").toEqual(["0:1", "0:3", "0:4", "0:5"]);
    });
    await step("a write makes the third young, so the fourth goes", async () => {
      await write(cache, at(3), 0x0301);
      await sync(cache);
      await read(cache, at(6));
      expect(await cached(cache), "blocks in the cache").toEqual(["0:1", "0:3", "0:5", "0:6"]);
    });
    await step("what stayed is a hit, what went is read again", async () => {
      const before = drives.requests.occurrences.at(-1)!;
      await read(cache, at(1));
      await read(cache, at(2));
      const [only] = expect(drives.requests).toHaveHappened(1, { kind: "read", after: before });
      expect(only!.data.lba, "the block that was asked for").toBe(2);
    });
    const after = await cache.statistics();
    measure("evictions", after.evictions - evictions, {
      unit: "entries",
      within: { min: 3, max: 3 },
    });
  },
);

scenario(
  "a pending entry is never evicted",
  { uses: { cache: diskCache({ entries: 3 }) } },
  async ({ cache }) => {
    const { drives } = cache;
    for (const lba of [2, 3, 4, 5, 6, 7]) await drives.poke(at(lba, 2), 0x100 + lba);
    await drives.hold(0);
    await step("a dirty entry is the oldest, and stays", async () => {
      await write(cache, at(1), 0x0101);
      for (const lba of [2, 3, 4]) await read(cache, at(lba, 2));
      expect(await cached(cache), "blocks in the cache").toEqual(["0:1", "2:3", "2:4"]);
      expect(await flagsOf(cache, at(1)) & Flag.WRITE_PENDING, "WRITE_PENDING")
        .toBe(Flag.WRITE_PENDING);
    });
    const readers = await step("entries that are being read stay too", async () => {
      await drives.hold(2);
      const readers = [await cache.read(at(5, 2))];
      await readers[0]!.blocked("read", { within: LIMIT });
      readers.push(await cache.read(at(6, 2)));
      await readers[1]!.blocked("read", { within: LIMIT });
      readers.push(await cache.read(at(7, 2)));
      await readers[2]!.blocked("room", { within: LIMIT });
      expect(await cached(cache), "blocks in the cache").toEqual(["0:1", "2:5", "2:6"]);
      return readers;
    });
    await step("all get what they asked for", async () => {
      await drives.release(2);
      for (const [i, reader] of readers.entries()) {
        expect(await stampOf(reader), "what a reader gets").toBe(0x105 + i);
      }
      await drives.release(0);
      await sync(cache);
      await expectOnDisk(cache, at(1), 0x0101);
    });
  },
);

scenario(
  "an in-use entry is never evicted",
  { uses: { cache: diskCache({ entries: 2 }) } },
  async ({ cache }) => {
    const { drives } = cache;
    for (const lba of [1, 2, 3, 4, 5]) await drives.poke(at(lba), 0x100 + lba);
    const reader = await cache.read(at(1), { pause: true });
    await reader.paused({ within: LIMIT });
    await step("other reads go on in the one entry that is left", async () => {
      for (const lba of [2, 3, 4]) {
        expect(await read(cache, at(lba)), "what is read").toBe(0x100 + lba);
        expect(await cached(cache), "blocks in the cache").toEqual(["0:1", `0:${lba}`]);
      }
      expect(await flagsOf(cache, at(1)) & Flag.IN_USE, "IN_USE").toBe(Flag.IN_USE);
    });
    await step("the reader gets its block, whole", async () => {
      await reader.resume();
      expect(await stampOf(reader), "what the reader gets").toBe(0x101);
    });
    await step("no longer in use, it goes as the oldest", async () => {
      await read(cache, at(5));
      expect(await cached(cache), "blocks in the cache").toEqual(["0:4", "0:5"]);
    });
  },
);

scenario(
  "a cache full of dirty entries makes room by writing",
  { uses: { cache: diskCache({ entries: 3 }) } },
  async ({ cache }) => {
    const { drives } = cache;
    await drives.hold(0);
    for (const lba of [1, 2, 3]) await write(cache, at(lba), 0x100 + lba);
    const fourth = await cache.write(at(4), 0x104);
    await step("the fourth write waits for room", async () => {
      await fourth.blocked("room", { within: LIMIT });
      expect(await cached(cache), "blocks in the cache").toEqual(["0:1", "0:2", "0:3"]);
      for (const lba of [1, 2, 3]) {
        expect(await flagsOf(cache, at(lba)) & Flag.WRITE_PENDING, "WRITE_PENDING")
          .toBe(Flag.WRITE_PENDING);
      }
    });
    await step("one block written is room enough", async () => {
      const [written] = expect(drives.requests).toHaveHappened(1, { kind: "write" });
      const { lba } = written!.data;
      await drives.releaseOne(0);
      await fourth.finished({ within: LIMIT });
      await expectOnDisk(cache, at(lba), 0x100 + lba);
      const left = [1, 2, 3, 4].filter((other) => other !== lba);
      expect(await cached(cache), "blocks in the cache").toEqual(left.map((lba) => `0:${lba}`));
    });
    await drives.release(0);
    await sync(cache);
    for (const lba of [1, 2, 3, 4]) await expectOnDisk(cache, at(lba), 0x100 + lba);
  },
);
