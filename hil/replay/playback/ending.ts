/** What becomes of a scenario that still waits when its recording is over. */
import type { Timeline } from "../../trace/mod.ts";
import type { Times } from "./clock.ts";
import { PlaybackEnded, RecordedFailure, timeText } from "./divergence.ts";
import { type Here, placed } from "./place.ts";
import type { Recording } from "./recording.ts";

/** Failures of the body's own, which it comes to again by itself when its wait is over. */
const OF_BODY = ["ExpectationError", "AssertionError", "ConsoleTimeout", "MeasurementError"];

export interface Awaiting {
  readonly recording: Recording;
  readonly times: Times;
  readonly timeline: Timeline;
  /** What the scenario waits for, as a message has it. */
  readonly waits: string;
  readonly here: Here;
}

/** Ends the waits, or the scenario. */
export function ending({ recording, times, timeline, waits, here }: Awaiting): void {
  const { end, events } = recording;
  const failure = end?.error;
  const ofConsole = [...times.waiters].filter((waiter) => waiter.ofConsole);
  const own = failure && OF_BODY.includes(failure.name) ? [...times.waiters] : [];
  const over = own.length > 0 ? own : ofConsole;
  if (over.length > 0) return over.forEach((waiter) => waiter.expire());
  if (failure) return timeline.fail(new RecordedFailure(failure.name, failure.message));
  const last = events.at(-1);
  const at = last ? ` at ${timeText(last)}` : "";
  const why = end
    ? `the recording ends${at}`
    : `the recording is cut off${at}: its run was killed there`;
  const error = new PlaybackEnded(
    `Cannot play on: ${why}, and the scenario waits for ${waits}; ` +
      `what comes after that is not known, so end the scenario before it, or record it again`,
  );
  timeline.fail(placed(error, here));
}
