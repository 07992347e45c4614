/** Power that a person switches: asks on the terminal. */
import { run, runWell } from "./_run.ts";
import { PowerError } from "./error.ts";
import { type Outlet, type Verb, verb } from "./outlet.ts";

export interface ManualConfig {
  /** What to switch, as the person knows it: "the board's 5 V supply". */
  readonly what: string;
  /** Path of the terminal. Default: this process's, or that of its parent. */
  readonly terminal?: string;
}

export function manual({ what, terminal }: ManualConfig): Outlet {
  return {
    name: what,
    switch: async (on, signal) => {
      const options = { name: what, doing: verb(on), signal };
      const path = terminal ?? await findTerminal(options);
      const question = `\r\nPlease ${verb(on)} ${what}, then press Enter: `;
      await runWell({ ...options, stdin: question }, ["tee", path]);
      // Deno itself opens what is in /dev only with --allow-all.
      const { code, stdout } = await run(options, ["head", "-n", "1", path]);
      if (signal.aborted || (code === 0 && stdout.endsWith("\n"))) return;
      throw new PowerError(what, verb(on), `nobody answers on ${path}; run it in a terminal`);
    },
  };
}

/** Scenarios run in sessions of their own, without a terminal: then it is the parent's. */
async function findTerminal(
  options: { readonly name: string; readonly doing: Verb; readonly signal: AbortSignal },
): Promise<string> {
  for (const pid of [Deno.pid, Deno.ppid]) {
    const { stdout } = await run(options, ["cat", `/proc/${pid}/stat`]);
    const path = terminalOf(stdout);
    if (path !== undefined) return path;
  }
  const { name, doing } = options;
  throw new PowerError(name, doing, "there is no terminal to ask on; run it in one");
}

/** The controlling terminal, by its number in /proc/PID/stat (proc_pid_stat(5)). */
export function terminalOf(stat: string): string | undefined {
  // The name of the program is in parentheses, and may have any in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).trim().split(" ");
  const number = Number(fields[4] ?? 0);
  if (!Number.isInteger(number) || number <= 0) return undefined;
  const major = (number >> 8) & 0xfff;
  const minor = (number & 0xff) | ((number >> 12) & 0xfff00);
  if (major >= 136 && major <= 143) return `/dev/pts/${(major - 136) * 256 + minor}`;
  if (major === 4) return minor < 64 ? `/dev/tty${minor}` : `/dev/ttyS${minor - 64}`;
  return undefined;
}
