/** `hil redact`: a copy of a trace that may be given away. */
import { RedactError, type Redaction, redactTrace, RulesError } from "../replay/mod.ts";
import { TraceReadError, TraceWriteError } from "../trace/mod.ts";
import { type OptionTable, parseCommandLine } from "./command_line.ts";
import { readRules } from "./diff.ts";
import { interruptible } from "./interruptible.ts";
import { print, printError } from "./output.ts";
import { shownPath, typedPath } from "./paths.ts";
import { oneTrace } from "./trace_operand.ts";
import { text } from "./values.ts";

export const REDACT_OPTIONS = {
  out: {
    value: "FOLDER",
    help: "where the copy goes (-o); default: the trace's folder with -redacted",
    parse: text,
  },
  rules: { value: "FILE", help: "own rules of what is secret (YAML)", parse: text },
  "keep-closed": {
    help: "copies pictures and compressed files too, which cannot be searched",
  },
  json: { help: "prints what was done for programs" },
} as const satisfies OptionTable;

/**
 * @returns the exit code: 2 when there is no copy
 * @throws UsageError
 */
export async function redact(args: readonly string[]): Promise<number> {
  const long = args.map((arg) => arg === "-o" ? "--out" : arg);
  const { values, operands } = parseCommandLine(long, REDACT_OPTIONS);
  try {
    const from = await oneTrace("redact", operands);
    const to = targetOf(from, values.out === undefined ? undefined : typedPath(values.out));
    const rules = (await readRules(values.rules, "secrets")).map((rule) => ({ ...rule, help: "" }));
    return await interruptible(async (signal) => {
      const keepClosed = values["keep-closed"];
      const done = await redactTrace(from, to, { rules, keepClosed, signal });
      for (const problem of done.problems) printError(`hil: ${shownPath(from)}: ${problem}`);
      if (values.json) print(JSON.stringify(toJson(done, to)));
      else tell(done, to);
      return 0;
    });
  } catch (error) {
    const known = [TraceReadError, TraceWriteError, RedactError, RulesError];
    if (!known.some((type) => error instanceof type)) throw error;
    printError(`hil: ${(error as Error).message}`);
    return 2;
  }
}

/** `…/led/trace.jsonl` to `…/led-redacted/trace.jsonl`; `…/a.jsonl` to `…/a-redacted/trace.jsonl`. */
function targetOf(from: string, out: string | undefined): string {
  if (out !== undefined) return out.endsWith(".jsonl") ? out : `${out}/trace.jsonl`;
  return `${from.replace(/\/trace\.jsonl$|\.jsonl$/, "")}-redacted/trace.jsonl`;
}

function tell({ events, counts, values, attachments }: Redaction, to: string): void {
  const list = [...counts].map(([rule, count]) => `${rule} ${count}`).join(", ");
  print(`${events} events: ${shownPath(to)}`);
  print(
    list
      ? `replaced ${values} ${values === 1 ? "value" : "values"}: ${list}`
      : "nothing was secret",
  );
  for (const { path, treatment } of attachments) {
    const advice = treatment === "left out"
      ? " (it cannot be searched; --keep-closed copies it)"
      : "";
    print(`${path}: ${treatment}${advice}`);
  }
}

function toJson({ events, counts, values, attachments, problems }: Redaction, trace: string) {
  return { trace, events, values, counts: Object.fromEntries(counts), attachments, problems };
}
