/**
 * A recording in place of the targets: see {@link playTrace}.
 *
 * @example
 * ```ts ignore
 * const { exitCode } = await playTrace({ trace, root, reports, argv, reporters: [view] });
 * ```
 */
export { PlaybackError, type PlayOptions, playTrace } from "./play.ts";
