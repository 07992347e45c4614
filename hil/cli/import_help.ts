/** What `hil import --help` prints. */
import { LOG_FORMATS } from "../replay/mod.ts";
import { IMPORT_OPTIONS } from "./import.ts";
import { optionLines } from "./option_lines.ts";

export function importHelp(): string {
  return `hil import: a trace from a capture of packets, or from the plain log of a serial line

Usage
  deno task hil import FILE.pcapng [options]
  deno task hil import FILE.log [options]

Options
${optionLines(IMPORT_OPTIONS)}

Formats of times before the lines of a log
${LOG_FORMATS.map(({ name, help }) => `  ${name.padEnd(10)} ${help}`).join("\n")}
  none       picocom, plain logs: all lines at one instant

  Times count from the first line or packet. export and diff take the trace like any other.

Exit codes
  0    done; of a file that is cut off, what is there is in the trace
  2    wrong usage, or a file that is neither

Examples
  deno task hil import flood.pcapng                    a trace beside it
  deno task hil import boot.log --channel uart0        a log with times before its lines`;
}
