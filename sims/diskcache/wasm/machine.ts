/**
 * A machine of one processor under the cache in WebAssembly: tasks that the chooser preempts at
 * any access to shared memory that is made with the lock free, and disk interrupts, which come
 * there too and when everybody waits. The lock is interrupts off, as on the guest's machine: what
 * holds it is not preempted.
 *
 * Each task has a stack of its own in the module's memory beside the engine's: who goes on gets
 * the stack pointer first. Interrupts run through, on one stack of their own.
 */
import type { Chooser } from "hil/explore/mod.ts";
import type { Below, CacheCode } from "./code.ts";
import { WasmDrives } from "./drives.ts";
import type { RaceDetector } from "./races.ts";
import { hasOverrun, interruptStack, makeTask, type Task } from "./tasks.ts";

/** Of `what` in hooks.c. */
const AccessBits = { LOCK_FREE: 1, WRITE: 2, SIZE_SHIFT: 2 } as const;

const CHANNELS = 2;
/** Of a run that ends there are hundreds. */
const MOST_INTERRUPTS = 20_000;
/** That the C's clock goes on at each interrupt. */
const REQUEST_MS = 8;

/** The program did what it must not do, or does not end. */
export class MachineStopped extends Error {
  override readonly name = "MachineStopped";
}

export interface MachineOptions {
  readonly code: CacheCode;
  readonly chooser: Chooser;
  readonly tasks: number;
  readonly sizes: readonly number[];
  /** How often a preemption is drawn at an access. */
  readonly preemptRate: number;
  readonly faults: number;
  readonly faultRate: number;
  /** Accesses after which a run counts as endless. */
  readonly limit: number;
  readonly races?: RaceDetector;
  /** Told of each access of tasks and interrupts, also of those with the lock held. */
  readonly onAccess?: (access: Access) => void;
  /** Accesses whose place in the code is wanted. */
  readonly stacks?: ReadonlySet<number>;
  /** Told of it, as the engine writes it. */
  readonly onStack?: (at: number, stack: string) => void;
}

/** One access to memory; `task` as {@link Machine.actorName} takes it. */
export interface Access {
  readonly task: number;
  readonly write: boolean;
  readonly address: number;
  /** In bytes. */
  readonly size: number;
  /** Which of the run's accesses: ascending by when the code came to it, before a preemption. */
  readonly at: number;
}

/** What the chooser is asked; one object for all, for a chooser keeps none. */
interface Question {
  kind: string;
  ways: number;
  candidates: number[];
  touches: number[];
  rate: number | undefined;
}

export class Machine implements Below {
  readonly drives: WasmDrives;
  /** All accesses that were told of: the same for the same decisions. */
  accesses = 0;
  switches = 0;
  interrupts = 0;
  readonly #tasks: Task[];
  readonly #code: CacheCode;
  readonly #chooser: Chooser;
  readonly #races: RaceDetector | undefined;
  readonly #own: number;
  readonly #ownSize: number;
  readonly #milliseconds: number;
  readonly #question: Question;
  /** Whether the question's candidates are no longer those who can go. */
  #isStale = true;
  #running: Task;
  /** Who is at work: a task, or an interrupt. */
  #actor = 0;
  #next!: Task;
  #faultsLeft: number;
  #position = 0;
  #ended = Promise.withResolvers<void>();

  constructor(private readonly options: MachineOptions) {
    const { code, tasks, races, onAccess, sizes, chooser, faults, faultRate } = options;
    this.#code = code;
    this.#chooser = chooser;
    this.#races = races;
    this.#faultsLeft = faults;
    const words = code.words;
    this.#own = code.addressOf("own_begin") / 4;
    this.#ownSize = code.addressOf("own_size") / 4;
    this.#milliseconds = code.addressOf("milliseconds") / 4;
    words[code.addressOf("observed") / 4] = races || onAccess || options.stacks ? 1 : 0;
    this.#tasks = Array.from({ length: tasks }, (_, id) => makeTask(code, id));
    this.#running = this.#tasks[0]!;
    const question = { kind: "", ways: 0, candidates: [], touches: [] };
    this.#question = { ...question, rate: undefined };
    this.drives = new WasmDrives({
      ...{ words, sizes, chooser, faults, faultRate },
      position: () => this.position(),
      moved: (channel, address, bytes, write) =>
        races?.access(this.#driveId(channel), address, bytes, write, this.accesses),
    });
    code.below = this;
    races?.begin();
  }

  /** Tasks that accesses are told of: clients, then the channels' interrupts, then their drives. */
  static actors(clients: number): number {
    return clients + 2 * CHANNELS;
  }

  /** @param clients how many there are */
  static actorName(id: number, clients: number): string {
    if (id < clients) return `client ${id}`;
    const channel = (id - clients) % CHANNELS;
    return `${id < clients + CHANNELS ? "interrupt" : "drive"} of channel ${channel}`;
  }

  /** A drive moves data by itself: no code stands behind its accesses. */
  static isDrive(id: number, clients: number): boolean {
    return id >= clients + CHANNELS;
  }

  #interruptId(channel: number): number {
    return this.#tasks.length + channel;
  }

  #driveId(channel: number): number {
    return this.#tasks.length + CHANNELS + channel;
  }

  /** The next in the one order of all events. */
  position(): number {
    return this.#position++;
  }

  /**
   * Runs all tasks until each is over, nothing is in flight, or nobody can go on.
   *
   * @param body what a task does, with the address of its block
   * @throws MachineStopped, or what the engine throws
   */
  async run(body: (task: number, block: number) => Promise<void>): Promise<void> {
    for (const task of this.#tasks) {
      task.resume = () => {
        body(task.id, task.block).then(() => this.#end(task)).catch(this.#ended.reject);
      };
    }
    const first = this.#choose("thread");
    if (first) this.#resume(first);
    await this.#ended.promise;
  }

  #end(task: Task): void {
    if (hasOverrun(this.#code, task)) {
      throw new MachineStopped("a task has overrun its stack");
    }
    task.state = "over";
    this.#isStale = true;
    const next = this.#choose("thread");
    if (next) this.#resume(next);
  }

  access(address: number, what: number): number {
    const at = ++this.accesses;
    const { limit, stacks, onStack, preemptRate } = this.options;
    if (at > limit) throw new MachineStopped(`it does not end: ${limit} accesses`);
    if (stacks?.has(at)) onStack!(at, new Error().stack!);
    if (what & AccessBits.LOCK_FREE) {
      const task = this.#running;
      task.address = address;
      const next = this.#choose("preempt", preemptRate)!;
      if (next !== task) {
        task.what = what;
        task.at = at;
        this.#next = next;
        return 1;
      }
      task.address = -1;
    }
    this.#tell(address, what, at);
    return 0;
  }

  #tell(address: number, what: number, at: number): void {
    const task = this.#actor;
    const { onAccess } = this.options;
    const size = what >> AccessBits.SIZE_SHIFT;
    const write = (what & AccessBits.WRITE) !== 0;
    this.#races?.access(task, address, size, write, at);
    onAccess?.({ task, address, size, write, at });
  }

  preempt(): Promise<void> {
    return this.#switch(this.#next);
  }

  /** For clients too: between two operations others may go first. */
  yield(): Promise<void> | undefined {
    const next = this.#choose("thread")!;
    return next === this.#running ? undefined : this.#switch(next);
  }

  block(_why: number): Promise<void> | undefined {
    if (this.#wakesByItself()) return this.yield();
    const task = this.#running;
    task.state = "blocked";
    this.#isStale = true;
    const next = this.#choose("thread");
    if (next === task) return undefined;
    if (next) return this.#switch(next);
    return new Promise(() => {}); // Nobody can go on: the run has ended.
  }

  /** hal.h allows hal_block to return before it was woken. */
  #wakesByItself(): boolean {
    if (this.#faultsLeft === 0) return false;
    const rate = this.options.faultRate;
    if (!this.#chooser.choose({ kind: "fault wake-up", ways: 2, rate })) return false;
    this.#faultsLeft--;
    return true;
  }

  wake(): void {
    for (const task of this.#tasks) if (task.state === "blocked") task.state = "ready";
    this.#isStale = true;
  }

  locked(): void {
    this.#races?.acquire(this.#actor);
  }

  unlocked(): void {
    this.#races?.release(this.#actor);
  }

  idle(channel: number): number {
    return this.drives.isIdle(channel) ? 1 : 0;
  }

  submit(drive: number, kind: number, lba: bigint, block: number): void {
    this.#races?.order(this.#actor, this.#driveId(drive >> 1));
    this.drives.submit(drive, kind, Number(lba), block);
    this.#isStale = true;
  }

  panic(text: number): never {
    throw new MachineStopped(`panic: ${this.#code.textAt(text)}`);
  }

  /** Who goes on; interrupts that are chosen first come first. Undefined: nobody can. */
  #choose(kind: string, rate?: number): Task | undefined {
    for (;;) {
      if (this.#isStale) this.#findCandidates();
      const question = this.#question;
      if (question.ways === 0) {
        this.#ended.resolve();
        return undefined;
      }
      question.kind = kind;
      question.rate = rate;
      const at = question.candidates.indexOf(this.#running.id);
      if (at >= 0) question.touches[at] = this.#running.address;
      const way = question.ways === 1 ? 0 : this.#chooser.choose(question);
      const chosen = question.candidates[way]!;
      if (chosen < this.#tasks.length) return this.#tasks[chosen]!;
      this.#interrupt(chosen - this.#tasks.length);
      // An interrupt in place of a preemption: the task goes on, if it can.
      if (kind === "preempt") return this.#running;
    }
  }

  /** Who runs is first, so that the quiet way is to go on; then those after it, in turn. */
  #findCandidates(): void {
    const { candidates, touches } = this.#question;
    candidates.length = touches.length = 0;
    const tasks = this.#tasks;
    for (let i = 0; i < tasks.length; i++) {
      const task = tasks[(this.#running.id + i) % tasks.length]!;
      if (task.state !== "ready") continue;
      candidates.push(task.id);
      touches.push(task.address);
    }
    for (let channel = 0; channel < CHANNELS; channel++) {
      if (this.drives.isIdle(channel)) continue;
      candidates.push(this.#interruptId(channel));
      touches.push(-1);
    }
    this.#question.ways = candidates.length;
    this.#isStale = false;
  }

  #interrupt(channel: number): void {
    const { words, stackPointer } = this.#code;
    if (++this.interrupts > MOST_INTERRUPTS) {
      throw new MachineStopped(`it does not end: ${MOST_INTERRUPTS} interrupts`);
    }
    words[this.#milliseconds]! += REQUEST_MS;
    const error = this.drives.complete(channel);
    const before = stackPointer.value;
    const [own, size] = [words[this.#own]!, words[this.#ownSize]!];
    const actor = this.#actor;
    this.#actor = this.#interruptId(channel);
    this.#races?.order(this.#driveId(channel), this.#actor);
    stackPointer.value = interruptStack(this.#code);
    this.#code.interrupt(channel, error);
    stackPointer.value = before;
    words[this.#own] = own;
    words[this.#ownSize] = size;
    this.#actor = actor;
    this.#isStale = true;
  }

  #switch(to: Task): Promise<void> {
    const from = this.#running;
    from.stackPointer = this.#code.stackPointer.value;
    return new Promise((resolve) => {
      from.resume = resolve;
      this.#resume(to);
    });
  }

  #resume(task: Task): void {
    this.switches++;
    this.#running = task;
    this.#actor = task.id;
    this.#isStale = true;
    this.#code.stackPointer.value = task.stackPointer;
    this.#setOwn(task);
    if (task.address >= 0) {
      // The access before which it was preempted happens now.
      this.#tell(task.address, task.what, task.at);
      task.address = -1;
    }
    task.resume();
  }

  #setOwn(task: Task): void {
    this.#code.words[this.#own] = task.own;
    this.#code.words[this.#ownSize] = task.ownSize;
  }
}
