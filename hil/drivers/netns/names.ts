/**
 * Names of namespaces, which say who made them: a run that was killed leaves some, and the next one
 * removes them with all that still runs in them.
 */
import { randomSeed } from "../../time/chance.ts";
import { hostNow, ms, pause, seconds } from "../../time/mod.ts";
import { cString, openLibc } from "../libc.ts";
import { markedProcesses } from "../marked_processes.ts";
import { ip, ipBatch } from "./ip.ts";

const FOLDER = "/run/netns";
const NAME = /^hil-(\d+)\.(\d+)-/;
const MARK = "HIL_LAB";
const LIMIT = seconds(5);
/** Between two looks at whether killed processes have ended. */
const LOOK = ms(5);

/** Unlike that of any other process, now or after a restart of the machine, and any other worker. */
export function newName(): string {
  return `hil-${Deno.pid}.${startOf(Deno.pid)}-${randomSeed().toString(36)}`;
}

/** The file by which a namespace is entered. */
export function pathOf(namespace: string): string {
  return `${FOLDER}/${namespace}`;
}

/**
 * For programs that are started in a namespace: they are ended with it, also when they are on their
 * way there still.
 */
export function markOf(namespace: string): Record<typeof MARK, string> {
  return { [MARK]: namespace };
}

/** Removes those of processes that have ended, with all that runs in them. */
export async function removeOrphans(): Promise<void> {
  await removeNamespaces(namespaceNames().filter(ownerIsGone), { force: true });
}

/** Whether `name` is one of ours ({@link newName}), of a process that has ended. */
export function ownerIsGone(name: string): boolean {
  const [, pid, start] = NAME.exec(name) ?? [];
  return pid !== undefined && startOf(Number(pid)) !== Number(start);
}

/**
 * Kills what runs in them, and removes them.
 *
 * @param options.force also when some are gone already
 */
export async function removeNamespaces(
  names: readonly string[],
  options: { force?: boolean } = {},
): Promise<void> {
  if (names.length === 0) return;
  await endProcessesIn(names);
  await ipBatch(names.map((name) => `netns delete ${name}`), options);
}

/** @throws Error when some are there still after 5 s */
async function endProcessesIn(names: readonly string[]): Promise<void> {
  const marks = names.map((name) => `${MARK}=${name}`);
  const list = async () => {
    const marked = markedProcesses(marks, { whole: true });
    const output = await ipBatch(names.map((name) => `netns pids ${name}`), { force: true });
    const inside = output.split("\n").filter(Boolean).map(Number);
    // Never those of the machine's own network, by whatever name it has got there.
    return inside.includes(Deno.pid) ? marked : [...new Set([...marked, ...inside])];
  };
  const end = hostNow() + LIMIT.ns;
  for (let pids = await list(); pids.length > 0; pids = await list()) {
    if (hostNow() > end) {
      throw new Error(
        `Cannot end the processes "${pids}" in a network namespace: they are there after ` +
          `${LIMIT}; end them, and run again`,
      );
    }
    for (const pid of pids) kill(pid);
    await pause(LOOK);
  }
}

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended meanwhile.
    if (!/ESRCH|NotFound/.test(`${error}`)) throw error;
  }
}

/** Of `ip netns`, all of this machine. */
function namespaceNames(): string[] {
  try {
    return [...Deno.readDirSync(FOLDER)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/**
 * When a process started, in ticks since the machine did (proc_pid_stat(5)): numbers of processes
 * are given again, but not at the same time. Undefined when there is none. Deno may not look into
 * `/proc` without --allow-all.
 */
function startOf(pid: number): number | undefined {
  const libc = openLibc(SYMBOLS, (why, cause) => new Error(`Cannot name a lab: ${why}`, { cause }));
  try {
    const { open, read, close } = libc.symbols;
    const fd = open(cString(`/proc/${pid}/stat`), 0);
    if (fd < 0) return undefined;
    const bytes = new Uint8Array(4096);
    const length = read(fd, bytes, bytes.length);
    close(fd);
    const text = new TextDecoder().decode(bytes.subarray(0, Math.max(0, length)));
    // Behind the command's name, which may hold anything, comes the third field; this is the 22nd.
    const field = text.slice(text.lastIndexOf(")") + 2).split(" ")[22 - 3];
    return field === undefined ? undefined : Number(field);
  } finally {
    libc.close();
  }
}

/** Whether this process may make namespaces here; if not, what the system says. */
export async function namespacesRefused(): Promise<string | undefined> {
  try {
    const name = newName();
    await ip("netns", "add", name);
    await ip("netns", "delete", name);
    return undefined;
  } catch (error) {
    return (error as { said?: string }).said ?? (error as Error).message;
  }
}
