/** What a run leaves for people and for CI: JUnit, the console, the history. */
export { ReportWriteError, writeAtomically } from "./atomic.ts";
export { History, type HistoryOptions } from "./history.ts";
export {
  DEFAULT_RESULTS,
  type HistoryRange,
  HistoryReadError,
  type HistoryView,
  type KnownScenario,
  viewHistory,
} from "./history_view.ts";
export { JSON_EVENTS, JsonReporter } from "./json_events.ts";
export { junitXml, writeJunit } from "./junit.ts";
export { QuietReporter } from "./quiet.ts";
export {
  type Attachment,
  type Attempt,
  type Commit,
  countVerdicts,
  failureOf,
  idOf,
  isExcused,
  type PlannedScenario,
  type Reporter,
  type RunPlan,
  type RunResult,
  type ScenarioResult,
  targetsText,
  totalNs,
  type Verdict,
  verdictOf,
} from "./result.ts";
export { roughly } from "./_summary.ts";
export { cutEnd, cutMiddle, oneLine, plainText } from "./text.ts";
export {
  standardOutput,
  type TerminalOptions,
  type TerminalOutput,
  TerminalReporter,
  type Ticker,
} from "./terminal.ts";
