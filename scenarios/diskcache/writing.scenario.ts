/** Writes: they stay in memory, wait for an earlier write of the block, and reach disk by sync. */
import { expect, scenario, step } from "hil";
import { diskCache, Flag } from "sims/diskcache/mod.ts";
import { at, cached, expectOnDisk, flagsOf, LIMIT, read, stampOf, sync, write } from "./steps.ts";

scenario(
  "a write to an uncached block reads nothing from disk",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    await drives.poke(at(7), 0x0701);
    await drives.hold(0, ["read"]);
    await write(cache, at(7), 0x0702);
    await sync(cache);
    expect(drives.requests).toHaveHappened(0, { kind: "read" });
    expect(drives.requests).toHaveHappened(1, { kind: "write" });
    await expectOnDisk(cache, at(7), 0x0702);
    expect(await read(cache, at(7)), "what is read back").toBe(0x0702);
    expect(drives.requests).toHaveHappened(0, { kind: "read" });
  },
);

scenario(
  "an update while a write is pending waits for it",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    await drives.hold(0, ["write"]);
    await write(cache, at(7), 0x0701);
    const first = await expect(drives.requests).toHappen({ kind: "write", within: LIMIT });
    const update = await step("an update waits; the old data stay in the cache", async () => {
      const update = await cache.write(at(7), 0x0702);
      await update.blocked("update", { within: LIMIT });
      expect(await read(cache, at(7)), "what is read meanwhile").toBe(0x0701);
      return update;
    });
    await step("it goes on when the first write is on disk", async () => {
      await drives.releaseOne(0);
      await update.finished({ within: LIMIT });
      const second = await expect(drives.requests)
        .toHappen({ kind: "write", after: first, within: LIMIT });
      await expectOnDisk(cache, at(7), 0x0701);
      expect(drives.requests)
        .toHaveHappened(1, { kind: "done", after: first, before: second });
      expect(await read(cache, at(7)), "what is read after it").toBe(0x0702);
    });
    await drives.release(0);
    await sync(cache);
    await expectOnDisk(cache, at(7), 0x0702);
  },
);

scenario(
  "an update waits while a reader copies the block out",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    await drives.poke(at(7), 0x0701);
    const reader = await cache.read(at(7), { pause: true });
    await reader.paused({ within: LIMIT });
    const update = await step("the update waits; another reader does not", async () => {
      const update = await cache.write(at(7), 0x0702);
      await update.blocked("update", { within: LIMIT });
      expect(await read(cache, at(7)), "what another reader gets").toBe(0x0701);
      expect(update.events).toHaveHappened(0, { kind: ["done", "failed"] });
      return update;
    });
    await step("the reader gets the old block whole, then it changes", async () => {
      await reader.resume();
      expect(await stampOf(reader), "what the reader gets").toBe(0x0701);
      await update.finished({ within: LIMIT });
      expect(await read(cache, at(7)), "what is read after it").toBe(0x0702);
    });
    await sync(cache);
    await expectOnDisk(cache, at(7), 0x0702);
  },
);

scenario(
  "a fill-pending entry is neither read nor flushed",
  { uses: { cache: diskCache({ entries: 2 }) } },
  async ({ cache }) => {
    const { drives } = cache;
    await drives.poke(at(7), 0x0701);
    await drives.poke(at(9), 0x0901);
    const writer = await cache.write(at(7), 0x0702, { pause: true });
    await writer.paused({ within: LIMIT });
    expect(await flagsOf(cache, at(7)) & (Flag.FILL_PENDING | Flag.READ_PENDING), "its flags")
      .toBe(Flag.FILL_PENDING);
    const reader = await step("a reader waits", async () => {
      const reader = await cache.read(at(7));
      await expect(reader.events).toHappen({ kind: "blocked", within: LIMIT });
      return reader;
    });
    await step("sync writes another block and not this one", async () => {
      await write(cache, at(8), 0x0801);
      await sync(cache);
      await expectOnDisk(cache, at(8), 0x0801);
      await expectOnDisk(cache, at(7), 0x0701);
      expect(drives.requests).toHaveHappened(0, { where: ({ lba }) => lba === 7 });
    });
    await step("it is not purged, although it is the oldest", async () => {
      expect(await read(cache, at(9)), "a block that needs room").toBe(0x0901);
      expect(await cached(cache), "blocks in the cache").toEqual(["0:7", "0:9"]);
      expect(reader.events).toHaveHappened(0, { kind: ["done", "failed"] });
    });
    await step("filled, it is read and flushed", async () => {
      await writer.resume();
      await writer.finished({ within: LIMIT });
      expect(await stampOf(reader), "what the reader gets").toBe(0x0702);
      await sync(cache);
      await expectOnDisk(cache, at(7), 0x0702);
    });
  },
);

scenario(
  "sync puts all that is dirty on disk and flushes the drives",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    const blocks = [at(1), at(2), at(3), at(5, 2)];
    await drives.hold(0, ["flush"]);
    await drives.hold(2, ["write"]);
    for (const block of blocks) await write(cache, block, 0x100 + block.lba);
    const syncing = await cache.sync();
    await syncing.blocked("sync", { within: LIMIT });
    await drives.release(2);
    const flush = await step("drive 0 is flushed after its last write", async () => {
      const flush = await expect(drives.requests)
        .toHappen({ kind: "flush", where: ({ drive }) => drive === 0, within: LIMIT });
      expect(drives.requests).toHaveHappened(3, {
        kind: "done",
        where: ({ drive, operation }) => drive === 0 && operation === "write",
        before: flush,
      });
      return flush;
    });
    await step("sync waits for the flush", async () => {
      await expect(drives.requests).toHappen({
        kind: "done",
        where: ({ drive, operation }) => drive === 2 && operation === "flush",
        within: LIMIT,
      });
      await read(cache, at(6, 2));
      expect(syncing.events).toHaveHappened(0, { kind: ["done", "failed"] });
    });
    await drives.release(0);
    await syncing.finished({ within: LIMIT });
    expect(drives.requests).toHaveHappened(0, { kind: "write", after: flush });
    for (const block of blocks) {
      await expectOnDisk(cache, block, 0x100 + block.lba);
      expect(await flagsOf(cache, block), "flags of a clean entry").toBe(Flag.BLOCK_VALID);
    }
  },
);
