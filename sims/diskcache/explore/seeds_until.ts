/** How fast a strategy finds a planted defect. */
import { range } from "hil/explore/mod.ts";
import { STANDARD_LOAD } from "../load.ts";
import type { Bug } from "./bugs.ts";
import { exploreModel, type ExploreModelOptions, type FoundFailure } from "./explore_model.ts";

export interface SeedsUntilOptions {
  readonly bug: Bug;
  readonly strategy: string;
  /** Most seeds of a series; default 400. */
  readonly limit?: number;
  /** How many series, each with seeds of its own; default 1. */
  readonly series?: number;
}

/** What a defect needs to show, as options for exploring. */
export function optionsFor({ name, drives = 1, faults = false }: Bug) {
  return { bug: name, faults, load: { ...STANDARD_LOAD, drives } } as const satisfies Partial<
    ExploreModelOptions
  >;
}

/** The median over the series, Infinity where it is not found, and the failure of the first one. */
export async function seedsUntil(
  { bug, strategy, limit = 400, series = 1 }: SeedsUntilOptions,
): Promise<{ readonly median: number; readonly failure: FoundFailure | undefined }> {
  const counts: number[] = [];
  let failure: FoundFailure | undefined;
  for (let turn = 0; turn < series; turn++) {
    const seeds = range(1 + turn * limit, limit);
    const { found: [first] } = await exploreModel({ ...optionsFor(bug), seeds, strategy });
    counts.push(first?.runs ?? Infinity);
    if (turn === 0) failure = first;
  }
  return { median: counts.sort((a, b) => a - b)[counts.length >> 1]!, failure };
}
