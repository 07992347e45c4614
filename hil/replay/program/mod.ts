/**
 * What a scenario did, as data, and done again on other targets.
 *
 * @example
 * ```ts ignore
 * const use = new Map([["board", ["sim"]]]);
 * const { drives: [drive] } = await redrive({ trace, root, bench, use, reports, argv, reporters });
 * if (drive?.alignment?.first) console.log(alignText(drive.alignment, { names }));
 * ```
 */
export type { Awaited, Back, Program, Returned, Stimulus } from "./program.ts";
export { CHANNEL } from "./program.ts";
export { ProgramError, readProgram } from "./read.ts";
export { drive, type Driven, type DriveOptions, type Timing } from "./drive.ts";
export type { Trouble } from "./judge.ts";
export { redrive, type Redriven, type RedrivenOn, type RedriveOptions } from "./redrive.ts";
export { type Elsewhere, type ElsewhereOptions, redriveOn } from "./elsewhere.ts";
