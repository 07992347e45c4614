/** What `hil console --help` prints. */
import { CONSOLE_OPTIONS } from "./console_options.ts";
import { optionLines } from "./option_lines.ts";

export function consoleHelp(): string {
  return `hil console: a target's console on this terminal, and a scenario of what was done there

Usage
  deno task hil console TARGET [options]   TARGET: a role, "board", or ROLE=TARGET, "board=sim"

Options
${optionLines(CONSOLE_OPTIONS)}

Keys, after Ctrl-]
  q  leaves              h  help             Ctrl-]  types Ctrl-]
  p  power on            o  power off        x  pulls the plug       r  reset
  l  lines: each is a command whose answer is awaited; again: keys go through

  On a pipe a line is sent when the target has been quiet for 700 ms; its end leaves.

Recording
  What is typed is written, what was seen before the next line is waited for, with three times the
  time that it took; with --lines a command is run and its answer expected. Numbers may differ.

Exit codes
  0    left
  1    the target failed: it died, or said what it must not
  2    wrong usage, or a target that cannot be had
  130  interrupted

Examples
  deno task hil console board --options '{ emmc: { uboot: bookworm } }'
  deno task hil console diskcache=qemu --lines --record scenarios/by_hand
  echo version | deno task hil console board=sim --options '{ emmc: { uboot: bookworm } }'`;
}
