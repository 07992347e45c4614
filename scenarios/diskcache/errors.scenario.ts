/** Errors of the disk: who is told, and what the cache does not forget. */
import { expect, measure, scenario, step } from "hil";
import { diskCache, Flag } from "sims/diskcache/mod.ts";
import { at, errorOf, expectOnDisk, flagsOf, LIMIT, read, stampOf, sync, write } from "./steps.ts";

scenario(
  "a read error reaches the reader and nobody else",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    for (const lba of [7, 8, 9]) await drives.poke(at(lba), lba << 8);
    await drives.fail({ ...at(7), operation: "read", count: 1 });
    await drives.hold(0);
    const bad = [await cache.read(at(7))];
    await expect(drives.requests).toHappen({ kind: "read", within: LIMIT });
    bad.push(await cache.read(at(7)));
    const good = [await cache.read(at(8)), await cache.read(at(9))];
    for (const reader of [...bad, ...good]) await reader.blocked("read", { within: LIMIT });
    await drives.release(0);
    await step("both readers of the block are told, and no others", async () => {
      for (const reader of bad) expect(await errorOf(reader), "the error").toMatch(/^error=/);
      expect(await stampOf(good[0]!), "another block").toBe(0x0800);
      expect(await stampOf(good[1]!), "a third block").toBe(0x0900);
    });
    await step("nothing of it stays in the cache: it is read again, and works", async () => {
      expect(await flagsOf(cache, at(7)), "flags of its entry").toBe(0);
      expect(await read(cache, at(7)), "the block").toBe(0x0700);
      const ofBlock = ({ lba }: { lba: number }) => lba === 7;
      const ends = expect(drives.requests).toHaveHappened(2, { kind: "done", where: ofBlock });
      expect(ends.map(({ data }) => data.status), "its two requests").toEqual(["error", "ok"]);
    });
  },
);

scenario(
  "a write error is reported by sync and the block stays dirty",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    await drives.poke(at(7), 0x0701);
    await drives.fail({ ...at(7), operation: "write", count: 1000 });
    await write(cache, at(7), 0x0702);
    await write(cache, at(8), 0x0802);
    await step("sync reports it, and writes the rest", async () => {
      expect(await errorOf(await cache.sync()), "what sync is told").toMatch(/^error=/);
      await expectOnDisk(cache, at(8), 0x0802);
      await expectOnDisk(cache, at(7), 0x0701);
    });
    await step("the block is still dirty and readable, and not tried without end", async () => {
      expect(await flagsOf(cache, at(7)) & Flag.WRITE_PENDING, "WRITE_PENDING")
        .toBe(Flag.WRITE_PENDING);
      expect(await read(cache, at(7)), "what is read").toBe(0x0702);
      for (let lba = 20; lba < 40; lba++) await read(cache, at(lba));
      const tries = drives.requests.occurrences
        .filter(({ kind, data }) => kind === "write" && data.lba === 7).length;
      measure("writes of the bad block", tries, { unit: "requests", within: { min: 1, max: 8 } });
    });
    await step("when the disk takes it, sync is good", async () => {
      await drives.fail({ ...at(7), operation: "write", count: 0 });
      await sync(cache);
      await expectOnDisk(cache, at(7), 0x0702);
      expect(await flagsOf(cache, at(7)), "flags of a clean entry").toBe(Flag.BLOCK_VALID);
    });
  },
);
