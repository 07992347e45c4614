/** Finds the trace that a failed run is compared with. */
import { readTrace, type TraceHeader } from "../trace/mod.ts";

/** Runs that are looked at, the latest first. */
const MOST_RUNS = 100;

/**
 * The latest trace under `runs` of the same scenario on the same targets that passed, older than
 * `red` if there is one; undefined when there is none.
 *
 * @param red path of a trace
 * @throws TraceReadError when `red` cannot be read
 */
export async function lastGreen(red: string, runs: string): Promise<string | undefined> {
  const { header } = await readTrace(red);
  const own = await Deno.realPath(red);
  const all = await foldersOf(runs);
  const older = all.filter((run) => `${runs}/${run}/` <= own);
  for (const run of [...older, ...all.filter((run) => !older.includes(run))].slice(0, MOST_RUNS)) {
    for (const attempt of await foldersOf(`${runs}/${run}`)) {
      const path = `${runs}/${run}/${attempt}/trace.jsonl`;
      if (await isGreen(path, header) && await Deno.realPath(path) !== own) return path;
    }
  }
}

/** Names of folders, the last one first. */
async function foldersOf(path: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(path));
    return entries.filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort()
      .reverse();
  } catch {
    return []; // Not there, or gone meanwhile.
  }
}

async function isGreen(path: string, wanted: TraceHeader): Promise<boolean> {
  try {
    const trace = await readTrace(path);
    if (identity(trace.header) !== identity(wanted)) return false;
    let passed = false;
    for await (const event of trace) {
      if (event.type === "end") passed = event.outcome === "passed";
    }
    return passed && !trace.cutOff && trace.problems.length === 0;
  } catch {
    return false; // An attempt without a trace that can be read.
  }
}

function identity({ file, scenario, targets }: TraceHeader): string {
  const roles = Object.entries(targets).map(([role, { target }]) => [role, target]).sort();
  return JSON.stringify([file, scenario, roles]);
}
