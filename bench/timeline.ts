/** A timeline as a scenario has it: on the host's clock, its trace on disk. */
import { HostClock } from "hil/drivers/host_clock.ts";
import { Timeline, type TraceHeader, TraceWriter } from "hil/trace/mod.ts";

const HEADER: TraceHeader = {
  trace: 1,
  scenario: "benchmark",
  file: "bench/main.ts",
  line: 1,
  seed: 1,
  bench: "none",
  targets: {},
  environment: {},
};

/** Begins a trace in that folder, in the place of the last one there. */
export function openTimeline(folder: string): { timeline: Timeline; writer: TraceWriter } {
  Deno.mkdirSync(folder, { recursive: true });
  Deno.writeFileSync(tracePath(folder), new Uint8Array(0));
  Deno.removeSync(tracePath(folder));
  const writer = TraceWriter.create(tracePath(folder), HEADER);
  const timeline = new Timeline(writer);
  timeline.clock = new HostClock(timeline);
  return { timeline, writer };
}

/** Of the last timeline in that folder. */
export function tracePath(folder: string): string {
  return `${folder}/trace.jsonl`;
}
