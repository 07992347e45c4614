/** The options of `hil console`. */
import { parse } from "yaml";
import { type OptionTable, UsageError } from "./command_line.ts";
import { text, whole } from "./values.ts";

export const CONSOLE_OPTIONS = {
  bench: {
    value: "FILE",
    help: "the bench with the target; default fixtures/benches/emulated.yaml",
    parse: text,
  },
  record: {
    value: "FILE",
    help: "the session becomes FILE.scenario.ts, with its trace FILE.jsonl beside it",
    parse: text,
  },
  options: {
    value: "YAML",
    help: "what a scenario's need would ask for: '{ emmc: { uboot: bookworm } }'",
    parse: optionsOf,
  },
  lines: { help: "a line is a command whose answer is awaited, for shells with checked lines" },
  off: { help: "leaves the power as it is; default: it is given at the beginning" },
  seed: {
    value: "N",
    help: "the seed of all chance; default: a new one",
    parse: whole("seed", 0, Number.MAX_SAFE_INTEGER),
  },
} as const satisfies OptionTable;

/** @throws UsageError */
function optionsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const options: unknown = parse(text);
    if (typeof options === "object" && options !== null && !Array.isArray(options)) {
      return options as Record<string, unknown>;
    }
  } catch { /* Told below. */ }
  throw new UsageError(
    `Cannot use the options "${text}": they are no YAML of names and values; ` +
      `write for example '{ entries: 4 }'`,
  );
}
