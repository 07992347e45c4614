/**
 * The command `hil` (`deno task hil`): one file a command, imported when it is asked for. Exit
 * codes are a contract: see {@link EXIT_CODES}.
 */
import { UsageError } from "./command_line.ts";
import { COMMANDS } from "./commands.ts";
import { OutputError, print, printError } from "./output.ts";
import { typedPath } from "./paths.ts";

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
  await checkCommand(first);
  const entry = Object.hasOwn(COMMANDS, first) ? COMMANDS[first]! : undefined;
  if (!entry) return await (await import("./run.ts")).run(args);
  const command = await entry.load(), rest = args.slice(1);
  if (!entry.reads) return await command(rest);
  return await (await import("./reading.ts")).whileReading(rest, () => command(rest));
}

/**
 * Whoever mistypes a command is not to be told of a file that is not there.
 *
 * @throws UsageError
 */
async function checkCommand(first: string): Promise<void> {
  if (!/^[a-z]+$/.test(first) || Object.hasOwn(COMMANDS, first)) return;
  const { nearest } = await import("../bench/mod.ts");
  const near = nearest(first, Object.keys(COMMANDS));
  if (near === undefined || await Deno.stat(typedPath(first)).then(() => true, () => false)) return;
  throw new UsageError(
    `Cannot run "${first}": there is no such command, file or folder; did you mean "${near}"?`,
  );
}

/** What the user can mend; undefined for what only we can. */
function messageOf(error: unknown): string | undefined {
  if (error instanceof UsageError || error instanceof OutputError) return error.message;
  if (!(error instanceof Deno.errors.NotCapable)) return undefined;
  // A file of /dev or /proc.
  const [, path] = error.message.match(/^Requires all access to "(.*)", /) ?? [];
  return path &&
    `Cannot use "${path}": Deno keeps it from programs that have not all rights; give another`;
}

try {
  Deno.exitCode = await main(Deno.args);
} catch (error) {
  const message = messageOf(error);
  if (message === undefined) throw error;
  printError(`hil: ${message}`);
  const command = Object.hasOwn(COMMANDS, Deno.args[0] ?? "") ? ` ${Deno.args[0]}` : "";
  if (!(error instanceof OutputError)) printError(`See "deno task hil${command} --help"`);
  Deno.exitCode = 2;
}
