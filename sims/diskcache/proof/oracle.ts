/** The oracle for whoever has only a trace, or only a port. */
import { ExpectationError, type Oracle } from "hil";
import type { TraceEvent } from "hil/trace/mod.ts";
import type { DiskCache } from "../port.ts";
import type { History } from "./history.ts";
import { judge } from "./judge.ts";
import { HistoryError, historyOf, historyOfCache } from "./of_trace.ts";
import { describe, type Violation } from "./violation.ts";

/** Of a target's trace: what its cache has promised and not kept. Blocks may have been poked. */
export const ORACLE: Oracle = {
  judge(events) {
    const violation = violationIn(events);
    return violation && { kind: violation.promise, message: describe(violation) };
  },
  expectation: { name: "expectPromisesKept", from: "sims/diskcache/proof/mod.ts" },
};

/**
 * Holds all that a scenario has done so far to what a cache promises.
 *
 * @throws ExpectationError with the shortest history that breaks a promise
 */
export function expectPromisesKept(cache: DiskCache): void {
  const violation = firstOf(historyOfCache(cache, { initial: "first read" }));
  if (violation) throw new ExpectationError(describe(violation));
}

function violationIn(events: Iterable<TraceEvent>): Violation | undefined {
  const told = [];
  for (const event of events) if (event.type === "signal") told.push(event);
  try {
    return firstOf(historyOf(told, { initial: "first read" }));
  } catch (error) {
    // There are operations (`work`) that do not tell what they did: nothing can be said of them.
    if (error instanceof HistoryError) return undefined;
    throw error;
  }
}

function firstOf(history: History): Violation | undefined {
  return judge(history).violations[0];
}
