/**
 * The guest's own C as WebAssembly: seeds a second of 4 clients × 20 operations with the oracle's
 * check, and how soon each planted defect is found on this level.
 */
import { range } from "hil/explore/mod.ts";
import { hostNow } from "hil/time/mod.ts";
import {
  CacheCode,
  type CatchRow,
  huntAll,
  raceDetector,
  runTrial,
  standardTrial,
  type Trial,
  trialOf,
} from "sims/diskcache/wasm/mod.ts";
import { alternate, atLeast, type Benchmark, type Figure } from "./benchmark.ts";

const SEEDS_A_SECOND = 150;
const CLIENTS = 4;
const CONTROL_SEEDS = 500;

export const wasm: Benchmark = {
  name: "wasm",
  title: "the guest's own C as WebAssembly, preempted at any shared access: seeds, planted defects",
  conditions:
    "Modules built. Standard: one drive, 8 blocks, 4 entries, random choices, preempted " +
    "at one access in 20. A hunt draws lists, schedulers, loads, faults and strategies, with the " +
    "race detector; each defect: medians of hunts on seeds of their own, its compilation not counted.",
  async run({ quick, progress }) {
    const code = await CacheCode.load({ progress });
    const figures = [...await speeds(code, quick)];
    progress("control seeds");
    const alarms = await alarmsIn(code, quick ? 50 : CONTROL_SEEDS);
    figures.push({
      ...{ what: `alarms in ${quick ? 50 : CONTROL_SEEDS} control seeds`, unit: "", ours: alarms },
      wanted: { text: "0", met: alarms === 0 },
    });
    const rows = await huntAll({
      ...{ hunts: quick ? 1 : 5, most: quick ? 100 : 500 },
      progress: ({ mutation }) => progress(mutation),
    });
    return [...figures, ...catches(rows)];
  },
};

async function speeds(code: CacheCode, quick: boolean): Promise<readonly Figure[]> {
  const races = raceDetector(code, CLIENTS);
  const count = quick ? 50 : 300;
  let first = 1;
  const rate = async (make: (seed: number) => Trial, options = {}) => {
    const began = hostNow();
    for (const seed of range(first, count)) await runTrial(code, make(seed), options);
    first += count;
    return count / ((hostNow() - began) / 1e9);
  };
  const rates = await alternate(quick ? 1 : 5, {
    standard: () => rate(standardTrial),
    watched: () => rate(standardTrial, { races }),
    drawn: () => rate(trialOf, { races }),
  });
  const figure = (what: string, ours: number): Figure => ({ what, unit: "seeds/s", ours });
  return [
    {
      ...figure("4 clients × 20 operations, checked", rates.standard),
      wanted: atLeast(rates.standard, SEEDS_A_SECOND, "seeds/s"),
    },
    figure("… with the race detector", rates.watched),
    figure("drawn trials, with the race detector", rates.drawn),
  ];
}

/** Two lines for each defect that was found, one for each that was not. */
function catches(rows: readonly CatchRow[]): readonly Figure[] {
  const missed = rows.filter(({ found }) => found === 0).map(({ mutation }) => mutation);
  const caught = rows.length - missed.length;
  return [
    { what: `planted defects found, of ${rows.length}`, unit: "", ours: caught },
    ...rows.filter(({ found }) => found > 0).flatMap((
      { mutation, found, hunts, seeds, ms, by },
    ) => [
      { what: `${mutation} (${found}/${hunts}: ${by.join(" ")})`, unit: "seeds", ours: seeds },
      { what: "  time", unit: "ms", ours: ms },
    ]),
    ...missed.map((mutation) => (
      { what: `${mutation}: not found, of alarms`, unit: "", ours: 0 }
    )),
  ];
}

async function alarmsIn(code: CacheCode, seeds: number): Promise<number> {
  const races = raceDetector(code, CLIENTS);
  let alarms = 0;
  for (const seed of range(1, seeds)) {
    const { findings } = await runTrial(code, trialOf(seed), { races });
    if (findings.length > 0) alarms++;
  }
  return alarms;
}
