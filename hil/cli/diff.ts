/** `hil diff`: where two traces of one scenario part. */
import { parse } from "yaml";
import { nearest, suggestion } from "../bench/mod.ts";
import { describePayload } from "./diff_packets.ts";
import {
  diffJson,
  diffText,
  diffTraces,
  lastGreen,
  NOISE,
  type OwnRule,
  ownRules,
  type Paints,
  RulesError,
  type TraceDiff,
} from "../replay/mod.ts";
import { plainText } from "../report/mod.ts";
import { TraceReadError } from "../trace/mod.ts";
import {
  type CommandLine,
  type OptionTable,
  parseCommandLine,
  UsageError,
} from "./command_line.ts";
import { print, printError } from "./output.ts";
import { traceOf } from "./trace_operand.ts";
import { ROOT, shownPath, typedPath } from "./paths.ts";
import { text, whole } from "./values.ts";

export const DIFF_OPTIONS = {
  ignore: {
    value: "RULE",
    help: "takes this for noise as well; may be given again",
    parse: (name: string) => ruleName(name),
    several: true,
  },
  keep: {
    value: "RULE",
    help: "lets this count, which is noise otherwise; may be given again",
    parse: (name: string) => ruleName(name),
    several: true,
  },
  rules: { value: "FILE", help: "own rules of noise (YAML)", parse: text },
  context: {
    value: "N",
    help: "what is shown before and after the difference; default 3",
    parse: whole("context", 0, 50),
  },
  show: {
    value: "N",
    help: "differences that are shown; default 1",
    parse: whole("number of differences", 1, 10_000),
  },
  reports: { value: "DIR", help: "where the last green run is looked for", parse: text },
  json: { help: "prints the difference for programs" },
} as const satisfies OptionTable;

type DiffLine = CommandLine<typeof DIFF_OPTIONS>;

/**
 * @returns the exit code: 0 the same, 1 different, 2 when that cannot be told
 * @throws UsageError
 */
export async function diff(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args, DIFF_OPTIONS);
  const { values } = line;
  try {
    const [a, b] = await tracesOf(line);
    const rules = await readRules(values.rules, "noise");
    const found = await diffTraces(a, b, {
      ...values,
      rules: rules.map((rule) => ({ ...rule, help: "" })),
      describe: describePayload,
    });
    warn(found);
    if (values.json) print(JSON.stringify(diffJson(found, { context: values.context ?? 3 })));
    else printDiff(found, line, [a, b]);
    return found.same ? 0 : 1;
  } catch (error) {
    if (!(error instanceof TraceReadError) && !(error instanceof RulesError)) throw error;
    printError(`hil: ${error.message}`);
    return 2;
  }
}

function printDiff(found: TraceDiff, { values }: DiffLine, [a, b]: readonly [string, string]) {
  const { context = 3, show = 1 } = values;
  const names = { a: shownPath(a), b: shownPath(b) };
  print(diffText(found, { paints: paints(), context, show, plain, names }));
}

/** On one line, with escapes and whatever else a terminal would act upon taken out. */
function plain(text: string): string {
  return plainText(text).replaceAll("\n", " ⏎ ").replaceAll("\t", " ");
}

function paints(): Paints {
  const coloured = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR") &&
    Deno.env.get("TERM") !== "dumb";
  const sgr = (code: number) => (text: string) => coloured ? `\x1b[${code}m${text}\x1b[0m` : text;
  return { bold: sgr(1), dim: sgr(2), a: sgr(31), b: sgr(32) };
}

function warn({ a, b }: TraceDiff): void {
  for (const { path, problems } of [a, b]) {
    for (const message of problems) printError(`hil: ${shownPath(path)}: ${message}`);
  }
  const [one, other] = [a, b].map(({ header: { file, scenario } }) => `${file}: ${scenario}`);
  if (one !== other) {
    printError(`hil: these are traces of two scenarios: "${one}" and "${other}"`);
  }
}

/** The two traces: both typed, or the last green one and that typed. */
async function tracesOf({ operands, values }: DiffLine): Promise<[string, string]> {
  const [first, second, more] = operands;
  if (first === undefined || more !== undefined) {
    throw new UsageError(
      `Cannot compare ${operands.length} traces: give the paths of two, the good one first, or of ` +
        `one, for the last run of its scenario that passed`,
    );
  }
  if (second !== undefined) {
    return [await traceOf(typedPath(first)), await traceOf(typedPath(second))];
  }
  const red = await traceOf(typedPath(first));
  const reports = values.reports === undefined ? `${ROOT}/reports` : typedPath(values.reports);
  const green = await lastGreen(red, `${reports}/runs`);
  if (green !== undefined) return [green, red];
  throw new UsageError(
    `Cannot compare "${shownPath(red)}" with a green one: no other run of its scenario on its ` +
      `targets under ${shownPath(`${reports}/runs`)} has passed; give the path of one before it`,
  );
}

function ruleName(name: string): string {
  const names = NOISE.map(({ name }) => name);
  if (names.includes(name)) return name;
  const near = nearest(name, names) !== undefined ? "" : "; own rules are given by --rules FILE";
  throw new UsageError(
    `Cannot use the rule "${name}": there is no such rule; ${suggestion(name, names)}${near}`,
  );
}

/**
 * The rules of a file; none without a file.
 *
 * @throws RulesError
 */
export async function readRules(path: string | undefined, list: string): Promise<OwnRule[]> {
  if (path === undefined) return [];
  let document: unknown;
  try {
    document = parse(await Deno.readTextFile(typedPath(path)));
  } catch (error) {
    const missing = error instanceof Deno.errors.NotFound;
    // Of bad YAML the next lines show the place, after a colon.
    const why = (error as Error).message.split("\n", 1)[0]!.replace(/:$/, "");
    throw new RulesError(path, missing ? "there is no such file; give its path" : why);
  }
  return ownRules(document, { file: path, list, didYouMean: suggestion });
}
