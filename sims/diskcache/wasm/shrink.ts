/** Makes a trial that fails small: the fewest choices that still break the same promise. */
import {
  type DecisionLog,
  replay,
  shrink,
  type ShrinkOptions,
  type Shrunk,
} from "hil/explore/mod.ts";
import type { CacheCode } from "./code.ts";
import type { Finding } from "./judge.ts";
import { raceDetector } from "./run.ts";
import { runTrial, type Trial } from "./trial.ts";

/** @param log of a run of the trial that had a finding of that promise */
export function shrinkTrial(
  code: CacheCode,
  trial: Trial,
  { log, promise }: { readonly log: DecisionLog; readonly promise: Finding["promise"] },
  options: ShrinkOptions = {},
): Promise<Shrunk> {
  const races = promise === "race" ? raceDetector(code, trial.load.clients.length) : undefined;
  return shrink(log, async (some) => {
    const { findings } = await runTrial(code, trial, { chooser: replay(some), races });
    return findings.some((finding) => finding.promise === promise);
  }, options);
}
