/** What `hil export --help` prints. */
import { EXPORT_OPTIONS } from "./export.ts";
import { optionLines } from "./option_lines.ts";

export function exportHelp(): string {
  return `hil export: what a trace holds, for the tools of the trade

Usage
  deno task hil export TRACE --FORMAT FILE [--FORMAT FILE …] [options]

  TRACE is the path of a trace.jsonl under reports/runs/. A FILE that is "-" is standard output.
  Traces of any length are exported in little memory, and what was cut off as far as it goes.

Options
${optionLines(EXPORT_OPTIONS)}

What is in them
  --vcd            an edge is a wire; any other signal, and each piece of a console, a string
  --pcapng         signals with a frame: an interface for each channel, nanoseconds
  --perfetto       steps as slices; calls, and requests from beginning to end, as slices that may
                   overlap; edges and measurements as counters; lines, expectations and logs as
                   instants. A process for each clock. Open it at ui.perfetto.dev, or in speedscope
  --dm-log-writes  the writes and flushes of a simulated drive that were done and good, in order; a
                   step is the marks "begin NAME" and "end NAME". What is no block of one stamp is
                   in the trace where the scenario asks for it: diskCache({ disk: { log: true } })
  --log            columns with tabs between: seconds (and @CLOCK), channel, direction or kind,
                   text. A line of a console has the time of its end

Exit codes
  0    done; damage of the trace is told, and what is intact exported
  2    wrong usage, no trace, a file that cannot be written, or writes without data

Examples
  deno task hil export TRACE --vcd led.vcd --channel 'GPIO 55'    a pin in GTKWave
  deno task hil export TRACE --pcapng lan.pcapng                  packets in Wireshark
  deno task hil export TRACE --perfetto run.json                  where the time went
  deno task hil export TRACE --log - | grep -P '\\tuart0\\trx\\t'    what a console said
  deno task hil export TRACE --dm-log-writes disk.log --drive 0   for replay-log --end-mark`;
}
