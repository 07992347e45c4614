/** `hil nightly`: everything on a bench, again and again, until the time is over. */
import { BenchError, loadBench } from "../bench/mod.ts";
import {
  countNight,
  countsText,
  filesOf,
  lengthText,
  loadConfig,
  NIGHT_EXIT_CODES,
  NightBusy,
  type NightConfig,
  NightConfigError,
  type NightResult,
  type NightView,
  overnight,
  summaryOf,
} from "../nightly/mod.ts";
import { UsageError as NothingToRun } from "../runner/mod.ts";
import { parseCommandLine, UsageError } from "./command_line.ts";
import { quarantineFor } from "./history_quarantine.ts";
import { nightStop } from "./nightly_stop.ts";
import { NightlyView } from "./nightly_view.ts";
import {
  benchPath,
  NIGHTLY_OPTIONS,
  type NightSettings,
  nightSettings,
} from "./nightly_options.ts";
import { print, printError } from "./output.ts";
import { shownPath, typedPath } from "./paths.ts";
import { install } from "./run.ts";

/**
 * @returns the exit code
 * @throws UsageError
 */
export async function nightly(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, NIGHTLY_OPTIONS);
  const quiet = line.values.quiet ?? false;
  const view = new NightlyView({ quiet });
  let settings: NightSettings;
  try {
    const config = await configOf(line.values.config);
    const file = benchPath(line, config);
    const bench = await loadBench(file, shownPath(file));
    const quarantine = await quarantineFor(line.values.quarantine ?? config.quarantine);
    settings = nightSettings(line, config, { bench, quarantine, argv: args });
  } catch (error) {
    if (error instanceof NightConfigError) throw new UsageError(error.message);
    if (!(error instanceof BenchError)) throw error;
    printError(`hil: ${error.message}`);
    return NIGHT_EXIT_CODES.usage;
  }
  return await spend(settings, { view, quiet });
}

async function configOf(typed: string | undefined): Promise<NightConfig> {
  if (typed === undefined) return { notify: [] };
  const path = typedPath(typed);
  return await loadConfig(path, shownPath(path));
}

async function spend(
  settings: NightSettings,
  { view, quiet }: { readonly view: NightView; readonly quiet: boolean },
): Promise<number> {
  const stop = nightStop();
  try {
    const { night, folders } = await overnight({
      ...settings,
      run: { ...settings.run, reporters: [], install },
      ...{ view, shown: shownPath, stop },
    });
    tell(night, filesOf(folders), quiet);
    return night.exitCode;
  } catch (error) {
    if (error instanceof NothingToRun) throw new UsageError(error.message);
    if (!(error instanceof NightBusy)) throw error;
    printError(`hil: ${error.message}`);
    return NIGHT_EXIT_CODES.busy;
  } finally {
    stop.deaf();
  }
}

/** The last words. */
function tell(
  night: NightResult,
  files: { readonly text: string; readonly html: string },
  quiet: boolean,
): void {
  for (const problem of night.problems) printError(`hil: ${problem}`);
  if (quiet && night.exitCode === 0) return;
  const { headline } = summaryOf(night);
  const counts = countsText(countNight(night.scenarios));
  print(`${headline}: ${counts} in ${lengthText(night.durationNs)} (seed ${night.seed})`);
  print(`summary: ${shownPath(files.text)}`);
  print(`to look at: ${shownPath(files.html)}`);
}
