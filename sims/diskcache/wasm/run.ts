/** Runs a load on the cache in WebAssembly and gives what happened, for the oracle. */
import type { Chooser } from "hil/explore/mod.ts";
import type { Load, LoadOperation } from "../load.ts";
import type { Access, History, Sync } from "../proof/history.ts";
import type { CacheCode, ListName, SchedulerName } from "./code.ts";
import { initialStamp, isWhole } from "./drives.ts";
import { Machine, type MachineOptions, MachineStopped } from "./machine.ts";
import { RaceDetector } from "./races.ts";

export interface WasmRunOptions {
  readonly load: Load;
  readonly chooser: Chooser;
  readonly list?: ListName;
  readonly scheduler?: SchedulerName;
  /** In the C's milliseconds, of which a request takes 8; default 20. */
  readonly writeDeadlineMs?: number;
  /** How many requests may fail, and how many waits end early; default 0. */
  readonly faults?: number;
  /** How often such a fault is drawn while there may be more; default 1 in 20. */
  readonly faultRate?: number;
  /** How often a preemption is drawn at an access; default 1 in 20. */
  readonly preemptRate?: number;
  /** Accesses after which the run is given up as endless; default 2 million. */
  readonly limit?: number;
  /** Made with {@link raceDetector}; what it finds is in its `races`. */
  readonly races?: RaceDetector;
  readonly onAccess?: MachineOptions["onAccess"];
  readonly stacks?: MachineOptions["stacks"];
  readonly onStack?: MachineOptions["onStack"];
}

export interface WasmRun {
  readonly history: History;
  /** Why it did not come to its end: a panic, a trap, or that it does not end. */
  readonly stopped?: string;
  /** Accesses that the machine was told of, switches between tasks, and interrupts. */
  readonly accesses: number;
  readonly switches: number;
  readonly interrupts: number;
}

/** @example `const { history } = await runLoad(code, { load, chooser: random(1) })` */
export async function runLoad(code: CacheCode, options: WasmRunOptions): Promise<WasmRun> {
  const { load, list = "array", scheduler = "first-pending", writeDeadlineMs = 20 } = options;
  code.begin(list, load.entries, scheduler, writeDeadlineMs);
  const machine = new Machine({
    code,
    chooser: options.chooser,
    tasks: load.clients.length,
    sizes: load.sizes,
    preemptRate: options.preemptRate ?? 0.05,
    faults: options.faults ?? 0,
    faultRate: options.faultRate ?? 0.05,
    limit: options.limit ?? 2e6,
    races: options.races,
    onAccess: options.onAccess,
    stacks: options.stacks,
    onStack: options.onStack,
  });
  const clients = new Clients(code, machine, load);
  let stopped: string | undefined;
  try {
    await machine.run((client, block) => clients.run(client, block));
  } catch (error) {
    if (!isOfTheProgram(error)) throw error;
    stopped = error.message;
  }
  const { accesses, switches, interrupts } = machine;
  return { history: clients.history(), stopped, accesses, switches, interrupts };
}

/** A panic, a trap, or recursion without end (which is a RangeError to the engine). */
function isOfTheProgram(error: unknown): error is Error {
  return error instanceof MachineStopped || error instanceof WebAssembly.RuntimeError ||
    (error instanceof RangeError && error.message.includes("call stack"));
}

type Open<T> = { -readonly [Key in keyof T]: T[Key] };

class Clients {
  readonly #accesses: Open<Access>[] = [];
  readonly #syncs: Open<Sync>[] = [];
  readonly #drives: readonly number[];
  readonly #driveBits: number;

  constructor(
    private readonly code: CacheCode,
    private readonly machine: Machine,
    private readonly load: Load,
  ) {
    this.#drives = [...load.sizes.keys()].filter((drive) => load.sizes[drive]! > 0);
    this.#driveBits = this.#drives.reduce((bits, drive) => bits | 1 << drive, 0);
  }

  async run(client: number, block: number): Promise<void> {
    for (const operation of this.load.clients[client]!) {
      await this.machine.yield();
      if (operation.kind === "sync") await this.#sync(client);
      else await this.#access(client, operation, block / 4);
    }
  }

  async #access(client: number, operation: LoadOperation, block: number): Promise<void> {
    const { kind, drive, lba, stamp } = operation;
    const { code, machine } = this;
    const words = code.words.subarray(block, block + 128);
    words.fill(stamp);
    const access: Open<Access> = {
      ...{ client, kind: kind as "read" | "write", drive, lba, stamp, whole: true },
      ...{ begin: machine.position(), end: Infinity, outcome: "open" },
    };
    this.#accesses.push(access);
    const error = await code[kind as "read" | "write"](drive, BigInt(lba), block * 4, 0);
    access.end = machine.position();
    access.outcome = error ? "error" : "ok";
    if (kind === "write" || error) return;
    access.stamp = words[0]!;
    access.whole = isWhole(words);
  }

  async #sync(client: number): Promise<void> {
    const { code, machine } = this;
    const sync: Open<Sync> = {
      ...{ client, begin: machine.position(), end: Infinity, outcome: "open" },
      drives: this.#drives,
    };
    this.#syncs.push(sync);
    const error = await code.sync(this.#driveBits);
    sync.end = machine.position();
    sync.outcome = error ? "error" : "ok";
  }

  history(): History {
    const { events: disk, completions } = this.machine.drives;
    const [accesses, syncs] = [this.#accesses, this.#syncs];
    return { initial: initialStamp, accesses, syncs, disk, completions };
  }
}

/** A race detector for runs of that code with so many clients; for many runs in turn. */
export function raceDetector(code: CacheCode, clients: number): RaceDetector {
  return new RaceDetector(code.words.byteLength, Machine.actors(clients));
}
