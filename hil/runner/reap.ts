/**
 * Ends what a run has started. Each process carries the run's mark in its environment, which it
 * gives to its children whatever they do with sessions and groups; so a mark finds them all.
 * Deno may not read `/proc/<pid>/environ` without --allow-all: grep, which every Debian has, may.
 */

/** The temporary folder of the run: its name is like no other on this machine. */
export const RUN_MARK = "HIL_RUN";
/** One worker of it. */
export const WORKER_MARK = "HIL_WORKER";

/** How often is looked again for what was born while we looked. */
const ROUNDS = 20;

/**
 * Kills every process with `name=value` in its environment, except this one, and gives how many
 * there were. Processes of other users stay: they cannot be looked into.
 */
export function reap(name: string, value: string): number {
  const killed = new Set<number>();
  for (let round = 0; round < ROUNDS; round++) {
    const found = marked(name, value).filter((pid) => pid !== Deno.pid);
    if (found.length === 0) break;
    for (const pid of found) {
      kill(pid);
      killed.add(pid);
    }
  }
  return killed.size;
}

/** Ids of the living processes with that mark. */
export function marked(name: string, value: string): number[] {
  const script = 'exec grep -lzsxF -e "$0" /proc/[0-9]*/environ';
  const { stdout } = new Deno.Command("sh", {
    args: ["-c", script, `${name}=${value}`],
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin" },
    stdin: "null",
    stderr: "null",
  }).outputSync();
  return [...new TextDecoder().decode(stdout).matchAll(/^\/proc\/(\d+)\/environ$/gm)]
    .map(([, pid]) => Number(pid));
}

/** SIGKILL to a process, or to a whole group when negative; no error when there is none. */
export function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch { /* It has ended. */ }
}

/** For a worker without a runner: ends its children, then its own group with itself. */
export function endRun(env: Readonly<Record<string, string>>): never {
  const worker = env[WORKER_MARK];
  if (worker !== undefined) reap(WORKER_MARK, worker);
  kill(-Deno.pid);
  Deno.exit(1);
}
