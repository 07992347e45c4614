/** Command lines by a table: what options there are, what their values mean, and what is wrong. */
import { parseArgs } from "node:util";
import { suggestion } from "../bench/mod.ts";

/** One option; a flag when it has no `value`. */
export interface Option<T = unknown> {
  /** Placeholder of its value in the help: "FILE". */
  readonly value?: string;
  /** One sentence for the help, without a period. */
  readonly help: string;
  /** @throws UsageError */
  readonly parse?: (text: string) => T;
  /** May be given again and again; its values come in order. */
  readonly several?: boolean;
}

export type OptionTable = Readonly<Record<string, Option>>;

type ValueOf<O> = O extends { parse: (text: string) => infer T }
  ? (O extends { several: true } ? readonly T[] : T)
  : boolean;

/** What was given; an option that was not given is not there. */
export interface CommandLine<Table extends OptionTable> {
  readonly values: { readonly [Name in keyof Table]?: ValueOf<Table[Name]> };
  readonly operands: readonly string[];
}

/** Thrown when a command line cannot be understood; nothing is done then, and the exit code is 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Takes a command line apart. Of an option that is given twice, the last one counts.
 *
 * @throws UsageError
 * @example
 * ```ts ignore
 * const table = { jobs: { value: "N", help: "…", parse: Number }, list: { help: "…" } };
 * parseCommandLine(["--jobs", "2", "a.ts"], table); // { values: { jobs: 2 }, operands: ["a.ts"] }
 * ```
 */
export function parseCommandLine<Table extends OptionTable>(
  args: readonly string[],
  table: Table,
): CommandLine<Table> {
  const operands: string[] = [];
  const values = new Map<string, unknown>();
  for (const token of tokensOf(args, table)) {
    if (token.kind === "positional") operands.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (!option) throw new UsageError(unknownOption(token.rawName, Object.keys(table)));
    const value = option.parse ? option.parse(valueOf(token, option)) : flagOf(token);
    const before = values.get(token.name) as readonly unknown[] | undefined;
    values.set(token.name, option.several ? [...(before ?? []), value] : value);
  }
  return { values: Object.fromEntries(values) as CommandLine<Table>["values"], operands };
}

function tokensOf(args: readonly string[], table: OptionTable) {
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { parse }]) => [
      name,
      { type: parse ? "string" as const : "boolean" as const },
    ]),
  );
  // Not strict: its errors know neither our words nor what was meant.
  const parsed = parseArgs({ args: [...args], options, strict: false, tokens: true });
  return parsed.tokens;
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function valueOf({ rawName, value, inlineValue }: OptionToken, option: Option): string {
  const example = `${rawName} ${option.value}`;
  if (value === undefined || value === "") {
    throw new UsageError(`Cannot use the option "${rawName}": it has no value; write ${example}`);
  }
  if (!inlineValue && value.startsWith("-") && value !== "-") {
    throw new UsageError(
      `Cannot use the option "${rawName}": "${value}" after it looks like an option; ` +
        `write ${example}, or ${rawName}=${value} if that is the value`,
    );
  }
  return value;
}

function flagOf({ rawName, value }: OptionToken): true {
  if (value === undefined) return true;
  throw new UsageError(
    `Cannot use the option "${rawName}=${value}": it takes no value; write ${rawName}`,
  );
}

function unknownOption(rawName: string, names: readonly string[]): string {
  const typed = rawName.replace(/^-+/, "");
  const said = suggestion(typed, names).replaceAll(/"([^"]*)"/g, '"--$1"');
  return `Cannot use the option "${rawName}": there is no such option; ${said}`;
}
