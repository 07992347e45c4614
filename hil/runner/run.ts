/** A run from its options to its result. */
import { NO_QUARANTINE } from "../history/mod.ts";
import {
  type Commit,
  History,
  isExcused,
  type PlannedScenario,
  type RunResult,
  type ScenarioResult,
  writeAtomically,
  writeJunit,
} from "../report/mod.ts";
import { hostNow, timer } from "../time/mod.ts";
import type { Failure } from "../trace/mod.ts";
import { Archive } from "./archive.ts";
import { commitOf } from "./commit.ts";
import { discover } from "./discover.ts";
import { Dispatcher, type Job } from "./dispatch.ts";
import { brokenFile, makeJobs, type Plan, planned } from "./jobs.ts";
import { INTERRUPTED, onInterrupt } from "./interrupt.ts";
import { notices } from "./keeping.ts";
import { clearLeases } from "./lease.ts";
import { LIMITS } from "./limits.ts";
import { type RunOptions, UsageError } from "./options.ts";
import { candidates, fileId, longestFirst, select, type Skip } from "./plan.ts";
import { clearStale, RunFolder } from "./run_folder.ts";
import { RunState } from "./run_state.ts";
import { Survey } from "./survey.ts";

/**
 * Runs scenarios and leaves traces, JUnit report and history. Handles SIGINT and SIGTERM itself.
 *
 * @throws UsageError when there is nothing that the options could mean
 */
export async function runScenarios(options: RunOptions): Promise<RunResult> {
  return await inFolder(options, async (run) => {
    const began = hostNow();
    const survey = new Survey(run, run.hire());
    using history = new History(`${options.reports}/history.sqlite`, {
      warn: (text) => void run.problems.push(text),
    });
    const cancel = options.timeout && timer(options.timeout, () => {
      run.end({ why: "time", run: options.argv.join(" "), limitNs: options.timeout!.ns });
    });
    try {
      const archive = Archive.open(options.reports);
      const plan = await makePlan(run, survey, history);
      const jobs = await makeJobs(run, survey, plan, archive);
      const order = await makeOrder(run, jobs, history);
      const results = await new Dispatcher(run, jobs, order).dispatch(survey.worker);
      run.killWorkers();
      return await conclude(run, {
        ...{ archive, results, began, history, loaded: plan.loaded },
        ...{ known: plan.known, commit: await commitOf(options.root, await run.code) },
      });
    } finally {
      cancel?.();
    }
  });
}

export interface ListedScenario extends PlannedScenario {
  readonly tags: readonly string[];
  /** Why it would not run here. */
  readonly skip?: Skip;
}

export interface Listing {
  readonly scenarios: readonly ListedScenario[];
  /** Of files that cannot be loaded. */
  readonly problems: readonly Failure[];
}

/**
 * What {@link runScenarios} would run.
 *
 * @throws UsageError as that
 */
export async function listScenarios(options: RunOptions): Promise<Listing> {
  return await inFolder(options, async (run) => {
    const survey = new Survey(run, run.hire());
    using history = new History(`${options.reports}/history.sqlite`, { warn: () => {} });
    const { chosen, failures } = await makePlan(run, survey, history);
    await survey.describe(chosen);
    const scenarios: ListedScenario[] = [];
    for (const candidate of await survey.wanted(chosen)) {
      const skip = await survey.skip(candidate);
      const { tags } = candidate.declared;
      scenarios.push({ ...planned(run, candidate), tags, ...(skip && { skip }) });
    }
    return { scenarios, problems: failures.map(({ failure }) => failure) };
  });
}

/** Gives `work` a place for temporary files and ends all processes afterwards. */
export async function inFolder<T>(
  options: RunOptions,
  work: (run: RunState) => Promise<T>,
): Promise<T> {
  const cleared = clearStale();
  clearLeases();
  const folder = RunFolder.create();
  const run = new RunState(options, { ...LIMITS, ...options.limits }, folder.path);
  if (cleared > 0) run.reporter.onProgress(`cleared up after ${cleared} killed run(s)`);
  const clearUp = () => {
    run.killWorkers();
    folder.remove();
  };
  const deaf = onInterrupt({ onFirst: () => run.end({ why: "interrupt" }), onSecond: clearUp });
  try {
    return await work(run);
  } finally {
    deaf();
    clearUp();
  }
}

async function makePlan(run: RunState, survey: Survey, history: History): Promise<Plan> {
  const { root, files, grep, shard, lastFailed, only } = run.options;
  const { files: loaded, failures } = await survey.load(discover(root, files));
  const all = candidates(loaded, run.options);
  if (all.length === 0 && failures.length === 0 && !run.stop) {
    const where = files.length > 0 ? files.join(" ") : "scenarios";
    throw new UsageError(
      `Cannot run the scenarios of "${where}": none is declared there; call scenario("…", …) in ` +
        `a file, as docs/first-scenario.md does`,
    );
  }
  const failed = lastFailed ? await history.lastFailed() : undefined;
  return {
    loaded: loaded.map(({ path }) => path),
    chosen: select(all, { root, grep, shard, failed }).filter(({ id }) => only?.has(id) ?? true),
    ...(files.length === 0 && failures.length === 0 && {
      known: all.map((candidate) => planned(run, candidate)),
    }),
    failures,
  };
}

/** One job at a time runs in the order of files, which people can follow. */
async function makeOrder(run: RunState, jobs: readonly Job[], history: History): Promise<Job[]> {
  const { jobs: lanes, rank } = run.options;
  const ordered = lanes === 1 ? [...jobs] : longestFirst(
    jobs.map((job) => ({ id: job.planned.id, job })),
    await history.expectedDurations(),
  ).map(({ job }) => job);
  return rank ? ordered.sort((a, b) => rank(a.planned) - rank(b.planned)) : ordered;
}

interface Ending extends Pick<Plan, "known"> {
  /** Absolute paths of the files that could be loaded. */
  readonly loaded: readonly string[];
  readonly archive: Archive;
  readonly results: readonly ScenarioResult[];
  readonly began: number;
  readonly history: History;
  readonly commit?: Commit;
}

async function conclude(run: RunState, ending: Ending): Promise<RunResult> {
  const { archive, results, began, history, known, commit } = ending;
  const { bench, seed, argv, quarantine = NO_QUARANTINE } = run.options;
  const base = {
    id: archive.id,
    startedAt: archive.startedAt,
    bench: bench.name,
    host: Deno.hostname(),
    seed,
    argv,
    ...(commit && { commit }),
    results,
    durationNs: hostNow() - began,
    interrupted: run.stop?.why === "interrupt",
  };
  const result = () => ({ ...base, problems: [...run.problems], exitCode: exitCode(run, results) });
  await history.record({ ...result(), results: [...results, ...await repaired(run, ending)] });
  run.problems.push(...await notices(quarantine, known, results, history));
  return await report(run, archive, result);
}

/** Writes the reports and tells of the end; one that cannot be written spoils the run. */
export async function report(
  run: RunState,
  archive: Archive,
  result: () => RunResult,
): Promise<RunResult> {
  const { junit } = run.options;
  for (
    const write of [() => writeJunit(result(), junit), () => writePage(run, archive, result())]
  ) {
    try {
      await write();
    } catch (error) {
      run.tainted = true;
      run.problems.push((error as Error).message);
    }
  }
  const told = result();
  await run.reporter.onEnd(told);
  return told;
}

/** The result beside its traces, to be reported again, and the HTML report of this run. */
async function writePage(run: RunState, { folder }: Archive, result: RunResult): Promise<void> {
  // Imported late: a run that cannot begin needs none of it.
  const { RUN_FILE, writeHtml } = await import("../report/html/mod.ts");
  const { root, reports } = run.options;
  await writeAtomically(`${folder}/${RUN_FILE}`, JSON.stringify(result), "result of the run");
  await writeHtml(result, {
    root,
    path: `${reports}/index.html`,
    history: `${reports}/history.sqlite`,
  });
}

/** Files that load again: for the history, so that they count as failed no longer. */
async function repaired(run: RunState, { history, loaded }: Ending): Promise<ScenarioResult[]> {
  const { root, seed } = run.options;
  const failed = await history.lastFailed();
  return loaded.filter((path) => failed.has(fileId(root, path))).map((path) => {
    const { planned } = brokenFile(run, { path, failure: NO_FAILURE });
    const nothing = { attachments: [], measurements: [], output: "", trace: "" };
    const attempts = [{ outcome: "passed", durationNs: 0, ...nothing }] as const;
    return { ...planned, outcome: "passed", attempts, seed, reproduce: "" };
  });
}

const NO_FAILURE: Failure = { name: "", message: "", blame: "scenario" };

export function exitCode(
  { stop, tainted, options }: RunState,
  results: readonly ScenarioResult[],
): number {
  const some = (...outcomes: string[]) =>
    results.some((result) => outcomes.includes(result.outcome) && !isExcused(result));
  if (stop?.why === "interrupt") return INTERRUPTED;
  if (stop || tainted || some("failed", "flaky", "interrupted")) return 1;
  return options.requireAll && some("skipped") ? 3 : 0;
}
