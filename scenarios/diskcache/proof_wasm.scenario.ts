/**
 * The guest's own C, preempted at any access to memory that others share: what the cache promises
 * holds, what is planted to break it is found, and a data race is told with its lines of C.
 */
import { expect, measure, minutes, scenario, seed, step } from "hil";
import {
  type CacheCode,
  cacheInWasm,
  hunt,
  raceDetector,
  runTrial,
  shrinkTrial,
  trialOf,
} from "sims/diskcache/wasm/mod.ts";

const CLIENTS = 4;
const CONTROL_SEEDS = 500;
/** Most seeds in which a planted defect has to show. */
const MOST_SEEDS = 400;

/** Defects of the cache, its lists and schedulers that break a promise, and which, besides races. */
const DEFECTS = {
  "no-join": ["P1", "P2", "P7", "stopped"],
  "entry-not-atomic": ["P1", "P2", "P7", "stopped"],
  "read-waits-for-write": ["P7"],
  "write-reads-first": ["P8"],
  "reads-fill-pending": ["P2"],
  "flushes-fill-pending": ["P2"],
  "evicts-fill-pending": ["P2"],
  "update-while-dirty": ["P2"],
  "update-while-read": ["P2"],
  "copies-unprotected": ["P2"],
  "evicts-dirty": ["P1", "P2", "P3"],
  "evicts-read-pending": ["P2"],
  "evicts-in-use": ["P2"],
  "tree-loses-a-node": ["P1", "P7", "stopped"],
  "tree-forgets-changes": ["P1", "P2", "P3", "P7"],
  "second-channel-forgotten": ["P7"],
  "write-wakes-nobody": ["P7"],
  "no-flush": ["P3"],
  "flush-too-early": ["P3"],
  "error-sticks": ["P8"],
  "write-error-cleans": ["P1", "P3", "P8"],
  "write-error-tried-for-ever": ["stopped"],
} as const;

scenario(
  "500 seeds of the guest's own C raise no alarm and race nowhere",
  { uses: { c: cacheInWasm() }, timeout: minutes(2) },
  async ({ c }) => {
    const code = await c.load();
    const races = raceDetector(code, CLIENTS);
    const fired = new Map<string, number>();
    let accesses = 0;
    for (let i = 1; i <= CONTROL_SEEDS; i++) {
      const { findings, run, counts } = await runTrial(code, trialOf(i), { races });
      expect(findings.map(({ text }) => text), `what is wrong with seed ${i}`).toEqual([]);
      accesses += run.accesses;
      for (const [kind, count] of counts) fired.set(kind, (fired.get(kind) ?? 0) + count.fired);
    }
    measure("accesses of a seed", accesses / CONTROL_SEEDS, { unit: "1" });
    for (const [kind, count] of fired) {
      measure(`${kind}: not the quiet way`, count, { unit: "1", within: { min: 1 } });
    }
  },
);

scenario(
  "each defect planted in the C that breaks a promise is found",
  { uses: { c: cacheInWasm() }, timeout: minutes(2) },
  async ({ c }) => {
    for (const [mutation, promises] of Object.entries(DEFECTS)) {
      await step(mutation, async () => {
        const found = await hunt(await c.load(mutation), { first: 1, most: MOST_SEEDS });
        const broken = found.findings.map(({ promise }) => promise as string);
        const wanted: readonly string[] = [...promises, "race"];
        expect(broken.some((promise) => wanted.includes(promise)), `whether ${broken} is expected`)
          .toBe(true);
        measure(`seeds until ${mutation}`, found.seeds, { unit: "1", within: { max: MOST_SEEDS } });
      });
    }
  },
);

/** A trial that shows the defect, with the detector. */
async function failing(code: CacheCode, promise: string) {
  const races = raceDetector(code, CLIENTS);
  for (let i = 1; i <= MOST_SEEDS; i++) {
    const trial = trialOf(i);
    const { findings, log } = await runTrial(code, trial, { races });
    const finding = findings.find((finding) => finding.promise === promise);
    if (finding) return { trial, finding, log: log! };
  }
  throw new Error(`Cannot find "${promise}" in ${MOST_SEEDS} seeds; look at the defect`);
}

scenario(
  "a data race is told with both accesses, by symbol, function and line of C",
  { uses: { c: cacheInWasm() }, timeout: minutes(1) },
  async ({ c }) => {
    const { finding } = await failing(await c.load("update-while-read"), "race");
    expect(finding.text, "the race").toMatch(
      /^\w+\+0x\w+ \(\w+\.c\): client \d writes 4 bytes in cache_write, cache\.c:\d+, unordered with: client \d reads 4 bytes in cache_read, cache\.c:\d+$/,
    );
  },
);

scenario(
  "a failure of the C shrinks to few choices that still show it",
  { uses: { c: cacheInWasm() }, timeout: minutes(1) },
  async ({ c }) => {
    for (
      const [mutation, promise] of [["flush-too-early", "P3"], ["evicts-in-use", "P2"]] as const
    ) {
      await step(mutation, async () => {
        const code = await c.load(mutation);
        const { trial, log } = await failing(code, promise);
        const small = await shrinkTrial(code, trial, { log, promise });
        const loud = (decisions: readonly number[]) => decisions.filter((way) => way > 0).length;
        measure(`choices that show ${mutation}`, loud(small.log.decisions), { unit: "1" });
        expect(loud(small.log.decisions), "choices that are not quiet")
          .toBeLessThan(loud(log.decisions));
      });
    }
  },
);

scenario(
  "the trial of this seed raises no alarm",
  { uses: { c: cacheInWasm() } },
  async ({ c }) => {
    const code = await c.load();
    const trial = trialOf(seed());
    const { findings } = await runTrial(code, trial, { races: raceDetector(code, CLIENTS) });
    expect(findings.map(({ text }) => text), "what is wrong").toEqual([]);
  },
);
