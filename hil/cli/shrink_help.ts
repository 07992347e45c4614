/** What `hil shrink --help` prints. */
import { optionLines } from "./option_lines.ts";
import { SHRINK_OPTIONS } from "./shrink_options.ts";

export function shrinkHelp(): string {
  return `hil shrink: the smallest scenario that fails as a recorded one did, as TypeScript

Usage
  deno task hil shrink TRACE [options]   TRACE: the trace.jsonl of a scenario that failed

  Calls are left out with all that depends on them, what was at once is done one after the other,
  waits and arguments get shorter, as long as what is left fails in the same way. It runs on
  simulated targets, again and again, with the seed of the trace; where runs are deterministic and
  quick, with other seeds too, and with one call in the place of another. What is left is run as a
  scenario at the end. Ctrl-C ends the search; the best so far is kept.

Options
${optionLines(SHRINK_OPTIONS)}

What counts as the same failure
  a call that throws the same, or a target that fails in the same way: panics, dies
  what the target's oracle finds broken: of the disk cache its promises, P1 to P8
  with --against: a call that gives something else than on the other target
  What a scenario alone had expected is not looked for: it was right after all of its calls, and
  after fewer of them another value can be right.

Exit codes
  0    a smaller scenario, which fails in the same way when it is run
  1    it does not fail when it is done again, or not as a scenario
  2    wrong usage, no trace, or a trace without calls
  130  interrupted; the best so far is written

Examples
  deno task hil shrink reports/runs/…/trace.jsonl -o scenarios/diskcache/lost.scenario.ts
  deno task hil shrink trace.jsonl --use diskcache=model --time 60s     recorded on the guest
  deno task hil shrink trace.jsonl --against board=lab                  what another does otherwise`;
}
