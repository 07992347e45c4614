/**
 * The model under a chooser: seeds a second of 4 clients × 20 operations with the oracle's check,
 * by each strategy, with good and with failing drives; and false alarms.
 */
import fc from "fast-check";
import { type Chooser, range, STRATEGIES } from "hil/explore/mod.ts";
import { hostNow, Random } from "hil/time/mod.ts";
import { exploreModel, runModel } from "sims/diskcache/explore/mod.ts";
import { generateLoad, STANDARD_LOAD } from "sims/diskcache/load.ts";
import { alternate, atLeast, type Benchmark, type Figure } from "./benchmark.ts";

const SEEDS_A_SECOND = 2_000;
/** The strategy whose speed is promised, on good drives. */
const QUOTED = "random";
const CONTROL_SEEDS = 500;
/** Decisions that fast-check draws for a run: about as many as one takes. */
const DECISIONS = 800;

export const explore: Benchmark = {
  name: "explore",
  title: "the model under a chooser: seeds by each strategy, beside choices that fast-check draws",
  conditions:
    "4 clients × 20 operations on one drive, 8 blocks, 4 entries; array, first pending; a load of " +
    "its own for each seed, made, run and judged by the whole oracle, its decisions recorded; " +
    "code warm. fast-check: loads of that shape, the same model, oracle and rates, decisions from its arrays. " +
    "Control seeds: by each strategy, drives failing",
  async run({ quick, progress }) {
    const rounds = quick ? 1 : 7;
    const count = quick ? 300 : 1_000;
    let first = 1;
    const rate = async (run: (first: number) => unknown) => {
      const began = hostNow();
      await run(first);
      const seconds = (hostNow() - began) / 1e9;
      first += count;
      return count / seconds;
    };
    const contestants: Record<string, () => Promise<number>> = {};
    for (const faults of [false, true]) {
      for (const strategy of Object.keys(STRATEGIES)) {
        contestants[nameOf(strategy, faults)] = () =>
          rate((first) => explored(strategy, range(first, count), faults));
      }
    }
    contestants.fastCheck = () => rate((seed) => byFastCheck(seed, count));
    progress("warming up");
    await alternate(1, contestants);
    progress("seeds a second");
    const { fastCheck, ...rates } = await alternate(rounds, contestants);
    progress("control seeds");
    return [...figures(rates, fastCheck!), await alarms(quick ? 50 : CONTROL_SEEDS)];
  },
};

function nameOf(strategy: string, faults: boolean): string {
  return faults ? `${strategy}, drives failing` : strategy;
}

function figures(rates: Readonly<Record<string, number>>, fastCheck: number): Figure[] {
  return Object.entries(rates).map(([what, ours]): Figure => ({
    ...{ what, unit: "seeds/s", ours },
    ...(what !== QUOTED ? {} : {
      peer: { name: "fast-check", value: fastCheck },
      wanted: atLeast(ours, SEEDS_A_SECOND, "seeds/s"),
    }),
  }));
}

async function explored(strategy: string, seeds: Iterable<number>, faults: boolean) {
  const { found } = await exploreModel({ seeds, strategy, faults });
  if (found.length > 0) throw falseAlarm(found[0]!.wrong.what);
}

function byFastCheck(seed: number, numRuns: number): void {
  const decisions = fc.array(fc.nat(0xffff), {
    ...{ minLength: DECISIONS, maxLength: DECISIONS, size: "max" },
  });
  fc.assert(
    fc.property(fc.nat(), decisions, (load, decisions) => {
      const { wrong } = runModel(generateLoad(new Random(load), STANDARD_LOAD), drawn(decisions));
      if (wrong) throw falseAlarm(wrong.what);
    }),
    { seed, numRuns },
  );
}

/** As likely as {@link STRATEGIES}' `random` is to take each way. */
function drawn(decisions: readonly number[]): Chooser {
  let at = 0;
  return {
    choose({ ways, rate }) {
      if (ways === 1) return 0;
      const decision = decisions[at++ % DECISIONS]!;
      if (rate === undefined) return decision % ways;
      return decision < rate * 0x10000 ? 1 + decision % (ways - 1) : 0;
    },
  };
}

function falseAlarm(what: string): Error {
  return new Error(`the model, which keeps its promises, was found to break one: ${what}`);
}

async function alarms(seeds: number): Promise<Figure> {
  let ours = 0;
  for (const strategy of Object.keys(STRATEGIES)) {
    const { found } = await exploreModel({ seeds, strategy, faults: true, collect: true });
    ours += found.length;
  }
  return {
    ...{ what: `alarms in ${seeds} control seeds of each`, unit: "", ours },
    wanted: { text: "0", met: ours === 0 },
  };
}
