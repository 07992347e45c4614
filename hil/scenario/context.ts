/**
 * The scenario that is running now: what `step`, `expect`, `measure` and `console.log` write to.
 *
 * It travels with the asynchronous call chain (AsyncLocalStorage), so steps may run side by side,
 * and a promise that outlives its scenario is told so instead of writing into the next one's trace.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Timeline } from "../trace/timeline.ts";
import type { Failure } from "../trace/event.ts";
import type { Pending } from "./pending.ts";

export interface ScenarioContext {
  readonly timeline: Timeline;
  readonly seed: number;
  /** Folder of the trace, for files that are kept with it. */
  readonly attachmentsDir: string;
  /** Aborts when the scenario is to end now (time-out, interrupt, another step failed). */
  readonly signal: AbortSignal;
  /** Steps that are running, by id: what a time-out names. */
  readonly running: Map<number, RunningStep>;
  /** Failures that do not throw where they happen: a measurement out of limits, forbidden output. */
  readonly failures: Failure[];
  /** In which steps an error was thrown: they have ended when it arrives at the scenario. */
  readonly thrownIn: WeakMap<object, readonly string[]>;
  /** What was begun and is not over. */
  readonly pending: Set<Pending>;
  /** What was thrown by work that was pending at the end: nothing new. */
  readonly late: WeakSet<object>;
  nextStepId: number;
  ended: boolean;
}

export interface RunningStep {
  readonly id: number;
  readonly parent?: RunningStep;
  readonly name: string;
  /** It failed: what it left pending is not awaited by anybody, and need not be. */
  failed?: boolean;
}

interface Place {
  readonly context: ScenarioContext;
  readonly step?: RunningStep;
}

const places = new AsyncLocalStorage<Place>();

/** Runs `body` as (part of) the scenario of `context`, inside `step` if one is given. */
export function runIn<T>(
  context: ScenarioContext,
  step: RunningStep | undefined,
  body: () => T,
): T {
  return places.run({ context, step }, body);
}

/**
 * The running scenario and the innermost step.
 *
 * @throws Error outside a scenario, and after it has ended
 */
export function currentPlace(caller: string): Place {
  const place = places.getStore();
  if (!place) {
    throw new Error(
      `Cannot call "${caller}": no scenario is running; call it in the body of a scenario`,
    );
  }
  if (place.context.ended) {
    throw new Error(
      `Cannot call "${caller}": its scenario has ended; await every promise that the body starts`,
    );
  }
  return place;
}

/** The scenario whose asynchronous call chain this is, if any; it may have ended. */
export function scenarioHere(): ScenarioContext | undefined {
  return places.getStore()?.context;
}

/** The innermost step of `context` here, if any. */
export function stepIn(context: ScenarioContext): RunningStep | undefined {
  const place = places.getStore();
  return place?.context === context ? place.step : undefined;
}

/** A step and those around it, outermost first. */
export function stepsAround(step: RunningStep | undefined): RunningStep[] {
  const steps: RunningStep[] = [];
  for (let at = step; at; at = at.parent) steps.unshift(at);
  return steps;
}

/** The names of a step and those around it, outermost first. */
export function stepPath(step: RunningStep | undefined): string[] {
  return stepsAround(step).map(({ name }) => name);
}
