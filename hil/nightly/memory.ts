/** What earlier nights tell the next one, from their `night.json`; and what runs tell, from history. */
import { History } from "../report/mod.ts";
import { HistoryReadError, viewHistory } from "../report/history_view.ts";
import type { NightResult } from "./model.ts";
import type { Memory } from "./schedule.ts";

/** Nights whose failures are run first. */
const NIGHTS = 7;
const NAME = /^\d{8}-\d{6}(-\d+)?$/;

export interface Past {
  readonly memory: Memory;
  /** The last night on this bench. */
  readonly last?: Pick<NightResult, "id" | "exitCode">;
}

/**
 * @param nights folder of all nights, each in one of its own
 * @param history path of the database
 */
export async function recall(
  { nights, history, bench }: { nights: string; history: string; bench: string },
  warn: (text: string) => void,
): Promise<Past> {
  using runs = new History(history, { warn });
  const failed = await runs.lastFailed();
  const { flaky, longest } = await known(history);
  const unreached = new Set<string>();
  const durations = new Map([...await runs.expectedDurations(), ...longest]);
  const past = lastNights(nights, bench);
  for (const night of past) {
    for (const { planned, verdict } of night.scenarios) {
      if (verdict === "failed" || verdict === "interrupted") failed.add(planned.id);
      if (verdict === "flaky") flaky.add(planned.id);
    }
  }
  for (const { planned, verdict, skip } of past[0]?.scenarios ?? []) {
    if (verdict === "skipped" && /^(time:|the night ended)/.test(skip?.reason ?? "")) {
      unreached.add(planned.id);
    }
  }
  return { memory: { failed, flaky, unreached, durations }, last: past[0] };
}

/** Results of a scenario that say whether it is flaky, the latest; and how long it may take. */
const LATEST = 50;
const LATEST_TIMES = 10;

interface Known {
  readonly flaky: Set<string>;
  /** The longest of the latest passes. */
  readonly longest: Map<string, number>;
}

/** What the history knows of its scenarios, by id. */
async function known(history: string): Promise<Known> {
  const range = { limit: LATEST, measurements: () => false, changes: false };
  const flaky = new Set<string>(), longest = new Map<string, number>();
  try {
    await viewHistory(history, history, (view) => {
      for (const scenario of view.scenarios()) {
        const { flakes, results } = view.history(scenario, range);
        if (flakes.flakes > 0) flaky.add(scenario.id);
        const times = results.flatMap(({ durationNs }) => durationNs ?? []).slice(-LATEST_TIMES);
        if (times.length > 0) longest.set(scenario.id, Math.max(...times));
      }
    });
  } catch (error) {
    // There is none, or it is damaged, which whoever wants to write to it tells.
    if (!(error instanceof HistoryReadError)) throw error;
  }
  return { flaky, longest };
}

/** The newest first. A night whose result cannot be read tells nothing. */
function lastNights(folder: string, bench: string): NightResult[] {
  const found: NightResult[] = [];
  for (const name of nightNames(folder)) {
    if (found.length === NIGHTS) break;
    try {
      const night = JSON.parse(Deno.readTextFileSync(`${folder}/${name}/night.json`));
      if (night.version === 1 && night.bench === bench) found.push(night);
    } catch { /* It was killed before it had a result. */ }
  }
  return found;
}

/** Names of nights, the newest first. */
export function nightNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter(({ name }) => NAME.test(name))
      .map(({ name }) => name).sort().reverse();
  } catch {
    return []; // The first night.
  }
}
