/**
 * Two timelines of the same stimuli, on two targets, side by side.
 *
 * @example
 * ```ts ignore
 * const alignment = await alignTraces("board/trace.jsonl", "sim/trace.jsonl");
 * console.log(alignText(alignment));
 * ```
 */
export {
  type Alignment,
  type AlignOptions,
  alignTraces,
  type Divergence,
  type Paired,
} from "./align.ts";
export { type ClockSegment, stretchOf } from "./clocks.ts";
export type { Latency, Spread } from "./latency.ts";
export { type Answer, type Call, type Line, readSide, type Side } from "./side.ts";
export { alignText, type AlignTextOptions } from "./text.ts";
