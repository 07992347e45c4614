/** Playback of a recording: the scenario's body against it, without its targets. */
import { ROOT } from "hil/cli/paths.ts";
import { playTrace } from "hil/replay/playback/mod.ts";

/** Seconds that the attempt takes, with the reading of the trace and a trace of its own. */
export async function played(folder: string, trace: string): Promise<number> {
  const { results } = await playTrace({
    ...{ trace, root: ROOT, reports: `${folder}/played`, argv: [], reporters: [] },
  });
  const attempt = results[0]?.attempts[0];
  if (attempt?.outcome !== "passed") {
    throw new Error(`the recording does not play: ${attempt?.failure?.message}`);
  }
  return attempt.durationNs / 1e9;
}
