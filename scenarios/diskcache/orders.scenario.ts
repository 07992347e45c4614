/** Lists and schedulers: the order of requests, and what it does to the arm, to reads, to writes. */
import { attach, type Duration, expect, measure, minutes, ms, scenario, step } from "hil";
import { DESKTOP_DRIVE, type DiskCache, diskCache } from "sims/diskcache/mod.ts";
import { Random } from "sims/engine/mod.ts";
import { oldestDirty, type Outcome, percentile, readInQueue, seekDistance } from "./loads.ts";
import { type Line, plot, type PlotOptions } from "./plot.ts";
import { at, cached, LIMIT, nextRequest, read, sync, write } from "./steps.ts";

const LISTS = ["array", "tree"] as const;
const SCHEDULERS = ["first-pending", "look", "deadline"] as const;
/** Of the scenarios here that have writes wait for it. */
const DEADLINE = ms(20);

/** Blocks of the next `count` requests of a held drive, each let go when it has come. */
async function orderOf(cache: DiskCache, after: { seq: number }, count: number) {
  const order: string[] = [];
  let mark = cache.drives.requests.occurrences.find(({ seq }) => seq === after.seq)!;
  for (let i = 0; i < count; i++) {
    await cache.drives.releaseOne(0);
    mark = await nextRequest(cache, mark);
    order.push(`${mark.kind} ${mark.data.lba}`);
  }
  return order;
}

/** Puts a read on its way to drive 0, which is held; gives the request. */
async function firstRead(cache: DiskCache, lba: number) {
  await cache.drives.hold(0);
  await cache.read(at(lba));
  return await expect(cache.drives.requests).toHappen({ kind: "read", within: LIMIT });
}

async function queueReads(cache: DiskCache, lbas: readonly number[], drive = 0): Promise<void> {
  for (const lba of lbas) {
    await (await cache.read(at(lba, drive))).blocked("read", { within: LIMIT });
  }
}

/** Until more than `time` is over on the cache's own clock: a guest on a busy host loses ticks. */
async function letPass(cache: DiskCache, time: Duration): Promise<void> {
  const ticks = async () => (await cache.statistics()).ticks;
  const begin = await ticks();
  while (await ticks() - begin <= time.ms) {
    await cache.clock.until(() => undefined, ms(1));
  }
}

for (
  const [list, name] of [
    ["array", "the elevator turns at its last request"],
    ["tree", "the elevator turns at its last request in a tree, too"],
  ] as const
) {
  scenario(
    name,
    { uses: { cache: diskCache({ list, scheduler: "look" }) } },
    async ({ cache }) => {
      const first = await firstRead(cache, 40);
      await queueReads(cache, [50, 10, 90, 30, 70]);
      for (const lba of [20, 5, 60, 95]) await write(cache, at(lba), 0x100 + lba);
      const order = await step("let one go after the other", () => orderOf(cache, first, 9));
      expect(order, "the order").toEqual([
        ...["read 50", "read 70", "read 90", "read 30", "read 10"],
        ...["write 5", "write 20", "write 60", "write 95"],
      ]);
      await cache.drives.release(0);
      await sync(cache);
    },
  );
}

scenario(
  "the drives of a channel take turns, each with its own arm",
  { uses: { cache: diskCache({ scheduler: "look" }) } },
  async ({ cache }) => {
    const { drives } = cache;
    await firstRead(cache, 40);
    await drives.hold(1);
    await queueReads(cache, [30, 50]);
    await queueReads(cache, [7, 3, 5], 1);
    await drives.release(0);
    await drives.release(1);
    for (const block of [at(30), at(50), at(7, 1), at(3, 1), at(5, 1)]) await read(cache, block);
    const order = drives.requests.occurrences.filter(({ kind }) => kind === "read")
      .map(({ data }) => `${data.drive}:${data.lba}`);
    expect(order, "the order").toEqual(["0:40", "1:3", "0:50", "1:5", "0:30", "1:7"]);
  },
);

scenario(
  "a write past its deadline goes before reads, and every second turn is theirs",
  { uses: { cache: diskCache({ scheduler: "deadline", writeDeadline: DEADLINE }) } },
  async ({ cache }) => {
    const first = await firstRead(cache, 40);
    await write(cache, at(30), 0x0301);
    await write(cache, at(10), 0x0101);
    await queueReads(cache, [50, 60, 70]);
    await step("both writes become overdue", () => letPass(cache, DEADLINE));
    const order = await orderOf(cache, first, 5);
    expect(order, "the order").toEqual(["write 30", "read 50", "write 10", "read 60", "read 70"]);
    await cache.drives.release(0);
    await sync(cache);
  },
);

scenario(
  "a tree keeps the blocks that were used last, and loses none",
  { uses: { cache: diskCache({ list: "tree", entries: 60 }) } },
  async ({ cache }) => {
    const random = new Random(3);
    /** Blocks in the order of their last use. */
    let used: number[] = [];
    for (let turn = 0; turn < 5; turn++) {
      await step(`turn ${turn + 1} of 5: 50 blocks in any order`, async () => {
        for (let i = 0; i < 50; i++) {
          const lba = random.below(150);
          await read(cache, at(lba));
          used = [...used.filter((other) => other !== lba), lba].slice(-60);
        }
        expect(await cached(cache), "blocks in the cache")
          .toEqual(used.map((lba) => `0:${lba}`).sort());
      });
    }
  },
);

scenario(
  "a tree grows beyond the array and does what work asks of it",
  { uses: { cache: diskCache({ list: "tree", entries: 700 }) }, timeout: minutes(2) },
  async ({ cache }) => {
    const work = { count: 600, blocks: 256, readPercent: 60, drives: [0, 1, 2, 3] };
    const threads = await cache.together(() =>
      Promise.all([1, 2, 3, 4].map((seed) => cache.work({ ...work, seed })))
    );
    for (const thread of threads) await thread.finished({ within: minutes(1) });
    await sync(cache);
    const blocks = await cached(cache);
    expect(blocks.length, "entries").toBe(700);
    expect(new Set(blocks).size, "different blocks").toBe(700);
  },
);

/** 32 GiB with arm and spindle, ten times as fast as they come: a load takes half a second. */
const DRIVE = {
  sizes: [2 ** 26],
  disk: {
    mechanics: {
      ...DESKTOP_DRIVE,
      rpm: DESKTOP_DRIVE.rpm * 10,
      settleNs: DESKTOP_DRIVE.settleNs / 10,
      sqrtNs: DESKTOP_DRIVE.sqrtNs / 10,
    },
  },
};

interface Figures extends Outcome {
  readonly scheduler: string;
}

for (const list of LISTS) {
  scenario(
    `the orders compared: arm, reads and writes (${list})`,
    { uses: { cache: diskCache({ list, ...DRIVE }) }, timeout: minutes(3) },
    async ({ cache }) => {
      const all: Figures[] = [];
      for (const scheduler of SCHEDULERS) {
        await cache.configure({ scheduler, writeDeadline: ms(30) });
        const load = { seed: 5, reads: 240, depth: 24, writeEvery: 4 };
        const outcome = await step(scheduler, () => readInQueue(cache, load));
        all.push({ scheduler, ...outcome });
        report({ scheduler, ...outcome }, list);
      }
      draw(all, list);
      const [first, look, deadline] = all;
      for (const { scheduler, order } of [look!, deadline!]) {
        expect(seekDistance(order), `seek distance of ${scheduler}`)
          .toBeLessThan(seekDistance(first!.order));
      }
      const longest = ({ reads }: Outcome) => Math.max(...reads.map(({ waited }) => waited));
      expect(longest(look!), "requests before a read of look, at most")
        .toBeLessThan(longest(first!));
      for (const { scheduler, writes } of all) {
        const starved = writes.filter(({ starved }) => starved).length;
        expect(starved, `writes that ${scheduler} starves`)
          .toBe(scheduler === "deadline" ? 0 : writes.length);
      }
    },
  );
}

function report({ scheduler, order, reads, writes, duration }: Figures, list: string): void {
  const name = (what: string) => `${what} (${list}, ${scheduler})`;
  measure(name("seek distance"), seekDistance(order), { unit: "blocks" });
  measure(name("time of a request"), duration / order.length / 1e3, { unit: "us" });
  for (const percent of [50, 90, 99]) {
    const latency = percentile(reads.map(({ latency }) => latency), percent) / 1e3;
    measure(name(`read latency, p${percent}`), latency, { unit: "us" });
    const waited = percentile(reads.map(({ waited }) => waited), percent);
    measure(name(`requests before a read, p${percent}`), waited, { unit: "requests" });
  }
  const ages = writes.map(({ dirty, written }) => (written - dirty) / 1e6);
  measure(name("oldest dirty block"), Math.max(...ages), { unit: "ms" });
  const most = Math.max(...writes.map(({ overtaken }) => overtaken));
  measure(name("reads that overtook a write, most"), most, { unit: "reads" });
}

/** The figures over requests and time, a file each. */
function draw(all: readonly Figures[], list: string): void {
  const save = (
    name: string,
    { title, ...axes }: PlotOptions,
    points: (figures: Figures) => Line["points"],
  ) => {
    const lines = all.map((figures) => ({ name: figures.scheduler, points: points(figures) }));
    const full = `${title} (${list})`;
    attach(`${name}-${list}.svg`, plot(lines, { title: full, ...axes }), { title: full });
  };
  save(
    "arm",
    { title: "The arm among 24 pending reads", x: "request", y: "million blocks" },
    ({ order }) => order.map((lba, i) => [i, lba / 1e6]),
  );
  save(
    "latency",
    { title: "Latency of reads", x: "percent of reads", y: "latency (us)" },
    ({ reads }) =>
      reads.map(({ latency }) => latency / 1e3).sort((a, b) => a - b)
        .map((latency, i) => [100 * (i + 1) / reads.length, latency]),
  );
  save(
    "ages",
    { title: "Oldest dirty block while there are reads", x: "time (ms)", y: "age (ms)" },
    ({ writes }) => oldestDirty(writes),
  );
}
