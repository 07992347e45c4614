/**
 * What `hil --json` prints: one JSON object a line, as things happen, for programs. Fields may be
 * added to an event; those that are there keep their meaning as long as {@link JSON_EVENTS} does.
 *
 * | event | fields |
 * | --- | --- |
 * | `begin` | `version`, and the plan: run `id`, `bench`, `seed`, `jobs`, `scenarios` |
 * | `start` | `scenario` (its id, and `repeat`), `attempt` from 1 |
 * | `step` | `scenario`, `name` of the step that runs now |
 * | `progress` | `text`: what the harness is at between scenarios |
 * | `result` | a scenario's result, with attempts, failures, measurements, attachments |
 * | `end` | `exitCode`, `durationNs`, `counts`, `problems`, `interrupted`, `reports` |
 */
import { type Reports, writtenReports } from "./_summary.ts";
import {
  countVerdicts,
  type PlannedScenario,
  type Reporter,
  type RunPlan,
  type RunResult,
  type ScenarioResult,
} from "./result.ts";

/** The version of the events; another one when a field changes its meaning or goes. */
export const JSON_EVENTS = 1;

export class JsonReporter implements Reporter {
  /**
   * @param write takes a line without its end
   * @param reports paths of what the run leaves, for the last event, which has those that were written
   */
  constructor(
    private readonly write: (line: string) => void,
    private readonly reports: Reports = {},
  ) {}

  onBegin(plan: RunPlan): void {
    this.#say("begin", { version: JSON_EVENTS, ...plan });
  }

  onStart(scenario: PlannedScenario, attempt: number): void {
    this.#say("start", { ...idOf(scenario), attempt });
  }

  onStep(scenario: PlannedScenario, name: string): void {
    this.#say("step", { ...idOf(scenario), name });
  }

  onProgress(text: string): void {
    if (text) this.#say("progress", { text });
  }

  onResult(result: ScenarioResult): void {
    this.#say("result", result);
  }

  onEnd({ exitCode, durationNs, results, problems, interrupted }: RunResult): void {
    const counts = countVerdicts(results);
    const reports = writtenReports(this.reports, problems);
    this.#say("end", { exitCode, durationNs, counts, problems, interrupted, reports });
  }

  #say(event: string, fields: object): void {
    this.write(JSON.stringify({ event, ...fields }));
  }
}

function idOf({ id, repeat }: PlannedScenario) {
  return { scenario: id, ...(repeat !== undefined && { repeat }) };
}
