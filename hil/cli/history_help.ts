/** What `hil history --help` prints. */
import { HISTORY_OPTIONS } from "./history_options.ts";
import { optionLines } from "./option_lines.ts";

export function historyHelp(): string {
  return `hil history: what many runs tell of each scenario on its targets

Usage
  deno task hil history [SCENARIO…] [options]

  SCENARIO is a part of a name or file, or with * a pattern of all of it; default: all scenarios.
  Of up to three scenarios all is told; of more, a line each:
    results     those that say something: neither skipped nor interrupted
    passed      the share that passed at once, and where the true one lies (Wilson, 95 %)
    flakes      a retry passed, or it failed where it has passed with the same commit and seed
    trend       of the time it takes, over what is shown (Theil and Sen), when that is sure at 99 %
    a strip     · passed, ✗ failed, ≈ flaky, ! interrupted, – skipped; the latest is the last

  A change is where values begin to be others, found by ranks and a permutation test (E-divisive),
  so that one odd value is none. "worse" took longer, or came nearer to a limit.

Options
${optionLines(HISTORY_OPTIONS)}

The quarantine file
  flakes: { budget: 2 %, of: 50 }        borne: 2 % of the latest 50 results
  removable-after: 20                    passes in a row, and an entry is told as removable
  quarantine:
    - scenario: a call is parked *       a name, file#name or file; * stands for any text
      targets: [pbx=asterisk16]          left out: on all targets
      owner: anna
      reason: the answer is lost now and then
      issue: "#12"
      expires: 2026-12-24                the last day, in UTC; from then on it fails again

Exit codes
  0    told
  1    with --check: flakes past the budget, an entry that is over, or a change for the worse
  2    wrong usage, or no history that can be read

Examples
  deno task hil history                                    a line for each scenario
  deno task hil history flood --since 30d                  those with "flood" in name or file
  deno task hil history --changes --limit 100              what has got slower, and since when
  deno task hil history --measurement 'interrupt *' --csv  values and limits for a spreadsheet
  deno task hil history --flaky --flake-budget 5%          who flakes how often
  deno task hil history --target pbx=asterisk22 --json     all of it for a program
  deno task hil history --check --since 7d                 in CI: exit 1 when there is trouble`;
}
