/**
 * Machines in QEMU: how fast the next one is there. From the pool, by going back to a moment, and
 * by a replay; beside a cold boot in the same run.
 */
import { hostNow } from "hil/time/mod.ts";
import { buildGuest } from "sims/diskcache/guest/build.ts";
import { emptyPool, sparesWaiting } from "sims/diskcache/targets/pool.ts";
import { alternate, atLeast, atMost, type Benchmark, median } from "./benchmark.ts";
import { type Cache, onGuest } from "./guest.ts";

export const machines: Benchmark = {
  name: "machines",
  title: "machines of the pool, rewinds and replays, beside cold boots",
  conditions: "Warm: guests built, files in the page cache. Four drives under qboot. A rewind is " +
    "counted with the read from a drive that follows it; a replay with the start of its QEMU.",
  async run({ folder, quick, progress }) {
    for (const idlePolls of [false, true]) await buildGuest({ idlePolls, progress });
    const readyMs = (options: Record<string, unknown>) =>
      onGuest({ folder, options }, (_cache, tookMs) => Promise.resolve(tookMs));
    progress("boots");
    const boots = await alternate(quick ? 5 : 21, {
      pool: async () => {
        await sparesWaiting();
        return await readyMs({ pool: 1 });
      },
      cold: async () => {
        await emptyPool();
        const took = await readyMs({});
        // The next of the pool waits again before it is measured.
        await readyMs({ pool: 1 });
        return took;
      },
    });
    await emptyPool();
    progress("rewinds");
    const rewindMs = await onGuest({ folder }, (cache) => rewinds(cache, quick ? 20 : 200));
    progress("replays");
    const { runMs, replayMs } = await onGuest({ folder, options: { record: true } }, replays);
    progress("looks");
    const options = { trace: true, coverage: true };
    const looks = await onGuest({ folder, options }, (cache) => looksUs(cache));
    const cold = { name: "cold boot", value: boots.cold };
    return [
      { what: "boot to ready", unit: "ms", ours: boots.cold, wanted: atMost(boots.cold, 80, "ms") },
      {
        what: "ready from the pool",
        unit: "ms",
        ours: boots.pool,
        peer: cold,
        wanted: atMost(boots.pool, 20, "ms"),
      },
      {
        what: "rewinds in a second",
        unit: "/s",
        ours: 1000 / rewindMs,
        peer: { name: "cold boots", value: 1000 / boots.cold },
        wanted: atLeast(1000 / rewindMs, 50, "/s"),
      },
      {
        what: "replay of 100 operations",
        unit: "ms",
        ours: replayMs,
        peer: { name: "the recorded run", value: runMs },
      },
      {
        what: "a look at the trace ring",
        unit: "us",
        ours: looks.ring,
        peer: { name: "a command on COM1", value: looks.command },
      },
      ...(looks.edges === undefined ? [] : [{
        what: "a look at the map of edges",
        unit: "us",
        ours: looks.edges,
        peer: { name: "a command on COM1", value: looks.command },
      }]),
    ];
  },
};

/** Milliseconds of a rewind and a read from a drive. */
async function rewinds(cache: Cache, count: number): Promise<number> {
  const point = await cache.branchPoint();
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = hostNow();
    await point.rewind();
    await (await cache.read({ drive: 0, lba: i })).finished();
    times.push((hostNow() - began) / 1e6);
  }
  return median(times);
}

/** Microseconds, medians of 500. */
async function looksUs(cache: Cache) {
  const timed = async (what: () => unknown) => {
    const times: number[] = [];
    for (let i = 0; i < 500; i++) {
      const began = hostNow();
      await what();
      times.push((hostNow() - began) / 1e3);
    }
    return median(times);
  };
  const { coverage } = cache;
  return {
    ring: await timed(() => cache.lookAtTrace()),
    edges: coverage && await timed(() => coverage.counts()),
    command: await timed(() => cache.console.run("echo")),
  };
}

async function replays(cache: Cache, bootMs: number) {
  const began = hostNow();
  const work = await cache.work({ seed: 1, count: 100, blocks: 16, readPercent: 50 });
  await work.finished();
  const runMs = bootMs + (hostNow() - began) / 1e6;
  const recording = await cache.finishRecording();
  const times: number[] = [];
  for (let round = 0; round < 3; round++) {
    const { difference, tookMs } = await recording.replay();
    if (difference) throw new Error(`the replay is not the run: ${difference}`);
    times.push(tookMs);
  }
  return { runMs, replayMs: median(times) };
}
