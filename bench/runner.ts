/**
 * What the runner adds: the whole of `deno task hil` over 1,000 empty scenarios beside the whole
 * of `deno test` over as many empty tests, and how long after its start the first step begins.
 */
import { ROOT } from "hil/cli/paths.ts";
import { hostNow } from "hil/time/mod.ts";
import { readTrace } from "hil/trace/mod.ts";
import {
  alternate,
  atMost,
  type Benchmark,
  type BenchmarkContext,
  type Figure,
} from "./benchmark.ts";

const FILES = 10;
const EACH = 100;
const TOTAL = FILES * EACH;

export const runner: Benchmark = {
  name: "runner",
  title: "1,000 empty scenarios beside deno test, and the time to the first step",
  conditions: `Warm: one run of each, so modules are in Deno's cache and set-up is done. ` +
    `${FILES} files of ${EACH}; default options of both, but types are not checked by either.`,
  async run(context) {
    // Below the root, so that the import map holds for the files.
    await Deno.mkdir(`${ROOT}/.cache`, { recursive: true });
    const folder = await Deno.makeTempDir({ dir: `${ROOT}/.cache`, prefix: "bench-" });
    try {
      return [await emptyOnes(context, folder), await firstStep(context, folder)];
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
};

async function emptyOnes(
  { folder, quick, progress }: BenchmarkContext,
  below: string,
): Promise<Figure> {
  const numbers = [...Array(EACH).keys()];
  const scenarios = writeAll(below, "empty", ".scenario.ts", [
    'import { scenario } from "hil";',
    ...numbers.map((n) => `scenario("nothing ${n}", { uses: {} }, async () => {});`),
  ]);
  const tests = writeAll(folder, "empty", "_test.ts", [
    ...numbers.map((n) => `Deno.test("nothing ${n}", () => {});`),
  ]);
  const ours = () => timed(hilArgs(below, scenarios), `${TOTAL} passed`);
  const theirs = () => timed(["test", "--no-check", "--no-config", ...tests], `${TOTAL} passed`);
  progress(`${TOTAL} empty scenarios and tests, warms up`);
  await ours();
  await theirs();
  progress(`${TOTAL} empty scenarios and tests`);
  const times = await alternate(quick ? 1 : 5, { ours, theirs });
  const each = times.ours / TOTAL;
  return {
    what: "an empty scenario",
    unit: "ms",
    ours: each,
    peer: { name: "deno test", value: times.theirs / TOTAL },
    wanted: atMost(each, 2, "ms"),
  };
}

async function firstStep(
  { quick, progress }: BenchmarkContext,
  folder: string,
): Promise<Figure> {
  const say = "console.log(performance.timeOrigin + performance.now())";
  const files = writeAll(folder, "step", ".scenario.ts", [
    'import { scenario, step } from "hil";',
    `scenario("one step", { uses: {} }, () => step("the first", async () => ${say}));`,
  ], 1);
  const ours = async () => {
    const { began } = await finished(hilArgs(folder, files), "1 passed");
    return await loggedTime(`${folder}/reports`) - began;
  };
  const theirs = async () => {
    const { began, output } = await finished(["eval", say], "");
    return Number(output) - began;
  };
  progress("the first step");
  await ours();
  const times = await alternate(quick ? 3 : 11, { ours, theirs });
  return {
    what: "start of deno task hil to its first step",
    unit: "ms",
    ours: times.ours,
    peer: { name: "deno eval", value: times.theirs },
    wanted: atMost(times.ours, 150, "ms"),
  };
}

function hilArgs(folder: string, files: readonly string[]): string[] {
  const reports = `${folder}/reports`;
  return ["task", "--quiet", "hil", ...files, "--seed", "1", "--reports", reports];
}

/** Writes the same lines to several files; gives their paths. */
function writeAll(
  folder: string,
  name: string,
  ending: string,
  lines: readonly string[],
  count = FILES,
): string[] {
  return [...Array(count).keys()].map((n) => {
    const path = `${folder}/${name}${n}${ending}`;
    Deno.writeTextFileSync(path, `${lines.join("\n")}\n`);
    return path;
  });
}

/** Milliseconds that Deno takes with these arguments. */
async function timed(args: readonly string[], wanted: string): Promise<number> {
  const began = hostNow();
  await finished(args, wanted);
  return (hostNow() - began) / 1e6;
}

/**
 * Runs Deno to its good end; `began` is in milliseconds of the calendar.
 *
 * @throws Error when it fails, or what it prints does not have `wanted` in it
 */
async function finished(args: readonly string[], wanted: string) {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { INIT_CWD: ROOT, NO_COLOR: "1" },
    stdin: "null",
  });
  const began = calendarNow();
  const { success, stdout, stderr } = await command.output();
  const output = new TextDecoder().decode(stdout);
  if (success && output.includes(wanted)) return { began, output };
  throw new Error(`deno ${args.join(" ")} failed:\n${output}${new TextDecoder().decode(stderr)}`);
}

/** The clock that processes share, to the microsecond. */
function calendarNow(): number {
  // deno-lint-ignore house/no-host-time -- no clock of one process can be read in another
  return performance.timeOrigin + performance.now();
}

/** What the scenario of the last run logged: when its step began. */
async function loggedTime(reports: string): Promise<number> {
  const runs = [...Deno.readDirSync(`${reports}/runs`)].map(({ name }) => name).toSorted();
  for (const trace of tracesBelow(`${reports}/runs/${runs.at(-1)}`)) {
    for await (const event of await readTrace(trace)) {
      if (event.type === "log" && /^\d+\.\d+$/.test(event.text)) return Number(event.text);
    }
  }
  throw new Error(`no trace in ${reports} says when its step began`);
}

function* tracesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* tracesBelow(`${folder}/${name}`);
    else if (name === "trace.jsonl") yield `${folder}/${name}`;
  }
}
