/**
 * The fastest level of proof: what the model promises holds under every strategy, and what is
 * planted to break it is found. It needs no target: the model is its own machine here.
 */
import { expect, measure, minutes, scenario, step } from "hil";
import { formatLog, parseLog, STRATEGIES } from "hil/explore/mod.ts";
import {
  type Bug,
  BUGS,
  describeFailure,
  exploreModel,
  type ModelFailure,
  optionsFor,
  replayModel,
  seedsUntil,
  shrinkModel,
} from "sims/diskcache/explore/mod.ts";

const CONTROL_SEEDS = 500;
/** Most seeds in which a defect has to show. */
const MOST_SEEDS = 400;

const CONTROLS = {
  "good drives": {},
  "failing drives": { faults: true },
  "failing drives, the tree and the deadline": {
    faults: true,
    list: "tree",
    scheduler: "deadline",
  },
} as const;

scenario(
  "500 seeds of the model raise no alarm, by any strategy",
  { uses: {}, timeout: minutes(2) },
  async () => {
    for (const strategy of Object.keys(STRATEGIES)) {
      for (const [name, options] of Object.entries(CONTROLS)) {
        await step(`${strategy}, ${name}`, async () => {
          const { runs, found, counts } = await exploreModel({
            ...options,
            seeds: CONTROL_SEEDS,
            strategy,
            collect: true,
          });
          expect(found.map(describeFailure), "what is wrong").toEqual([]);
          measure(`seeds by ${strategy}, ${name}`, runs, {
            unit: "1",
            within: { min: CONTROL_SEEDS },
          });
          for (const [kind, { fired }] of counts) {
            if (!kind.startsWith("fault")) continue;
            measure(`${kind} fired by ${strategy}, ${name}`, fired, {
              unit: "1",
              within: { min: 1 },
            });
          }
        });
      }
    }
  },
);

scenario(
  "each planted defect of the model is found",
  { uses: {}, timeout: minutes(2) },
  async () => {
    for (const bug of BUGS) {
      await step(`${bug.name} (${bug.promise}): ${bug.breaks}`, async () => {
        let fewest = Infinity;
        for (const strategy of Object.keys(STRATEGIES)) {
          const { median } = await seedsUntil({ bug, strategy, limit: MOST_SEEDS });
          if (median === Infinity) continue;
          fewest = Math.min(fewest, median);
          measure(`seeds until ${bug.name} by ${strategy}`, median, { unit: "1" });
        }
        measure(`seeds until ${bug.name}`, fewest, { unit: "1", within: { max: MOST_SEEDS } });
      });
    }
  },
);

/** All that happened, to compare. */
function story({ wrong, history }: ModelFailure): string {
  const { accesses, syncs, disk } = history;
  return JSON.stringify({ what: wrong.what, accesses, syncs, disk });
}

async function expectReplays(bug: Bug): Promise<void> {
  const options = optionsFor(bug);
  const { failure } = await seedsUntil({ bug, strategy: "pos", limit: MOST_SEEDS });
  const small = await shrinkModel(failure!, options);
  for (const [name, one] of Object.entries({ "as found": failure!, shrunk: small })) {
    const again = await replayModel({ ...one, log: parseLog(formatLog(one.log)) }, options);
    expect(again && story(again), `${bug.name}, ${name}, run again`).toBe(story(one));
  }
  const operations = small.load.clients.flat().length;
  measure(`operations that show ${bug.name}`, operations, { unit: "1" });
  expect(operations, "operations of the shrunk load")
    .toBeLessThan(failure!.load.clients.flat().length);
}

scenario(
  "a failure replays event for event from its decision log, and so does its shrunk one",
  { uses: {}, timeout: minutes(2) },
  async () => {
    const shown = ["evicts-in-use", "flush-not-sent", "lost-wake-up", "error-swallowed"];
    for (const bug of BUGS) {
      if (shown.includes(bug.name)) await step(bug.name, () => expectReplays(bug));
    }
  },
);
