/**
 * Replays that compare to the bit: see {@link reexecute}.
 *
 * @example
 * ```ts ignore
 * const { compared } = await reexecute({ trace, header, bench, root, reports, argv, reporters });
 * if (compared?.difference) console.log(compared.difference.recorded, compared.difference.now);
 * ```
 */
export {
  type Choice,
  chooseMode,
  type KnownTarget,
  knownTargets,
  type Mode,
  MODES,
} from "./choose.ts";
export { type Compared, Comparison, type Difference } from "./compare.ts";
export { RecordedLines } from "./recorded_lines.ts";
export { reexecute, type Reexecuted, type ReexecuteOptions } from "./reexecute.ts";
