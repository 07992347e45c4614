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
    const blocks = [7, 8, 9, 10, 11, 12, 13, 14].map((lba) => at(lba));
    for (const block of blocks) await drives.poke(block, block.lba << 8);
    await drives.hold(0);
    const { joined } = await cache.statistics();
    const readers = await step("two threads read each of eight blocks", async () => {
      const twice = [...blocks, ...blocks];
      // All at once, so that one may come in while another makes an entry.
      const readers = await cache.together(() =>
        Promise.all(twice.map((block) => cache.read(block)))
      );
      for (const reader of readers) await reader.blocked("read", { within: LIMIT });
      expect((await cache.entries()).length, "entries").toBe(blocks.length);
      for (const block of blocks) {
        expect(await flagsOf(cache, block) & Flag.READ_PENDING, "READ_PENDING")
          .toBe(Flag.READ_PENDING);
      }
      return readers;
    });
    await step("one request serves both", async () => {
      await drives.release(0);
      for (const [i, reader] of readers.entries()) {
        expect(await stampOf(reader), "what each reads").toBe(blocks[i % blocks.length]!.lba << 8);
      }
      await read(cache, at(20));
      expect(drives.requests).toHaveHappened(blocks.length + 1, { kind: "read" });
    });
    const after = await cache.statistics();
    measure("joined reads", after.joined - joined, { unit: "reads", within: { min: 8, max: 8 } });
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
