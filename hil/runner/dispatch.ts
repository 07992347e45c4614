/**
 * Gives scenarios to workers: as many lanes as jobs, each with one worker at a time, which it
 * keeps from scenario to scenario and replaces after anything but a pass.
 */
import {
  type Attempt,
  isExcused,
  type PlannedScenario,
  type ScenarioResult,
  verdictOf,
} from "../report/mod.ts";
import { ms, seconds, timer } from "../time/mod.ts";
import { type Lease, tryTakeAll } from "./lease.ts";
import { runAttempt, tracePath } from "./attempt.ts";
import type { Skip } from "./plan.ts";
import type { Assignment } from "./protocol.ts";
import type { RunState } from "./run_state.ts";
import type { WorkerProcess } from "./worker_process.ts";
import type { Failure } from "../trace/mod.ts";

/** A scenario with all that is needed to run it, or why it is not run. */
export interface Job {
  readonly planned: PlannedScenario;
  readonly seed: number;
  readonly reproduce: string;
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Names of the leases that it must have, sorted. */
  readonly exclusive: readonly string[];
  readonly skip?: Skip;
  /** It cannot run, and that is a failure: its file or a target of it is broken. */
  readonly broken?: Failure;
  assignment(attempt: number): Assignment;
}

/** How often a lease that another run has is asked for again. */
const LEASE_POLL = ms(50);
/** How long until people are told that somebody waits. */
const WAITING_IS_NEWS = seconds(1);

export class Dispatcher {
  readonly #results = new Map<Job, ScenarioResult>();
  readonly #queue: Job[];
  #closed: Skip | undefined;
  /** Leases of this run, which are asked for here before they are asked of the machine. */
  readonly #held = new Set<string>();
  #wake = Promise.withResolvers<void>();
  #told = "";

  /** @param order of starting; results are in the order of `jobs` */
  constructor(
    private readonly run: RunState,
    private readonly jobs: readonly Job[],
    order: readonly Job[],
  ) {
    this.#queue = [...order];
  }

  async dispatch(first: WorkerProcess): Promise<ScenarioResult[]> {
    for (const job of this.jobs) {
      if (job.skip) this.#finish(job, []);
      else if (job.broken) this.#finish(job, [brokenAttempt(job.broken)]);
    }
    const waiting = this.#queue.filter((job) => !this.#results.has(job));
    this.#queue.splice(0, Infinity, ...waiting);
    const lanes = Math.min(this.run.options.jobs, waiting.length);
    await Promise.all(Array.from({ length: lanes }, (_, i) => this.#lane(i ? undefined : first)));
    const close = this.#closed ?? stopReason(this.run);
    for (const job of this.jobs) {
      if (!this.#results.has(job)) this.#finish({ ...job, skip: close }, [], job);
    }
    return this.jobs.map((job) => this.#results.get(job)!);
  }

  async #lane(worker: WorkerProcess | undefined): Promise<void> {
    for (let taken; (taken = await this.#take());) {
      try {
        const { job } = taken;
        const skip = await this.run.options.hold?.(job.planned);
        if (skip) this.#finish({ ...job, skip }, [], job);
        else worker = await this.#runJob(job, worker);
      } finally {
        this.#giveBack(taken.job, taken.leases);
      }
    }
  }

  /** All attempts at a job; gives the worker for the next one. */
  async #runJob(
    job: Job,
    worker: WorkerProcess | undefined,
  ): Promise<WorkerProcess | undefined> {
    const { options, reporter } = this.run;
    const attempts: Attempt[] = [];
    for (let number = 1; number <= options.retries + 1; number++) {
      if (number > 1 && this.run.stop) break;
      worker = worker && !worker.over ? worker : this.run.hire();
      worker.onStep = (name) => reporter.onStep(job.planned, name);
      const work = { assignment: job.assignment(number), name: job.planned.name };
      reporter.onStart(job.planned, number, tracePath(this.run, work.assignment));
      const attempt = await runAttempt(this.run, worker, work);
      attempts.push(attempt);
      if (attempt.outcome === "passed") break;
      // What else it has left running is not known: it is not used again.
      if (!worker.over) await this.run.dismiss(worker);
      if (attempt.outcome === "interrupted") break;
    }
    this.#finish(job, attempts);
    return worker;
  }

  #finish(job: Job, attempts: readonly Attempt[], key = job): void {
    const { planned, skip, seed, reproduce, versions } = job;
    const outcome = verdictOf(attempts);
    const quarantine = this.run.quarantineOf(planned, outcome);
    const result: ScenarioResult = {
      ...planned,
      outcome,
      attempts,
      ...(attempts.length === 0 && { skip }),
      seed,
      reproduce,
      versions,
      ...(quarantine && { quarantine }),
    };
    this.#results.set(key, result);
    this.run.reporter.onResult(result);
    if (
      this.run.options.failFast && outcome === "failed" && !isExcused(result) &&
      !this.#closed
    ) {
      this.#closed = {
        reason: `"${planned.name}" failed before (--fail-fast)`,
        remedy: "repair that, or run without --fail-fast",
      };
      this.#wake.resolve();
    }
  }

  /** The next job whose leases are to be had; waits for one; undefined when there is no more. */
  async #take(): Promise<{ job: Job; leases: Lease[] } | undefined> {
    let cancel = () => {};
    let waited = false;
    const tell = () => waited = true;
    while (this.#queue.length > 0 && !this.#closed && !this.run.stop) {
      const { taken, inWay } = this.#tryTake();
      if (taken) {
        cancel();
        return taken;
      }
      if (inWay && waited) this.#tell(`waiting for the lease on ${inWay}`);
      else if (inWay) cancel = timer(WAITING_IS_NEWS, tell);
      await this.#change(inWay !== undefined);
    }
    cancel();
    return undefined;
  }

  #tryTake(): { taken?: { job: Job; leases: Lease[] }; inWay?: string } {
    let inWay: string | undefined;
    for (const [i, job] of this.#queue.entries()) {
      if (job.exclusive.some((name) => this.#held.has(name))) continue;
      const leases = tryTakeAll(job.exclusive);
      if (!Array.isArray(leases)) {
        inWay ??= `"${leases.name}" held by ${leases.pid ? `pid ${leases.pid}` : "another run"}`;
        continue;
      }
      this.#queue.splice(i, 1);
      for (const name of job.exclusive) this.#held.add(name);
      return { taken: { job, leases } };
    }
    return { inWay };
  }

  #giveBack(job: Job, leases: readonly Lease[]): void {
    for (const lease of leases) lease.release();
    for (const name of job.exclusive) this.#held.delete(name);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  }

  /** Until a lease of this run is given back, or it is time to ask the machine again. */
  async #change(poll: boolean): Promise<void> {
    let cancel = () => {};
    const later = new Promise<void>((resolve) => {
      if (poll) cancel = timer(LEASE_POLL, resolve);
    });
    await this.run.orStop(Promise.race([this.#wake.promise, later]));
    cancel();
  }

  #tell(text: string): void {
    if (text === this.#told) return;
    this.#told = text;
    this.run.reporter.onProgress(text);
  }
}

function brokenAttempt(failure: Failure): Attempt {
  const nothing = { attachments: [], measurements: [], output: "", trace: "" };
  return { outcome: "failed", durationNs: 0, failure, ...nothing };
}

function stopReason({ stop }: RunState): Skip {
  return stop?.why === "time"
    ? { reason: "the time of the run was over", remedy: "give it more, or fewer scenarios" }
    : { reason: "the run was interrupted before it began", remedy: "run it again" };
}
