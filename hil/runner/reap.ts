/** Ends what a run has started: each process carries the run's mark in its environment. */
import { markedProcesses } from "../drivers/marked_processes.ts";

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
  return markedProcesses(`${name}=${value}`, { whole: true });
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
