/** `hil replay`: a recorded scenario again. */
import { type Bench, BenchError, loadBench } from "../bench/mod.ts";
import {
  type Choice,
  chooseMode,
  type KnownTarget,
  knownTargets,
} from "../replay/reexecute/mod.ts";
import { UsageError as NothingToRun } from "../runner/mod.ts";
import { codeOf, codeText } from "../runner/mod.ts";
import { readTrace, type Trace, type TraceHeader, TraceReadError } from "../trace/mod.ts";
import { type CommandLine, parseCommandLine } from "./command_line.ts";
import { print, printError } from "./output.ts";
import { DEFAULT_BENCH, ROOT, shownPath, typedPath } from "./paths.ts";
import { HereError, lookAround } from "./replay_look.ts";
import { REPLAY_OPTIONS } from "./replay_options.ts";
import {
  again,
  CannotReplay,
  driveAgain,
  isRedacted,
  play,
  quietProgress,
  rerun,
} from "./replay_run.ts";
import { oneTrace } from "./trace_operand.ts";

export type ReplayLine = CommandLine<typeof REPLAY_OPTIONS>;

/** What every mode needs. */
export interface Recorded {
  /** Absolute path of the trace. */
  readonly path: string;
  readonly header: TraceHeader;
  readonly bench: Bench;
  readonly targets: readonly KnownTarget[];
  readonly choice: Choice;
  /** Paths relative to the trace's folder. */
  readonly attachments: readonly string[];
  readonly reports: string;
  readonly line: ReplayLine;
  readonly argv: readonly string[];
}

/**
 * @returns the exit code: 0 the same again, 1 not, 2 when it cannot be replayed
 * @throws UsageError
 */
export async function replay(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, REPLAY_OPTIONS);
  try {
    const path = await oneTrace("replay", line.operands);
    return await replayTrace(path, line, ["replay", ...args]);
  } catch (error) {
    const known = [TraceReadError, BenchError, NothingToRun, HereError, CannotReplay];
    if (!known.some((type) => error instanceof type)) throw error;
    printError(`hil: ${(error as Error).message}`);
    return 2;
  }
}

async function replayTrace(path: string, line: ReplayLine, argv: readonly string[]) {
  const { values } = line;
  const trace = await readTrace(path);
  const { header } = trace;
  const looks = values.until || values.step || values.snapshots || values["from-snapshot"];
  if (!looks && !values.use && values.scenario === undefined) checkBody(trace);
  const bench = await benchFor(header, values);
  const targets = await knownTargets(header, bench);
  const attachments = targets.some(({ module }) => module?.rerun) ? await attachmentsOf(trace) : [];
  const choice = typedChoice(values) ??
    (hasBody(header)
      ? chooseMode(targets, attachments, { redacted: isRedacted(header) })
      : { mode: "playback", why: "no scenario made it" });
  const reports = values.reports ? typedPath(values.reports) : `${ROOT}/reports/replays`;
  const recorded: Recorded = {
    ...{ path, header, bench, targets, choice, attachments, reports, line, argv },
  };
  if (values.use) return await driveAgain(recorded);
  print(`${choice.mode}: ${choice.why}`);
  await tellCode(header);
  if (looks) return await lookAround(recorded);
  if (choice.mode === "record-replay") return await rerun(recorded);
  return await (choice.mode === "playback" ? play(recorded) : again(recorded));
}

function typedChoice({ mode, scenario }: ReplayLine["values"]): Choice | undefined {
  if (mode) return { mode, why: "as --mode wants it" };
  if (scenario === undefined) return undefined;
  return { mode: "playback", why: `${scenario} runs against the recording` };
}

/** Whether a scenario made it: no import, and no session by hand. */
function hasBody({ bench, file }: TraceHeader): boolean {
  return bench !== "imported" && file !== "";
}

/** @throws CannotReplay */
function checkBody({ path, header }: Trace): void {
  if (hasBody(header)) return;
  const [made, body] = header.file === ""
    ? ["made by hand", "does the same"]
    : ["imported", "only waits for what it has"];
  throw new CannotReplay(
    `Cannot replay "${shownPath(path)}": it was ${made}, and no scenario made it; give one that ` +
      `${body} by --scenario FILE, a time by --until, or a target to do it on by --use ROLE=TARGET`,
  );
}

/** Which code recorded it, when that is another one. */
async function tellCode({ environment }: TraceHeader): Promise<void> {
  const { commit, changes } = environment;
  const now = await codeOf(ROOT);
  if (typeof commit !== "string" || (commit === now.commit && changes === now.changes)) return;
  const then = codeText({ commit, ...(typeof changes === "string" && { changes }) });
  print(`  recorded by ${then}; this is ${codeText(now)}`);
}

/** A recording stands in for targets whose bench is elsewhere, unless somebody names another. */
async function benchFor(header: TraceHeader, { bench, use }: ReplayLine["values"]): Promise<Bench> {
  const [path, shown] = benchOf(header, bench);
  const missing = await Deno.stat(path).then(() => false, () => true);
  if (missing && bench === undefined && !use) {
    return { name: header.bench, file: path, roles: new Map() };
  }
  return await loadBench(path, shown);
}

/** Path, and how it is shown. */
function benchOf({ environment }: TraceHeader, given: string | undefined): [string, string] {
  const { benchFile } = environment;
  const path = given !== undefined
    ? typedPath(given)
    : typeof benchFile === "string"
    ? benchFile.startsWith("/") ? benchFile : `${ROOT}/${benchFile}`
    : DEFAULT_BENCH;
  return [path, shownPath(path)];
}

async function attachmentsOf(trace: Trace): Promise<string[]> {
  const view = quietProgress();
  view.show("reading which files are beside the trace");
  const paths: string[] = [];
  for await (const event of trace) if (event.type === "attachment") paths.push(event.path);
  view.clear();
  return paths;
}
