/**
 * `deno task bench`: the figures that the project promises, each beside a peer in the same run.
 * A figure that is not met is said, and fails nothing: these are measured on shared machines.
 */
import { parseCommandLine, UsageError } from "hil/cli/command_line.ts";
import { InstallError, setUp } from "hil/cli/install.ts";
import { print, printError } from "hil/cli/output.ts";
import { DEFAULT_BENCH, typedPath } from "hil/cli/paths.ts";
import { BENCH_TOOLS, loadTargets, TEST_TOOLS, toolsOf } from "hil/cli/tools.ts";
import { loadBench } from "hil/bench/mod.ts";
import { type Benchmark, type Figure, PeerMissing } from "./benchmark.ts";
import { asterisk } from "./asterisk.ts";
import { bbbBoard } from "./bbb_board.ts";
import { bbbCpu } from "./bbb_cpu.ts";
import { explore } from "./explore.ts";
import { framedCommand } from "./framed_command.ts";
import { history } from "./history.ts";
import { junit } from "./junit.ts";
import { lab } from "./lab.ts";
import { machines } from "./machines.ts";
import { matching } from "./matching.ts";
import { nbd } from "./nbd.ts";
import { proof } from "./proof.ts";
import { planted } from "./planted.ts";
import { qemuBoot } from "./qemu_boot.ts";
import { recording } from "./recording.ts";
import { replay } from "./replay.ts";
import { report } from "./report.ts";
import { runner } from "./runner.ts";
import { serial } from "./serial.ts";
import { shrink } from "./shrink.ts";
import { sipban } from "./sipban.ts";
import { sipbanCore } from "./sipban_core.ts";
import { table } from "./table.ts";
import { wasm } from "./wasm.ts";
import { websocket } from "./websocket.ts";

const BENCHMARKS: readonly Benchmark[] = [
  matching,
  framedCommand,
  recording,
  runner,
  report,
  replay,
  history,
  junit,
  qemuBoot,
  machines,
  nbd,
  proof,
  explore,
  wasm,
  planted,
  bbbCpu,
  bbbBoard,
  serial,
  websocket,
  sipbanCore,
  shrink,
  sipban,
  lab,
  asterisk,
];

const OPTIONS = {
  quick: { help: "fewer rounds and smaller sizes: a look, no figures to quote" },
  json: { value: "FILE", help: "write the figures to FILE too", parse: (text: string) => text },
  help: { help: "print this" },
} as const;

/** What `--json` writes of a benchmark. */
interface Outcome {
  readonly name: string;
  readonly conditions: string;
  readonly figures: readonly Figure[];
  readonly notes: readonly string[];
  readonly error?: string;
}

async function main(args: readonly string[]): Promise<number> {
  const { values, operands } = parseCommandLine(args, OPTIONS);
  if (values.help) {
    print(help());
    return 0;
  }
  const benchmarks = chosen(operands);
  await getTools();
  const outcomes: Outcome[] = [];
  for (const benchmark of benchmarks) {
    const outcome = await measured(benchmark, values.quick === true);
    outcomes.push(outcome);
    print(`${table(outcome.name, outcome.figures)}\n${outcome.conditions}`);
    for (const note of outcome.notes) print(note);
    if (outcome.error) print(outcome.error);
    print("");
  }
  if (values.json) {
    await Deno.writeTextFile(typedPath(values.json), `${JSON.stringify(outcomes, null, 2)}\n`);
  }
  const wanted = outcomes.flatMap(({ figures }) => figures.flatMap(({ wanted }) => wanted ?? []));
  const missed = wanted.filter(({ met }) => !met).length;
  print(`${wanted.length - missed} of ${wanted.length} wanted figures met`);
  return outcomes.some(({ error }) => error) ? 1 : 0;
}

/** Targets and peers; a peer that cannot be had is told by the benchmark that wants it. */
async function getTools(): Promise<void> {
  const targets = await loadTargets(await loadBench(DEFAULT_BENCH));
  try {
    await setUp([...toolsOf(targets), ...TEST_TOOLS, ...BENCH_TOOLS], printError);
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    printError(error.message);
  }
}

/** @throws UsageError */
function chosen(names: readonly string[]): readonly Benchmark[] {
  const unknown = names.find((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown !== undefined) {
    const there = BENCHMARKS.map(({ name }) => name).join(", ");
    throw new UsageError(
      `Cannot run the benchmark "${unknown}": there is no such; name one of ${there}`,
    );
  }
  return BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));
}

async function measured(benchmark: Benchmark, quick: boolean): Promise<Outcome> {
  const { name, conditions } = benchmark;
  const folder = await Deno.makeTempDir({ prefix: "hil-bench-" });
  const progress = (text: string) => printError(`${name}: ${text}`);
  const notes: string[] = [];
  const note = (text: string) => void notes.push(text);
  const interrupted = () => {
    Deno.removeSync(folder, { recursive: true });
    Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", interrupted);
  try {
    const figures = await benchmark.run({ quick, folder, progress, note });
    return { name, conditions, figures, notes };
  } catch (cause) {
    const error = cause instanceof PeerMissing ? cause.message : Deno.inspect(cause);
    return { name, conditions, figures: [], notes, error };
  } finally {
    Deno.removeSignalListener("SIGINT", interrupted);
    await Deno.remove(folder, { recursive: true });
  }
}

function help(): string {
  const options = Object.entries(OPTIONS).map(([name, option]) => [
    `--${name}${"value" in option ? ` ${option.value}` : ""}`,
    option.help,
  ]);
  const benchmarks = BENCHMARKS.map(({ name, title }) => [name, title]);
  const lines = (rows: string[][]) =>
    rows.map(([name, text]) => `  ${name!.padEnd(12)} ${text}`).join("\n");
  return `deno task bench [NAME…] [--quick] [--json FILE]

Benchmarks:
${lines(benchmarks)}

Options:
${lines(options)}

Exit codes: 0 measured, whether or not the wanted figures are met; 1 a benchmark broke; 2 wrong usage.`;
}

if (import.meta.main) {
  try {
    Deno.exitCode = await main(Deno.args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    printError(error.message);
    Deno.exitCode = 2;
  }
}
