/**
 * Processes by a mark in their environment, which a process gives to its children whatever they do
 * with sessions and groups. The runner ends by it what a run has started, and tests look for what
 * a driver left behind.
 * Deno may not look into `/proc` without --allow-all: grep, which every Debian has, may.
 */

const SIGNALS = ["INT", "TERM", "HUP"];

/**
 * Ids of the living processes of this user whose environment has `mark`, or one of several, in it.
 *
 * @param options.whole a mark is a whole variable, "NAME=value"
 */
export function markedProcesses(
  mark: string | readonly string[],
  options: { whole?: boolean } = {},
): number[] {
  const marks = [mark].flat().flatMap((mark) => ["-e", mark]);
  // The shell is for its pattern of files; marks are words that it does not look into. Ctrl-C, which
  // may come again and again while a run is cleared up, goes to the whole group.
  const script = `trap "" ${SIGNALS.join(" ")}; ` +
    `exec grep -lzsF${options.whole ? "x" : ""} "$@" /proc/[0-9]*/environ`;
  const look = () =>
    new Deno.Command("sh", {
      args: ["-c", script, "sh", ...marks],
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin" },
      stdin: "null",
      stderr: "null",
    }).outputSync();
  let { stdout, signal } = look();
  while (SIGNALS.some((name) => signal === `SIG${name}`)) ({ stdout, signal } = look());
  return [...new TextDecoder().decode(stdout).matchAll(/^\/proc\/(\d+)\/environ$/gm)]
    .map(([, pid]) => Number(pid));
}

/** The words of a process's command line; none when it has ended. */
export function commandLine(pid: number): string[] {
  const command = new Deno.Command("cat", { args: [`/proc/${pid}/cmdline`], stderr: "null" });
  return new TextDecoder().decode(command.outputSync().stdout).split("\0").slice(0, -1);
}
