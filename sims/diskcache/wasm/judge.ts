/** What is wrong with a run: what the machine saw, then what the oracle says of the history. */
import { describe, type History, judge, PROMISES } from "../proof/mod.ts";
import type { WasmRun } from "./run.ts";

export interface Finding {
  /** One of the cache's promises; "stopped" for a panic, a trap or a run without end; "race". */
  readonly promise: keyof typeof PROMISES | "stopped" | "race";
  /** For people, of many lines. */
  readonly text: string;
}

/** @param replay the command that runs it again */
export function judgeRun(run: WasmRun, replay?: string): readonly Finding[] {
  const { history, stopped } = run;
  if (stopped !== undefined) return [{ promise: "stopped", text: stopped }];
  const faultsEnd = faultsOf(history).at(-1) ?? 0;
  // Nobody can go on any more. How long one may take is up to the chooser: it has no bound.
  const live = { faultsEnd, completions: Infinity, isOver: true };
  const { violations } = judge(history, { live });
  const said = violations.map((violation): Finding => {
    const text = describe(violation, { replay, position: (at) => `event ${at}` });
    return { promise: violation.promise, text };
  });
  return [...said, ...staleErrors(history)];
}

function faultsOf({ completions = [] }: History): readonly number[] {
  return completions.filter(({ ok }) => !ok).map(({ at }) => at);
}

/**
 * P8, stricter than it can be said from outside: who is told of an error was there when it came
 * about. One that is kept for those who come later sticks.
 */
function* staleErrors(history: History): Generator<Finding> {
  const faults = faultsOf(history);
  for (const { client, begin, end, outcome } of [...history.accesses, ...history.syncs]) {
    if (outcome !== "error" || faults.some((at) => begin < at && at < end)) continue;
    const text = `client ${client} was told of an error, and no request failed from event ` +
      `${begin} to ${end}`;
    yield { promise: "P8", text };
  }
}
