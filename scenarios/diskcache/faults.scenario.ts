/**
 * Drives with faults of a plan: errors, latency, held requests, writes that get lost or go astray,
 * bit rot and power cuts. Each says how often its faults really struck.
 */
import { expect, measure, ms, scenario, step, us } from "hil";
import {
  type BlockAddress,
  type DiskCache,
  diskCache,
  type FaultPlan,
  NO_FAULTS,
  type PlannedFault,
} from "sims/diskcache/mod.ts";
import { at, errorOf, expectOnDisk, LIMIT, read, sync, write } from "./steps.ts";

function plan(faults: readonly PlannedFault[], rest: Partial<FaultPlan> = {}): FaultPlan {
  return { version: 1, seed: 1, faults, ...rest };
}

/** Records how often each fault of drive 0 has struck; fails when one has struck less often. */
async function struck(cache: DiskCache, least: readonly number[]): Promise<void> {
  for (const [index, { kind, fired }] of (await cache.drives.fired(0)).entries()) {
    measure(`"${kind}" (fault ${index + 1})`, fired, {
      unit: "times",
      within: { min: least[index] ?? 0 },
    });
  }
}

scenario(
  "an error of a plan strikes once or until its end, and then all is well",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    await cache.drives.poke(at(7), 0x0701);
    await cache.drives.plan(
      0,
      plan([
        { kind: "error", operations: ["read"], lba: [7, 7] },
        {
          ...{ kind: "error", operations: ["write"], lba: [8, 8] },
          ...{ count: "persistent", until: { request: 8 } },
        },
      ]),
    );
    expect(await errorOf(await cache.read(at(7))), "the first read").toMatch(/^error=/);
    expect(await read(cache, at(7)), "the second read").toBe(0x0701);
    await write(cache, at(8), 0x0801);
    expect(await errorOf(await cache.sync()), "a sync while it lasts").toMatch(/^error=/);
    for (let lba = 20; lba < 28; lba++) await read(cache, at(lba));
    await sync(cache);
    await expectOnDisk(cache, at(8), 0x0801);
    await struck(cache, [1, 1]);
  },
);

scenario(
  "a slow and a held request are late, and nothing else",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives, clock } = cache;
    for (const lba of [7, 8]) await drives.poke(at(lba), lba << 8);
    await drives.plan(
      0,
      plan([{ kind: "latency", ns: ms(30).ns, lba: [7, 7] }, { kind: "hold", lba: [8, 8] }]),
    );
    await step("the slow one", async () => {
      const began = clock.now();
      expect(await read(cache, at(7)), "what is read").toBe(0x0700);
      measure("it took", (clock.now() - began) / 1e6, { unit: "ms", within: { min: 29 } });
    });
    await step("the held one, while another drive goes on", async () => {
      const held = await cache.read(at(8));
      await expect(drives.requests).toHappen({
        ...{ kind: "read", within: LIMIT, where: ({ lba }) => lba === 8 },
      });
      expect(await read(cache, at(9, 2)), "a block of drive 2").toBe(0);
      expect(held.events).toHaveHappened(0, { kind: ["done", "failed"] });
      await drives.release(0);
      expect((await held.finished({ within: LIMIT })).stamp, "what is read").toBe(0x0800);
    });
    await struck(cache, [1, 1]);
  },
);

scenario(
  "a write that the drive drops or puts elsewhere is seen when the cache has forgotten it",
  { uses: { cache: diskCache({ entries: 4 }) } },
  async ({ cache }) => {
    const { drives } = cache;
    for (const lba of [7, 8, 13]) await drives.poke(at(lba), lba << 8);
    await drives.plan(
      0,
      plan([
        { kind: "drop", operations: ["write"], lba: [7, 7] },
        { kind: "misdirect", lba: [8, 8], by: 5 },
      ]),
    );
    for (const lba of [7, 8]) await write(cache, at(lba), (lba << 8) + 1);
    await sync(cache);
    for (const lba of [7, 8]) {
      expect(await read(cache, at(lba)), "what the cache has").toBe((lba << 8) + 1);
    }
    await step("after their eviction the old blocks come back", async () => {
      for (let lba = 20; lba < 30; lba++) await read(cache, at(lba));
      for (const lba of [7, 8]) expect(await read(cache, at(lba)), "a block").toBe(lba << 8);
      expect(await read(cache, at(13)), "where the write went").toBe(0x0801);
    });
    await struck(cache, [1, 1]);
  },
);

scenario(
  "a bit that rots makes a block that is not whole, and only that one",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    for (const lba of [7, 8]) await drives.poke(at(lba), lba << 8);
    await drives.plan(0, plan([{ kind: "rot", lba: [7, 7] }]));
    const rotten = await (await cache.read(at(7))).finished({ within: LIMIT });
    expect(rotten.whole, "whether the block is whole").toBe(false);
    expect(await read(cache, at(8)), "its neighbour").toBe(0x0800);
    expect((await drives.peek(at(7))).whole, "whether it is whole on the disk").toBe(false);
    await struck(cache, [1]);
  },
);

/** 40 blocks of two drives, with a generation in their stamps. */
const BLOCKS: readonly BlockAddress[] = Array.from(
  { length: 40 },
  (_, index) => at(index * 3, index % 2),
);

function stampOf({ drive, lba }: BlockAddress, generation: number): number {
  return (generation << 16) | (drive << 12) | lba;
}

async function writeAll(cache: DiskCache, generation: number): Promise<void> {
  for (const block of BLOCKS) await write(cache, block, stampOf(block, generation));
}

/** The generation of each block; fails when one is torn or of another block. */
async function generations(cache: DiskCache): Promise<readonly number[]> {
  const found: number[] = [];
  for (const block of BLOCKS) {
    const stamp = await read(cache, block);
    const possible = [1, 2, 3].find((generation) => stampOf(block, generation) === stamp);
    expect(possible !== undefined, `whether ${stamp.toString(16)} is a stamp of its block`)
      .toBe(true);
    found.push(possible!);
  }
  return found;
}

scenario(
  "a power cut after a sync takes nothing that was synced",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    await writeAll(cache, 1);
    await sync(cache);
    const lost = (await cache.powerCut()).flatMap(({ blocks }) => blocks);
    expect(lost, "blocks that were not durable").toEqual([]);
    expect(await cache.entries(), "entries after the start").toEqual([]);
    expect(await generations(cache), "what is read").toEqual(BLOCKS.map(() => 1));
    await step("and the machine works as before", async () => {
      await writeAll(cache, 2);
      await sync(cache);
      for (const block of BLOCKS) await expectOnDisk(cache, block, stampOf(block, 2));
    });
  },
);

scenario(
  "a power cut without a sync may lose blocks, and tears none",
  { uses: { cache: diskCache({ entries: 16 }) } },
  async ({ cache }) => {
    await writeAll(cache, 1);
    await sync(cache);
    await cache.drives.plan(0, plan([{ kind: "power cut", operations: ["flush"] }]));
    await writeAll(cache, 2);
    const running = await cache.sync();
    await expect(cache.drives.power).toHappen({ kind: "cut", within: LIMIT });
    expect(await errorOf(running), "the sync that the power went at").toBe("power cut");
    const fates = (await cache.powerCut()).flatMap(({ blocks }) => blocks);
    measure("blocks that were not durable", fates.length, { unit: "blocks", within: { min: 20 } });
    const found = await generations(cache);
    expect(found.filter((generation) => generation === 3), "of the future").toEqual([]);
    for (const generation of [1, 2]) {
      const count = found.filter((one) => one === generation).length;
      measure(`blocks of generation ${generation}`, count, { unit: "blocks", within: { min: 1 } });
    }
    await struck(cache, [1]);
  },
);

scenario(
  "in torn mode a power cut tears the block that is being written, and no other",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    const { drives } = cache;
    await writeAll(cache, 1);
    await sync(cache);
    const faults = [{ kind: "power cut", operations: ["write"] }] as const;
    let torn = 0;
    for (let round = 0; round < 6; round++) {
      const before = drives.power.occurrences.at(-1);
      await drives.plan(0, plan(faults, { torn: true, survivors: "all" }));
      await cache.write(at(0), stampOf(at(0), 2 + round)); // It is written back by itself.
      await expect(drives.power).toHappen({ kind: "cut", within: LIMIT, after: before });
      const fates = (await cache.powerCut()).flatMap(({ blocks }) => blocks);
      expect(fates.length, "blocks that were not durable").toBe(1);
      const { whole } = await (await cache.read(at(0))).finished({ within: LIMIT });
      expect(!whole, "whether the block is torn").toBe(fates[0]!.fate === "torn");
      if (!whole) torn++;
      await drives.poke(at(0), stampOf(at(0), 1)); // The next one may leave what was there.
      for (const block of BLOCKS.slice(1)) {
        expect(await read(cache, block), "another block").toBe(stampOf(block, 1));
      }
      await struck(cache, [1]);
    }
    measure("torn blocks", torn, { unit: "of 6", within: { min: 1 } });
  },
);

scenario(
  "the power goes at a time, with nobody asking for it",
  { uses: { cache: diskCache() } },
  async ({ cache }) => {
    await writeAll(cache, 1);
    await sync(cache);
    const work = await cache.work({ seed: 1, count: 1_000_000, blocks: 100, readPercent: 50 });
    await cache.drives.plan(0, plan([{ kind: "power cut", from: { ns: ms(20).ns } }]));
    expect(await errorOf(work), "the work").toBe("power cut");
    await cache.powerCut();
    for (const block of BLOCKS.filter(({ drive }) => drive === 1)) {
      expect(await read(cache, block), "a block of the other drive").toBe(stampOf(block, 1));
    }
    await struck(cache, [1]);
  },
);

scenario(
  "when faults end, every operation comes to its end",
  { uses: { cache: diskCache({ entries: 8 }) } },
  async ({ cache }) => {
    const { drives } = cache;
    await cache.configure({ timeout: ms(200) });
    const ends = { until: { request: 120 }, count: "persistent" } as const;
    await drives.plan(
      0,
      plan([
        { kind: "error", chance: 0.2, ...ends },
        { kind: "latency", chance: 0.3, ns: us(1500).ns, ...ends },
        { kind: "hold", chance: 0.2, ns: ms(400).ns, ...ends, count: 4 },
      ]),
    );
    const work = () => cache.work({ seed: 1, count: 30, blocks: 30, readPercent: 50 });
    let errors = 0;
    for (let round = 0; round < 12; round++) {
      const both = [await work(), await work()];
      for (const one of both) if (await errorOf(one) !== "none") errors++;
    }
    measure("work that failed", errors, { unit: "of 24", within: { min: 1 } });
    await struck(cache, [1, 1, 1]);
    await drives.plan(0, NO_FAULTS);
    for (let tries = 0; await errorOf(await cache.sync()) !== "none"; tries++) {
      expect(tries, "syncs that failed after the faults").toBeLessThan(2);
    }
    expect(await errorOf(await work()), "work after the faults").toBe("none");
    await sync(cache);
    const dirty = (await cache.entries()).filter(({ flags }) => flags !== 4);
    expect(dirty, "entries that are not idle").toEqual([]);
  },
);
