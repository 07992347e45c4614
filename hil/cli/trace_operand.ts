/** The trace that somebody means by a path. */
import { readEnd, TraceReadError } from "../trace/mod.ts";
import { UsageError } from "./command_line.ts";
import { shownPath, typedPath } from "./paths.ts";

const MOST_NAMED = 10;

/**
 * The path of the one trace that is to be exported, redacted, …
 *
 * @throws UsageError, TraceReadError
 */
export async function oneTrace(verb: string, operands: readonly string[]): Promise<string> {
  const [operand, more] = operands;
  if (operand !== undefined && more === undefined) return await traceOf(typedPath(operand));
  throw new UsageError(
    `Cannot ${verb} ${operands.length} traces: give the path of one trace.jsonl, of its folder, or ` +
      `of a run's`,
  );
}

/**
 * The path of a trace: a file is one, a folder has one, the folder of a run has one or one that failed.
 *
 * @throws UsageError when the folder has several, TraceReadError when it has none or is a pipe
 */
export async function traceOf(path: string): Promise<string> {
  const info = await Deno.stat(path).catch(() => undefined);
  if (info && !info.isFile && !info.isDirectory) {
    const what = "it is no file, and a trace is read more than once; write it to a file first";
    throw new TraceReadError(path, "unreadable", what);
  }
  if (!info?.isDirectory) return path;
  if (await isFile(`${path}/trace.jsonl`)) return `${path}/trace.jsonl`;
  const entries = await Array.fromAsync(Deno.readDir(path));
  const traces: string[] = [];
  for (const { name } of entries.filter(({ isDirectory }) => isDirectory)) {
    if (await isFile(`${path}/${name}/trace.jsonl`)) traces.push(`${path}/${name}/trace.jsonl`);
  }
  traces.sort();
  if (traces.length === 0) {
    const what = "it is a folder without traces; give that of a run, below reports/runs/";
    throw new TraceReadError(path, "missing", what);
  }
  if (traces.length === 1) return traces[0]!;
  const failed = [];
  for (const trace of traces) if (hasFailed(trace)) failed.push(trace);
  if (failed.length === 1) return failed[0]!;
  const [list, what] = failed.length > 0 ? [failed, "that failed"] : [traces, ""];
  const names = list.slice(0, MOST_NAMED).map((trace) => `\n  ${shownPath(trace)}`).join("");
  const rest = list.length > MOST_NAMED ? `\n  and ${list.length - MOST_NAMED} more` : "";
  throw new UsageError(
    `Cannot choose a trace of "${shownPath(path)}": it has ${list.length} traces ${what}`
      .trimEnd() +
      `; give one of them:${names}${rest}`,
  );
}

async function isFile(path: string): Promise<boolean> {
  return (await Deno.stat(path).catch(() => undefined))?.isFile ?? false;
}

function hasFailed(trace: string): boolean {
  try {
    const { event } = readEnd(trace);
    return event?.type === "end" && event.outcome === "failed";
  } catch {
    return false;
  }
}
