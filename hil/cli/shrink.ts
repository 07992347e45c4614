/** `hil shrink`: the smallest scenario that fails as a recorded one did. */
import { basename, dirname } from "node:path";
import { BenchError, loadBench } from "../bench/mod.ts";
import { CHANNEL, ProgramError, readProgram } from "../replay/program/mod.ts";
import type { Program } from "../replay/program/mod.ts";
import { clearStale, INTERRUPTED, onInterrupt, RunFolder } from "../runner/mod.ts";
import { TraceReadError } from "../trace/mod.ts";
import { type CommandLine, parseCommandLine, UsageError } from "./command_line.ts";
import { print, printError } from "./output.ts";
import { DEFAULT_BENCH, shownPath, typedPath } from "./paths.ts";
import { SHRINK_OPTIONS } from "./shrink_options.ts";
import { search, type SearchOptions } from "./shrink_search.ts";
import { verify } from "./shrink_verify.ts";

type ShrinkLine = CommandLine<typeof SHRINK_OPTIONS>;

/**
 * @returns the exit code: 0 a smaller scenario that fails, 1 it does not fail again, 2 wrong usage,
 *   130 interrupted, with the best so far
 * @throws UsageError
 */
export async function shrink(args: readonly string[]): Promise<number> {
  const line = parseCommandLine(args.map((arg) => arg === "-o" ? "--out" : arg), SHRINK_OPTIONS);
  const [file, more] = line.operands;
  if (file === undefined || more !== undefined) {
    throw new UsageError(
      `Cannot shrink ${line.operands.length} traces: give the path of one trace.jsonl`,
    );
  }
  const { out } = line.values;
  if (out !== undefined && !out.endsWith(".scenario.ts")) {
    throw new UsageError(
      `Cannot write the scenario to "${out}": the name of a scenario file ends with ` +
        `.scenario.ts; write for example -o scenarios/small.scenario.ts`,
    );
  }
  clearStale();
  const folder = RunFolder.create();
  const abort = new AbortController();
  const deaf = onInterrupt({
    onFirst: () => abort.abort(),
    onSecond: () => folder.remove(),
  });
  try {
    const code = await shrinkIn(folder.path, typedPath(file), line, abort.signal);
    folder.remove();
    // What a target keeps for the next one, a pool of machines, would keep this process too.
    Deno.exit(code);
  } catch (error) {
    if (
      error instanceof TraceReadError || error instanceof ProgramError ||
      error instanceof BenchError
    ) {
      printError(`hil: ${error.message}`);
      return 2;
    }
    throw error;
  } finally {
    deaf();
    folder.remove();
  }
}

async function shrinkIn(
  folder: string,
  path: string,
  line: ShrinkLine,
  interrupt: AbortSignal,
): Promise<number> {
  const { values } = line;
  const program = await readProgram(path);
  checkProgram(program, path);
  const options: SearchOptions = {
    ...values,
    ...{ folder, program, traceDir: dirname(path), interrupt, use: values.use ?? [] },
    bench: await loadBench(...benchOf(values.bench)),
  };
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
function checkProgram({ stimuli, failure, header }: Program, path: string): void {
  const shown = shownPath(path);
  if (stimuli.some(({ on }) => on.startsWith(CHANNEL))) {
    throw new UsageError(
      `Cannot shrink "${shown}": it has no calls (its version is ${header.trace}), only what was ` +
        `sent; run the scenario again to record them`,
    );
  }
  if (!failure) {
    throw new UsageError(`Cannot shrink "${shown}": its scenario did not fail; give one that did`);
  }
}
