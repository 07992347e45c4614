/** `hil shrink`: the smallest scenario that fails as a recorded one did. */
import { basename, dirname } from "node:path";
import { BenchError, loadBench } from "../bench/mod.ts";
import { CHANNEL, ProgramError, readProgram } from "../replay/program/mod.ts";
import type { Program } from "../replay/program/mod.ts";
import { clearStale, INTERRUPTED, onInterrupt, RunFolder } from "../runner/mod.ts";
import { readTrace, type Trace, TraceReadError } from "../trace/mod.ts";
import { type CommandLine, parseCommandLine, UsageError } from "./command_line.ts";
import { print, printError } from "./output.ts";
import { DEFAULT_BENCH, shownPath, typedPath } from "./paths.ts";
import { SHRINK_OPTIONS } from "./shrink_options.ts";
import { search, type SearchOptions } from "./shrink_search.ts";
import { verify } from "./shrink_verify.ts";
import { oneTrace } from "./trace_operand.ts";

type ShrinkLine = CommandLine<typeof SHRINK_OPTIONS>;

/**
 * @returns the exit code: 0 a smaller scenario that fails, 1 it does not fail again, 2 wrong usage,
 *   130 interrupted, with the best so far
 * @throws UsageError
 */
export async function shrink(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args.map((arg) => arg === "-o" ? "--out" : arg), SHRINK_OPTIONS);
  const { out } = line.values;
  if (out !== undefined && !out.endsWith(".scenario.ts")) {
    throw new UsageError(
      `Cannot write the scenario to "${out}": the name of a scenario file ends with ` +
        `.scenario.ts; write for example -o scenarios/small.scenario.ts`,
    );
  }
  try {
    const path = await oneTrace("shrink", line.operands);
    const trace = await readTrace(path);
    const program = await readProgram(trace);
    checkProgram(program, trace);
    return await shrinkProgram(program, path, line);
  } catch (error) {
    const known = [TraceReadError, ProgramError, BenchError];
    if (!known.some((type) => error instanceof type)) throw error;
    printError(`hil: ${(error as Error).message}`);
    return 2;
  }
}

/** An interrupt ends the search from here on, and keeps what it has found. */
async function shrinkProgram(program: Program, path: string, line: ShrinkLine): Promise<number> {
  const bench = await loadBench(...benchOf(line.values.bench));
  clearStale();
  const folder = RunFolder.create();
  const abort = new AbortController();
  const deaf = onInterrupt({
    onFirst: () => abort.abort(),
    onSecond: () => folder.remove(),
  });
  try {
    const code = await shrinkIn(path, line, {
      ...{ ...line.values, bench, program, folder: folder.path, traceDir: dirname(path) },
      ...{ interrupt: abort.signal, use: line.values.use ?? [] },
    });
    folder.remove();
    // What a target keeps for the next one, a pool of machines, would keep this process too.
    Deno.exit(code);
  } finally {
    deaf();
    folder.remove();
  }
}

async function shrinkIn(
  path: string,
  { values }: ShrinkLine,
  options: SearchOptions,
): Promise<number> {
  const { folder, interrupt } = options;
  const found = await search(options);
  if (!found) return interrupt.aborted ? INTERRUPTED : 1;
  const to = values.out === undefined ? undefined : typedPath(values.out);
  const scenario = to ?? `${folder}/${basename(path).replace(/\W.*/, "") || "small"}.scenario.ts`;
  await Deno.writeTextFile(scenario, found.text);
  if (to === undefined) print(found.text.trimEnd());
  else printError(`hil: ${found.script.actions.length} calls: ${shownPath(to)}`);
  if (interrupt.aborted) {
    printError("hil: interrupted: this is the best so far, and was not run as a scenario yet");
    return INTERRUPTED;
  }
  return await verify(scenario, found, options) ? 0 : 1;
}

function benchOf(bench: string | undefined): [path: string, shown: string] {
  const path = bench === undefined ? DEFAULT_BENCH : typedPath(bench);
  return [path, shownPath(path)];
}

/** @throws UsageError when nothing of it can be left out, or it did not fail */
function checkProgram({ stimuli, failure, header }: Program, { path, cutOff }: Trace): void {
  const shown = shownPath(path);
  if (stimuli.some(({ on }) => on.startsWith(CHANNEL))) {
    throw new UsageError(
      `Cannot shrink "${shown}": it has no calls (its version is ${header.trace}), only what was ` +
        `sent; run the scenario again to record them`,
    );
  }
  if (!failure) {
    const why = cutOff ? "it is cut off before the failure" : "its scenario did not fail";
    throw new UsageError(`Cannot shrink "${shown}": ${why}; give one that did`);
  }
}
