/** `hil doctor`: what this machine has, what is missing, and the command that gets it. */
import { type Availability, BenchError, loadBench, type Tool } from "../bench/mod.ts";
import { type OptionTable, parseCommandLine, UsageError } from "./command_line.ts";
import { installCommand, InstallError, packagesOf, setUp } from "./install.ts";
import { print, printError } from "./output.ts";
import { DEFAULT_BENCH, shownPath, typedPath } from "./paths.ts";
import { progressView } from "./progress.ts";
import {
  BENCH_TOOLS,
  findTool,
  type LoadedTarget,
  loadTargets,
  missingTools,
  TEST_TOOLS,
  toolsOf,
  uniqueTools,
} from "./tools.ts";

export const DOCTOR_OPTIONS = {
  install: { help: "install what is missing" },
  bench: {
    value: "FILE",
    help: "the bench whose targets count; default fixtures/benches/emulated.yaml",
    parse: (text: string) => text,
  },
} as const satisfies OptionTable;

/**
 * @returns the exit code: 1 when something is missing
 * @throws UsageError
 */
export async function doctor(args: readonly string[]): Promise<number> {
  const { values, operands } = parseCommandLine(args, DOCTOR_OPTIONS);
  if (operands.length > 0) {
    throw new UsageError(`Cannot use "${operands[0]}": doctor takes no files; leave it out`);
  }
  const file = values.bench === undefined ? DEFAULT_BENCH : typedPath(values.bench);
  try {
    const bench = await loadBench(file, shownPath(file));
    const targets = await loadTargets(bench);
    const tools = uniqueTools([...toolsOf(targets), ...TEST_TOOLS, ...BENCH_TOOLS]);
    if (values.install) await installMissing(tools);
    const missing = report(tools);
    print(`\nTargets of the bench ${bench.name} (${shownPath(bench.file)})`);
    for (const target of targets) print(`  ${await targetLine(target)}`);
    if (missing.length > 0) printRemedy(missing);
    return missing.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    printError(`hil: ${error.message}`);
    return 2;
  }
}

async function installMissing(tools: readonly Tool[]): Promise<void> {
  const view = progressView();
  try {
    await setUp(tools, view.show);
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    view.clear();
    printError(`hil: ${error.message}`);
  } finally {
    view.clear();
  }
}

/** Prints the table of tools. @returns those that are missing */
function report(tools: readonly Tool[]): Tool[] {
  const width = Math.max(0, ...tools.map(({ command }) => shownCommand(command).length));
  print(`Programs (Deno ${Deno.version.deno})`);
  for (const { command, debianPackage, purpose } of tools) {
    const found = findTool(command);
    const where = found ?? `Debian package ${debianPackage}`;
    print(
      `  ${found ? "ok     " : "missing"}  ${
        shownCommand(command).padEnd(width)
      }  ${purpose}: ${where}`,
    );
  }
  return missingTools(tools);
}

/** A file by its last two names: "pexpect/__init__.py". */
function shownCommand(command: string): string {
  return command.split("/").slice(-2).join("/");
}

async function targetLine(loaded: LoadedTarget): Promise<string> {
  const { role, name, options } = loaded.target;
  const head = `${role}=${name}`;
  if ("error" in loaded) return `broken   ${head}: ${loaded.error.message}`;
  const { module } = loaded;
  if (module.argument !== undefined && options.argument === undefined) {
    return `ok       ${head}:${module.argument}, ${module.title}`;
  }
  let availability: Availability;
  try {
    availability = await module.availability(options);
  } catch (error) {
    return `broken   ${head}: its availability cannot be asked for: ${(error as Error).message}`;
  }
  if (!availability.ok) {
    return `missing  ${head}, ${module.title}: ${availability.reason}; ${availability.remedy}`;
  }
  const versions = Object.entries(availability.versions ?? {})
    .map(([what, version]) => `${what} ${version}`).join(", ");
  return `ok       ${head}, ${module.title}${versions ? ` (${versions})` : ""}`;
}

function printRemedy(missing: readonly Tool[]): void {
  const many = missing.length === 1 ? "1 program is" : `${missing.length} programs are`;
  print(`\n${many} missing. To get what is missing:`);
  print(`  deno task hil doctor --install`);
  print(`or`);
  print(`  ${installCommand(packagesOf(missing))}`);
}
