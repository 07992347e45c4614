/** The list of scenarios: a row for each that ended. */
import {
  failureOf,
  isExcused,
  type PlannedScenario,
  type ScenarioResult,
  targetsText,
  totalNs,
} from "../result.ts";
import { cutEnd, oneLine } from "../text.ts";
import type { RowState, ScenarioRow } from "./model.ts";

const WHY_LIMIT = 200;

export function rowOf(result: ScenarioResult, key: string): ScenarioRow {
  const { outcome, attempts } = result;
  const facts = { attempts: attempts.length, durationNs: totalNs(result), why: whyOf(result) };
  return plannedRow(result, key, outcome, facts);
}

/** A row of one that may not have ended. */
export function plannedRow(
  { name, file, line, targets, repeat }: PlannedScenario,
  key: string,
  outcome: RowState,
  facts: Pick<ScenarioRow, "attempts" | "durationNs" | "why">,
): ScenarioRow {
  const { why, ...rest } = facts;
  return {
    key,
    ...{ name, file, line, targets: targetsText(targets), outcome, ...rest },
    ...(repeat !== undefined && { repeat }),
    ...(why && { why: cutEnd(why, WHY_LIMIT) }),
  };
}

function whyOf({ outcome, skip, attempts, quarantine }: ScenarioResult): string {
  if (outcome === "skipped") return oneLine(skip?.reason ?? "");
  const known = isExcused({ quarantine }) ? `quarantined until ${quarantine!.expires}: ` : "";
  const troubled = attempts.find((attempt) => attempt.outcome !== "passed");
  return troubled ? known + oneLine(failureOf(troubled).message.split("\n", 1)[0]!) : "";
}

/** A hash (FNV-1a) of what names a scenario: the same in each run, so that links can be compared. */
export function keyOf({ id, repeat }: PlannedScenario, taken: Set<string>): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${id} ${repeat ?? ""}`)) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  while (taken.has(hash.toString(36))) hash++;
  const key = hash.toString(36);
  taken.add(key);
  return key;
}
