/**
 * Nights on a bench: everything, again and again with new seeds until the time is over; what failed is
 * kept; a dead board is told as one.
 *
 * @example
 * ```ts ignore
 * const { night } = await overnight({ run, budget: hours(6), notifiers, view, … });
 * ```
 */
export { type NightView } from "./bench_world.ts";
export { loadConfig, type NightConfig, NightConfigError } from "./config.ts";
export { countNight, NIGHT_EXIT_CODES, type NightResult } from "./model.ts";
export { type Notifier, notifierOf, PLACEHOLDERS, webhookOf } from "./notify.ts";
export { NightBusy, type NightStop, overnight, type OvernightOptions } from "./overnight.ts";
export { countsText, lengthText } from "./phrases.ts";
export { filesOf } from "./save.ts";
export { subjectOf, summaryOf, titleOf } from "./summary.ts";
export { lengthOf, sizeOf } from "./values.ts";
