/** The seam between a worker and what plays a recording in place of targets. */
import type { Uses } from "../../scenario/scenario.ts";
import type { Failure, Timeline } from "../../trace/mod.ts";
import type { Assignment } from "../protocol.ts";

export interface PlaybackContext {
  /** Absolute path of the recording. */
  readonly trace: string;
  /** Repository root: places are told from there. */
  readonly root: string;
  /** Beside the trace of the playback: for files that targets have left beside the recording. */
  readonly attachmentsDir: string;
  /** The needs of the scenario, by their names in its body. */
  readonly uses: Uses;
  /** Where it plays; it sets its clock. */
  readonly timeline: Timeline;
  /** Aborts when the scenario is to end now. */
  readonly signal: AbortSignal;
}

export interface Playback {
  /** By the names that the scenario's body has for them. */
  readonly ports: Readonly<Record<string, unknown>>;
  /**
   * The body has ended by itself.
   *
   * @throws PlaybackDivergence when the recording has calls that it has not made
   */
  finish(): void;
  /** A failure, with the blame that it had when it was recorded, if it is the same. */
  judge(failure: Failure): Failure;
}

/** What the module of an {@link Assignment.playback} exports as default. */
export type OpenPlayback = (context: PlaybackContext) => Promise<Playback>;

export async function openPlayback(
  { trace, module }: NonNullable<Assignment["playback"]>,
  context: Omit<PlaybackContext, "trace">,
): Promise<Playback> {
  const { default: open } = await import(module) as { readonly default: OpenPlayback };
  return await open({ trace, ...context });
}
