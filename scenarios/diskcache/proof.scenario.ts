/** What no hand-written case finds: random load from many threads, judged by the oracle. */
import { attach, expect, ExpectationError, measure, minutes, ms, scenario, seed, step } from "hil";
import {
  formatLoad,
  generateLoad,
  type LoadOperation,
  STANDARD_LOAD,
} from "sims/diskcache/load.ts";
import {
  type BlockAddress,
  type DiskCache,
  diskCache,
  OperationFailed,
} from "sims/diskcache/mod.ts";
import {
  describe,
  historyOfCache,
  judge,
  judgeReboot,
  type Survivor,
} from "sims/diskcache/proof/mod.ts";
import { Random } from "sims/engine/mod.ts";
import { LIMIT, sync } from "./steps.ts";

const ROUNDS = 3;
const SHAPE = { ...STANDARD_LOAD, blocks: 4, drives: 2, syncPercent: 10 };
/** Operations of each client that are started as one; each is a thread of its own. */
const AT_ONCE = 4;
/** Requests that the drives may finish while an operation waits: what is started at once needs a few. */
const PATIENCE = 100;
/** What goes wrong on the drives in each turn, each with some block, once or twice. */
const BAD_LUCK = ["read", "read", "read", "write", "write", "flush"] as const;
/** The guest's "began" comes over COM1, and what drives do does not: it may be seen later. */
const SLACK = ms(20);

scenario(
  "random load is linearizable, whole, and on disk after each sync",
  { uses: { cache: diskCache({ entries: SHAPE.entries }) }, timeout: minutes(2) },
  async ({ cache }) => {
    const random = new Random(seed());
    for (let round = 1; round <= ROUNDS; round++) {
      const { clients } = drawLoad(random, round);
      await step(`round ${round}: 80 operations on eight blocks, four entries`, async () => {
        for (let turn = 0; turn < SHAPE.operations; turn += AT_ONCE) {
          await play(cache, clients.flatMap((own) => own.slice(turn, turn + AT_ONCE)), round);
        }
      });
    }
    await step("the oracle finds nothing", async () => {
      await sync(cache);
      await expectPromisesKept(cache);
    });
  },
);

scenario(
  "random load over bad blocks: errors are told, and never turn clean",
  { uses: { cache: diskCache({ entries: SHAPE.entries }) }, timeout: minutes(2) },
  async ({ cache }) => {
    const random = new Random(seed());
    const { clients } = drawLoad(random, 1);
    for (let turn = 0; turn < SHAPE.operations; turn += AT_ONCE) {
      await step(`operations ${turn + 1} to ${turn + AT_ONCE} of each client`, async () => {
        for (const operation of BAD_LUCK) {
          const at = { drive: random.below(SHAPE.drives), lba: random.below(SHAPE.blocks) };
          await cache.drives.fail({ ...at, operation, count: 1 + random.below(2) });
        }
        await play(cache, clients.flatMap((own) => own.slice(turn, turn + AT_ONCE)), 1);
      });
    }
    await step(
      "faults end: what was dirty gets on disk, and the oracle finds nothing",
      async () => {
        const { requests } = cache.drives;
        const errors = requests.occurrences.filter(({ data }) => data.status === "error").length;
        measure("errors that drives gave", errors, { unit: "requests", within: { min: 1 } });
        for (const block of blocks()) {
          for (const operation of ["read", "write", "flush"] as const) {
            await cache.drives.fail({ ...block, operation, count: 0 });
          }
        }
        const faultsEnd = cache.clock.now();
        // What failed before is written by the first sync; the second one must be good.
        await (await cache.sync()).finished({ within: LIMIT }).catch(unlessHonest);
        await sync(cache);
        await expectPromisesKept(cache, faultsEnd);
      },
    );
  },
);

/** Attached, so that a faster level can be tried with what failed on a slower one. */
function drawLoad(random: Random, round: number) {
  const load = generateLoad(random.fork(`round ${round}`), SHAPE);
  const title = `load of round ${round}, for deno task prove --load`;
  attach(`load-${round}.json`, formatLoad(load), { title });
  return load;
}

/** Runs all at once, to the end. What comes of them the oracle judges. */
async function play(
  cache: DiskCache,
  operations: readonly LoadOperation[],
  round: number,
): Promise<void> {
  const started = await cache.together(async () => {
    const threads = [];
    for (const operation of operations) threads.push(await start(cache, operation, round));
    return threads;
  });
  for (const thread of started) {
    await thread.finished({ within: LIMIT }).catch(unlessHonest);
  }
}

/** Whether an operation had a reason to fail the oracle says. */
function unlessHonest(error: unknown): void {
  if (!(error instanceof OperationFailed)) throw error;
}

function start(cache: DiskCache, { kind, drive, lba, stamp }: LoadOperation, round: number) {
  if (kind === "sync") return cache.sync();
  if (kind === "read") return cache.read({ drive, lba });
  // No two rounds write the same stamp: they have clients 1 to 4 of 31.
  return cache.write({ drive, lba }, stamp + (round - 1) * 4 * 2 ** 27);
}

/** @throws ExpectationError with the shortest history that breaks a promise */
async function expectPromisesKept(cache: DiskCache, faultsEnd = 0): Promise<void> {
  const history = historyOfCache(cache);
  const { violations, operations, crashPoints, undecided } = judge(history, {
    slack: cache.clock.virtual ? 0 : SLACK.ns,
    dirty: { blocks: SHAPE.entries },
    live: { faultsEnd, completions: PATIENCE, isOver: true },
  });
  const crash = cache.clock.now();
  const found = judgeReboot(history, { crash, survivors: await platters(cache) });
  measure("operations judged", operations, { unit: "1", within: { min: 80 } });
  measure("power cuts judged", crashPoints, { unit: "1", within: { min: 1 } });
  expect(undecided, "blocks that could not be judged").toEqual([]);
  const [first] = [...violations, ...found];
  if (!first) return;
  const replay = `deno task hil scenarios/diskcache/proof.scenario.ts --seed ${seed()}`;
  throw new ExpectationError(describe(first, { replay }));
}

async function platters(cache: DiskCache): Promise<readonly Survivor[]> {
  const survivors: Survivor[] = [];
  for (const block of blocks()) {
    survivors.push({ ...block, ...await cache.drives.peek(block) });
  }
  return survivors;
}

function* blocks(): Generator<BlockAddress> {
  for (let drive = 0; drive < SHAPE.drives; drive++) {
    for (let lba = 0; lba < SHAPE.blocks; lba++) yield { drive, lba };
  }
}
