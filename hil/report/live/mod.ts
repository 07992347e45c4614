/**
 * The HTML report of a run that goes on: a reporter that follows it, and what a server gives to pages.
 *
 * @example
 * ```ts ignore
 * const live = new LiveReport({ root, path: `${reports}/index.html`, run });
 * const site = new LiveSite(live);
 * await runScenarios({ ...options, reporters: [terminal, live] });
 * ```
 */
export { type LiveOptions, LiveReport } from "./live_report.ts";
export { LiveSite } from "./live_site.ts";
