/** Reads: hits, joined misses, and reads of what is not on disk yet. */
import { expect, measure, scenario, step } from "hil";
import { diskCache, Flag } from "sims/diskcache/mod.ts";
import { at, flagsOf, LIMIT, read, stampOf, sync, write } from "./steps.ts";

scenario(
  "a hit is served without disk I/O",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    await drives.poke(at(7), 0x0701);
    await drives.poke(at(8), 0x0801);
    const before = await step("the first read comes from disk", async () => {
      const first = await cache.read(at(7));
      expect(await stampOf(first), "the first read").toBe(0x0701);
      return first.events.occurrences.at(-1)!;
    });
    const { hits } = await cache.statistics();
    await step("the second is served while the drive finishes nothing", async () => {
      await drives.poke(at(7), 0x0702);
      await drives.hold(0);
      expect(await read(cache, at(7)), "the second read").toBe(0x0701);
      await drives.release(0);
    });
    await step("nothing but a later miss has reached the drive", async () => {
      expect(await read(cache, at(8)), "a miss").toBe(0x0801);
      const kind = ["read", "write", "flush"];
      const [only] = expect(drives.requests).toHaveHappened(1, { kind, after: before });
      expect(only!.data.lba, "the block that was asked for").toBe(8);
    });
    const after = await cache.statistics();
    measure("hits", after.hits - hits, { unit: "reads", within: { min: 1, max: 1 } });
  },
);

scenario(
  "two equal reads cause one request",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    await drives.poke(at(7), 0x0701);
    await drives.hold(0);
    const { joined } = await cache.statistics();
    const readers = await step("two threads read the same block", async () => {
      const both = await cache.together(async () => [
        await cache.read(at(7)),
        await cache.read(at(7)),
      ]);
      for (const reader of both) await reader.blocked("read", { within: LIMIT });
      expect((await cache.entries()).length, "entries").toBe(1);
      expect(await flagsOf(cache, at(7)) & Flag.READ_PENDING, "READ_PENDING")
        .toBe(Flag.READ_PENDING);
      return both;
    });
    await step("one request serves both", async () => {
      await drives.release(0);
      for (const reader of readers) {
        expect(await stampOf(reader), "what each reads").toBe(0x0701);
      }
      await read(cache, at(8));
      const ofBlock = (request: { lba: number }) => request.lba === 7;
      expect(drives.requests).toHaveHappened(1, { kind: "read", where: ofBlock });
    });
    const after = await cache.statistics();
    measure("joined reads", after.joined - joined, { unit: "reads", within: { min: 1, max: 1 } });
  },
);

scenario(
  "a read while a write is pending is served from memory",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    await drives.poke(at(7), 0x0701);
    await drives.hold(0);
    await write(cache, at(7), 0x0702);
    const writing = await expect(drives.requests)
      .toHappen({ kind: "write", where: ({ lba }) => lba === 7, within: LIMIT });
    await step("read it while the drive has not taken it", async () => {
      expect(await read(cache, at(7)), "what is read").toBe(0x0702);
      expect(await flagsOf(cache, at(7)) & Flag.WRITE_PENDING, "WRITE_PENDING")
        .toBe(Flag.WRITE_PENDING);
      expect(drives.requests).toHaveHappened(0, { kind: "done", after: writing });
    });
    await drives.release(0);
    await sync(cache);
    expect(drives.requests).toHaveHappened(0, { kind: "read", where: ({ lba }) => lba === 7 });
  },
);
