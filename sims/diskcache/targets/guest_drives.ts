/**
 * The drives of the guest: sparse memory behind an NBD server in this process, so that what a
 * scenario sees and does is between the drive and QEMU, where the guest has no say.
 */
import type { Clock } from "hil";
import { type Answered, NbdServer, type NbdTraffic } from "hil/drivers/nbd/mod.ts";
import type { Disk } from "hil/drivers/qemu/mod.ts";
import type { SignalSource, Timeline } from "hil/trace/mod.ts";
import { Random } from "../../engine/mod.ts";
import { describePower, describeRequest } from "../describe.ts";
import { BLOCK_SIZE, type FaultCount, type FaultPlan } from "../disk/mod.ts";
import { checkBlock, checkedSizes, contentsOf, DWORDS } from "../geometry.ts";
import type {
  BlockAddress,
  BlockContents,
  DiskOperation,
  DiskOptions,
  DiskRequestData,
  PowerData,
  Survivors,
} from "../port.ts";
import type { GuestSideDrives } from "./guest_cache.ts";
import { ServedDisk } from "./served_disk.ts";

const OPERATIONS: readonly DiskOperation[] = ["read", "write", "flush"];

export interface GuestDrivesOptions {
  readonly timeline: Timeline;
  readonly clock: Clock;
  /** Of the server's Unix socket. */
  readonly path: string;
  /** In blocks, 0 for none. */
  readonly sizes: readonly number[];
  readonly disk?: DiskOptions;
  /** Of what the drives leave to chance; default 0. */
  readonly seed?: number;
  /** Those that a machine of the pool is connected to already; default: served from now on. */
  readonly served?: ServedDrives;
}

/** Drives that are served already, to a QEMU that is started before its scenario is. */
export interface ServedDrives {
  /** There is none when there are no drives. */
  readonly server: NbdServer | undefined;
  readonly disks: ReadonlyMap<number, ServedDisk>;
  /** Told of all that happens from now on. */
  observe: (event: NbdTraffic) => void;
  onBreach: (reason: string) => void;
  onAnswer: (drive: string, answered: Answered) => void;
}

/** @throws RangeError when the sizes are not possible */
export function serveDrives({ path, sizes }: Pick<GuestDrivesOptions, "path" | "sizes">) {
  const disks = new Map(
    presentIn(checkedSizes(sizes)).map((number) => [number, new ServedDisk(sizes[number]!)]),
  );
  const drives = [...disks].map(([number, disk]) => ({
    ...{ name: nameOf(number), store: disk, behaviour: disk },
  }));
  const served: ServedDrives = {
    server: drives.length === 0 ? undefined : new NbdServer({
      ...{ path, drives },
      observe: (event) => served.observe(event),
      onBreach: (reason) => served.onBreach(reason),
      onAnswer: (drive, answered) => served.onAnswer(drive, answered),
    }),
    disks,
    observe: () => {},
    onBreach: () => {},
    onAnswer: () => {},
  };
  return served;
}

export class GuestDrives implements GuestSideDrives {
  readonly requests: SignalSource<DiskRequestData>;
  readonly power: SignalSource<PowerData>;
  readonly sizes: readonly number[];
  /** Told when the power is gone. */
  onPowerCut: () => void = () => {};
  readonly #disks: ReadonlyMap<number, ServedDisk>;
  #survivors: readonly Survivors[] | undefined;
  readonly #server: NbdServer | undefined;
  /** By drive: requests of QEMU's own before the guest was ready; undefined while it is not. */
  #skipped: readonly number[] | undefined;
  readonly #count: number[];

  /** @throws RangeError when the sizes are not possible */
  constructor(options: GuestDrivesOptions) {
    const { timeline, clock, path, sizes, disk = {}, seed = 0 } = options;
    this.sizes = checkedSizes(sizes);
    this.#count = sizes.map(() => 0);
    this.requests = timeline.signal<DiskRequestData>("requests", {
      clock,
      describe: describeRequest,
    });
    this.power = timeline.signal<PowerData>("power", { clock, describe: describePower });
    const served = options.served ?? serveDrives({ path, sizes });
    this.#disks = served.disks;
    for (const [number, served] of this.#disks) {
      const random = new Random(seed).fork(`drive ${number}`);
      served.become({ disk, random, clock, onPowerCut: () => void this.powerOff() });
    }
    served.observe = (event) => this.#observe(event);
    served.onBreach = (reason) =>
      timeline.record({ type: "log", level: "warn", text: `QEMU broke NBD: ${reason}` }, { clock });
    this.#server = served.server;
  }

  /** What QEMU is to be given. */
  get disks(): readonly Disk[] {
    return disksOf(this.sizes, this.#server?.path ?? "");
  }

  /** From now on requests are the guest's: QEMU itself has looked at each drive before. */
  begin(): void {
    this.#skipped = [...this.#count];
  }

  /** The guest resets the channel of that drive, and QEMU waits until nothing is in flight on it. */
  resetChannel(drive: number): void {
    for (const number of this.#present) {
      if (number >> 1 === drive >> 1) this.#nbd(number).abort();
    }
  }

  /** What is on the drives; gives what puts it back. */
  moment(): () => void {
    const restore = [...this.#disks.values()].map(({ disk }) => disk.remember());
    return () => restore.forEach((one) => one());
  }

  /** Answers what is held, with an error, and holds nothing more. */
  giveUp(): void {
    for (const number of this.#present) {
      this.#nbd(number).hold([]);
      this.#nbd(number).abort();
    }
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  async hold(drive: number, operations: readonly DiskOperation[] = OPERATIONS): Promise<void> {
    await this.#drive(drive).hold(operations);
  }

  async release(drive: number): Promise<void> {
    await this.#drive(drive).release();
  }

  async releaseOne(drive: number): Promise<void> {
    await this.#drive(drive).releaseOne();
  }

  async fail(fault: BlockAddress & { operation: DiskOperation; count: number }): Promise<void> {
    checkBlock("fail", fault, this.sizes);
    await this.#drive(fault.drive).failNext(fault);
  }

  async plan(drive: number, plan: FaultPlan): Promise<void> {
    await this.#disk(drive).plan(plan);
  }

  async fired(drive: number): Promise<readonly FaultCount[]> {
    return await this.#disk(drive).disk.fired;
  }

  async writeLog(drive: number): Promise<Uint8Array> {
    const log = await this.#disk(drive).writeLog();
    if (log) return log;
    throw new Error(
      `Cannot give the log of writes of drive "${drive}": it keeps none; ` +
        `ask for it: diskCache({ disk: { log: true } })`,
    );
  }

  /** Pulls the plug, when nobody has; gives what that left. */
  powerOff(): readonly Survivors[] {
    if (this.#survivors) return this.#survivors;
    this.#survivors = []; // A drive that tells of its cut is no second cut.
    this.#survivors = [...this.#disks].map(([drive, { disk }]) => ({
      ...{ drive, blocks: disk.powerCut() },
    }));
    this.#skipped = undefined;
    this.#server?.disconnect(); // What is still on its way from QEMU does not arrive.
    this.power.emit("cut", { survivors: this.#survivors });
    this.onPowerCut();
    return this.#survivors;
  }

  powerOn(): void {
    this.#survivors = undefined;
    for (const served of this.#disks.values()) {
      served.disk.powerOn();
      served.awaitPowerCut();
    }
    this.power.emit("on", {});
  }

  async peek(at: BlockAddress, options?: { durable?: boolean }): Promise<BlockContents> {
    checkBlock("peek at", at, this.sizes);
    const bytes = await this.#disk(at.drive).disk.peek(at.lba, options).slice();
    return contentsOf(new Uint32Array(bytes.buffer, 0, BLOCK_SIZE / 4));
  }

  async poke(at: BlockAddress, stamp: number): Promise<void> {
    checkBlock("poke", at, this.sizes);
    const dwords = new Uint32Array(DWORDS).fill(stamp);
    await this.#disk(at.drive).disk.poke(at.lba, new Uint8Array(dwords.buffer));
  }

  get #present(): readonly number[] {
    return presentIn(this.sizes);
  }

  #drive(number: number) {
    checkBlock("use", { drive: number, lba: 0 }, this.sizes);
    return this.#nbd(number);
  }

  #disk(number: number): ServedDisk {
    checkBlock("use", { drive: number, lba: 0 }, this.sizes);
    return this.#disks.get(number)!;
  }

  #nbd(number: number) {
    return this.#server!.drive(nameOf(number));
  }

  #observe(traffic: NbdTraffic): void {
    const { drive: name, id, phase, operation, lba, blocks, status } = traffic;
    const drive = Number(name.slice(-1));
    this.#count[drive] = Math.max(this.#count[drive]!, id);
    const own = id - (this.#skipped?.[drive] ?? Infinity);
    if (own < 1) return;
    // A discard (a kernel of the user's own may send one) changes blocks, as a write does.
    const kind = operation === "trim" || operation === "zero" ? "write" : operation;
    const data: DiskRequestData = { drive, id: own, operation: kind, lba, blocks };
    if (phase === "arrived") this.requests.emit(kind, data);
    else {
      const all = this.#disks.get(drive)?.keepsLog ?? false;
      this.requests.emit("done", { ...data, ...writtenBy(traffic, all), status });
    }
  }
}

/** QEMU's options for drives that are served at `path`. */
export function disksOf(sizes: readonly number[], path: string): readonly Disk[] {
  return presentIn(sizes).map((number) => ({
    bus: `ide.${number >> 1}`,
    unit: number & 1,
    source: { nbd: path, export: nameOf(number) },
  }));
}

function presentIn(sizes: readonly number[]): readonly number[] {
  return [...sizes.keys()].filter((number) => sizes[number]! > 0);
}

/** What a good write gave the drive: of one block its stamp; `all`: every byte. */
function writtenBy(traffic: NbdTraffic, all: boolean): Partial<DiskRequestData> {
  const { data, fua, status, operation } = traffic;
  if (status !== "ok") return {};
  if (!data) return all && (operation === "trim" || operation === "zero") ? { discard: true } : {};
  if (operation !== "write") return {};
  const one = data.length === DWORDS * 4;
  // A copy: the dwords of what came over the wire may not lie on a multiple of four.
  const contents = one ? contentsOf(new Uint32Array(data.slice().buffer)) : undefined;
  return {
    ...contents,
    ...(all && !contents?.whole && { data: data.toBase64() }),
    ...(fua && (one || all) && { fua }),
  };
}

function nameOf(drive: number): string {
  return `disk${drive}`;
}
