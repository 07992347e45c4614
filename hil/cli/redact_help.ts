/** What `hil redact --help` prints. */
import { SECRETS } from "../replay/mod.ts";
import { optionLines } from "./option_lines.ts";
import { REDACT_OPTIONS } from "./redact.ts";

export function redactHelp(): string {
  return `hil redact: a copy of a trace without passwords, tokens and addresses

Usage
  deno task hil redact TRACE [options]

Options
${optionLines(REDACT_OPTIONS)}

  Each value has one stand-in of its length and shape, also in packets, base64 and attachments.
  The original is never written. What Digest computes from a password does not fit any more, and a
  secret that two packets share is not found in them.

What is secret
${SECRETS.map(({ name, help }) => `  ${name.padEnd(10)} ${help}`).join("\n")}
  addresses  of networks; not loopback, multicast, and those for documentation

Own rules, of --rules FILE: a name, and a regular expression (its group "secret", or all of it)
  secrets:
    - name: serial number
      match: SN-\\d{8}

Exit codes
  0    done; damage of the trace is told, and what is intact is in the copy
  2    wrong usage, no trace, or a copy that cannot be made

Examples
  deno task hil redact reports/runs/…/trace.jsonl          a copy for somebody else
  deno task hil redact trace.jsonl --rules rules.yaml      secrets of your own, too`;
}
