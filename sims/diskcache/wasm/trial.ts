/**
 * One seed's trial of the cache: how the cache is made, what it is asked, how it is disturbed, and
 * how choices are made. All of it from the seed, so that a hunt over seeds meets all of it.
 */
import {
  type Chooser,
  type DecisionLog,
  type KindCount,
  pct,
  pos,
  random,
  recording,
  starve,
  swarm,
} from "hil/explore/mod.ts";
import { Random } from "hil/time/mod.ts";
import { generateLoad, type Load, type LoadShape, STANDARD_LOAD } from "../load.ts";
import { type CacheCode, type ListName, LISTS, type SchedulerName, SCHEDULERS } from "./code.ts";
import { explainRace } from "./explain.ts";
import { type Finding, judgeRun } from "./judge.ts";
import type { RaceDetector } from "./races.ts";
import { runLoad, type WasmRun } from "./run.ts";

export interface Trial {
  readonly seed: number;
  readonly list: ListName;
  readonly scheduler: SchedulerName;
  readonly load: Load;
  readonly faults: number;
  readonly strategy: string;
}

export interface TrialResult {
  readonly run: WasmRun;
  /** What is wrong; empty when nothing is. */
  readonly findings: readonly Finding[];
  /** How often each kind of choice was asked, and how often it was not the quiet way. */
  readonly counts: ReadonlyMap<string, Readonly<KindCount>>;
  /** Brings a run with findings back. */
  readonly log?: DecisionLog;
}

/** Choices with candidates of a standard run, for PCT. */
const LENGTH = 10_000;

const STRATEGIES: Readonly<Record<string, (seed: number) => Chooser>> = {
  random,
  pct: (seed) => pct(seed, { depth: 4, length: LENGTH }),
  pos,
  starve,
};

/** Few blocks on many drives meet as often as many on one. */
const SHAPES: readonly Partial<LoadShape>[] = [
  {},
  { drives: 2, blocks: 4 },
  { drives: 3, blocks: 3 },
  { blocks: 5, entries: 3, readPercent: 30, syncPercent: 10 },
  { blocks: 2, entries: 8, readPercent: 60 },
  { blocks: 24, entries: 12, readPercent: 40 },
];

/** The trial of that seed: each way to make a cache in turn, all else drawn. */
export function trialOf(seed: number): Trial {
  const chance = new Random(seed).fork("trial");
  const lists = Object.keys(LISTS) as ListName[];
  const schedulers = Object.keys(SCHEDULERS) as SchedulerName[];
  const strategies = Object.keys(STRATEGIES);
  const shape = { ...STANDARD_LOAD, ...SHAPES[chance.below(SHAPES.length)]! };
  return {
    seed,
    list: lists[seed % lists.length]!,
    scheduler: schedulers[Math.floor(seed / lists.length) % schedulers.length]!,
    load: generateLoad(chance.fork("load"), shape),
    faults: chance.chance(0.5) ? 4 : 0,
    strategy: strategies[chance.below(strategies.length)]!,
  };
}

/** The load and the cache that speeds are quoted for, under random choices. */
export function standardTrial(seed: number): Trial {
  const load = generateLoad(new Random(seed).fork("load"), STANDARD_LOAD);
  const made = { list: "array", scheduler: "first-pending" } as const;
  return { seed, ...made, load, faults: 0, strategy: "random" };
}

/** The chooser of the trial; each kind of fault is there in half of the seeds that have any. */
export function chooserOf({ seed, strategy }: Trial): Chooser {
  return swarm(STRATEGIES[strategy]!(seed), seed);
}

/** What brings a trial of the code without defects back. */
export function replayCommand(seed: number): string {
  const file = "scenarios/diskcache/proof_wasm.scenario.ts";
  return `deno task hil ${file} --grep "the trial of this seed" --seed ${seed}`;
}

/** Runs the trial and judges what happened. */
export async function runTrial(
  code: CacheCode,
  trial: Trial,
  options: { readonly races?: RaceDetector; readonly chooser?: Chooser } = {},
): Promise<TrialResult> {
  const { seed, strategy } = trial;
  const chooser = recording(options.chooser ?? chooserOf(trial), { seed, strategy });
  const run = await runLoad(code, { ...trial, chooser, races: options.races });
  const findings = [...judgeRun(run, replayCommand(seed))];
  const race = options.races?.races[0];
  if (race) {
    const { text } = await explainRace(code, race, chooser.log, trial);
    findings.push({ promise: "race", text });
  }
  const log = findings.length > 0 ? chooser.log : undefined;
  return { run, findings, counts: chooser.counts, log };
}
