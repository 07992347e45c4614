/** Looks for a seed under which the model breaks a promise, and makes what it finds small. */
import {
  type Chooser,
  ddmin,
  type DecisionLog,
  explore,
  type KindCount,
  range,
  recording,
  replay,
  shrink,
  STRATEGIES,
  swarm,
} from "hil/explore/mod.ts";
import { Random } from "hil/time/mod.ts";
import {
  generateLoad,
  type Load,
  type LoadOperation,
  type LoadShape,
  STANDARD_LOAD,
} from "../load.ts";
import type { History } from "../proof/history.ts";
import { MODEL, type Variant } from "./code.ts";
import { plant } from "./plant.ts";
import { type Oracle, runModel, type RunOptions, type Wrong } from "./run.ts";

export interface ExploreModelOptions extends Variant {
  /** How many from 1 on, or which. */
  readonly seeds: number | Iterable<number>;
  /** A name of {@link STRATEGIES}. */
  readonly strategy: string;
  /** What the clients do: always the same, or made anew for each seed. Default: standard. */
  readonly load?: Load | LoadShape;
  /** A defect of the table to plant. */
  readonly bug?: string;
  /** Whether drives may fail: each seed has its own mask of kinds. */
  readonly faults?: boolean;
  readonly oracle?: Oracle;
  /** Goes on after the first seed that fails. */
  readonly collect?: boolean;
  /** Asked before each run: true ends the work. */
  readonly stop?: () => boolean;
  readonly progress?: (runs: number, found: number) => void;
}

/** All that it takes to run a failure again, and what it was. */
export interface ModelFailure {
  readonly load: Load;
  readonly log: DecisionLog;
  readonly wrong: Wrong;
  readonly history: History;
}

export interface FoundFailure extends ModelFailure {
  readonly seed: number;
  /** Runs until and with this one. */
  readonly runs: number;
}

export interface ExploreModelReport {
  readonly runs: number;
  readonly found: readonly FoundFailure[];
  /** By kind of choice: how often it was asked, and how often a fault really fired. */
  readonly counts: ReadonlyMap<string, Readonly<KindCount>>;
}

/** @throws Error when there is no such strategy or defect */
export async function exploreModel(options: ExploreModelOptions): Promise<ExploreModelReport> {
  const { seeds, strategy, load = STANDARD_LOAD } = options;
  const make = STRATEGIES[strategy];
  if (!make) {
    throw new Error(
      `Cannot explore by "${strategy}": there is no such strategy; ` +
        `name one of ${Object.keys(STRATEGIES).join(", ")}`,
    );
  }
  const runOptions = await runOptionsOf(options);
  const report = await explore<Omit<ModelFailure, "log">>({
    ...options,
    seeds: typeof seeds === "number" ? range(1, seeds) : seeds,
    chooser: (seed) => options.faults ? swarm(make(seed), seed) : make(seed),
    run: (chooser, seed) => {
      const used = "operations" in load ? generateLoad(new Random(seed).fork("load"), load) : load;
      const { wrong, history } = runModel(used, chooser, runOptions);
      return wrong && { wrong, history, load: used };
    },
  });
  const found = report.found.map(({ finding, ...rest }) => ({ ...finding, ...rest }));
  return { ...report, found };
}

export type ShrinkModelOptions =
  & Pick<ExploreModelOptions, "bug" | "faults" | "oracle" | "stop" | keyof Variant>
  & { readonly progress?: (tries: number, operations: number) => void };

/** Seeds that a smaller load gets to fail under, when it does not under the log at hand. */
const SEEDS_A_LOAD = 40;

/** A failure of the same promise with fewer operations and decisions. Deterministic. */
export async function shrinkModel(
  failure: ModelFailure,
  options: ShrinkModelOptions = {},
): Promise<ModelFailure & { readonly tries: number }> {
  const shrinking = new Shrinking(failure, options, await runOptionsOf(options));
  await shrinking.operations();
  await shrinking.decisions();
  return { ...shrinking.best, tries: shrinking.tries };
}

class Shrinking {
  tries = 0;

  constructor(
    public best: ModelFailure,
    private readonly options: ShrinkModelOptions,
    private readonly runOptions: RunOptions,
  ) {}

  /** A load with less in it asks something else, and a schedule for it must be looked for anew. */
  async operations(): Promise<void> {
    const { load } = this.best;
    const all = load.clients.flat();
    await ddmin(all, (some) => !this.#isStopped && this.#failsAnyhow(only(load, some)));
  }

  async decisions(): Promise<void> {
    if (this.#isStopped) return;
    const { load, log: { asked: _, ...log } } = this.best;
    await shrink(log, (log) => this.#fails(load, log, replay(log)), {
      stop: () => this.#isStopped,
    });
  }

  get #isStopped(): boolean {
    return this.options.stop?.() ?? false;
  }

  #failsAnyhow(load: Load): boolean {
    const { asked: _, ...log } = this.best.log;
    if (this.#fails(load, log, replay(log))) return true;
    const make = STRATEGIES[log.strategy];
    for (let seed = 1; make && seed <= SEEDS_A_LOAD; seed++) {
      const chooser = this.options.faults ? swarm(make(seed), seed) : make(seed);
      if (this.#fails(load, { ...log, seed }, chooser)) return true;
    }
    return false;
  }

  #fails(load: Load, log: DecisionLog, chooser: Chooser): boolean {
    this.tries++;
    const failure = runAgain(load, chooser, log, this.runOptions);
    if (failure?.wrong.promise !== this.best.wrong.promise) return false;
    this.best = failure;
    this.options.progress?.(this.tries, load.clients.flat().length);
    return true;
  }
}

/** Runs what was found again; nothing when nothing is wrong. */
export async function replayModel(
  { load, log }: Pick<ModelFailure, "load" | "log">,
  options: ShrinkModelOptions = {},
): Promise<ModelFailure | undefined> {
  return runAgain(load, replay(log), log, await runOptionsOf(options));
}

function runAgain(
  load: Load,
  chooser: Chooser,
  { seed, strategy }: DecisionLog,
  options: RunOptions,
): ModelFailure | undefined {
  const recorder = recording(chooser, { seed, strategy });
  const { wrong, history } = runModel(load, recorder, options);
  return wrong && { load, log: recorder.log, wrong, history };
}

async function runOptionsOf(options: ShrinkModelOptions): Promise<RunOptions> {
  const { bug, faults, oracle, list, scheduler, writeDeadline } = options;
  const classes = bug === undefined ? MODEL : await plant(bug);
  return { classes, faults, oracle, list, scheduler, writeDeadline };
}

/** The load with these operations alone; idle clients stay, so that all keep their names. */
function only(load: Load, some: readonly LoadOperation[]): Load {
  const kept = new Set(some);
  return { ...load, clients: load.clients.map((one) => one.filter((each) => kept.has(each))) };
}
