/**
 * What a body has begun and nobody has awaited: an expectation, a step or a wait that is not over
 * when the body ends. Whatever would have come of it, the scenario cannot pass without it.
 */
import type { Failure } from "../trace/mod.ts";
import { cut } from "./compare.ts";
import { scenarioFrame } from "./caller.ts";
import { type RunningStep, type ScenarioContext, stepIn, stepsAround } from "./context.ts";

/** How many a message names, and characters of each. */
const SHOWN = 5;
const SHOWN_CHARACTERS = 200;

export interface Begun {
  /** As a message names it: `the step "boot"`. */
  readonly what: string;
  /** The step that it is, if it is one. */
  readonly own?: RunningStep;
}

export interface Pending extends Begun {
  /** The step in which it was begun. */
  readonly step?: RunningStep;
  /** Its `stack` is written out only when somebody looks at it. */
  readonly call: { readonly stack?: string };
}

/** Does `work`, which is pending until it is settled. */
export async function awaited<T>(
  context: ScenarioContext,
  begun: Begun,
  work: () => Promise<T>,
): Promise<T> {
  const call = {};
  Error.captureStackTrace(call, awaited);
  const pending: Pending = { ...begun, step: stepIn(context), call };
  context.pending.add(pending);
  try {
    return await work();
  } catch (error) {
    if (context.ended && typeof error === "object" && error !== null) context.late.add(error);
    throw error;
  } finally {
    context.pending.delete(pending);
  }
}

export interface UnawaitedOptions {
  readonly scenario: string;
  /** From an absolute path to the one that is shown. */
  readonly relative: (path: string) => string;
}

/**
 * The failure of a body that has ended too early. What is inside of something else that is pending
 * is not named, and what a step left behind that failed or timed out is part of that failure.
 */
export function unawaited(
  context: ScenarioContext,
  { scenario, relative }: UnawaitedOptions,
): Failure | undefined {
  const all = [...context.pending];
  const covered = new Set(all.map(({ own }) => own));
  const outermost = all.filter(({ step }) =>
    !stepsAround(step).some((at) => at.failed || covered.has(at))
  );
  if (outermost.length === 0) return undefined;
  const named = outermost.slice(0, SHOWN).map(({ what, call }) => {
    const place = scenarioFrame(call.stack ?? "");
    return {
      what: cut(what, SHOWN_CHARACTERS),
      ...place && { ...place, file: relative(place.file) },
    };
  });
  const list = named.map(({ what, file, line }) => file ? `${what} (${file}:${line})` : what);
  const more = outermost.length - named.length;
  if (more > 0) list.push(`${more} more`);
  const { file, line } = named[0]!;
  return {
    name: "PendingError",
    message: `Cannot end the scenario "${scenario}": nobody awaits ${list.join(", ")}; ` +
      `put "await" before each call`,
    blame: "scenario",
    ...(file !== undefined && { file, line }),
  };
}
