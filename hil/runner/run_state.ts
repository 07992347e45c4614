/** What the phases of a run share. */
import { dayOf, type Quarantined, quarantineOf } from "../history/mod.ts";
import type {
  PlannedScenario,
  Reporter,
  RunPlan,
  RunResult,
  ScenarioResult,
  Verdict,
} from "../report/mod.ts";
import { wallClock } from "../time/mod.ts";
import { type Code, codeOf } from "./code.ts";
import type { Limits } from "./limits.ts";
import type { RunOptions } from "./options.ts";
import type { Stop } from "./protocol.ts";
import { WorkerProcess } from "./worker_process.ts";

export class RunState {
  /** What is wrong beside the scenarios. */
  readonly problems: string[] = [];
  /** Set once everything is to end. */
  stop: Stop | undefined;
  /** Something went wrong that no scenario answers for: the run is not green. */
  tainted = false;
  /** Asked for at once: it is there when the first trace begins. */
  readonly code: Promise<Code>;
  readonly #workers = new Set<WorkerProcess>();
  readonly #onStop = new Set<() => void>();
  #hired = 0;

  constructor(
    readonly options: RunOptions,
    readonly limits: Limits,
    /** Folder for temporary files; its path is the mark of all processes. */
    readonly tempDir: string,
  ) {
    this.code = codeOf(options.root);
  }

  /** What the project's list of known failures says of one. */
  quarantineOf(scenario: PlannedScenario, outcome: Verdict): Quarantined | undefined {
    const { quarantine } = this.options;
    if (!quarantine || outcome !== "failed" && outcome !== "flaky") return undefined;
    return quarantineOf(quarantine, scenario, dayOf(wallClock().toISOString()));
  }

  readonly reporter: Required<Reporter> = {
    onBegin: (plan: RunPlan) => this.#tell((each) => each.onBegin(plan)),
    onStart: (scenario: PlannedScenario, attempt: number, trace: string) =>
      this.#tell((each) => each.onStart(scenario, attempt, trace)),
    onStep: (scenario: PlannedScenario, name: string) =>
      this.#tell((each) => each.onStep(scenario, name)),
    onResult: (result: ScenarioResult) => this.#tell((each) => each.onResult(result)),
    onProgress: (text: string) => this.#tell((each) => each.onProgress(text)),
    onEnd: async (run: RunResult) => {
      for (const each of this.options.reporters) await each.onEnd(run);
    },
  };

  hire(): WorkerProcess {
    const worker = WorkerProcess.start({
      name: `${this.tempDir}/w${++this.#hired}`,
      root: this.options.root,
      tempDir: this.tempDir,
      limits: this.limits,
      onProgress: (text) => this.reporter.onProgress(text),
      onStray: ({ message, file, line }) => {
        this.tainted = true;
        const at = file ? ` (${file}:${line})` : "";
        this.problems.push(`An error came after its scenario had ended${at}: ${message}`);
      },
    });
    this.#workers.add(worker);
    return worker;
  }

  /** Ends a worker that is not to be used again. */
  async dismiss(worker: WorkerProcess): Promise<void> {
    await worker.kill();
    this.#workers.delete(worker);
  }

  /** Ends everything: what runs may clean up. Only the first reason counts. */
  end(stop: Stop): void {
    if (this.stop) return;
    this.stop = stop;
    for (const worker of this.#workers) worker.stop(stop);
    for (const listener of this.#onStop) listener();
  }

  /** Resolves when {@link end} was called, or `wait` has. */
  async orStop(wait: Promise<void>): Promise<void> {
    if (this.stop) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onStop.add(resolve);
    await Promise.race([promise, wait]);
    this.#onStop.delete(resolve);
  }

  killWorkers(): void {
    for (const worker of this.#workers) worker.killNow();
    this.#workers.clear();
  }

  #tell(call: (reporter: Reporter) => void): void {
    for (const reporter of this.options.reporters) call(reporter);
  }
}
