/** The drives themselves: addresses past 28 and 32 bits, and a drive that does not answer. */
import { expect, measure, ms, scenario, step } from "hil";
import { diskCache } from "sims/diskcache/mod.ts";
import { at, errorOf, expectOnDisk, LIMIT, read, sync, write } from "./steps.ts";

scenario(
  "a block beyond 2^28 is read and written",
  { uses: { cache: diskCache({ sizes: [2 ** 28 + 4096, 2 ** 33 + 4096, 0, 0] }) } },
  async ({ cache }) => {
    const { drives } = cache;
    for (const [drive, high] of [[0, 2 ** 28], [1, 2 ** 33]] as const) {
      await step(`drive ${drive}, block ${high} + 7`, async () => {
        // Where the block would be if the upper bits were lost.
        const low = [7, (high + 7) % 2 ** 24].map((lba) => at(lba, drive));
        for (const block of low) await drives.poke(block, 0x0701);
        await drives.poke(at(high + 7, drive), 0x0702);
        expect(await read(cache, at(high + 7, drive)), "what is read").toBe(0x0702);
        await write(cache, at(high + 7, drive), 0x0703);
        await write(cache, at(high - 1, drive), 0x0704);
        await sync(cache);
        await expectOnDisk(cache, at(high + 7, drive), 0x0703);
        await expectOnDisk(cache, at(high - 1, drive), 0x0704);
        for (const block of low) await expectOnDisk(cache, block, 0x0701);
        for (const block of low) expect(await read(cache, block), "the low block").toBe(0x0701);
      });
    }
  },
);

scenario(
  "a drive that hangs is reset and the next request works",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    for (const lba of [7, 8]) await drives.poke(at(lba), lba << 8);
    await drives.poke(at(9, 2), 0x0901);
    await cache.configure({ timeout: ms(300) });
    const { timeouts, resets } = await cache.statistics();
    await drives.hold(0);
    const hung = await cache.read(at(7));
    const asked = await hung.blocked("read", { within: LIMIT });
    await step("the other channel goes on meanwhile", async () => {
      expect(await read(cache, at(9, 2)), "a block of drive 2").toBe(0x0901);
      expect(hung.events).toHaveHappened(0, { kind: ["done", "failed"] });
    });
    await step("the reader is told of a time-out", async () => {
      expect(await errorOf(hung), "the error").toBe("timeout");
      const failed = hung.events.occurrences.at(-1)!;
      measure("time-out after", (failed.t - asked.t) / 1e6, { unit: "ms", within: { min: 250 } });
      const after = await cache.statistics();
      expect(after.timeouts - timeouts, "time-outs").toBe(1);
      expect(after.resets - resets, "resets").toBeGreaterThan(0);
    });
    await step("the drive works again", async () => {
      await drives.release(0);
      expect(await read(cache, at(8)), "another block").toBe(0x0800);
      expect(await read(cache, at(7)), "the block that hung").toBe(0x0700);
      await write(cache, at(7), 0x0701);
      await sync(cache);
      await expectOnDisk(cache, at(7), 0x0701);
    });
  },
);
