/** What a run came to, kept beside its traces; without that, as much as the traces themselves tell. */
import { relative } from "node:path";
import { summarize, type TraceHeader, TraceReadError } from "../../trace/mod.ts";
import { type Attempt, idOf, type RunResult, type ScenarioResult } from "../result.ts";

/** In the folder of a run. */
export const RUN_FILE = "run.json";

/** Thrown when a folder has neither a result nor traces. */
export class RunReadError extends Error {
  override readonly name = "RunReadError";

  constructor(readonly path: string, what: string, options?: ErrorOptions) {
    super(`Cannot read the run "${path}": ${what}`, options);
  }
}

/**
 * The latest run in a folder of runs, by name.
 *
 * @throws RunReadError when there is none
 */
export function latestRun(runs: string): string {
  try {
    const names = [...Deno.readDirSync(runs)].filter((entry) => entry.isDirectory)
      .map(({ name }) => name).filter((name) => readable(`${runs}/${name}`));
    const last = names.sort(byNumber).at(-1);
    if (last !== undefined) return last;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new RunReadError(runs, "it has no runs; run something first: deno task hil");
}

/** "…-2" after the run without a number, "…-10" after "…-9". */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

function readable(folder: string): boolean {
  return [...Deno.readDirSync(folder)].some(({ name, isDirectory }) =>
    name === RUN_FILE || isDirectory && exists(`${folder}/${name}/trace.jsonl`)
  );
}

/**
 * A run by its folder.
 *
 * @param root what the paths of a run without a result are made relative to
 * @throws RunReadError when there is nothing to read
 */
export async function readRun(folder: string, root: string): Promise<RunResult> {
  let text: string;
  try {
    text = await Deno.readTextFile(`${folder}/${RUN_FILE}`);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return await runOfTraces(folder, root);
  }
  try {
    const run = JSON.parse(text) as RunResult;
    if (Array.isArray(run?.results)) return run;
  } catch { /* Half of it, or none: the traces are still there. */ }
  return await runOfTraces(folder, root);
}

/** Of a run that was killed before it had a result. */
async function runOfTraces(folder: string, root: string): Promise<RunResult> {
  const traces = tracesIn(folder);
  const found = await Promise.all(traces.map((trace) => resultOf(trace, root)));
  const results = found.flatMap((result) => result ?? []);
  const [first] = results;
  if (!first) {
    throw new RunReadError(
      folder,
      `there is neither a ${RUN_FILE} nor a trace; name a folder of reports/runs/`,
    );
  }
  const id = folder.slice(folder.lastIndexOf("/") + 1);
  const [, date, time] = id.match(/^(\d{8})-(\d{6})/) ?? [];
  return {
    id,
    startedAt: date && time
      ? `${date.replace(/(....)(..)(..)/, "$1-$2-$3")}T${time.replace(/(..)(..)(..)/, "$1:$2:$3")}Z`
      : "",
    bench: first.bench,
    host: "",
    seed: first.result.seed,
    argv: [],
    results: results.map(({ result }) => result),
    durationNs: Math.max(...results.map(({ result }) => result.attempts[0]!.durationNs)),
    problems: ["the run left no result of its own: this is what its traces tell"],
    interrupted: true,
    exitCode: 130,
  };
}

function tracesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].filter((entry) => entry.isDirectory)
      .map(({ name }) => `${folder}/${name}/trace.jsonl`).filter(exists).sort();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new RunReadError(folder, "there is no such folder; reports/runs/ has a folder for each", {
      cause: error,
    });
  }
}

/**
 * What a trace tells of an attempt, and of what it was an attempt at.
 *
 * @param root what its paths are made relative to
 * @throws TraceReadError
 */
export async function attemptOf(
  path: string,
  root: string,
): Promise<{ readonly header: TraceHeader; readonly attempt: Attempt }> {
  const { header, outcome, failure, measurements, attachments, output, lastT } = await summarize(
    path,
  );
  const folder = relative(root, path.slice(0, path.lastIndexOf("/")));
  const attempt: Attempt = {
    outcome,
    durationNs: lastT,
    ...(failure && { failure }),
    trace: `${folder}/trace.jsonl`,
    attachments: attachments.map(({ path, title }) => ({ path: `${folder}/${path}`, title })),
    ...{ measurements, output },
  };
  return { header, attempt };
}

async function resultOf(
  path: string,
  root: string,
): Promise<{ bench: string; result: ScenarioResult } | undefined> {
  try {
    const { header, attempt } = await attemptOf(path, root);
    const { scenario: name, file, line, seed, bench } = header;
    const targets = Object.fromEntries(
      Object.entries(header.targets).map(([role, { target = "" }]) => [role, target]),
    );
    const result: ScenarioResult = {
      ...{ id: idOf({ file, name, targets }), name, file, line, seed, outcome: attempt.outcome },
      targets,
      versions: header.targets,
      attempts: [attempt],
      reproduce: `deno task hil ${file} --seed ${seed}`,
    };
    return { bench, result };
  } catch (error) {
    if (error instanceof TraceReadError) return undefined;
    throw error;
  }
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
