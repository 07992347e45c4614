/**
 * The guest's own C as WebAssembly: seeds a second of 4 clients × 20 operations with the oracle's
 * check, and false alarms. How soon it shows planted defects is told beside other levels: planted.ts.
 */
import { range } from "hil/explore/mod.ts";
import { hostNow } from "hil/time/mod.ts";
import {
  CacheCode,
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
  title: "the guest's own C as WebAssembly, preempted at any shared access: seeds, false alarms",
  conditions:
    "Modules built. Standard: one drive, 8 blocks, 4 entries, random choices, preempted " +
    "at one access in 20. Drawn trials, as the control seeds are, have each list and scheduler in " +
    "turn, and loads, faults and strategies by the seed.",
  async run({ quick, progress }) {
    const code = await CacheCode.load({ progress });
    const figures = [...await speeds(code, quick)];
    progress("control seeds");
    const alarms = await alarmsIn(code, quick ? 50 : CONTROL_SEEDS);
    figures.push({
      ...{ what: `alarms in ${quick ? 50 : CONTROL_SEEDS} control seeds`, unit: "", ours: alarms },
      wanted: { text: "0", met: alarms === 0 },
    });
    return figures;
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

async function alarmsIn(code: CacheCode, seeds: number): Promise<number> {
  const races = raceDetector(code, CLIENTS);
  let alarms = 0;
  for (const seed of range(1, seeds)) {
    const { findings } = await runTrial(code, trialOf(seed), { races });
    if (findings.length > 0) alarms++;
  }
  return alarms;
}
