/** `hil history`: what many runs tell of scenarios: rates, flakes, durations, measurements, changes. */
import {
  DEFAULT_BUDGET,
  type FlakeBudget,
  NO_QUARANTINE,
  type Quarantine,
  type ScenarioHistory,
} from "../history/mod.ts";
import {
  type HistoryRange,
  HistoryReadError,
  type HistoryView,
  type KnownScenario,
  viewHistory,
} from "../report/mod.ts";
import { wallClock } from "../time/mod.ts";
import { type CommandLine, parseCommandLine, UsageError } from "./command_line.ts";
import { troubles } from "./history_check.ts";
import { historyCsv, historyJson } from "./history_export.ts";
import { DETAILED, HISTORY_OPTIONS, instead, matcher, pick } from "./history_options.ts";
import { quarantineFor } from "./history_quarantine.ts";
import { historyText } from "./history_text.ts";
import { print, printError } from "./output.ts";
import { ROOT, shownPath, typedPath } from "./paths.ts";
import { progressView } from "./progress.ts";

export type HistoryLine = CommandLine<typeof HISTORY_OPTIONS>;

/** A scenario on its targets, with what became of it. */
export interface Told {
  readonly scenario: KnownScenario;
  readonly history: ScenarioHistory;
}

/** What was asked for, and what there is. */
export interface Answer {
  /** As people read it. */
  readonly path: string;
  readonly told: readonly Told[];
  readonly runs: number;
  readonly range: HistoryRange;
  readonly quarantine: Quarantine;
  readonly budget: FlakeBudget;
  /** "2026-11-25". */
  readonly today: string;
}

/**
 * @returns the exit code: 1 with --check when there is trouble, 2 without a history
 * @throws UsageError
 */
export async function history(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, HISTORY_OPTIONS);
  if (line.values.json && line.values.csv) {
    throw new UsageError("Cannot print both --json and --csv: they are one output; give one");
  }
  const quarantine = await quarantineFor(line.values.quarantine) ?? NO_QUARANTINE;
  const reports = line.values.reports === undefined
    ? `${ROOT}/reports`
    : typedPath(line.values.reports);
  const path = `${reports}/history.sqlite`;
  try {
    const answer = await viewHistory(path, shownPath(path), (view) => {
      return answerOf(view, line, { path: shownPath(path), quarantine });
    });
    tell(answer, line);
    const found = line.values.check ? troubles(answer) : [];
    for (const trouble of found) printError(`hil: ${trouble}`);
    return found.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof HistoryReadError)) throw error;
    printError(`hil: ${error.message}`);
    return 2;
  }
}

function tell(answer: Answer, { values }: HistoryLine): void {
  if (values.json) print(historyJson(answer));
  else if (values.csv) print(historyCsv(answer, values));
  else print(historyText(answer, values));
}

interface Known {
  readonly path: string;
  readonly quarantine: Quarantine;
}

function answerOf(
  view: HistoryView,
  { values, operands }: HistoryLine,
  { path, quarantine }: Known,
): Answer {
  const budget = {
    ...(quarantine.file ? quarantine.flakes : DEFAULT_BUDGET),
    ...(values["flake-budget"] !== undefined && { share: values["flake-budget"] }),
  };
  const chosen = pick(view.scenarios(), operands, values.target ?? []);
  const wanted = values.measurement?.map(matcher);
  const one = chosen.length <= DETAILED && operands.length > 0;
  const all = one || values.json === true || values.changes === true || values.check === true;
  const range: HistoryRange = {
    budget,
    ...(values.limit !== undefined && { limit: values.limit }),
    ...(values.since !== undefined && { since: values.since(wallClock()) }),
    // Without them a table of 400 scenarios takes a fifth of the time.
    changes: all || wanted !== undefined,
    measurements: (name) => wanted ? wanted.some((matches) => matches(name)) : all,
  };
  const told = withProgress(chosen, (scenario) => {
    return { scenario, history: view.history(scenario, range) };
  }).filter(({ history }) => history.results.length > 0);
  checkMeasurements(view, chosen, told, values);
  const today = wallClock().toISOString().slice(0, 10);
  return { path, told, runs: view.runs.size, range, quarantine, budget, today };
}

/** Scenarios after which it is told how far it is. */
const STEP = 50;

/** Thousands of scenarios with all their changes take seconds. */
function withProgress<T, U>(items: readonly T[], work: (item: T) => U): U[] {
  if (items.length <= STEP || !Deno.stderr.isTerminal()) return items.map(work);
  const { show, clear } = progressView();
  try {
    return items.map((item, i) => {
      if (i % STEP === 0) show(`${i} of ${items.length} scenarios`);
      return work(item);
    });
  } finally {
    clear();
  }
}

/** @throws UsageError when nothing of that name was measured */
function checkMeasurements(
  view: HistoryView,
  chosen: readonly KnownScenario[],
  told: readonly Told[],
  { measurement: names }: HistoryLine["values"],
): void {
  if (!names || told.some(({ history }) => history.measurements.length > 0)) return;
  const there = new Set(chosen.flatMap((scenario) => {
    return view.history(scenario, { limit: 1 }).measurements.map(({ name }) => name);
  }));
  const [typed = ""] = names;
  throw new UsageError(
    `Cannot find a measurement "${typed}": ` +
      instead(typed, [...there], "deno task hil history SCENARIO"),
  );
}
