/** The drives of the model together, and what a test bench can do to them. */
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import type { Random, VirtualClock } from "../../engine/mod.ts";
import type { Chooser, FaultCount, FaultPlan } from "../disk/mod.ts";
import type {
  BlockAddress,
  BlockContents,
  DiskOperation,
  DiskOptions,
  DiskRequestData,
  Drives,
  PowerData,
  Survivors,
} from "../port.ts";
import { describePower, describeRequest } from "../describe.ts";
import { checkBlock, checkedSizes } from "../geometry.ts";
import { Drive } from "./drive.ts";

export interface ModelDrivesOptions {
  readonly timeline: Timeline;
  readonly clock: VirtualClock;
  readonly random: Random;
  /** In blocks, 0 for none. */
  readonly sizes: readonly number[];
  readonly disk?: DiskOptions;
  /** Instead of the seed's chance, for all that the drives leave to chance. */
  readonly chooser?: Chooser;
  readonly onPoke: (at: BlockAddress, stamp: number) => void;
  /** The power is gone. */
  readonly onPowerCut: () => void;
}

/** The drives of the model, and what a bench can do to them. */
export class ModelDrives implements Drives {
  readonly requests: SignalSource<DiskRequestData>;
  readonly power: SignalSource<PowerData>;
  readonly all: readonly Drive[];
  readonly #onPoke: (at: BlockAddress, stamp: number) => void;

  readonly sizes: readonly number[];

  readonly #onPowerCut: () => void;
  #survivors: readonly Survivors[] | undefined;

  constructor(options: ModelDrivesOptions) {
    const { timeline, clock, random, sizes, disk = {}, chooser } = options;
    this.sizes = checkedSizes(sizes);
    this.#onPoke = options.onPoke;
    this.#onPowerCut = options.onPowerCut;
    this.requests = timeline.signal<DiskRequestData>("requests", {
      clock,
      describe: describeRequest,
    });
    this.power = timeline.signal<PowerData>("power", { clock, describe: describePower });
    this.all = this.sizes.map((size, number) =>
      new Drive({
        ...{ number, size, clock, disk, chooser },
        random: random.fork(`drive ${number}`),
        requests: this.requests,
        onPowerCut: () => void this.powerOff(),
      })
    );
  }

  /** Numbers of those that are there. */
  get present(): readonly number[] {
    return this.all.filter(({ size }) => size > 0).map(({ number }) => number);
  }

  drive(number: number): Drive {
    this.check("use", { drive: number, lba: 0 });
    return this.all[number]!;
  }

  /** @throws RangeError when there is no such drive or no such block on it */
  check(verb: string, at: BlockAddress): void {
    checkBlock(verb, at, this.sizes);
  }

  async hold(drive: number, operations?: readonly DiskOperation[]): Promise<void> {
    await this.drive(drive).hold(operations);
  }

  async release(drive: number): Promise<void> {
    await this.drive(drive).release();
  }

  async releaseOne(drive: number): Promise<void> {
    await this.drive(drive).releaseOne();
  }

  async fail(fault: BlockAddress & { operation: DiskOperation; count: number }): Promise<void> {
    this.check("fail", fault);
    await this.drive(fault.drive).fail(fault);
  }

  async plan(drive: number, plan: FaultPlan): Promise<void> {
    await this.drive(drive).plan(plan);
  }

  async fired(drive: number): Promise<readonly FaultCount[]> {
    return await this.drive(drive).fired;
  }

  async writeLog(drive: number): Promise<Uint8Array> {
    return await this.drive(drive).writeLog();
  }

  get hasPower(): boolean {
    return !this.#survivors;
  }

  /** Pulls the plug, when nobody has; gives what that left. */
  powerOff(): readonly Survivors[] {
    if (this.#survivors) return this.#survivors;
    this.#survivors = []; // A drive that tells of its cut is no second cut.
    this.#survivors = this.present.map((number) => this.all[number]!.powerCut());
    this.power.emit("cut", { survivors: this.#survivors });
    this.#onPowerCut();
    return this.#survivors;
  }

  powerOn(): void {
    this.#survivors = undefined;
    for (const number of this.present) this.all[number]!.powerOn();
    this.power.emit("on", {});
  }

  async peek(at: BlockAddress, options?: { durable?: boolean }): Promise<BlockContents> {
    this.check("peek at", at);
    return await this.drive(at.drive).peek(at.lba, options);
  }

  async poke(at: BlockAddress, stamp: number): Promise<void> {
    this.check("poke", at);
    this.#onPoke(at, stamp);
    await this.drive(at.drive).poke(at.lba, stamp);
  }
}
