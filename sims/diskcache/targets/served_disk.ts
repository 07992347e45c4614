/**
 * The simulated drive of `disk/` behind the NBD server, on the host's time. What takes less than
 * half a millisecond takes none: the host's timers are no finer.
 */
import { type Clock, ns } from "hil";
import type { Behaviour, BlockStore, NbdRequest, Task } from "hil/drivers/nbd/mod.ts";
import { alarm } from "hil/time/mod.ts";
import { Random } from "../../engine/mod.ts";
import {
  BLOCK_SIZE,
  chooserOf,
  type FaultPlan,
  SimulatedDrive,
  type SimulatedRequest,
  WriteLog,
} from "../disk/mod.ts";
import type { DiskOptions } from "../port.ts";

/** Errors as they go over the wire. */
const EIO = 5;
const LEAST_DELAY_NS = 500_000;

/** What a scenario makes of a drive that is served already. */
export interface DiskOfScenario {
  readonly disk: DiskOptions;
  readonly random: Random;
  readonly clock: Clock;
  /** A plan has cut the power. */
  readonly onPowerCut: () => void;
}

export class ServedDisk implements BlockStore, Behaviour {
  #disk: SimulatedDrive;
  #now: () => number = () => 0;
  #log: WriteLog | undefined;
  #cancelPowerCut = () => {};

  /** @param blocks size */
  constructor(readonly blocks: number) {
    this.#disk = new SimulatedDrive({ blocks, chooser: chooserOf(new Random(0)) });
  }

  get disk(): SimulatedDrive {
    return this.#disk;
  }

  /** Begins as an empty drive of that kind. */
  become({ disk, random, clock, onPowerCut }: DiskOfScenario): void {
    const { cacheBlocks, mechanics, plan, log } = disk;
    this.#now = () => clock.now();
    this.#log = log ? new WriteLog() : undefined;
    this.#disk = new SimulatedDrive({
      ...{ blocks: this.blocks, chooser: chooserOf(random), log: this.#log },
      ...{ cacheBlocks, mechanics, onPowerCut },
    });
    if (plan) this.plan(plan);
  }

  /** @throws FaultPlanError */
  plan(plan: FaultPlan): void {
    this.#disk.plan(plan, this.#now(), chooserOf(new Random(plan.seed)));
    this.awaitPowerCut();
  }

  /** A plan may cut the power at a time when no request comes. */
  awaitPowerCut(): void {
    this.#cancelPowerCut();
    const next = this.#disk.nextTime;
    if (next === undefined) return;
    const left = ns(Math.max(0, next - this.#now()));
    this.#cancelPowerCut = alarm(left, () => {
      this.#disk.tick(this.#now());
      this.awaitPowerCut(); // The host's timer may ring a little early.
    });
  }

  get keepsLog(): boolean {
    return this.#log !== undefined;
  }

  /** Undefined when no log is kept. */
  writeLog(): Uint8Array | undefined {
    return this.#log?.bytes();
  }

  begin(request: NbdRequest): Task | undefined {
    const disk = this.#disk;
    const job = disk.begin(simulated(request), this.#now());
    if (!job) return undefined;
    const { delayNs, heldNs } = job;
    const held = heldNs === Infinity ? "until released" : heldNs > 0 ? ns(heldNs) : undefined;
    return {
      held,
      delay: delayNs < LEAST_DELAY_NS ? undefined : ns(delayNs),
      finish: () => {
        const result = disk.finish(job, this.#now());
        return result && { error: result.ok ? 0 : EIO, data: result.data };
      },
      forget: () => disk.forget(job),
    };
  }

  /** As {@link SimulatedDrive.remember}. */
  remember(): () => void {
    return this.#disk.remember();
  }

  read(lba: number, blocks: number): Uint8Array {
    const data = new Uint8Array(blocks * BLOCK_SIZE);
    for (let at = 0; at < blocks; at++) data.set(this.#disk.peek(lba + at), at * BLOCK_SIZE);
    return data;
  }

  write(lba: number, data: Uint8Array): void {
    this.#disk.poke(lba, data);
  }

  zero(lba: number, blocks: number): void {
    this.#disk.poke(lba, new Uint8Array(blocks * BLOCK_SIZE));
  }

  flush(): void {}

  close(): void {
    this.#cancelPowerCut();
  }
}

/** A discard is a write without data; so are zeroes. */
function simulated({ operation, lba, blocks, data, fua }: NbdRequest): SimulatedRequest {
  const isWrite = operation !== "read" && operation !== "flush";
  return { operation: isWrite ? "write" : operation, lba, blocks, data, fua };
}
