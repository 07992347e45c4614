/** The drives of the model together, and what a test bench can do to them. */
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import type { Random, VirtualClock } from "../../engine/mod.ts";
import type {
  BlockAddress,
  BlockContents,
  DiskOperation,
  DiskRequestData,
  Drives,
} from "../port.ts";
import { describeRequest } from "../describe.ts";
import { checkBlock, checkedSizes } from "../geometry.ts";
import { Drive } from "./drive.ts";

/** The drives of the model, and what a bench can do to them. */
export class ModelDrives implements Drives {
  readonly requests: SignalSource<DiskRequestData>;
  readonly all: readonly Drive[];
  readonly #onPoke: (at: BlockAddress, stamp: number) => void;

  readonly sizes: readonly number[];

  /** @param sizes in blocks, 0 for none */
  constructor(
    { timeline, clock, random, sizes, onPoke }: {
      timeline: Timeline;
      clock: VirtualClock;
      random: Random;
      sizes: readonly number[];
      onPoke: (at: BlockAddress, stamp: number) => void;
    },
  ) {
    this.sizes = checkedSizes(sizes);
    this.#onPoke = onPoke;
    this.requests = timeline.signal<DiskRequestData>("requests", {
      clock,
      describe: describeRequest,
    });
    this.all = this.sizes.map((size, number) =>
      new Drive(number, size, clock, random.fork(`drive ${number}`), this.requests)
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

  async peek(at: BlockAddress): Promise<BlockContents> {
    this.check("peek at", at);
    return await this.drive(at.drive).peek(at.lba);
  }

  async poke(at: BlockAddress, stamp: number): Promise<void> {
    this.check("poke", at);
    this.#onPoke(at, stamp);
    await this.drive(at.drive).poke(at.lba, stamp);
  }
}
