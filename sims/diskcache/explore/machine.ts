/**
 * The machine of the fastest level: the model's cache and driver, clients that are generators, and
 * drives; a chooser says at each step who goes. There is no timeline and no clock that runs: time
 * is what the steps take, and a time-out rings when nothing else can happen.
 */
import { seconds } from "hil";
import type { Choice, Chooser } from "hil/explore/mod.ts";
import type { Alarm } from "../../engine/mod.ts";
import type { LoadOperation } from "../load.ts";
import type { Cache } from "../model/cache.ts";
import type { Driver } from "../model/driver.ts";
import { OperationError, type Steps } from "../model/threads.ts";
import { listOf, type ModelClasses, schedulerOf, type Variant } from "./code.ts";
import { ChosenDrive, type DriveSurroundings } from "./drive.ts";
import { blockKey, Recorder } from "./recorder.ts";
import type { Wrong } from "./run.ts";

/** Names of candidates beside the clients, which count from 0. */
const FIRST_DRIVE = 32;
const CLOCK = 40;

/** How often the timer comes in at a place where it may. */
const PREEMPTION = 0.3;

/** What steps take. */
const CLIENT_STEP_NS = 250;
const DRIVE_STEP_NS = 50_000;

/** Alarms from here on are time-outs: longer than all that a drive does. */
const LONG_NS = 1_000_000_000;
const TIMEOUT = seconds(2);

/** More than the longest of loads takes: who goes on and on gets nowhere. */
const STEPS_AN_OPERATION = 2_000;

class ChosenAlarm implements Alarm {
  constructor(readonly t: number, public ring: (() => void) | undefined) {}

  cancel(): void {
    this.ring = undefined;
  }
}

/** One client: its operations one after the other. */
class Client {
  isReady = true;
  isOver = false;
  touches = -1;
  readonly steps: Steps<void>;
  readonly wake = () => void (this.isReady = true);

  constructor(readonly id: number, make: (client: Client) => Steps<void>) {
    this.steps = make(this);
  }
}

export interface MachineOptions {
  readonly chooser: Chooser;
  readonly classes: ModelClasses;
  readonly variant: Variant;
  readonly entries: number;
  readonly sizes: readonly number[];
}

export class Machine implements DriveSurroundings {
  readonly recorder = new Recorder();
  readonly chooser: Chooser;
  readonly cache: Cache;
  readonly drives: readonly ChosenDrive[];
  /** Requests may go wrong. */
  faults = false;
  /** How many did. */
  fired = 0;
  steps = 0;
  readonly #driver: Driver;
  readonly #present: readonly number[];
  readonly #alarms: ChosenAlarm[] = [];
  readonly #timeouts: ChosenAlarm[] = [];
  #clients: Client[] = [];
  #current: Client | undefined;
  #now = 0;
  /** Asked again and again: who can go. */
  readonly #candidates: number[] = [];
  readonly #touches: number[] = [];
  readonly #choice: { -readonly [Key in keyof Choice]: Choice[Key] } = {
    kind: "go",
    ways: 0,
    candidates: this.#candidates,
    touches: this.#touches,
  };

  constructor({ chooser, classes, variant, entries, sizes }: MachineOptions) {
    this.chooser = chooser;
    this.drives = sizes.map((_, number) => new ChosenDrive(number, this));
    this.#present = [...sizes.keys()].filter((drive) => sizes[drive]! > 0);
    const clock = { after: (delayNs: number, ring: () => void) => this.#after(delayNs, ring) };
    const driver = new classes.Driver(clock, this.drives, TIMEOUT, (channel) => {
      this.cache.scheduleIo(channel);
    });
    this.#driver = driver;
    const now = () => this.#now;
    this.cache = new classes.Cache({
      list: listOf(classes, variant, entries),
      scheduler: schedulerOf(classes, variant, now),
      driver,
      drives: sizes.length,
      now,
    });
  }

  /** Runs clients, the first of which has number `first`, until nothing can happen any more. */
  run(clients: readonly (readonly LoadOperation[])[], first: number): void {
    this.#clients = clients.map((operations, i) =>
      new Client(first + i, (client) => this.#program(client, operations))
    );
    this.#current = undefined;
    const most = this.steps + clients.reduce((sum, { length }) => sum + length + 1, 0) *
        STEPS_AN_OPERATION;
    while (this.#step()) {
      if (++this.steps > most) throw new Error(`${most} steps and no end: somebody goes in a ring`);
    }
  }

  /** Who waits for something that does not happen. */
  stuckWhy(): Wrong | undefined {
    const stuck = this.#clients.filter(({ isOver }) => !isOver).map(({ id }) => id);
    if (stuck.length === 0) return undefined;
    return { promise: "P7", what: `client ${stuck.join(", ")} waits for ever` };
  }

  interrupt(channel: number): void {
    this.#driver.interrupt(channel);
  }

  *#program(client: Client, operations: readonly LoadOperation[]): Steps<void> {
    const { cache, recorder } = this;
    for (const operation of operations) {
      const { kind, drive, lba } = operation;
      client.touches = kind === "sync" ? -1 : blockKey(drive, lba);
      yield;
      const record = kind === "sync"
        ? recorder.sync(client.id, this.#present)
        : recorder.access(client.id, operation);
      try {
        if ("drives" in record) {
          yield* cache.sync(record.drives);
          recorder.over(record, "ok");
        } else if (kind === "read") recorder.read(record, yield* cache.read(operation));
        else {
          yield* cache.write(operation, operation.stamp);
          recorder.over(record, "ok");
        }
      } catch (error) {
        if (!(error instanceof OperationError)) throw error;
        recorder.over(record, "error");
      }
    }
  }

  /** Whether anything could happen. */
  #step(): boolean {
    this.#list();
    const candidates = this.#candidates;
    if (candidates.length === 0) return this.#ringTimeout();
    const choice = this.#choice;
    choice.ways = candidates.length;
    choice.rate = this.#current?.isReady ? PREEMPTION : undefined;
    const chosen = candidates[this.chooser.choose(choice)]!;
    if (chosen < FIRST_DRIVE) this.#runClient(this.#clientOf(chosen));
    else if (chosen === CLOCK) this.#alarms.shift()!.ring?.();
    else {
      this.#now += DRIVE_STEP_NS;
      this.drives[chosen - FIRST_DRIVE]!.step();
    }
    return true;
  }

  /** Who goes on comes first: that is the quiet way. */
  #list(): void {
    let count = 0;
    const current = this.#current;
    if (current?.isReady) this.#put(count++, current.id, current.touches);
    for (const client of this.#clients) {
      if (client.isReady && client !== current) this.#put(count++, client.id, client.touches);
    }
    for (const drive of this.drives) {
      if (drive.canGo) this.#put(count++, FIRST_DRIVE + drive.number, drive.touches);
    }
    if (this.#alarms.length > 0) this.#put(count++, CLOCK, -1);
    // Setting the length would give the arrays' memory back at each step.
    while (this.#candidates.length > count) {
      this.#candidates.pop();
      this.#touches.pop();
    }
  }

  #put(at: number, candidate: number, touches: number): void {
    this.#candidates[at] = candidate;
    this.#touches[at] = touches;
  }

  #clientOf(id: number): Client {
    return this.#clients[id - this.#clients[0]!.id]!;
  }

  #runClient(client: Client): void {
    this.#current = client;
    this.#now += CLIENT_STEP_NS;
    const { done, value } = client.steps.next();
    if (done) {
      client.isOver = true;
      client.isReady = false;
    } else if (value) {
      client.isReady = false;
      value.queue.add(client.wake);
    }
  }

  #after(delayNs: number, ring: () => void): Alarm {
    const alarm = new ChosenAlarm(this.#now + delayNs, ring);
    const all = delayNs < LONG_NS ? this.#alarms : this.#timeouts;
    while (all.length > 0 && !all.at(-1)!.ring) all.pop();
    all.push(alarm);
    return alarm;
  }

  #ringTimeout(): boolean {
    for (;;) {
      const timeout = this.#timeouts.shift();
      if (!timeout) return false;
      if (!timeout.ring) continue;
      this.#now = timeout.t;
      timeout.ring();
      return true;
    }
  }
}
