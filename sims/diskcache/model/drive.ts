/**
 * A drive of the model: the simulated drive of `disk/` on virtual time, one request at a time, its
 * data in two halves over the bus, and what a test bench can do to it.
 */
import type { SignalSource } from "hil/trace/mod.ts";
import { type Alarm, Random, type VirtualClock } from "../../engine/mod.ts";
import {
  BLOCK_SIZE,
  type Chooser,
  chooserOf,
  type FaultCount,
  type FaultPlan,
  type Job,
  SimulatedDrive,
  WriteLog,
} from "../disk/mod.ts";
import { contentsOf, DWORDS } from "../geometry.ts";
import type {
  BlockContents,
  DiskOperation,
  DiskOptions,
  DiskRequestData,
  Survivors,
} from "../port.ts";

export interface DriveRequest {
  readonly operation: DiskOperation;
  readonly lba: number;
  /** Read into or written from, by DMA: also while the processor looks at it. */
  readonly buffer?: Uint32Array;
}

export interface ModelDriveOptions {
  readonly number: number;
  /** In blocks. */
  readonly size: number;
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly requests: SignalSource<DiskRequestData>;
  readonly disk: DiskOptions;
  /** Instead of the seed's chance, for all that the drive leaves to chance. */
  readonly chooser?: Chooser;
  /** A plan has cut its power. */
  readonly onPowerCut: () => void;
}

/** ATA error register: aborted command. */
const ABRT = "error=04";
/** Half of a request's latency, so that DMA has a beginning and an end. */
const HALF_LATENCY_NS = { least: 40_000, spread: 20_000 };

interface InFlight extends DriveRequest {
  readonly id: number;
  /** Undefined: the drive has no power. */
  readonly job: Job | undefined;
  readonly finish: (error?: string) => void;
  /** What it does when it is let go. */
  held: (() => void) | undefined;
  /** Of what it does next. */
  alarm: Alarm | undefined;
  /** The drive's own memory for what it transfers. */
  readonly sector: Uint32Array<ArrayBuffer>;
}

export class Drive {
  readonly number: number;
  readonly size: number;
  /** What it is beside time and bus. */
  readonly disk: SimulatedDrive;
  readonly #options: ModelDriveOptions;
  readonly #log: WriteLog | undefined;
  readonly #latency: Chooser;
  readonly #faults = new Map<string, number>();
  #inFlight: InFlight | undefined;
  #holds: readonly DiskOperation[] = [];
  /** The request in flight may go although requests of its kind are held. */
  #passes = false;
  #requests = 0;
  #powerAlarm: Alarm | undefined;

  constructor(options: ModelDriveOptions) {
    const { number, size, random, chooser, disk, onPowerCut } = options;
    const { cacheBlocks, mechanics, plan, log } = disk;
    this.#options = options;
    this.number = number;
    this.size = size;
    this.#log = log ? new WriteLog() : undefined;
    this.#latency = chooser ?? chooserOf(random);
    this.disk = new SimulatedDrive({
      ...{ blocks: size, cacheBlocks, mechanics, log: this.#log, onPowerCut },
      chooser: chooser ?? chooserOf(random.fork("disk")),
    });
    if (plan) this.plan(plan);
  }

  /** Begins a request; `finish` is its interrupt. The driver gives one at a time. */
  start(request: DriveRequest, finish: (error?: string) => void): void {
    if (this.#inFlight) throw new Error(`drive ${this.number} was given a request while busy`);
    const { operation, lba } = request;
    const sector = new Uint32Array(DWORDS);
    const data = operation === "write" ? new Uint8Array(sector.buffer) : undefined;
    const blocks = operation === "flush" ? 0 : 1;
    const job = this.disk.begin({ operation, lba, blocks, data }, this.#now);
    if (job) job.received = 0;
    const id = ++this.#requests;
    const nothing = { held: undefined, alarm: undefined };
    const inFlight: InFlight = { ...request, ...nothing, id, job, finish, sector };
    this.#inFlight = inFlight;
    this.#begin(inFlight);
    this.#options.requests.emit(operation, this.#describe(inFlight));
  }

  /** A reset from the driver: what is in flight is forgotten and transfers nothing more. */
  reset(): void {
    const lost = this.#forget();
    if (lost) {
      this.#options.requests.emit("done", { ...this.#describe(lost), status: "reset" });
    }
  }

  hold(operations: readonly DiskOperation[] = ["read", "write", "flush"]): void {
    this.#holds = operations;
  }

  release(): void {
    this.#holds = [];
    this.#letGo();
  }

  /** @throws Error when there is no request to let go */
  releaseOne(): void {
    if (!this.#inFlight) {
      throw new Error(
        `Cannot release one request of drive "${this.number}": it has none; ` +
          `wait on "requests" until one has reached it`,
      );
    }
    this.#passes = true;
    this.#letGo();
  }

  fail(fault: { operation: DiskOperation; lba: number; count: number }): void {
    this.#faults.set(`${fault.operation} ${fault.lba}`, fault.count);
  }

  /** @throws FaultPlanError */
  plan(plan: FaultPlan): void {
    const { chooser } = this.#options;
    this.disk.plan(plan, this.#now, chooser ?? chooserOf(new Random(plan.seed)));
    this.#awaitPowerCut();
  }

  get fired(): readonly FaultCount[] {
    return this.disk.fired;
  }

  powerCut(): Survivors {
    this.#powerAlarm?.cancel();
    this.#forget();
    return { drive: this.number, blocks: this.disk.powerCut() };
  }

  powerOn(): void {
    this.disk.powerOn();
    this.#awaitPowerCut();
  }

  /** @throws Error when the drive keeps no log */
  writeLog(): Uint8Array {
    if (this.#log) return this.#log.bytes();
    throw new Error(
      `Cannot give the log of writes of drive "${this.number}": it keeps none; ` +
        `ask for it: diskCache({ disk: { log: true } })`,
    );
  }

  peek(lba: number, options?: { durable?: boolean }): BlockContents {
    return contentsOf(dwordsOf(this.disk.peek(lba, options)));
  }

  poke(lba: number, stamp: number): void {
    this.disk.poke(lba, new Uint8Array(new Uint32Array(DWORDS).fill(stamp).buffer));
  }

  get #now(): number {
    return this.#options.clock.now();
  }

  #begin(request: InFlight): void {
    if (!request.job) return; // No power: nothing ever comes of it.
    const { heldNs } = request.job;
    const middle = () => this.#middle(request);
    if (heldNs === 0) return this.#after(this.#firstHalfNs(request), request, middle);
    request.held = middle;
    if (heldNs < Infinity) this.#after(heldNs, request, () => this.#letGo());
  }

  /** The first half of the block goes over the bus. */
  #middle(request: InFlight): void {
    if (this.#isHeld(request, () => this.#middle(request))) return;
    this.#transfer(request, 0, DWORDS / 2);
    this.#after(this.#secondHalfNs(request), request, () => this.#end(request));
  }

  #end(request: InFlight): void {
    if (this.#isHeld(request, () => this.#end(request))) return;
    this.#passes = false;
    const { operation } = request;
    const failed = this.#takeFault(request);
    if (operation === "write" && !failed) this.#transfer(request, DWORDS / 2, DWORDS);
    const result = failed ? { ok: false } : this.disk.finish(request.job!, this.#now);
    if (!result) return; // The power is gone.
    this.#forget();
    if (operation === "read" && result.data) {
      request.sector.set(dwordsOf(result.data));
      this.#transfer(request, DWORDS / 2, DWORDS);
    }
    const contents = operation === "write" && result.ok ? this.#written(request) : undefined;
    const status = result.ok ? "ok" : "error";
    this.#options.requests.emit("done", { ...this.#describe(request), ...contents, status });
    request.finish(result.ok ? undefined : ABRT);
  }

  /** What the drive was given; all of it only where it keeps a log. */
  #written({ sector }: InFlight): Pick<DiskRequestData, "stamp" | "whole" | "data"> {
    const contents = contentsOf(sector);
    if (contents.whole || !this.#log) return contents;
    return { ...contents, data: new Uint8Array(sector.buffer).toBase64() };
  }

  /** Whether {@link fail} has asked for this one to fail. */
  #takeFault({ operation, lba }: InFlight): boolean {
    const fault = `${operation} ${lba}`;
    const faults = this.#faults.get(fault) ?? 0;
    if (faults > 0) this.#faults.set(fault, faults - 1);
    return faults > 0;
  }

  #letGo(): void {
    const request = this.#inFlight;
    if (!request?.held) return;
    request.alarm?.cancel();
    this.#after(this.#firstHalfNs(request), request, request.held);
    request.held = undefined;
  }

  /** A held request has transferred nothing, unless it was under way when the hold began. */
  #isHeld(request: InFlight, goOn: () => void): boolean {
    if (!this.#holds.includes(request.operation) || this.#passes) return false;
    request.held = goOn;
    return true;
  }

  /** Moves a part over the bus. A sector reaches the drive as a whole or, on an error, not. */
  #transfer({ operation, lba, buffer, sector, job }: InFlight, from: number, to: number): void {
    if (!buffer) return;
    if (operation === "write") {
      sector.set(buffer.subarray(from, to), from);
      job!.received = to * 4;
    } else {
      const block = to === DWORDS ? sector : dwordsOf(this.disk.peek(lba));
      buffer.set(block.subarray(from, to), from);
    }
  }

  #forget(): InFlight | undefined {
    const request = this.#inFlight;
    this.#passes = false;
    this.#inFlight = undefined;
    request?.alarm?.cancel();
    if (request?.job) this.disk.forget(request.job);
    return request;
  }

  #after(ns: number, request: InFlight, ring: () => void): void {
    request.alarm = this.#options.clock.after(ns, ring);
  }

  /** With mechanics, half of what they take, what a fault adds on top; else by chance. */
  #firstHalfNs({ job }: InFlight): number {
    const { delayNs } = job!;
    return this.disk.arm ? Math.floor(delayNs / 2) : delayNs + this.#chanceNs();
  }

  #secondHalfNs({ job }: InFlight): number {
    return this.disk.arm ? Math.ceil(job!.delayNs / 2) : this.#chanceNs();
  }

  #chanceNs(): number {
    const { least, spread } = HALF_LATENCY_NS;
    return least + this.#latency.choose({ kind: "latency", ways: spread });
  }

  /** A plan may cut the power at a time when no request comes. */
  #awaitPowerCut(): void {
    this.#powerAlarm?.cancel();
    const next = this.disk.nextTime;
    if (next === undefined) return;
    const t = Math.max(next, this.#now);
    this.#powerAlarm = this.#options.clock.at(t, () => this.disk.tick(this.#now));
  }

  #describe({ id, operation, lba }: InFlight): DiskRequestData {
    const blocks = operation === "flush" ? 0 : 1;
    return { drive: this.number, id, operation, lba, blocks };
  }
}

/** The dwords of a block; a copy where memory does not lie on a multiple of four. */
function dwordsOf(bytes: Uint8Array): Uint32Array {
  const block = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Uint32Array(block.buffer, block.byteOffset, BLOCK_SIZE / 4);
}
