/** From a plan to jobs: seeds, folders, versions, leases, and what stands in the way. */
import type { BenchTarget } from "../bench/mod.ts";
import type { PlannedScenario } from "../report/mod.ts";
import type { Failure } from "../trace/mod.ts";
import type { Archive } from "./archive.ts";
import type { Job } from "./dispatch.ts";
import { relativeTo } from "./paths.ts";
import { type Candidate, fileId, namesOf, reproduceCommand, type Skip } from "./plan.ts";
import type { RunState } from "./run_state.ts";
import type { FileFailure, Survey } from "./survey.ts";

export interface Plan {
  /** Absolute paths of the files that could be loaded. */
  readonly loaded: readonly string[];
  readonly chosen: readonly Candidate[];
  /** All scenarios of the project; left out when not all of its files were loaded. */
  readonly known?: readonly PlannedScenario[];
  readonly failures: readonly FileFailure[];
}

/** All that is to be run, or not, with the reason; targets are prepared then. */
export async function makeJobs(
  run: RunState,
  survey: Survey,
  plan: Plan,
  archive: Archive,
): Promise<Job[]> {
  const { bench, jobs, seed } = run.options;
  const { failures } = plan;
  await survey.describe(plan.chosen);
  const chosen = await survey.wanted(plan.chosen);
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
  const ready = chosen.filter((candidate) => !skips.get(candidate));
  await survey.prepare(ready);
  for (const candidate of ready) skips.set(candidate, await survey.skip(candidate));
  const made: Job[] = failures.map((failure) => brokenFile(run, failure));
  for (const { candidate, repeat } of scenarios) {
    made.push(
      await makeJob(run, survey, archive, { candidate, repeat, skip: skips.get(candidate) }),
    );
  }
  return made;
}

export function planned(
  run: RunState,
  { id, file, declared, targets }: Candidate,
  repeat?: number,
) {
  return {
    id,
    name: declared.name,
    file: relativeTo(run.options.root, file),
    line: declared.line,
    targets: namesOf(targets),
    ...(repeat !== undefined && { repeat }),
  };
}

/** A file that does not load, as a scenario that fails. */
export function brokenFile(run: RunState, { path, failure }: FileFailure): Job {
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
  const own = run.options.seedIsDrawn ? declared.seed : undefined;
  const seed = seedOf(own ?? run.options.seed, repeat ?? 1);
  const code = await run.code;
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
      environment: {
        ...{ run: archive.id, root, benchFile: relativeTo(root, bench.file) },
        ...code,
        ...(repeat && { repeat }),
        attempt,
      },
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
