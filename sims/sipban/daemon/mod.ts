/** The ban daemon as a process, and how others talk with it. */
export { ask, ControlError, type Request } from "./control.ts";
export { Daemon } from "./daemon.ts";
export type { Report } from "./reports.ts";
