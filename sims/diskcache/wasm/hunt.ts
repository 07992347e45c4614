/** Tries seeds until one shows that something is wrong: how soon a defect is found. */
import { range } from "hil/explore/mod.ts";
import { hostNow } from "hil/time/mod.ts";
import { STANDARD_LOAD } from "../load.ts";
import { wasmMutations } from "./build.ts";
import { CacheCode } from "./code.ts";
import type { Finding } from "./judge.ts";
import { raceDetector } from "./run.ts";
import { runTrial, trialOf } from "./trial.ts";

export interface Catch {
  /** Tried until and with the one that failed, or all. */
  readonly seeds: number;
  readonly ms: number;
  /** What was wrong with it; empty: nothing was found. */
  readonly findings: readonly Finding[];
}

/** Tries up to `most` seeds from `first` on, each with its own trial and the race detector. */
export async function hunt(
  code: CacheCode,
  { first, most }: { readonly first: number; readonly most: number },
): Promise<Catch> {
  const began = hostNow();
  const races = raceDetector(code, STANDARD_LOAD.clients);
  let seeds = 0;
  for (const seed of range(first, most)) {
    seeds++;
    const { findings } = await runTrial(code, trialOf(seed), { races });
    if (findings.length > 0) return { seeds, ms: (hostNow() - began) / 1e6, findings };
  }
  return { seeds, ms: (hostNow() - began) / 1e6, findings: [] };
}

/** How soon a planted defect is found on this level. */
export interface CatchRow {
  readonly mutation: string;
  /** Hunts, each on seeds of its own, and how many of them found it. */
  readonly hunts: number;
  readonly found: number;
  /** Medians of the hunts; of one that found nothing all its seeds count. */
  readonly seeds: number;
  readonly ms: number;
  /** What showed it, by name: "P2", "race". */
  readonly by: readonly string[];
}

/**
 * Hunts for each defect that is in the code of this level.
 *
 * @param options.most seeds of a hunt
 */
export async function huntAll(options: {
  readonly hunts: number;
  readonly most: number;
  readonly mutations?: readonly string[];
  readonly progress?: (row: CatchRow) => void;
}): Promise<readonly CatchRow[]> {
  const rows: CatchRow[] = [];
  for (const mutation of options.mutations ?? await wasmMutations()) {
    const code = await CacheCode.load({ mutation });
    const catches: Catch[] = [];
    for (let i = 0; i < options.hunts; i++) {
      catches.push(await hunt(code, { first: 1 + i * options.most, most: options.most }));
      // What three hunts did not find, more of them will not.
      if (i === 2 && catches.every(({ findings }) => findings.length === 0)) break;
    }
    const row = rowOf(mutation, catches);
    rows.push(row);
    options.progress?.(row);
  }
  return rows;
}

function rowOf(mutation: string, catches: readonly Catch[]): CatchRow {
  const middle = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[values.length >> 1]!;
  const by = new Set(catches.flatMap(({ findings }) => findings.map(({ promise }) => promise)));
  return {
    mutation,
    hunts: catches.length,
    found: catches.filter(({ findings }) => findings.length > 0).length,
    seeds: middle(catches.map(({ seeds }) => seeds)),
    ms: middle(catches.map(({ ms }) => ms)),
    by: [...by].sort(),
  };
}
