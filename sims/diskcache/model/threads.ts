/**
 * Threads of a machine with one processor, preempted at random but the same way for each seed.
 * A thread is a generator: what it does between two `yield`s is atomic, each `yield` is a place
 * where another thread or an interrupt may come in.
 */
import type { Random, VirtualClock } from "../../engine/mod.ts";

/** What a thread yields: nothing where it may be preempted, or how it sleeps. */
export interface Sleep {
  readonly queue: Queue;
  /** Told to the outside: "read", "room". The same one twice running is told once. */
  readonly why: string;
  readonly kind: "blocked" | "paused";
}

/** Something that a thread does, step by step. */
export type Steps<T> = Generator<Sleep | undefined, T, void>;

export type ThreadState = "stopped" | "ready" | "blocked" | "paused" | "over";

export interface Thread {
  readonly id: number;
  /** "read 0 7". */
  readonly operation: string;
  state: ThreadState;
}

/** What is told of a thread; `result` and `error` where it is over. */
export interface ThreadNews {
  readonly kind: "began" | "blocked" | "paused" | "done" | "failed";
  readonly why?: string;
  readonly result?: unknown;
}

/** An operation failed as operations may: the disk said so, or `work` read what it should not. */
export class OperationError extends Error {
  override readonly name = "OperationError";
}

/** Where threads sleep until something has changed. They look again themselves. */
export class Queue {
  readonly #sleepers: (() => void)[] = [];

  add(wake: () => void): void {
    this.#sleepers.push(wake);
  }

  wakeAll(): void {
    for (const wake of this.#sleepers.splice(0)) wake();
  }
}

interface Running extends Thread {
  readonly steps: Steps<unknown>;
  begun: boolean;
  /** What it sleeps for, until it gets past it. */
  toldWhy: string | undefined;
}

/** A step takes 100 to 400 ns: some tens of instructions. */
const STEP_NS = { least: 100, spread: 300 };
/** How often the timer comes in at a place where it may. */
const PREEMPTION = 0.3;

export class Threads {
  readonly #all = new Map<number, Running>();
  readonly #ready: Running[] = [];
  #current: Running | undefined;
  #nextId = 1;
  #stopped = false;
  #ticking = false;
  switches = 0;
  preemptions = 0;

  constructor(
    private readonly clock: VirtualClock,
    private readonly random: Random,
    private readonly tell: (thread: Thread, news: ThreadNews) => void,
  ) {}

  /** Those that are not over, oldest first. */
  get living(): readonly Thread[] {
    return [...this.#all.values()];
  }

  start(operation: string, steps: (id: number) => Steps<unknown>): Thread {
    const id = this.#nextId++;
    const thread: Running = {
      id,
      operation,
      state: this.#stopped ? "stopped" : "ready",
      steps: steps(id),
      begun: false,
      toldWhy: undefined,
    };
    this.#all.set(id, thread);
    if (!this.#stopped) this.#makeReady(thread);
    return thread;
  }

  /** Threads started from now on wait for {@link go}. */
  stop(): void {
    this.#stopped = true;
  }

  go(): void {
    this.#stopped = false;
    for (const thread of this.#all.values()) {
      if (thread.state === "stopped") this.#makeReady(thread);
    }
  }

  /** The machine has lost its power: every thread is over, where it was. */
  powerOff(): void {
    this.#ready.length = 0;
    this.#current = undefined;
    for (const thread of this.#all.values()) {
      this.#end(thread, { kind: "failed", why: "power cut" });
    }
  }

  #makeReady(thread: Running): void {
    thread.state = "ready";
    this.#ready.push(thread);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#ticking || this.#ready.length === 0) return;
    this.#ticking = true;
    this.clock.after(STEP_NS.least + this.random.below(STEP_NS.spread), () => {
      this.#ticking = false;
      if (this.#ready.length === 0) return; // The power went in between.
      this.#run(this.#pick());
      this.#schedule();
    });
  }

  #pick(): Running {
    const ready = this.#ready;
    const current = this.#current;
    const goesOn = current?.state === "ready";
    if (goesOn && (ready.length === 1 || !this.random.chance(PREEMPTION))) return current;
    const next = ready[this.random.below(ready.length)]!;
    if (next !== current) {
      this.switches++;
      if (goesOn) this.preemptions++;
    }
    return next;
  }

  #run(thread: Running): void {
    this.#current = thread;
    if (!thread.begun) {
      thread.begun = true;
      this.tell(thread, { kind: "began" });
    }
    try {
      const { done, value } = thread.steps.next();
      if (!this.#all.has(thread.id)) return; // It did what the power went at.
      if (done) this.#end(thread, { kind: "done", result: value });
      else if (value) this.#sleep(thread, value);
      else thread.toldWhy = undefined;
    } catch (error) {
      if (!(error instanceof OperationError)) throw error;
      this.#end(thread, { kind: "failed", why: error.message });
    }
  }

  #sleep(thread: Running, { queue, why, kind }: Sleep): void {
    thread.state = kind;
    this.#ready.splice(this.#ready.indexOf(thread), 1);
    queue.add(() => this.#makeReady(thread));
    if (thread.toldWhy !== why) this.tell(thread, { kind, why });
    thread.toldWhy = why;
  }

  #end(thread: Running, news: ThreadNews): void {
    thread.state = "over";
    this.#ready.splice(this.#ready.indexOf(thread), 1);
    this.#all.delete(thread.id);
    this.tell(thread, news);
  }
}
