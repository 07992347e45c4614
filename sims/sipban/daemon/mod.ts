/** The ban daemon as a process, how others talk with it, and what it must be allowed. */
export { ask, ControlError, type Request } from "./control.ts";
export { Daemon } from "./daemon.ts";
export { figures, type Measured } from "./figures.ts";
export { exposition, Histogram } from "./metrics.ts";
export { permissionsOf } from "./permissions.ts";
export { type Report, reportOf } from "./reports.ts";
