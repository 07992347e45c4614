/**
 * The HTML report of a run: a list of scenarios, and for each one time axis of all that its traces
 * hold. Made from the run's result and traces only.
 *
 * @example
 * ```ts ignore
 * await writeHtml(run, { root: "/home/me/project", path: "/home/me/project/reports/index.html" });
 * ```
 */
export { latestRun, readRun, RUN_FILE, RunReadError } from "./saved_run.ts";
export { type HtmlOptions, htmlReport, writeHtml } from "./write.ts";
