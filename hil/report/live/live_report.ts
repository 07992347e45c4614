/**
 * A run as pages that are open see it: what each scenario is at, and its trace so far. It keeps little
 * of a run and reads traces only when somebody looks, so that the run does not notice.
 */
import { hostNow } from "../../time/mod.ts";
import type { LiveChanges, LiveState, ReportIndex, ScenarioRow } from "../html/model.ts";
import { keyOf, plannedRow, rowOf } from "../html/rows.ts";
import type { PlannedScenario, Reporter, RunPlan, RunResult, ScenarioResult } from "../result.ts";
import { oneLine } from "../text.ts";
import { type DetailPlaces, Details, type Versioned } from "./details.ts";

interface Row {
  readonly planned: PlannedScenario;
  readonly key: string;
  /** Traces of its attempts, in order. */
  readonly traces: string[];
  beganNs: number;
  step: string;
  result?: ScenarioResult;
  /** Of the latest change. */
  version: number;
}

export type LiveRun = Omit<RunResult, "results">;

export interface LiveOptions extends DetailPlaces {
  readonly run: Pick<LiveRun, "host" | "startedAt" | "argv" | "bench" | "seed">;
}

export class LiveReport implements Reporter {
  readonly #rows: Row[] = [];
  readonly #byName = new Map<string, Row>();
  readonly #keys = new Set<string>();
  readonly #listeners = new Set<() => void>();
  readonly #details: Details;
  readonly #began = hostNow();
  #run: LiveRun;
  #live: LiveState = { state: "began" };
  #version = 0;

  constructor(private readonly options: LiveOptions) {
    this.#details = new Details(options);
    this.#run = {
      ...{ id: "", durationNs: 0, problems: [], interrupted: false, exitCode: 0 },
      ...options.run,
    };
  }

  /** The folder of the run, absolute; undefined before it has one. */
  get folder(): string | undefined {
    const { path } = this.options;
    if (this.#run.id === "") return undefined;
    return `${path.slice(0, path.lastIndexOf("/"))}/runs/${this.#run.id}`;
  }

  get version(): number {
    return this.#version;
  }

  get ended(): boolean {
    return this.#live.state === "ended";
  }

  onBegin({ id, bench, seed, scenarios }: RunPlan): void {
    this.#run = { ...this.#run, id, bench, seed };
    this.#live = { state: "running" };
    this.#version++;
    for (const planned of scenarios) this.#row(planned);
    this.#tell();
  }

  onStart(scenario: PlannedScenario, _attempt: number, trace: string): void {
    this.#change(scenario, (row) => {
      if (row.traces.length === 0) row.beganNs = hostNow();
      row.traces.push(trace);
      row.step = "";
    });
  }

  onStep(scenario: PlannedScenario, name: string): void {
    this.#change(scenario, (row) => row.step = name);
  }

  onResult(result: ScenarioResult): void {
    this.#change(result, (row) => {
      row.result = result;
      for (const trace of row.traces) this.#details.forget(trace);
    });
  }

  onProgress(text: string): void {
    this.#live = { state: this.#live.state, ...(text && { doing: oneLine(text) }) };
    this.#tell();
  }

  onEnd({ results: _, ...run }: RunResult): void {
    this.#run = run;
    this.#live = { state: "ended" };
    this.#tell();
  }

  /** Calls back after each change, until the returned function is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  index(): ReportIndex {
    const scenarios = this.#rows.map((row) => this.#shown(row));
    return { run: this.#runNow(), live: this.#live, scenarios, madeBy: "hil" };
  }

  /** What is other than at that {@link version}; of what runs, at least how long it has. */
  changes(since: number): LiveChanges {
    const changed = [...this.#rows.entries()].filter(([, row]) => {
      return row.version > since || isRunning(row);
    });
    const rows = changed.map(([number, row]) => [number, this.#shown(row)] as const);
    return { live: this.#live, run: this.#runNow(), rows };
  }

  /**
   * All of a scenario, and a word that is another one as soon as there is more.
   *
   * @param has the word of what the page has: nothing is made of that again
   */
  async detail(
    number: number,
    has?: string,
  ): Promise<Versioned | undefined> {
    const row = this.#rows[number];
    if (!row) return undefined;
    const { result, planned, traces, beganNs } = row;
    if (result) return await this.#details.ended(result, has);
    if (traces.length === 0) return await this.#details.waiting(planned, has);
    return await this.#details.running({ planned, traces, beganNs }, has);
  }

  #runNow(): LiveRun {
    return this.ended ? this.#run : { ...this.#run, durationNs: hostNow() - this.#began };
  }

  #shown(row: Row): ScenarioRow {
    const { result, traces, planned, key, beganNs, step } = row;
    if (result) return rowOf(result, key);
    const attempts = traces.length;
    if (attempts === 0) return plannedRow(planned, key, "waiting", { attempts, durationNs: 0 });
    const facts = { attempts, durationNs: hostNow() - beganNs, why: oneLine(step) };
    return plannedRow(planned, key, "running", facts);
  }

  /** What no plan has named has a row of its own, too. */
  #row(planned: PlannedScenario): Row {
    const name = `${planned.id} ${planned.repeat ?? ""}`;
    let row = this.#byName.get(name);
    if (row) return row;
    const key = keyOf(planned, this.#keys);
    row = { planned, key, traces: [], beganNs: 0, step: "", version: this.#version };
    this.#byName.set(name, row);
    this.#rows.push(row);
    return row;
  }

  #change(scenario: PlannedScenario, change: (row: Row) => void): void {
    const row = this.#row(scenario);
    change(row);
    row.version = ++this.#version;
    this.#tell();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

function isRunning({ result, traces }: Row): boolean {
  return !result && traces.length > 0;
}
