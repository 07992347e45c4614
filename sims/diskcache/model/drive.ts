/**
 * A drive: blocks of 128 dwords, one request at a time, a latency drawn from the seed, and what a
 * test bench can do to it (hold, fail, look at the platter). Block addresses have 48 bits.
 */
import type { SignalSource } from "hil/trace/mod.ts";
import type { Alarm, Random, VirtualClock } from "../../engine/mod.ts";
import { contentsOf, DWORDS } from "../geometry.ts";
import type { BlockContents, DiskOperation, DiskRequestData } from "../port.ts";

export interface DriveRequest {
  readonly operation: DiskOperation;
  readonly lba: number;
  /** Read into or written from, by DMA: also while the processor looks at it. */
  readonly buffer?: Uint32Array;
}

/** ATA error register: aborted command. */
const ABRT = "error=04";
/** Half of a request's latency, so that DMA has a beginning and an end. */
const HALF_LATENCY_NS = { least: 40_000, spread: 20_000 };

interface InFlight extends DriveRequest {
  readonly id: number;
  readonly finish: (error?: string) => void;
  /** What it does when it is let go. */
  held: (() => void) | undefined;
  alarm: Alarm;
  /** The drive's own memory for a write. */
  readonly sector: Uint32Array;
}

export class Drive {
  readonly #blocks = new Map<number, Uint32Array>();
  readonly #faults = new Map<string, number>();
  #inFlight: InFlight | undefined;
  #holds: readonly DiskOperation[] = [];
  /** The request in flight may go although requests of its kind are held. */
  #passes = false;
  #requests = 0;

  /** @param size in blocks */
  constructor(
    readonly number: number,
    readonly size: number,
    private readonly clock: VirtualClock,
    private readonly random: Random,
    private readonly requests: SignalSource<DiskRequestData>,
  ) {}

  /** Begins a request; `finish` is its interrupt. The driver gives one at a time. */
  start(request: DriveRequest, finish: (error?: string) => void): void {
    if (this.#inFlight) throw new Error(`drive ${this.number} was given a request while busy`);
    const id = ++this.#requests;
    const alarm = this.clock.after(this.#latency(), () => this.#middle(inFlight));
    const sector = new Uint32Array(DWORDS);
    const inFlight: InFlight = { ...request, id, finish, held: undefined, alarm, sector };
    this.#inFlight = inFlight;
    this.requests.emit(request.operation, this.#describe(inFlight));
  }

  /** A reset from the driver: what is in flight is forgotten and transfers nothing more. */
  reset(): void {
    const lost = this.#inFlight;
    this.#passes = false;
    lost?.alarm.cancel();
    this.#inFlight = undefined;
    if (lost) this.requests.emit("done", { ...this.#describe(lost), status: "reset" });
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

  peek(lba: number): BlockContents {
    return contentsOf(this.#blocks.get(lba) ?? new Uint32Array(DWORDS));
  }

  poke(lba: number, stamp: number): void {
    this.#blocks.set(lba, new Uint32Array(DWORDS).fill(stamp));
  }

  /** The first half of the block goes over the bus. */
  #middle(request: InFlight): void {
    if (this.#isHeld(request, () => this.#middle(request))) return;
    this.#transfer(request, 0, DWORDS / 2);
    request.alarm = this.clock.after(this.#latency(), () => this.#end(request));
  }

  #end(request: InFlight): void {
    if (this.#isHeld(request, () => this.#end(request))) return;
    this.#passes = false;
    const fault = `${request.operation} ${request.lba}`;
    const faults = this.#faults.get(fault) ?? 0;
    if (faults > 0) this.#faults.set(fault, faults - 1);
    else this.#transfer(request, DWORDS / 2, DWORDS);
    this.#inFlight = undefined;
    const status = faults > 0 ? "error" : "ok";
    const isWritten = request.operation === "write" && faults === 0;
    const contents = isWritten ? contentsOf(request.sector) : undefined;
    this.requests.emit("done", { ...this.#describe(request), ...contents, status });
    request.finish(faults > 0 ? ABRT : undefined);
  }

  #letGo(): void {
    const request = this.#inFlight;
    if (!request?.held) return;
    request.alarm = this.clock.after(this.#latency(), request.held);
    request.held = undefined;
  }

  /** A held request has transferred nothing, unless it was under way when the hold began. */
  #isHeld(request: InFlight, goOn: () => void): boolean {
    if (!this.#holds.includes(request.operation) || this.#passes) return false;
    request.held = goOn;
    return true;
  }

  /** Moves a part over the bus. A sector reaches the platter as a whole or, on an error, not. */
  #transfer({ operation, lba, buffer, sector }: InFlight, from: number, to: number): void {
    if (!buffer) return;
    if (operation === "write") {
      sector.set(buffer.subarray(from, to), from);
      if (to === DWORDS) this.#blocks.set(lba, sector);
    } else {
      const block = this.#blocks.get(lba);
      if (block) buffer.set(block.subarray(from, to), from);
      else buffer.fill(0, from, to);
    }
  }

  #latency(): number {
    return HALF_LATENCY_NS.least + this.random.below(HALF_LATENCY_NS.spread);
  }

  #describe({ id, operation, lba }: InFlight): DiskRequestData {
    const blocks = operation === "flush" ? 0 : 1;
    return { drive: this.number, id, operation, lba, blocks };
  }
}
