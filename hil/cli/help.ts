/** What `hil --help` and `hil --version` print. */
import { completionsHelp } from "./completions.ts";
import { consoleHelp } from "./console_help.ts";
import { diffHelp } from "./diff_help.ts";
import { DOCTOR_OPTIONS } from "./doctor.ts";
import { exportHelp } from "./export_help.ts";
import { optionLines } from "./option_lines.ts";
import { REPORT_OPTIONS } from "./report.ts";
import { historyHelp } from "./history_help.ts";
import { importHelp } from "./import_help.ts";
import { nightlyHelp } from "./nightly_help.ts";
import { redactHelp } from "./redact_help.ts";
import { replayHelp } from "./replay_help.ts";
import { RUN_OPTIONS } from "./run_options.ts";
import { shrinkHelp } from "./shrink_help.ts";

const VERSION = "0.1.0";

export function version(): string {
  return `hil ${VERSION} (Deno ${Deno.version.deno})`;
}

/** The page of a command, or, of anything else, the page of `hil` itself. */
export function help(command: string): string {
  return (PAGES[command] ?? runHelp)();
}

/** What exit codes mean; scripts and CI rely on them. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, "all scenarios passed (some may have been skipped)"],
  [1, "a scenario failed or was flaky, or a scenario file could not be loaded"],
  [2, "wrong usage or a wrong bench file; nothing was run"],
  [3, "a scenario was skipped and --require-all was given"],
  [130, "interrupted; the reports are written nevertheless"],
];

function runHelp(): string {
  return `hil: runs scenarios on simulated, emulated and real targets

Usage
  deno task hil [FILE…] [options]       run scenarios; FILE is a file or folder, default scenarios/
  deno task hil doctor [--install]      what this machine has and what is missing
  deno task hil export TRACE --vcd FILE a trace for other tools: waveforms, packets, slices, text …
  deno task hil report [RUN] [--open]   the HTML report of a run; --serve: on localhost
  deno task hil history [SCENARIO…]     rates, flakes, durations and measurements over many runs
  deno task hil diff [GREEN] RED        where two traces of a scenario part, and whose doing it is
  deno task hil replay TRACE            a recorded scenario again, up to any moment of it
  deno task hil import FILE             a trace from FILE.pcapng, or from the log of a serial line
  deno task nightly --bench FILE        everything, again and again, until the time is over
  deno task hil shrink TRACE            the smallest scenario that fails as that one did
  deno task hil console TARGET          a target's console by hand; --record makes a scenario of it
  deno task hil redact TRACE            a copy without passwords, tokens and addresses
  deno task hil completions SHELL       makes bash, zsh or fish complete all this
  deno task hil --help | --version

Options
${optionLines(RUN_OPTIONS)}

Files
  reports/index.html          the HTML report of the latest run
  reports/junit.xml           its JUnit report
  reports/runs/RUN/…          a trace and attachments for each scenario

Exit codes
${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padEnd(5)}${meaning}`).join("\n")}

Examples
  deno task hil                                        all scenarios on the default bench
  deno task hil --use diskcache=model,qemu             on the model and on the guest in QEMU
  deno task hil --use pbx=capture:flood.pcapng         on what a file has: the target's argument
  deno task hil scenarios/diskcache --grep eviction    a few of them
  deno task hil --last-failed --seed 7                 again, with the same chance
  deno task hil --ui                                   looked at in the browser while it goes on
  deno task hil --list --shard 1/4                     what the first of four machines would run
  deno task hil --require-all --retries 2 --timeout 30min --junit out.xml      in CI`;
}

function doctorHelp(): string {
  return `hil doctor: what this machine has of the programs that the bench's targets and the tests need

Usage
  deno task hil doctor [options]

Options
${optionLines(DOCTOR_OPTIONS)}

Exit codes
  0    nothing is missing (now)
  1    something is missing; the command that gets it is printed
  2    wrong usage or a wrong bench file

Examples
  deno task hil doctor                        what there is, and what is missing
  deno task hil doctor --install              gets what is missing
  deno task hil doctor --bench lab.yaml       of another bench`;
}

function reportHelp(): string {
  return `hil report: the HTML report of a run, one file that any browser opens

Usage
  deno task hil report [RUN] [options]   RUN: a folder of reports/runs/; default: the last one

Options
${optionLines(REPORT_OPTIONS)}

Files
  reports/index.html            the report of the latest run
  reports/runs/RUN/index.html   that of a run that was named

Exit codes
  0    written
  1    written, but no browser was found to open it
  2    wrong usage, no such run, or a report that cannot be written

Examples
  deno task hil report --open                          the latest run, in the browser
  deno task hil report 20261125-104755                 an older one, into its folder
  deno task hil report --serve                         for a browser that opens no files; by SSH too
  deno task hil --ui                                   the same page while the run goes on`;
}

const PAGES: Readonly<Record<string, () => string>> = {
  completions: completionsHelp,
  console: consoleHelp,
  diff: diffHelp,
  doctor: doctorHelp,
  export: exportHelp,
  history: historyHelp,
  import: importHelp,
  nightly: nightlyHelp,
  redact: redactHelp,
  replay: replayHelp,
  report: reportHelp,
  shrink: shrinkHelp,
};
