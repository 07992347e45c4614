/** `diffTraces`: where two traces of one scenario part, and why that may be. */
import { readTrace } from "../../trace/mod.ts";
import { compare, type Comparison, type Limits } from "./compare.ts";
import { type Facts, factsOf } from "./facts.ts";
import { CALLS, type DescribeFrame, itemsOf } from "./items.ts";
import { type NoiseOptions, type NoiseRule, Normaliser } from "./noise.ts";
import { judgeCause, type Verdict } from "./verdict.ts";

const WITHOUT_CALLS: NoiseRule = {
  name: "calls",
  help: "what the scenario asked, where one trace does not tell",
  channels: new RegExp(`^${CALLS}$`),
};

export interface DiffOptions extends NoiseOptions {
  /** Makes packets readable; without it they are compared byte by byte. */
  readonly describe?: DescribeFrame;
  readonly limits?: Limits;
}

export interface TraceDiff {
  readonly same: boolean;
  readonly a: Facts;
  readonly b: Facts;
  readonly comparison: Comparison;
  readonly verdict: Verdict;
  /** Rule to how many times it stood in for something. */
  readonly ignored: ReadonlyMap<string, number>;
  /** A text without its noise. */
  readonly normalised: (text: string) => string;
}

/**
 * Compares two traces. Each is read twice, a piece at a time.
 *
 * @param a the one that is taken for good
 * @throws TraceReadError when one cannot be read at all
 * @example
 * ```ts ignore
 * const { same, comparison } = await diffTraces("green/trace.jsonl", "red/trace.jsonl");
 * if (!same) console.log(comparison.differences[0]);
 * ```
 */
export async function diffTraces(
  a: string,
  b: string,
  options: DiffOptions = {},
): Promise<TraceDiff> {
  const { describe, limits } = options;
  const [left, right] = [await readTrace(a, { newer: true }), await readTrace(b, { newer: true })];
  const [x, y] = [await factsOf(left, describe), await factsOf(right, describe)];
  // A trace of version 1, or one that was imported, has none: that is no difference.
  const without = x.calls === 0 || y.calls === 0 ? [WITHOUT_CALLS] : [];
  const noise = new Normaliser({ ...options, rules: [...options.rules ?? [], ...without] });
  noise.known = x.addresses.intersection(y.addresses);
  const sides = { a: itemsOf(left, describe), b: itemsOf(right, describe) };
  const comparison = await compare(sides, { noise, limits, over: overOf(x, y) });
  return {
    same: comparison.differences.length === 0,
    a: x,
    b: y,
    comparison,
    verdict: judgeCause({ a: x, b: y, comparison }),
    ignored: new Map(noise.hits),
    normalised: (text) => noise.text(text),
  };
}

/** When there was nothing more to do in either, if both ended alike. */
function overOf(a: Facts, b: Facts): { readonly a: number; readonly b: number } | undefined {
  if (!a.end || a.end.outcome !== b.end?.outcome) return undefined;
  if (a.lastStepT === undefined || b.lastStepT === undefined) return undefined;
  return { a: a.lastStepT, b: b.lastStepT };
}
