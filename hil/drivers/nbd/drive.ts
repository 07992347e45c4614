/**
 * A drive behind the server: its blocks, and what a bench can do to it. A request that is held has
 * moved nothing; when it is let go it happens as a whole.
 */
import { alarm, type Duration } from "../../time/mod.ts";
import { NbdErrno } from "./protocol.ts";
import type { NbdOperation, NbdRequest } from "./session.ts";
import type { BlockStore } from "./store.ts";

/** A request seen from outside. "arrived" comes before it is held or done. */
export interface NbdTraffic {
  readonly drive: string;
  /** Counts from 1 for each drive. */
  readonly id: number;
  readonly phase: "arrived" | "done";
  readonly operation: NbdOperation;
  readonly lba: number;
  readonly blocks: number;
  /** Of a write. */
  readonly data?: Uint8Array;
  /** On stable storage before the answer. */
  readonly fua: boolean;
  /** Of "done". "reset": given up by {@link NbdDrive.abort}; "gone": the client went away. */
  readonly status?: "ok" | "error" | "reset" | "gone";
}

export interface DriveOptions {
  readonly name: string;
  readonly store: BlockStore;
  readonly readOnly?: boolean;
  /** What it does with requests; default: the store does them at once. */
  readonly behaviour?: Behaviour;
}

/** What makes a drive more than a store: a time that it takes, faults, a cache of its own. */
export interface Behaviour {
  /** A request has arrived. Undefined: it is never answered, as by a drive without power. */
  begin(request: NbdRequest): Task | undefined;
}

/** A request that a {@link Behaviour} has begun. */
export interface Task {
  /** It waits as one that {@link NbdDrive.hold} holds: so long, or until it is released. */
  readonly held?: Duration | "until released";
  /** How long it takes then. */
  readonly delay?: Duration;
  /** Does it. Undefined: it is never answered. */
  finish(): MaybePromise<NbdAnswer | undefined>;
  /** Nothing comes of it: given up, or the client is gone. */
  forget(): void;
}

type MaybePromise<T> = T | Promise<T>;

/** The answer to a request. */
export interface NbdAnswer {
  readonly error: number;
  readonly data?: Uint8Array;
}

export interface Fault {
  readonly operation: NbdOperation;
  /** The request covers this block; not looked at for a flush. */
  readonly lba: number;
  /** How many requests fail with EIO; 0 takes a fault back. */
  readonly count: number;
}

interface Waiting {
  readonly request: NbdRequest;
  readonly client: object;
  /** "held" goes when it is released, "late" in its time, "unanswered" never by itself. */
  readonly why: "held" | "late" | "unanswered";
  go(status?: Ended): void;
}

/** How a request that waits may end: without being done. */
type Ended = "reset" | "gone";

const ALL: readonly NbdOperation[] = ["read", "write", "flush", "trim", "zero"];

export class NbdDrive {
  readonly name: string;
  readonly store: BlockStore;
  readonly readOnly: boolean;
  readonly #behaviour: Behaviour;
  #requests = 0;
  #holds: readonly NbdOperation[] = [];
  #waiting: Waiting[] = [];
  #faults: readonly Fault[] = [];

  constructor(options: DriveOptions, private readonly observe: (event: NbdTraffic) => void) {
    this.name = options.name;
    this.store = options.store;
    this.readOnly = options.readOnly ?? false;
    this.#behaviour = options.behaviour ?? atOnce(options.store);
  }

  get blocks(): number {
    return this.store.blocks;
  }

  /** Requests that are held now, oldest first. */
  get held(): readonly NbdRequest[] {
    return this.#waiting.filter(({ why }) => why === "held").map(({ request }) => request);
  }

  /** From now on requests of these kinds wait until they are released. */
  hold(operations: readonly NbdOperation[] = ALL): void {
    this.#holds = operations;
  }

  /** Lets go what is held, in order, and holds no more. */
  release(): void {
    this.#holds = [];
    for (const waiting of this.#take(({ why }) => why === "held")) waiting.go();
  }

  /**
   * Lets the oldest held request go; goes on holding.
   *
   * @throws Error when none is held
   */
  releaseOne(): void {
    const first = this.#waiting.find(({ why }) => why === "held");
    if (!first) {
      throw new Error(
        `Cannot release one request of drive "${this.name}": it has none; ` +
          `wait until one has reached it`,
      );
    }
    for (const waiting of this.#take((waiting) => waiting === first)) waiting.go();
  }

  /**
   * Gives up what waits, with an error, as a drive that is reset; goes on holding what comes.
   * QEMU answers neither its guest nor QMP in a reset until its requests are answered.
   */
  abort(): void {
    for (const waiting of this.#waiting.splice(0)) waiting.go("reset");
  }

  /** The next `count` requests of that kind to that block fail with an I/O error. */
  failNext(fault: Fault): void {
    this.#replace(fault, fault);
  }

  /** A request of `client`: resolves with its answer, when it is let go; undefined for none. */
  async submit(request: NbdRequest, client: object): Promise<NbdAnswer | undefined> {
    const id = ++this.#requests;
    this.#tell(id, request);
    const task = this.#behaviour.begin(request);
    let ended: Ended | undefined;
    if (!task) ended = await this.#wait({ request, client, why: "unanswered" });
    else if (task.held || task.delay || this.#isHeld(request)) {
      ended = await this.#pass(request, client, task);
    }
    const failed = ended || this.#takeFault(request);
    if (failed) task?.forget();
    let answer = failed ? FAILED : await task!.finish();
    if (!answer) {
      ended = await this.#wait({ request, client, why: "unanswered" });
      answer = FAILED;
    }
    this.#tell(id, request, ended ?? (answer.error ? "error" : "ok"));
    return ended === "gone" ? undefined : answer;
  }

  /** Forgets what a client that went away has waiting; it is done to nobody. */
  forget(client: object): void {
    for (const waiting of this.#take((waiting) => waiting.client === client)) waiting.go("gone");
  }

  /** Waits as long as it is held and then takes its time. */
  async #pass(request: NbdRequest, client: object, task: Task): Promise<Ended | undefined> {
    const { held, delay } = task;
    if (held || this.#isHeld(request)) {
      const limit = held === "until released" ? undefined : held;
      const ended = await this.#wait({ request, client, why: "held" }, limit);
      if (ended) return ended;
    }
    return delay && await this.#wait({ request, client, why: "late" }, delay);
  }

  #isHeld({ operation }: NbdRequest): boolean {
    return this.#holds.includes(operation);
  }

  /** Until it goes, or `limit` has passed; how it ended when it is not to be done. */
  #wait(waiting: Omit<Waiting, "go">, limit?: Duration): Promise<Ended | undefined> {
    return new Promise((resolve) => {
      const own: Waiting = {
        ...waiting,
        go(status) {
          cancel();
          resolve(status);
        },
      };
      const cancel = limit
        ? alarm(limit, () => {
          for (const waiting of this.#take((other) => other === own)) waiting.go();
        })
        : () => {};
      this.#waiting.push(own);
    });
  }

  #take(which: (waiting: Waiting) => boolean): Waiting[] {
    const taken = this.#waiting.filter(which);
    this.#waiting = this.#waiting.filter((waiting) => !taken.includes(waiting));
    return taken;
  }

  /** Whether the request is to fail; counts that. */
  #takeFault({ operation, lba, blocks }: NbdRequest): boolean {
    const fault = this.#faults.find((one) =>
      one.operation === operation &&
      (operation === "flush" || (one.lba >= lba && one.lba < lba + blocks))
    );
    if (fault) this.#replace(fault, { ...fault, count: fault.count - 1 });
    return fault !== undefined;
  }

  #replace({ operation, lba }: Fault, by: Fault): void {
    const same = (one: Fault) =>
      one.operation === operation && (operation === "flush" || one.lba === lba);
    const others = this.#faults.filter((one) => !same(one));
    this.#faults = by.count > 0 ? [...others, by] : others;
  }

  #tell(id: number, request: NbdRequest, status?: NbdTraffic["status"]): void {
    const { operation, lba, blocks, data, fua } = request;
    const base = { drive: this.name, id, operation, lba, blocks, data, fua };
    this.observe(status ? { ...base, phase: "done", status } : { ...base, phase: "arrived" });
  }
}

const FAILED: NbdAnswer = { error: NbdErrno.EIO };

/** The store does all at once, or as soon as it can. */
function atOnce(store: BlockStore): Behaviour {
  const forget = () => {};
  return { begin: (request) => ({ finish: () => execute(store, request), forget }) };
}

async function execute(store: BlockStore, request: NbdRequest): Promise<NbdAnswer> {
  const { operation, lba, blocks, fua, data } = request;
  try {
    if (operation === "read") return { error: 0, data: await store.read(lba, blocks) };
    if (operation === "write") await store.write(lba, data!);
    if (operation === "trim" || operation === "zero") await store.zero(lba, blocks);
    if (operation === "flush" || fua) await store.flush();
    return { error: 0 };
  } catch {
    return FAILED;
  }
}
