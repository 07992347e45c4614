/** What a machine in an emulator is good for: it goes back to a moment, and does a run again. */
import { expect, measure, scenario, step } from "hil";
import { Random } from "sims/engine/mod.ts";
import { guided } from "sims/diskcache/guided.ts";
import { STANDARD_LOAD } from "sims/diskcache/load.ts";
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

scenario(
  "a request is at the drive only between its submission and its end, as the guest's memory tells",
  { uses: { cache: diskCacheEmulated({ trace: true, entries: 8 }) } },
  async ({ cache }) => {
    const work = await cache.work({ seed: 7, count: 300, blocks: 24, readPercent: 60 });
    await work.finished({ within: LIMIT });
    await sync(cache);
    cache.lookAtTrace();
    const events = cache.trace.occurrences;
    expect(events.filter(({ kind }) => kind === "lost").length, "losses").toBe(0);
    let underWay: string | undefined;
    for (const { kind, data } of events.filter(({ data }) => data.drive < 2)) {
      const block = `${data.drive}:${data.lba}`;
      if (kind === "submitted") {
        expect(underWay, `what is under way as ${block} is submitted`).toBe(undefined);
        underWay = block;
      } else if (kind === "done") {
        expect<string | undefined>(block, "what is done").toBe(underWay);
        underWay = undefined;
      } else if (kind === "purged") {
        expect(underWay === block, `whether ${block}, just made, is at the drive`).toBe(false);
      }
    }
    const count = (wanted: string) => events.filter(({ kind }) => kind === wanted).length;
    const { evictions, reads, writes, flushes } = await cache.statistics();
    expect(count("submitted"), "requests").toBe(reads + writes + flushes);
    expect(count("purged"), "purged entries").toBe(evictions);
    measure("events in the ring", events.length, { unit: "events" });
  },
);

scenario(
  "loads that are guided by coverage reach more of the guest's code than the first one",
  { uses: { cache: diskCacheEmulated({ coverage: true, entries: STANDARD_LOAD.entries }) } },
  async ({ cache }) => {
    const { coverage } = cache;
    if (!coverage) return; // The log says why there is none on this machine.
    const point = await cache.branchPoint();
    const random = new Random(1);
    const shape = { ...STANDARD_LOAD, operations: 8 };
    const report = await guided({ cache, coverage, point, random, shape, runs: 40 });
    expect(report.edges, "edges that were reached").toBeGreaterThan(report.curve[0]!);
    measure("edges after the first load", report.curve[0]!, { unit: "edges" });
    measure("edges after 40 loads", report.edges, { unit: "edges" });
    measure("loads that went new ways", report.kept.length, { unit: "loads" });
    measure("drives that were told to fail", report.faults, { unit: "faults" });
  },
);
