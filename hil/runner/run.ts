/** A run from its options to its result. */
import type { BenchTarget } from "../bench/mod.ts";
import {
  History,
  type PlannedScenario,
  type RunResult,
  type ScenarioResult,
  writeJunit,
} from "../report/mod.ts";
import { hostNow, timer } from "../time/mod.ts";
import type { Failure } from "../trace/mod.ts";
import { Archive } from "./archive.ts";
import { discover } from "./discover.ts";
import { Dispatcher, type Job } from "./dispatch.ts";
import { INTERRUPTED, onInterrupt } from "./interrupt.ts";
import { LIMITS } from "./limits.ts";
import type { RunOptions } from "./options.ts";
import { relativeTo } from "./paths.ts";
import {
  type Candidate,
  candidates,
  fileId,
  longestFirst,
  namesOf,
  reproduceCommand,
  select,
  type Skip,
} from "./plan.ts";
import { clearStale, RunFolder } from "./run_folder.ts";
import { RunState } from "./run_state.ts";
import { type FileFailure, Survey } from "./survey.ts";

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
      return await conclude(run, { archive, results, began, history, loaded: plan.loaded });
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
    for (const candidate of chosen) {
      const skip = await survey.skip(candidate);
      const { tags } = candidate.declared;
      scenarios.push({ ...planned(run, candidate), tags, ...(skip && { skip }) });
    }
    return { scenarios, problems: failures.map(({ failure }) => failure) };
  });
}

/** Gives `work` a place for temporary files and ends all processes afterwards. */
async function inFolder<T>(options: RunOptions, work: (run: RunState) => Promise<T>): Promise<T> {
  const cleared = clearStale();
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

interface Plan {
  readonly loaded: readonly string[];
  readonly chosen: readonly Candidate[];
  readonly failures: readonly FileFailure[];
}

async function makePlan(run: RunState, survey: Survey, history: History): Promise<Plan> {
  const { root, files, grep, shard, lastFailed } = run.options;
  const { files: loaded, failures } = await survey.load(discover(root, files));
  const all = candidates(loaded, run.options);
  const failed = lastFailed ? await history.lastFailed() : undefined;
  return {
    loaded: loaded.map(({ path }) => path),
    chosen: select(all, { root, grep, shard, failed }),
    failures,
  };
}

async function makeJobs(
  run: RunState,
  survey: Survey,
  { chosen, failures }: Plan,
  archive: Archive,
): Promise<Job[]> {
  const { bench, jobs, seed } = run.options;
  await survey.describe(chosen);
  const skips = new Map<Candidate, Skip | undefined>();
  for (const candidate of chosen) skips.set(candidate, await survey.skip(candidate));
  const repeats = Array.from({ length: run.options.repeat }, (_, i) => i + 1);
  const numbered = run.options.repeat > 1;
  const scenarios = chosen.flatMap((candidate) =>
    repeats.map((repeat) => ({ candidate, repeat: numbered ? repeat : undefined }))
  );
  run.reporter.onBegin({
    id: archive.id,
    bench: bench.name,
    seed,
    jobs,
    scenarios: [
      ...failures.map((failure) => brokenFile(run, failure).planned),
      ...scenarios.map(({ candidate, repeat }) => planned(run, candidate, repeat)),
    ],
  });
  await survey.prepare(chosen.filter((candidate) => !skips.get(candidate)));
  const made: Job[] = failures.map((failure) => brokenFile(run, failure));
  for (const { candidate, repeat } of scenarios) {
    made.push(
      await makeJob(run, survey, archive, { candidate, repeat, skip: skips.get(candidate) }),
    );
  }
  return made;
}

function planned(run: RunState, { id, file, declared, targets }: Candidate, repeat?: number) {
  return {
    id,
    name: declared.name,
    file: relativeTo(run.options.root, file),
    line: declared.line,
    targets: namesOf(targets),
    ...(repeat !== undefined && { repeat }),
  };
}

function brokenFile(run: RunState, { path, failure }: FileFailure): Job {
  const { root, seed } = run.options;
  const file = relativeTo(root, path);
  return {
    planned: { id: fileId(root, path), name: "(file)", file, line: failure.line ?? 1, targets: {} },
    seed,
    reproduce: reproduceCommand({ file, targets: {}, seed }, run.options),
    versions: {},
    exclusive: [],
    broken: failure,
    assignment: () => {
      throw new Error("a file that does not load has nothing to run");
    },
  };
}

interface Chosen {
  readonly candidate: Candidate;
  readonly repeat?: number;
  readonly skip?: Skip;
}

async function makeJob(
  run: RunState,
  survey: Survey,
  archive: Archive,
  { candidate, repeat, skip }: Chosen,
): Promise<Job> {
  const { bench, root } = run.options;
  const { targets, declared, file, index } = candidate;
  const plan = planned(run, candidate, repeat);
  // The first repeat has the seed of the run, so that `--seed` alone gives any of them again.
  const seed = seedOf(run.options.seed, repeat ?? 1);
  const { versions, exclusive, broken } = await targetFacts(survey, targets);
  const stem = plan.file.slice(plan.file.lastIndexOf("/") + 1).replace(/\.scenario\.ts$/, "");
  const again = repeat === undefined ? [] : [`repeat ${repeat}`];
  const slug = [stem, plan.name, ...Object.values(plan.targets), ...again];
  return {
    planned: plan,
    seed,
    reproduce: reproduceCommand({ ...plan, seed }, run.options),
    versions,
    exclusive,
    skip,
    broken: skip || run.stop ? undefined : broken,
    assignment: (attempt) => ({
      file,
      index,
      seed,
      timeoutNs: declared.timeoutNs ?? run.limits.scenario.ns,
      bench: bench.name,
      targets,
      versions,
      traceDir: archive.traceDir(attempt === 1 ? slug : [...slug, `attempt ${attempt}`]),
      tempDir: `${run.tempDir}/t${nextNumber(run)}`,
      environment: { run: archive.id, root, ...(repeat && { repeat }), attempt },
    }),
  };
}

/** The run's seed and those after it; after the largest one comes 0. */
function seedOf(first: number, repeat: number): number {
  const left = Number.MAX_SAFE_INTEGER - first;
  return repeat - 1 <= left ? first + repeat - 1 : repeat - 2 - left;
}

const numbers = new WeakMap<RunState, number>();

/** For names that must be short. */
function nextNumber(run: RunState): number {
  const number = (numbers.get(run) ?? 0) + 1;
  numbers.set(run, number);
  return number;
}

async function targetFacts(survey: Survey, targets: Readonly<Record<string, BenchTarget>>) {
  const versions: Record<string, Readonly<Record<string, string>>> = {};
  const exclusive = new Set<string>();
  let broken: Failure | undefined;
  for (const target of Object.values(targets)) {
    const verdict = await survey.verdict(target);
    if ("failure" in verdict) broken ??= verdict.failure;
    else {
      versions[target.role] = verdict.facts.versions;
      if (verdict.facts.exclusive !== undefined) exclusive.add(verdict.facts.exclusive);
    }
  }
  return { versions, exclusive: [...exclusive].sort(), broken };
}

/** One job at a time runs in the order of files, which people can follow. */
async function makeOrder(run: RunState, jobs: readonly Job[], history: History): Promise<Job[]> {
  if (run.options.jobs === 1) return [...jobs];
  const durations = await history.expectedDurations();
  return longestFirst(jobs.map((job) => ({ id: job.planned.id, job })), durations)
    .map(({ job }) => job);
}

interface Ending {
  /** Absolute paths of the files that could be loaded. */
  readonly loaded: readonly string[];
  readonly archive: Archive;
  readonly results: readonly ScenarioResult[];
  readonly began: number;
  readonly history: History;
}

async function conclude(run: RunState, ending: Ending): Promise<RunResult> {
  const { archive, results, began, history } = ending;
  const { bench, seed, argv, junit } = run.options;
  const base = {
    id: archive.id,
    startedAt: archive.startedAt,
    bench: bench.name,
    host: Deno.hostname(),
    seed,
    argv,
    results,
    durationNs: hostNow() - began,
    interrupted: run.stop?.why === "interrupt",
  };
  const result = () => ({ ...base, problems: [...run.problems], exitCode: exitCode(run, results) });
  await history.record({ ...result(), results: [...results, ...await repaired(run, ending)] });
  try {
    await writeJunit(result(), junit);
  } catch (error) {
    run.tainted = true;
    run.problems.push((error as Error).message);
  }
  const told = result();
  await run.reporter.onEnd(told);
  return told;
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

function exitCode(
  { stop, tainted, options }: RunState,
  results: readonly ScenarioResult[],
): number {
  const some = (...outcomes: string[]) => results.some(({ outcome }) => outcomes.includes(outcome));
  if (stop?.why === "interrupt") return INTERRUPTED;
  if (stop || tainted || some("failed", "flaky", "interrupted")) return 1;
  return options.requireAll && some("skipped") ? 3 : 0;
}
