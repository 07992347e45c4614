/** Threads that get in each other's way. */
import { expect, measure, minutes, scenario, step } from "hil";
import { diskCache, Flag } from "sims/diskcache/mod.ts";
import { expectOnDisk, sync } from "./steps.ts";

scenario(
  "random work under preemption never reads a wrong block",
  { uses: { cache: diskCache({ entries: 6 }) }, timeout: minutes(2) },
  async ({ cache }) => {
    const { clock } = cache;
    const { evictions, preemptions } = await cache.statistics();
    const options = { count: 200, blocks: 4, readPercent: 60, drives: [0, 1, 2] };
    await step("four threads read and write twelve blocks through six entries", async () => {
      const began = clock.now();
      const threads = await cache.together(() =>
        Promise.all([1, 2, 3, 4].map((seed) => cache.work({ ...options, seed })))
      );
      for (const thread of threads) await thread.finished({ within: minutes(1) });
      const took = clock.now() - began;
      measure("operations", 4 * options.count / (took / 1e9), { unit: "1/s" });
      const after = await cache.statistics();
      measure("preemptions", after.preemptions - preemptions, { unit: "1", within: { min: 1 } });
      measure("evictions", after.evictions - evictions, { unit: "entries", within: { min: 10 } });
    });
    await step("after sync the disk has what the cache has", async () => {
      await sync(cache);
      for (const { drive, lba, flags, contents } of await cache.entries()) {
        expect(flags, `flags of block ${drive}:${lba}`).toBe(Flag.BLOCK_VALID);
        expect(contents!.whole, `whether block ${drive}:${lba} is whole`).toBe(true);
        await expectOnDisk(cache, { drive, lba }, contents!.stamp);
      }
    });
  },
);
