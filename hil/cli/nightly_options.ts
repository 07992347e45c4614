/** The options of `hil nightly`, and what they come to over those of the configuration. */
import {
  lengthOf,
  type NightConfig,
  type Notifier,
  notifierOf,
  sizeOf,
  webhookOf,
} from "../nightly/mod.ts";
import type { RunOptions } from "../runner/mod.ts";
import { randomSeed } from "../time/chance.ts";
import { type Duration, ms } from "../time/mod.ts";
import { type CommandLine, type OptionTable, UsageError } from "./command_line.ts";
import { ROOT, shownPath, typedPath } from "./paths.ts";
import { checkUse, RUN_OPTIONS } from "./run_options.ts";
import { regExp, text, use, whole } from "./values.ts";

const HOUR_MS = 3600e3;
const LONGEST_BUDGET_MS = 60 * 24 * HOUR_MS;

export const NIGHTLY_OPTIONS = {
  bench: {
    value: "FILE",
    help: "the bench to run on; must be given, here or in --config",
    parse: text,
  },
  config: {
    value: "FILE",
    help: "what is not given here, as fixtures/nightly.example.yaml has it",
    parse: text,
  },
  budget: {
    value: "TIME",
    help: "how long the night may take: 90min, 6h (the default), 2d",
    parse: (value: string) => asUsage(lengthOf)(value),
  },
  passes: {
    value: "N",
    help: "at most N passes; default: as many as there is time for",
    parse: whole("number of passes", 1, 1_000_000),
  },
  seed: {
    value: "N",
    help: "the seed of the first pass and, by it, of all; default: a new one",
    parse: whole("seed", 0, Number.MAX_SAFE_INTEGER),
  },
  grep: { value: "RE", help: "only scenarios whose name or @tag matches", parse: regExp },
  use: {
    value: "ROLE=TARGET[:ARGUMENT]",
    help: "the target that plays a role, as for a run",
    parse: use,
    several: true,
  },
  jobs: RUN_OPTIONS.jobs,
  retries: {
    value: "N",
    help: "try a failure N times more with its seed (then flaky); default 1",
    parse: whole("number of retries", 0, 100),
  },
  "keep-size": {
    value: "SIZE",
    help: "size of all recordings that are kept; default 10GiB",
    parse: (value: string) => asUsage(sizeOf)(value),
  },
  "keep-age": {
    value: "TIME",
    help: "age of recordings that are kept; default 30d",
    parse: (value: string) => asUsage(lengthOf)(value),
  },
  notify: {
    value: "COMMAND",
    help: 'a program that is told: PROGRAM, or ["PROGRAM", "ARGUMENT", …]',
    parse: commandOf,
    several: true,
  },
  webhook: {
    value: "URL",
    help: "where curl posts the summary to, as JSON",
    parse: urlOf,
    several: true,
  },
  quarantine: {
    value: "FILE",
    help: "known failures; default fixtures/quarantine.yaml",
    parse: text,
  },
  reports: { value: "DIR", help: "where the night leaves its files; default reports", parse: text },
  quiet: { help: "print what went wrong, and nothing else" },
} as const satisfies OptionTable;

export type NightlyLine = CommandLine<typeof NIGHTLY_OPTIONS>;

/** What the command line and the configuration come to. */
export interface NightSettings {
  readonly run: Omit<RunOptions, "reporters" | "install">;
  readonly budget: Duration;
  readonly passes?: number;
  readonly keepSizeBytes: number;
  readonly keepAgeMs: number;
  readonly notifiers: readonly Notifier[];
}

/** Absolute path of the bench. @throws UsageError */
export function benchPath({ values }: NightlyLine, config: NightConfig): string {
  if (values.bench !== undefined) return typedPath(values.bench);
  if (config.bench !== undefined) return config.bench;
  throw new UsageError(
    "Cannot begin a night: no bench is named; give --bench FILE, " +
      "or --config FILE with one, for example --bench fixtures/benches/emulated.yaml",
  );
}

/** @throws UsageError */
export function nightSettings(
  { values, operands }: NightlyLine,
  config: NightConfig,
  { bench, quarantine, argv }: Pick<RunOptions, "bench" | "quarantine" | "argv">,
): NightSettings {
  const reports = values.reports === undefined ? `${ROOT}/reports` : typedPath(values.reports);
  const files = operands.length > 0 ? operands.map(typedPath) : config.files ?? [];
  const grep = values.grep ?? (config.grep === undefined ? undefined : regExp(config.grep));
  const budgetMs = values.budget ?? config.budgetMs ?? 6 * HOUR_MS;
  if (budgetMs > LONGEST_BUDGET_MS) {
    throw new UsageError(
      "Cannot use a budget of more than 60 days: no night is as long; give less",
    );
  }
  return {
    run: {
      ...{ root: ROOT, files: files.map(shownPath), bench, quarantine, grep, reports, argv },
      use: checkUse(values.use ?? (config.use ?? []).map(use), bench),
      jobs: values.jobs ?? config.jobs ?? navigator.hardwareConcurrency,
      seed: values.seed ?? randomSeed(),
      repeat: 1,
      retries: values.retries ?? config.retries ?? 1,
      junit: `${reports}/junit.xml`,
    },
    budget: ms(budgetMs),
    passes: values.passes ?? config.passes,
    keepSizeBytes: values["keep-size"] ?? config.keepSizeBytes ?? 10 * 2 ** 30,
    keepAgeMs: values["keep-age"] ?? config.keepAgeMs ?? 30 * 24 * HOUR_MS,
    notifiers: [
      ...config.notify,
      ...(values.notify ?? []).map((command) => notifierOf(command)),
      ...(values.webhook ?? []).map(webhookOf),
    ],
  };
}

function asUsage<T>(parse: (text: string) => T): (text: string) => T {
  return (value) => {
    try {
      return parse(value);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
  };
}

/** "./tell" or '["mail", "-s", "{subject}", "me"]'. No shell looks at it, so no shell's quotes do. */
function commandOf(value: string): string[] {
  const located = ([program = "", ...args]: string[]) => [
    program.includes("/") ? typedPath(program) : program,
    ...args,
  ];
  if (!value.startsWith("[")) {
    if (!/\s/.test(value)) return located([value]);
    const words = JSON.stringify(value.split(/\s+/).filter((word) => word !== ""));
    throw new UsageError(
      `Cannot use "${value}" for --notify: a program with arguments is a list; write '${words}'`,
    );
  }
  try {
    const list = JSON.parse(value);
    const words = Array.isArray(list) && list.length > 0 &&
      list.every((word) => typeof word === "string" && !word.includes("\0")) && list[0] !== "";
    if (words) return located(list);
  } catch { /* Told below. */ }
  throw new UsageError(
    `Cannot use "${value}" for --notify: it is no list of texts in JSON; ` +
      `write for example '["mail", "-s", "{subject}", "lab@example.org"]'`,
  );
}

function urlOf(value: string): string {
  if (/^https?:$/.test(URL.parse(value)?.protocol ?? "")) return value;
  throw new UsageError(
    `Cannot use the webhook "${value}": it is no address; write http://… or https://…`,
  );
}
