/** What `hil diff --help` prints. */
import { NOISE } from "../replay/mod.ts";
import { DIFF_OPTIONS } from "./diff.ts";
import { optionLines } from "./option_lines.ts";

export function diffHelp(): string {
  const list = (optional: boolean) =>
    NOISE.filter((rule) => (rule.optional ?? false) === optional)
      .map(({ name, help }) => `  ${name.padEnd(10)} ${help}`).join("\n");
  return `hil diff: where two traces of one scenario part, and where the cause is likely to be

Usage
  deno task hil diff GREEN RED [options]   the first is taken for good
  deno task hil diff RED [options]         compared with the last run that passed

Options
${optionLines(DIFF_OPTIONS)}

Noise, which makes no difference (--keep RULE lets it count)
${list(false)}

Noise only with --ignore RULE
${list(true)}

Own rules, of --rules FILE: a name, and regular expressions for texts, fields or channels
  noise:
    - name: build number
      match: build \\d+
    - name: temperature
      channels: adc/.*

Exit codes
  0    no difference but noise
  1    there is a difference
  2    wrong usage, or no trace

Examples
  deno task hil diff reports/runs/…/trace.jsonl            against the last run of it that passed
  deno task hil diff green.jsonl red.jsonl --show 10       the first ten differences
  deno task hil diff a.jsonl b.jsonl --keep times --json   times count too; for programs`;
}
