/** What `hil replay --help` prints. */
import { optionLines } from "./option_lines.ts";
import { REPLAY_OPTIONS } from "./replay_options.ts";

export function replayHelp(): string {
  return `hil replay: a recorded scenario again, and the first thing that is not as it was

Usage
  deno task hil replay TRACE [options]   TRACE: a trace.jsonl, its folder, or the folder of a run

Modes, of which it takes the first that is possible, and says so
  re-execute     all targets are simulated: the scenario runs again with its seed; every event has
                 to be the same, to the bit
  record-replay  a target recorded itself beside the trace (QEMU): it does that again, exactly
  playback       the recording plays the targets, and the scenario runs against it

Options
${optionLines(REPLAY_OPTIONS)}

At a stop, targets are alive and time stands still; "help" lists the commands. They are read from
standard input, which may be a pipe. Ctrl-C ends it; where an expression of yours never ends, twice.

Files
  reports/replays/      reports and traces of replays
  .cache/replay/        moments of simulated targets, to go back to; may be removed

Exit codes
  0    it came again as it was recorded
  1    it did not; the first difference is shown
  2    wrong usage, a trace that cannot be read, or a target that is not to be had
  3    with --use: nothing could be run on those targets here
  130  interrupted

Examples
  deno task hil replay reports/runs/20261125-131415/led-toggles-sim/trace.jsonl
  deno task hil replay trace.jsonl --until 12.348s              look around there
  echo 'tail uart0' | deno task hil replay trace.jsonl --until '#4711'
  deno task hil replay trace.jsonl --scenario led2.scenario.ts  another body against the recording
  deno task hil replay trace.jsonl --use board=lab              what was recorded, on a real board`;
}
