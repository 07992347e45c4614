/** `hil [FILE…]`: runs scenarios, or lists them. */
import { resolve } from "node:path";
import { BenchError, loadBench, type Tool } from "../bench/mod.ts";
import {
  JsonReporter,
  QuietReporter,
  type Reporter,
  ReportWriteError,
  targetsText,
  TerminalReporter,
} from "../report/mod.ts";
import {
  listScenarios,
  type RunOptions,
  runScenarios,
  UsageError as NothingToRun,
} from "../runner/mod.ts";
import { wallClock } from "../time/mod.ts";
import { parseCommandLine, UsageError } from "./command_line.ts";
import { quarantineFor } from "./history_quarantine.ts";
import { print, printError } from "./output.ts";
import { DEFAULT_BENCH, shownPath, typedPath } from "./paths.ts";
import { reportPaths, RUN_OPTIONS, type RunLine, runOptions } from "./run_options.ts";

/**
 * @returns the exit code
 * @throws UsageError
 */
export async function run(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, RUN_OPTIONS);
  const file = line.values.bench === undefined ? DEFAULT_BENCH : typedPath(line.values.bench);
  let options: Omit<RunOptions, "reporters" | "install">;
  try {
    options = {
      ...runOptions(line, await loadBench(file, shownPath(file)), args),
      quarantine: await quarantineFor(line.values.quarantine),
    };
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    return await wrongBench(error, line, args);
  }
  if (!line.values.list) await makeReports(options.reports);
  try {
    return await (line.values.list
      ? list({ ...options, reporters: [] }, line)
      : runAll(options, line));
  } catch (error) {
    throw error instanceof NothingToRun ? new UsageError(error.message) : error;
  }
}

/** Better now than when all has run. */
async function makeReports(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    const { message } = new ReportWriteError("reports", folder, error);
    throw new UsageError(message);
  }
}

type Options = Omit<RunOptions, "reporters" | "install">;

function viewOf(options: Options, { values }: RunLine): Reporter {
  const junit = shownPath(options.junit), html = shownPath(`${options.reports}/index.html`);
  if (values.json) return new JsonReporter(print, { junit, html });
  if (values.quiet) return new QuietReporter(print);
  const read = (path: string) => Deno.readTextFileSync(resolve(options.root, path));
  return new TerminalReporter({ junit, html, read });
}

async function runAll(options: Options, line: RunLine): Promise<number> {
  const view = viewOf(options, line);
  const live = await liveView(options, line);
  try {
    const { exitCode, interrupted } = await runScenarios({
      ...options,
      reporters: [view, ...(live ? [live.reporter] : [])],
      install,
    });
    const stays = line.values["ui-stay"] || Deno.stdin.isTerminal();
    if (live && stays && !interrupted) await live.stay();
    return exitCode;
  } finally {
    await live?.close();
  }
}

async function liveView(options: Options, { values }: RunLine) {
  if (!values.ui && values["ui-port"] === undefined && !values["ui-stay"]) return undefined;
  // Imported late: most runs are looked at when they have ended.
  const { LiveView } = await import("./live_view.ts");
  const { root, reports, bench, seed, argv } = options;
  const run = { host: Deno.hostname(), startedAt: wallClock().toISOString(), argv, seed };
  const where = { root, path: `${reports}/index.html`, history: `${reports}/history.sqlite` };
  return LiveView.begin({ ...where, run: { ...run, bench: bench.name } }, values["ui-port"]);
}

/** @returns whether everything is there now */
export async function install(
  tools: readonly Tool[],
  progress: (text: string) => void,
): Promise<boolean> {
  // Imported late: most often there is nothing to install.
  const { InstallError, setUp } = await import("./install.ts");
  try {
    await setUp(tools, progress);
    return true;
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    progress(""); // Leaves a clean line on a terminal.
    printError(`hil: ${error.message}`);
    return false;
  }
}

async function list(options: RunOptions, { values }: RunLine): Promise<number> {
  const { scenarios, problems } = await listScenarios(options);
  if (values.json) { for (const scenario of scenarios) print(JSON.stringify(scenario)); }
  else {for (const { file, line, name, targets } of scenarios) {
      const on = targetsText(targets);
      print(`${file}:${line}  ${name}${on ? `  [${on}]` : ""}`);
    }}
  for (const problem of problems) printError(`hil: ${problem.message}`);
  return problems.length > 0 ? 1 : 0;
}

async function wrongBench(error: BenchError, line: RunLine, argv: readonly string[]) {
  printError(`hil: ${error.message}`);
  if (line.values.list) return 2;
  const { writeBenchReport } = await import("./bench_report.ts");
  const { junit } = reportPaths(line);
  try {
    await writeBenchReport(error, { file: error.file, junit, argv });
  } catch (reportError) {
    printError(`hil: ${(reportError as Error).message}`);
  }
  return 2;
}
