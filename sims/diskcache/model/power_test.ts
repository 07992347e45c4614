import assert from "node:assert/strict";
import { ms, seconds, us } from "hil";
import { loggedBy, Timeline, type TraceEvent } from "hil/trace/mod.ts";
import {
  DESKTOP_DRIVE,
  type FaultPlan,
  NO_FAULTS,
  parseWriteLog,
  type PlannedFault,
} from "../disk/mod.ts";
import { DiskCacheModel, type ModelOptions } from "../model.ts";
import { OperationFailed } from "../port.ts";

function start(options: Partial<ModelOptions> = {}) {
  const events: TraceEvent[] = [];
  const timeline = new Timeline({ write: (event) => void events.push(event) });
  return { cache: new DiskCacheModel({ seed: 1, ...options, timeline }), events };
}

function planOf(...faults: PlannedFault[]): FaultPlan {
  return { version: 1, seed: 1, faults };
}

const at = (lba: number, drive = 0) => ({ drive, lba });

async function endOf(operation: { finished(): Promise<unknown> }): Promise<string> {
  try {
    await operation.finished();
    return "done";
  } catch (error) {
    if (error instanceof OperationFailed) return error.error;
    throw error;
  }
}

async function write(cache: DiskCacheModel, lba: number, stamp: number): Promise<void> {
  await (await cache.write(at(lba), stamp)).finished();
}

Deno.test("a power cut ends what runs, empties the cache and keeps what is durable", async () => {
  const { cache } = start({ entries: 8, timeout: ms(5) });
  await write(cache, 1, 0x11);
  await (await cache.sync()).finished();
  await cache.drives.hold(0);
  const reading = await cache.read(at(7));
  await reading.blocked("read");
  const paused = await cache.write(at(9), 0x99, { pause: true });
  await paused.paused();
  await cache.clock.until(() => undefined, ms(2));
  await cache.powerCut();
  assert.deepEqual([await endOf(reading), await endOf(paused)], ["power cut", "power cut"]);
  assert.deepEqual(await cache.entries(), []);
  // The time limit of the dead driver does not reset what is under way now.
  const next = await cache.read(at(1));
  await cache.clock.until(() => undefined, ms(4));
  await cache.drives.release(0);
  assert.equal((await next.finished()).stamp, 0x11);
  const { occurrences } = cache.drives.requests;
  assert.deepEqual(occurrences.filter(({ data }) => data.status === "reset"), []);
  assert.equal((await (await cache.read(at(9))).finished()).stamp, 0);
});

Deno.test("a machine that lost its power while it reset a drive asks nothing of it any more", async () => {
  const { cache } = start({ timeout: ms(5) });
  await cache.drives.hold(0, ["read"]);
  const reading = await cache.read(at(7));
  await reading.blocked("read");
  await write(cache, 9, 0x99);
  assert.equal(await endOf(reading), "timeout");
  await cache.powerCut();
  const { occurrences } = cache.drives.requests;
  const asked = occurrences.length;
  await cache.clock.until(() => undefined, seconds(1));
  assert.equal(occurrences.length, asked);
  assert.equal((await cache.drives.peek(at(9))).stamp, 0);
});

Deno.test("without power operations fail at once, until the machine starts again", async () => {
  const { cache } = start();
  await cache.drives.plan(0, planOf({ kind: "power cut", from: { ns: us(500).ns } }));
  const { power } = cache.drives;
  assert.ok(await cache.clock.until(() => power.occurrences[0], ms(1)));
  assert.equal(cache.clock.now(), us(500).ns);
  assert.equal(await endOf(await cache.read(at(1))), "power cut");
  await cache.powerCut();
  assert.equal(await endOf(await cache.read(at(1))), "done");
  assert.deepEqual(power.occurrences.map(({ kind }) => kind), ["cut", "on"]);
});

Deno.test("200 seeds: what was synced before a power cut anywhere is there, and no block is torn", async () => {
  let unlike = 0;
  for (let seed = 0; seed < 200; seed++) {
    const { cache } = start({ seed, entries: 6 });
    for (let lba = 0; lba < 8; lba++) await write(cache, lba, 0x100 + lba);
    await (await cache.sync()).finished();
    await cache.drives.plan(0, planOf({ kind: "power cut", from: { request: 1 + seed % 12 } }));
    const works = [1, 2].map((generation) => write(cache, generation, 0x200 + generation));
    for (let lba = 0; lba < 8; lba++) works.push(write(cache, lba, 0x300 + lba));
    await Promise.allSettled([...works, endOf(await cache.sync())]);
    await cache.powerCut();
    await cache.drives.plan(0, NO_FAULTS); // Some plans' power cuts would come only now.
    for (let lba = 0; lba < 8; lba++) {
      const { stamp, whole } = await (await cache.read(at(lba))).finished();
      const possible = [0x100, 0x200, 0x300].map((base) => base + lba);
      assert.ok(whole && possible.includes(stamp), `block ${lba} is ${stamp} at seed ${seed}`);
      if (stamp !== 0x100 + lba) unlike++;
    }
  }
  assert.ok(unlike > 100, `${unlike} blocks are new`);
});

Deno.test("a seed gives the same faults, survivors and trace; another seed gives others", async () => {
  const run = async (seed: number) => {
    const plan = planOf(
      { kind: "error", chance: 0.2, count: "persistent" },
      { kind: "latency", ns: 70_000, chance: 0.5, count: "persistent" },
    );
    const { cache, events } = start({ seed, entries: 4, disk: { plan, cacheBlocks: 4 } });
    const options = { count: 40, blocks: 20, readPercent: 50 };
    await Promise.all([1, 2, 3].map(async (seed) => endOf(await cache.work({ seed, ...options }))));
    await cache.powerCut();
    return JSON.stringify([events, await cache.drives.fired(0)]);
  };
  assert.equal(await run(1), await run(1));
  assert.notEqual(await run(1), await run(2));
});

Deno.test("a held request of a plan waits for its time, or until it is released", async () => {
  const { cache } = start();
  const { drives, clock } = cache;
  await drives.plan(0, planOf({ kind: "hold", ns: ms(3).ns }, { kind: "hold" }));
  await (await cache.read(at(1))).finished();
  assert.ok(clock.now() > ms(3).ns && clock.now() < ms(4).ns, `${clock.now()}`);
  const held = await cache.read(at(2));
  await held.blocked("read");
  assert.equal(await clock.until(() => held.events.occurrences[2], ms(100)), undefined);
  await drives.release(0);
  await held.finished();
  assert.deepEqual((await drives.fired(0)).map(({ fired }) => fired), [1, 1]);
});

Deno.test("with an arm, a far block takes longer than a near one; the bus alone is fast", async () => {
  const { cache } = start({ sizes: [2 ** 22], disk: { mechanics: DESKTOP_DRIVE } });
  const took = async (lba: number) => {
    const began = cache.clock.now();
    await (await cache.read(at(lba))).finished();
    return cache.clock.now() - began;
  };
  assert.ok(await took(0) < ms(9).ns);
  const far = await took(2 ** 22 - 1);
  assert.ok(far > ms(4).ns && far < ms(14).ns, `${far}`);
  const began = cache.clock.now();
  await write(cache, 5, 1);
  await cache.clock.until(() => cache.drives.requests.occurrences.find(isWritten), ms(50));
  assert.ok(cache.clock.now() - began < us(100).ns);
});

function isWritten({ kind, data }: { kind: string; data: { operation: string } }): boolean {
  return kind === "done" && data.operation === "write";
}

Deno.test("the trace of a drive that keeps a log has the same log", async () => {
  const { cache, events } = start({ disk: { log: true } });
  for (const [lba, stamp] of [[7, 1], [8, 2], [7, 3]] as const) await write(cache, lba, stamp);
  await (await cache.sync()).finished();
  const logged = events.map(loggedBy).filter((one) => one?.drive === 0);
  const told = logged.flatMap((one) => one!.entry === "no data" ? [] : [one!.entry]);
  assert.deepEqual(told, parseWriteLog(await cache.drives.writeLog(0)));
  assert.ok(told.length >= 3);
});

Deno.test("the log of writes is kept when it is asked for", async () => {
  const { cache } = start({ disk: { log: true } });
  await write(cache, 7, 0x0102_0304);
  await (await cache.sync()).finished();
  const entries = parseWriteLog(await cache.drives.writeLog(0));
  assert.deepEqual(entries.map(({ sector, flags }) => [sector, flags]), [[7, 0], [0, 1]]);
  assert.deepEqual([...entries[0]!.data.subarray(508)], [4, 3, 2, 1]);
  assert.deepEqual(await cache.drives.peek(at(7), { durable: true }), {
    stamp: 0x0102_0304,
    whole: true,
  });
  await assert.rejects(
    start().cache.drives.writeLog(0),
    /^Error: Cannot give the log of writes of drive "0": it keeps none; ask for it: /,
  );
});
