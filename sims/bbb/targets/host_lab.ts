/** What the targets of one scenario on real hardware share: the host's clock, named "board". */
import { HostClock } from "hil/drivers/host_clock.ts";
import type { Timeline } from "hil/trace/mod.ts";

const clocks = new WeakMap<Timeline, HostClock>();

export function hostClockOf(timeline: Timeline): HostClock {
  const known = clocks.get(timeline);
  if (known) return known;
  const clock = timeline.clock = new HostClock(timeline, "board");
  clocks.set(timeline, clock);
  return clock;
}
