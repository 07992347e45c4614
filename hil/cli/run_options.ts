/** The options of `hil`: the table, and what the runner is told. */
import { type Bench, BenchError, suggestion, targetName, targetNamed } from "../bench/mod.ts";
import type { RunOptions } from "../runner/mod.ts";
import { randomSeed } from "../time/chance.ts";
import { type CommandLine, type OptionTable, UsageError } from "./command_line.ts";
import { ROOT, shownPath, typedPath } from "./paths.ts";
import { duration, regExp, shard, text, type Use, use, whole } from "./values.ts";

export const RUN_OPTIONS = {
  grep: { value: "RE", help: "run scenarios whose name or @tag matches", parse: regExp },
  bench: {
    value: "FILE",
    help: "the bench to run on; default fixtures/benches/emulated.yaml",
    parse: text,
  },
  use: {
    value: "ROLE=TARGET[:ARGUMENT]",
    help: "the target that plays a role; scenarios run on each of TARGET,TARGET",
    parse: use,
    several: true,
  },
  jobs: {
    value: "N",
    help: "scenarios that run at once; default: the processors of this machine",
    parse: whole("number of jobs", 1, 256),
  },
  seed: {
    value: "N",
    help: "the seed of all chance; default: a new one, which is printed",
    parse: whole("seed", 0, Number.MAX_SAFE_INTEGER),
  },
  repeat: {
    value: "N",
    help: "run each scenario N times, each time with a seed of its own",
    parse: whole("number of repeats", 1, 100_000),
  },
  retries: {
    value: "N",
    help: "try a failed scenario up to N times more; flaky if it passes then",
    parse: whole("number of retries", 0, 100),
  },
  "last-failed": { help: "run those that did not pass when they last ran" },
  shard: { value: "I/N", help: "run part I of N parts, chosen by name", parse: shard },
  "fail-fast": { help: "begin no scenario after one has failed" },
  list: { help: "print what would run, a line each, and run nothing" },
  "require-all": { help: "exit with 3 when a scenario was skipped" },
  quarantine: {
    value: "FILE",
    help: "known failures, which fail no run; default fixtures/quarantine.yaml",
    parse: text,
  },
  timeout: {
    value: "DURATION",
    help: "longest time of the whole run: 90s, 5min, 2h",
    parse: duration,
  },
  ui: { help: "show the report in a browser while the run goes on" },
  "ui-port": {
    value: "N",
    help: "the port of --ui on localhost; default: one that is free",
    parse: whole("port", 1, 65_535),
  },
  "ui-stay": { help: "keep --ui until Ctrl+C; default where there is a terminal" },
  quiet: { help: "print FILE:LINE: error: … for each failure, and one line at the end" },
  json: { help: "print what happens as JSON, an object a line" },
  junit: { value: "FILE", help: "the JUnit report; default junit.xml in --reports", parse: text },
  reports: { value: "DIR", help: "where the run leaves its files; default reports", parse: text },
} as const satisfies OptionTable;

export type RunLine = CommandLine<typeof RUN_OPTIONS>;

/** Where the files of a run go, whatever else is wrong. */
export function reportPaths({ values }: RunLine): { reports: string; junit: string } {
  const reports = values.reports === undefined ? `${ROOT}/reports` : typedPath(values.reports);
  return { reports, junit: values.junit ? typedPath(values.junit) : `${reports}/junit.xml` };
}

/** What the runner is told, but for reporters and set-up. */
export function runOptions(
  line: RunLine,
  bench: Bench,
  argv: readonly string[],
): Omit<RunOptions, "reporters" | "install"> {
  const { values, operands } = line;
  return {
    root: ROOT,
    files: operands.map((file) => shownPath(typedPath(file))),
    bench,
    use: checkUse(values.use ?? [], bench),
    grep: values.grep,
    jobs: values.jobs ?? navigator.hardwareConcurrency,
    seed: values.seed ?? randomSeed(),
    seedIsDrawn: values.seed === undefined,
    repeat: values.repeat ?? 1,
    retries: values.retries ?? 0,
    lastFailed: values["last-failed"],
    shard: values.shard,
    failFast: values["fail-fast"],
    requireAll: values["require-all"],
    timeout: values.timeout,
    argv,
    ...reportPaths(line),
  };
}

/**
 * The targets that `--use` chose, by role.
 *
 * @throws UsageError when a role is there twice
 * @throws BenchError when the bench has no such role or target
 */
export function checkUse(
  uses: readonly Use[],
  bench: Bench,
): ReadonlyMap<string, readonly string[]> {
  const chosen = new Map<string, readonly string[]>();
  const problems: string[] = [];
  for (const { role, targets } of uses) {
    if (chosen.has(role)) {
      throw new UsageError(
        `Cannot use the role "${role}" twice: one --use is enough; ` +
          `write --use ${role}=${[...new Set([...chosen.get(role)!, ...targets])].join(",")}`,
      );
    }
    chosen.set(role, targets);
    const known = bench.roles.get(role);
    if (!known) {
      const what = `--use ${role}=…: there is no role "${role}"`;
      problems.push(`${what}; ${suggestion(role, bench.roles.keys())}`);
    }
    for (const named of targets.filter((target) => known && !targetNamed(known, target))) {
      const target = targetName(named);
      const what = `--use ${role}=${named}: the role "${role}" has no target "${target}"`;
      problems.push(`${what}; ${suggestion(target, known!.targets.keys())}`);
    }
  }
  if (problems.length > 0) {
    throw new BenchError(shownPath(bench.file), problems.map((message) => ({ message })));
  }
  return chosen;
}
