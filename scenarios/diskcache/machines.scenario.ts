/** What a machine in an emulator is good for: it goes back to a moment, and does a run again. */
import { expect, measure, scenario, step } from "hil";
import { diskCacheEmulated } from "sims/diskcache/mod.ts";
import { at, cached, errorOf, expectOnDisk, LIMIT, read, sync, write } from "./steps.ts";

scenario(
  "thirty seeds of random work begin at the same moment",
  { uses: { cache: diskCacheEmulated({ entries: 8 }) } },
  async ({ cache }) => {
    const { clock } = cache;
    await write(cache, at(40), 0x4001);
    await sync(cache);
    const point = await step("remember the moment", () => cache.branchPoint());
    let rewindsNs = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const work = await cache.work({ seed, count: 40, blocks: 16, readPercent: 50 });
      await work.finished({ within: LIMIT });
      const { evictions } = await cache.statistics();
      expect(evictions, "evictions by the work").toBeGreaterThan(0);
      if (seed % 2) await sync(cache);
      const began = clock.now();
      await point.rewind();
      rewindsNs += clock.now() - began;
      expect(await cached(cache), "what is cached at that moment").toEqual(["0:40"]);
      await expectOnDisk(cache, at(seed % 16), 0);
    }
    measure("rewinds in a second", 30 / (rewindsNs / 1e9), { unit: "/s" });
    expect(await read(cache, at(40)), "what was written before").toBe(0x4001);
  },
);

scenario(
  "a machine goes back although a request is held and threads wait",
  { uses: { cache: diskCacheEmulated() } },
  async ({ cache }) => {
    const point = await cache.branchPoint();
    for (let round = 0; round < 5; round++) {
      await cache.drives.hold(0);
      const held = await cache.read(at(round));
      await held.blocked("read", { within: LIMIT });
      await write(cache, at(9), round);
      await point.rewind();
      expect(await cached(cache), "what is cached").toEqual([]);
      expect(await read(cache, at(9)), "what was never written").toBe(0);
    }
  },
);

scenario(
  "random work with an error of the drive is done again to the last byte, three times",
  { uses: { cache: diskCacheEmulated({ record: true, entries: 8, sizes: [4096, 0, 4096, 0] }) } },
  async ({ cache }) => {
    await step("two threads at work, and a drive that fails once", async () => {
      await cache.drives.poke(at(5, 2), 0x2005);
      await cache.drives.fail({ ...at(20, 2), operation: "read", count: 1 });
      const work = await cache.work({
        ...{ seed: 3, count: 100, blocks: 16, readPercent: 60 },
        drives: [0, 2],
      });
      expect(await errorOf(await cache.read(at(20, 2))), "the read's error").toBe("error=04");
      await work.finished({ within: LIMIT });
      await sync(cache);
    });
    const recording = await step("end the machine", () => cache.finishRecording());
    for (let round = 1; round <= 3; round++) {
      const replay = await step(`replay ${round}`, () => recording.replay());
      expect(replay.difference, "what was different").toBe(undefined);
      expect(replay.requests, "requests of the drives").toBeGreaterThan(50);
      measure(`replay ${round} took`, replay.tookMs, { unit: "ms" });
    }
  },
);
