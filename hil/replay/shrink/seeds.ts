/**
 * The smallest over many seeds: chance decides what a schedule takes to go wrong. What cannot be left
 * out under the recorded seed often can under another one.
 */
import type { Script } from "../typescript/mod.ts";
import { smallerNeeds } from "./arguments.ts";
import { parentsOf, unwrapped, without } from "./edit.ts";
import { type Progress, shrink, type ShrinkOptions, type Shrunk } from "./shrink.ts";

export interface SeedOptions extends ShrinkOptions {
  /** The first one, under which the script fails. */
  readonly seed: number;
  /**
   * How many are tried for each thing that could be left out. Asked when nothing can be under the
   * first: it is known then what a try costs.
   */
  readonly others: () => number;
  /** How large what happens is, when a script runs under a seed. */
  readonly size: (script: Script, seed: number) => Promise<number>;
}

export interface ShrunkUnder extends Shrunk {
  readonly seed: number;
}

/** With more calls a seed tells too little for what it costs. */
const MOST_CALLS = 40;

/** @param fails says so of a script and a seed */
export async function shrinkOverSeeds(
  script: Script,
  fails: (script: Script, seed: number) => Promise<boolean>,
  options: SeedOptions,
): Promise<ShrunkUnder> {
  const { accepts, signal, onBetter } = options;
  // What the shape of arguments allows is asked at the end only: it takes long to tell.
  const quick = { ...options, accepts: accepts && refused };
  let tries = 0;
  const under = async (seed: number, from: Script, options: ShrinkOptions) => {
    const before = tries;
    const progress = (now: Progress) => options.progress?.({ ...now, tries: before + now.tries });
    const own = { ...options, progress };
    const small = await shrink(from, (script) => fails(script, seed), own);
    tries += small.tries;
    return { ...small, seed };
  };
  let best: ShrunkUnder = await under(options.seed, script, quick);
  for (let found = true; found && best.complete;) {
    found = false;
    for (const [less, seed] of lessUnder(best, options)) {
      if (signal?.aborted) break;
      tries++;
      if (!await fails(less, seed)) continue;
      const small = await under(seed, less, { ...quick, onBetter: undefined });
      const isLess = await options.size(small.script, seed) <
        await options.size(best.script, best.seed);
      if (!small.complete || !isLess) continue;
      best = small;
      found = true;
      onBetter?.(best.script);
      break;
    }
  }
  if (signal?.aborted) best = { ...best, complete: false };
  else if (accepts && best.complete) best = await under(best.seed, best.script, options);
  return { ...best, tries };
}

function refused(scripts: readonly Script[]): Promise<readonly boolean[]> {
  return Promise.resolve(scripts.map(() => false));
}

/** One thing less, under each of the seeds; the largest things first. */
function* lessUnder(
  { script }: ShrunkUnder,
  options: SeedOptions,
): Generator<readonly [Script, number]> {
  const { seed } = options;
  const others = options.others();
  if (script.actions.length > MOST_CALLS) return;
  const parents = parentsOf(script);
  const roots = script.actions.filter(({ id }) => parents.get(id)!.length === 0);
  const rest = script.actions.filter((action) => !roots.includes(action));
  const less = [
    ...[...roots, ...rest].map(({ id }) => without(script, new Set([id]))),
    ...script.actions.map(({ id }) => unwrapped(script, id)).filter((one) => one !== undefined),
    ...smallerNeeds(script).map(({ of }) => of(script)),
  ];
  for (const one of less) {
    for (let n = 0; n < others; n++) yield [one, (seed + n) % Number.MAX_SAFE_INTEGER];
  }
}
