/** What `hil nightly --help` prints. */
import { NIGHT_EXIT_CODES, PLACEHOLDERS } from "../nightly/mod.ts";
import { NIGHTLY_OPTIONS } from "./nightly_options.ts";
import { optionLines } from "./option_lines.ts";

const MEANINGS: Readonly<Record<keyof typeof NIGHT_EXIT_CODES, string>> = {
  passed: "all that ran passed",
  failed: "a scenario failed or was flaky with some seed, or a report could not be written",
  usage: "wrong usage, a wrong configuration or bench file; nothing was run",
  nothing: "nothing ran: all was skipped",
  bench: "a target of the bench was dead, at first or later; nothing else is wrong",
  busy: "another night is on this bench",
  interrupted: "interrupted; the reports are written nevertheless",
};

export function nightlyHelp(): string {
  const codes = Object.entries(NIGHT_EXIT_CODES).map(([name, code]) =>
    `  ${String(code).padEnd(5)}${MEANINGS[name as keyof typeof NIGHT_EXIT_CODES]}`
  );
  return `hil nightly: everything on a bench, again and again, until the time is over

Usage
  deno task nightly --bench FILE [FILE…] [options]
  deno task nightly --config FILE [options]

Options
${optionLines(NIGHTLY_OPTIONS)}

What it does
  1. Asks each target: is it to be had, and is it well, if it can tell? What is dead is told as
     bench, not as product: its scenarios are skipped, with the evidence. Asked again before the
     next scenario when three in a row failed on it, and after a pass when two did.
  2. Runs everything once with the night's seed: what failed in the last nights first.
  3. Then again with new seeds, which follow from the night's: everything, and by turns what failed
     or was flaky, three seeds each. What cannot end within what is left is not begun.
  4. Keeps recordings (traces, attachments) of failures, and of the last pass of each scenario.
     Pruned by age and size: passes first, then the oldest failures, never a scenario's newest.
  5. Writes the summary, and gives it to the programs of --notify and of the configuration: on
     their standard input, and as files. What they do wrong is told and changes no verdict.

Notifying
  A program and its arguments, which no shell looks at. In arguments these are replaced:
  ${PLACEHOLDERS.slice(0, 2).join(" ")}, and the files ${PLACEHOLDERS.slice(2).join(" ")}.
  The same are in its environment: HIL_NIGHT_SUBJECT, HIL_NIGHT_EXIT_CODE, HIL_NIGHT_HTML, …

Files
  reports/nightly/summary.{txt,md,html}   the summary of the last night
  reports/nightly/junit.xml, night.json   its JUnit report, and all of it as data
  reports/nights/NIGHT/…                  the same of each night
  reports/nights/recordings/…             what is kept
  reports/runs/…, reports/index.html      the latest passes, as of any run

Exit codes
${codes.join("\n")}

Examples
  deno task nightly --bench fixtures/benches/lab.yaml
  deno task nightly --bench lab.yaml --budget 90min --use board=bbb scenarios/bbb
  deno task nightly --config fixtures/nightly.example.yaml --seed 7 --passes 1
  deno task nightly --bench lab.yaml --notify '["mail", "-s", "{subject}", "lab@example.org"]'
  deno task nightly --bench lab.yaml --webhook https://chat.example.org/hooks/1 --keep-size 50GiB

  A timer of systemd, and jobs for GitLab, GitHub and Jenkins: see ci/.`;
}
