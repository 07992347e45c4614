/**
 * Playback: the recording plays the targets, and the body of a scenario runs against it. Needs
 * nothing of a bench: no tools, leases or preparations.
 */
import { resolve } from "node:path";
import type { Reporter, RunResult } from "../../report/mod.ts";
import { type Limits, runPlayback, UsageError } from "../../runner/mod.ts";
import { readTrace } from "../../trace/mod.ts";

export interface PlayOptions {
  /** Absolute path of the trace. */
  readonly trace: string;
  /** Repository root, absolute. */
  readonly root: string;
  /** The scenario's file, absolute or relative to the root. Default: the recorded one. */
  readonly file?: string;
  /** The scenario's name. Default: the recorded one, or the only one that the file has. */
  readonly scenario?: string;
  /** Folder; a playback leaves a trace of its own in it, which `hil diff` can compare. */
  readonly reports: string;
  /** As the user typed it after `deno task hil`. */
  readonly argv: readonly string[];
  readonly reporters: readonly Reporter[];
  /** For tests: shorter than people need. */
  readonly limits?: Partial<Limits>;
}

/** Bytes of a trace. */
const LARGEST = 1e9;

/** The trace cannot be played into that scenario; exit code 2. */
export class PlaybackError extends Error {
  override readonly name = "PlaybackError";
}

/**
 * Plays a trace into the body of its scenario. The exit code of the result is 0 when the scenario
 * passed, 1 when it failed or did anything that the recording has not: the failure is then a
 * `PlaybackDivergence` that shows both sides, or a `PlaybackEnded`.
 *
 * @throws TraceReadError when the trace cannot be read
 * @throws PlaybackError when its scenario cannot be found; the message says what to do
 */
export async function playTrace(
  { trace, root, file, ...options }: PlayOptions,
): Promise<RunResult> {
  const { header } = await readTrace(trace);
  const { size } = await Deno.stat(trace);
  if (size > LARGEST) {
    throw new PlaybackError(
      `Cannot play "${trace}": it has ${
        (size / 1e9).toFixed(1)
      } GB, and playback holds all of it in ` +
        `memory, at most ${LARGEST / 1e9} GB; record it again with fewer channels`,
    );
  }
  const scenario = resolve(root, file ?? header.file);
  if (!scenario.endsWith(".scenario.ts") || !await isFile(scenario)) {
    throw new PlaybackError(
      `Cannot play "${trace}": its scenario file "${file ?? header.file}" is not there; ` +
        `give that of the *.scenario.ts that is to run by --scenario FILE`,
    );
  }
  const module = new URL("./open.ts", import.meta.url).href;
  try {
    return await runPlayback({
      ...options,
      root,
      file: scenario,
      header,
      playback: { trace, module },
    });
  } catch (error) {
    throw error instanceof UsageError ? new PlaybackError(error.message) : error;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
