/** Histories with known contents, for tests of what is told of them. */
import { Random } from "../time/mod.ts";
import type { MeasureEvent } from "../trace/mod.ts";
import { attempt, failed, result, run } from "./_samples.ts";
import { History } from "./history.ts";
import type { RunResult } from "./result.ts";

export interface MadeHistory {
  readonly runs: number;
  /** The number of runs before the interrupt latency grows by a tenth; none: it does not. */
  readonly worseFrom?: number;
  /** A second scenario, which flakes in every tenth run. */
  readonly flaky?: boolean;
}

const LIMIT_MS = 5;
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2026, 8, 1);

/** Records runs "r1", "r2" … and gives the last one, which failed and is in quarantine. */
export async function madeHistory(path: string, made: MadeHistory): Promise<RunResult> {
  using history = new History(path, {
    warn: (text) => {
      throw new Error(text);
    },
  });
  const random = new Random(1);
  const runs = Array.from({ length: made.runs }, (_, i) => runOf(i + 1, made, random));
  await history.record(...runs); // At once: for each by itself one waits for the disk.
  return runs.at(-1)!;
}

function runOf(number: number, { runs, worseFrom = Infinity, flaky }: MadeHistory, random: Random) {
  const noise = () => random.below(1000) / 1000 - 0.5;
  const latency = (number > worseFrom ? 3.6 : 3.2) + 0.2 * noise();
  const measurements = [measured(number === 20 ? 4.9 : latency)];
  const some = { durationNs: Math.round(80e6 + 10e6 * noise()), measurements };
  const bad = number === runs;
  const quarantine = {
    ...{ owner: "anna", reason: "the relay is old", issue: "#12" },
    ...{ expires: "9999-01-01", expired: false },
  };
  const results = [result({
    name: "a press toggles the LED",
    outcome: bad ? "failed" : "passed",
    attempts: [bad ? failed("it did not toggle", some) : attempt(some)],
    ...(bad && { quarantine }),
  })];
  if (flaky) {
    const again = number % 10 === 0;
    results.push(result({
      ...{ id: "flaky#1", name: "a call is parked", outcome: again ? "flaky" : "passed" },
      attempts: again ? [failed("no"), attempt()] : [attempt()],
    }));
  }
  return run(results, {
    id: `r${number}`,
    startedAt: new Date(FIRST_DAY + number * DAY_MS).toISOString(),
    commit: { hash: number.toString(16).padEnd(40, "c0ffee"), branch: "main", dirty: false },
  });
}

function measured(value: number): MeasureEvent {
  return {
    ...{ type: "measure", name: "interrupt latency", value, unit: "ms" },
    ...{ within: [null, LIMIT_MS], verdict: "pass" },
  };
}
