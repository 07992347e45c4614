/**
 * A drive behind the server: its blocks, and what a bench can do to it. A request that is held has
 * moved nothing; when it is let go it happens as a whole.
 */
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
}

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
  go(status?: "reset" | "gone"): void;
}

const ALL: readonly NbdOperation[] = ["read", "write", "flush", "trim", "zero"];

export class NbdDrive {
  readonly name: string;
  readonly store: BlockStore;
  readonly readOnly: boolean;
  #requests = 0;
  #holds: readonly NbdOperation[] = [];
  #waiting: Waiting[] = [];
  #faults: readonly Fault[] = [];

  constructor(options: DriveOptions, private readonly observe: (event: NbdTraffic) => void) {
    this.name = options.name;
    this.store = options.store;
    this.readOnly = options.readOnly ?? false;
  }

  get blocks(): number {
    return this.store.blocks;
  }

  /** Requests that are held now, oldest first. */
  get held(): readonly NbdRequest[] {
    return this.#waiting.map(({ request }) => request);
  }

  /** From now on requests of these kinds wait until they are released. */
  hold(operations: readonly NbdOperation[] = ALL): void {
    this.#holds = operations;
  }

  /** Lets go what is held, in order, and holds no more. */
  release(): void {
    this.#holds = [];
    for (const waiting of this.#waiting.splice(0)) waiting.go();
  }

  /**
   * Lets the oldest held request go; goes on holding.
   *
   * @throws Error when none is held
   */
  releaseOne(): void {
    const waiting = this.#waiting.shift();
    if (!waiting) {
      throw new Error(
        `Cannot release one request of drive "${this.name}": it has none; ` +
          `wait until one has reached it`,
      );
    }
    waiting.go();
  }

  /**
   * Gives up what is held, with an error, as a drive that is reset; goes on holding what comes.
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
    const ended = this.#isHeld(request) ? await this.#wait(request, client) : undefined;
    if (ended === "gone") {
      this.#tell(id, request, "gone");
      return undefined;
    }
    const failed = ended === "reset" || this.#takeFault(request);
    const answer = failed ? { error: NbdErrno.EIO } : await this.#execute(request);
    this.#tell(id, request, ended ?? (answer.error ? "error" : "ok"));
    return answer;
  }

  /** Forgets what a client that went away has waiting; it is done to nobody. */
  forget(client: object): void {
    const gone = this.#waiting.filter((waiting) => waiting.client === client);
    this.#waiting = this.#waiting.filter((waiting) => waiting.client !== client);
    for (const waiting of gone) waiting.go("gone");
  }

  #isHeld({ operation }: NbdRequest): boolean {
    return this.#holds.includes(operation);
  }

  #wait(request: NbdRequest, client: object): Promise<"reset" | "gone" | undefined> {
    return new Promise((resolve) => this.#waiting.push({ request, client, go: resolve }));
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

  async #execute(request: NbdRequest): Promise<NbdAnswer> {
    const { operation, lba, blocks, fua, data } = request;
    try {
      if (operation === "read") return { error: 0, data: await this.store.read(lba, blocks) };
      if (operation === "write") await this.store.write(lba, data!);
      if (operation === "trim" || operation === "zero") await this.store.zero(lba, blocks);
      if (operation === "flush" || fua) await this.store.flush();
      return { error: 0 };
    } catch {
      return { error: NbdErrno.EIO };
    }
  }

  #tell(id: number, request: NbdRequest, status?: NbdTraffic["status"]): void {
    const { operation, lba, blocks, data, fua } = request;
    const base = { drive: this.name, id, operation, lba, blocks, data, fua };
    this.observe(status ? { ...base, phase: "done", status } : { ...base, phase: "arrived" });
  }
}
