/**
 * A console of which only the recorded bytes are there: for what a scenario looks for in them now and
 * did not when it was recorded.
 */
import { openConsole } from "../../drivers/console/mod.ts";
import type { Console } from "../../ports/mod.ts";
import { Timeline } from "../../trace/mod.ts";
import { PlaybackClock, type Times } from "./clock.ts";

export interface BytesConsole extends Console {
  /** The target says it now. */
  feed(bytes: Uint8Array): void;
}

export interface BytesOptions {
  readonly channel: string;
  readonly clock: string;
  readonly times: Times;
  /** What it said before, and how much of that has been read over. */
  readonly said: readonly Uint8Array[];
  readonly position: number;
  /** It said what it must not. */
  readonly fail: (error: Error) => void;
}

/** Opens one that has heard `said` and stands at `position` in it. */
export function bytesConsole(options: BytesOptions): BytesConsole {
  const { channel, times, said, position, fail } = options;
  // Its events are in the recording: what it writes down is nobody's.
  const timeline = new Timeline({ write: () => {} });
  const clock = timeline.clock = new PlaybackClock(options.clock, times, true);
  timeline.onFailure(fail);
  let take: (bytes: Uint8Array) => void = () => {};
  const console = openConsole({
    name: channel,
    timeline,
    clock,
    link: {
      readable: new ReadableStream(),
      listen: (listener) => void (take = listener),
      write: () => Promise.resolve(),
      close: () => Promise.resolve(),
    },
  });
  let left = position;
  for (const bytes of said) {
    const read = bytes.subarray(0, left), unread = bytes.subarray(left);
    left -= read.length;
    if (read.length > 0) {
      take(read);
      console.skip();
    }
    if (unread.length > 0) take(unread);
  }
  return Object.assign(console, { feed: (bytes: Uint8Array) => take(bytes) });
}
