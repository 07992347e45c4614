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
import { Drive, placeOf } from "./drive.ts";

/** 48-bit addresses. */
const LARGEST_DRIVE = 2 ** 48;

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
    const size = this.sizes[at.drive] ?? 0;
    if (Number.isInteger(at.lba) && at.lba >= 0 && at.lba < size) return;
    const fact = size ? `drive ${at.drive} has ${size} blocks` : `drive ${at.drive} is not there`;
    throw new RangeError(
      `Cannot ${verb} block "${placeOf(at)}": ${fact}; ` +
        `give a block of ${this.sizes.map((blocks, number) => `${number}:0-${blocks}`).join(", ")}`,
    );
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

function checkedSizes(sizes: readonly number[]): readonly number[] {
  const good = (size: number) => Number.isInteger(size) && size >= 0 && size <= LARGEST_DRIVE;
  if (sizes.length >= 1 && sizes.length <= 4 && sizes.every(good)) return sizes;
  throw new RangeError(
    `Cannot make drives of "${sizes.join()}" blocks: there are 1 to 4 drives of 0 to 2^48 ` +
      `blocks; give four sizes, 0 for no drive`,
  );
}

function describeRequest(kind: string, data: DiskRequestData): string {
  const { drive, id, operation, lba, status } = data;
  const what = operation === "flush" ? "flush" : `${operation} ${lba}`;
  return `drive ${drive} #${id} ${what}${kind === "done" ? `: ${status}` : ""}`;
}
