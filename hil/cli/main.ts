/**
 * The command `hil` (`deno task hil`): one file a command, imported when it is asked for. Exit
 * codes are a contract: see {@link EXIT_CODES}.
 */
import { UsageError } from "./command_line.ts";
import { print, printError } from "./output.ts";

type Command = (args: readonly string[]) => number | Promise<number>;

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  diff: async () => (await import("./diff.ts")).diff,
  doctor: async () => (await import("./doctor.ts")).doctor,
  export: async () => (await import("./export.ts")).exportTrace,
  import: async () => (await import("./import.ts")).importFile,
  redact: async () => (await import("./redact.ts")).redact,
  report: async () => (await import("./report.ts")).report,
};

async function main(args: readonly string[]): Promise<number> {
  const [first = ""] = args;
  const untilOperands = args.slice(0, args.includes("--") ? args.indexOf("--") : args.length);
  if (untilOperands.includes("--help") || untilOperands.includes("-h")) {
    print((await import("./help.ts")).help(first));
    return 0;
  }
  if (untilOperands.includes("--version")) {
    print((await import("./help.ts")).version());
    return 0;
  }
  const command = Object.hasOwn(COMMANDS, first) ? await COMMANDS[first]!() : undefined;
  if (command) return await command(args.slice(1));
  return await (await import("./run.ts")).run(args);
}

try {
  Deno.exitCode = await main(Deno.args);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  printError(`hil: ${error.message}`);
  printError('See "deno task hil --help"');
  Deno.exitCode = 2;
}
