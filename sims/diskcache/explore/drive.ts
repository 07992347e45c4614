/**
 * A drive whose every step and fault is somebody's choice: half of the block over the bus, the
 * other half and the effect, the interrupt. It stands under the model's own driver.
 */
import type { Choice, Chooser } from "hil/explore/mod.ts";
import { DWORDS } from "../geometry.ts";
import type { DriverDrive } from "../model/driver.ts";
import type { DriveRequest } from "../model/drive.ts";
import { blockKey, type Recorder } from "./recorder.ts";

/** What can go wrong with a request, and how often; each is a kind of choice of its own. */
export const FAULTS = {
  "read": fault("fault read error", 0.06),
  "write": fault("fault write error", 0.06),
  "flush": fault("fault flush error", 0.06),
  "hang": fault("fault hang", 0.01),
  "lostInterrupt": fault("fault lost interrupt", 0.01),
  "spuriousInterrupt": fault("fault spurious interrupt", 0.03),
  "foreignInterrupt": fault("fault foreign interrupt", 0.03),
  "lateInterrupt": fault("fault interrupt after a reset", 0.5),
} as const satisfies Readonly<Record<string, Choice>>;

function fault(kind: string, rate: number): Choice {
  return { kind, ways: 2, rate };
}

/** ATA error register: aborted command. */
const ABRT = "error=04";

/** What the drives of one machine have in common. */
export interface DriveSurroundings {
  readonly chooser: Chooser;
  readonly recorder: Recorder;
  /** Whether requests may go wrong now. */
  readonly faults: boolean;
  /** How many requests did. */
  fired: number;
  /** An interrupt of a channel without a request at its end. */
  interrupt(channel: number): void;
}

type Phase = "first half" | "second half" | "interrupt" | "hung";

export class ChosenDrive implements DriverDrive {
  readonly #blocks = new Map<number, Uint32Array>();
  #request: DriveRequest | undefined;
  #finish: (error?: string) => void = nothing;
  #phase: Phase = "first half";
  #error: string | undefined;
  #losesInterrupt = false;
  /** Interrupts that no request of its own is the reason for: before its next step. */
  #stray: number | undefined;
  /** The drive's own memory for a write; made when it is needed. */
  #sector: Uint32Array | undefined;
  #begun = 0;
  /** The block of its request, as {@link blockKey}; -1 without one. */
  touches = -1;

  constructor(
    readonly number: number,
    private readonly around: DriveSurroundings,
  ) {}

  /** Something can happen here without anybody else. */
  get canGo(): boolean {
    return this.#stray !== undefined || this.#request !== undefined && this.#phase !== "hung";
  }

  /** Begins a request; `finish` is its interrupt. */
  start(request: DriveRequest, finish: (error?: string) => void): void {
    if (this.#request) throw new Error(`drive ${this.number} was given a request while busy`);
    this.#request = request;
    this.#finish = finish;
    this.#phase = "first half";
    this.#error = undefined;
    this.#losesInterrupt = false;
    this.#begun = this.around.recorder.moment();
    this.touches = request.operation === "flush" ? -1 : blockKey(this.number, request.lba);
    if (this.around.faults) this.#chooseFaults(request.operation);
  }

  /** A reset from the driver: what is in flight is forgotten and transfers nothing more. */
  reset(): void {
    if (this.#request) this.around.recorder.completed(this.number, this.#request, { ok: false });
    this.#request = undefined;
    this.touches = -1;
    if (this.around.faults && this.#fires("lateInterrupt")) this.#stray = this.number >> 1;
  }

  step(): void {
    const stray = this.#stray;
    if (stray !== undefined) {
      this.#stray = undefined;
      return this.around.interrupt(stray);
    }
    const request = this.#request!;
    if (this.#phase === "first half") {
      this.#transfer(request, 0, DWORDS / 2);
      this.#phase = "second half";
    } else if (this.#phase === "second half") {
      if (!this.#error) this.#takeEffect(request);
      this.#phase = this.#losesInterrupt ? "hung" : "interrupt";
    } else {
      this.#request = undefined;
      this.touches = -1;
      this.around.recorder.completed(this.number, request, { ok: !this.#error });
      this.#finish(this.#error);
    }
  }

  /** What it holds of a block; undefined where nobody has written. */
  block(lba: number): Uint32Array | undefined {
    return this.#blocks.get(lba);
  }

  #fires(name: keyof typeof FAULTS): boolean {
    if (this.around.chooser.choose(FAULTS[name]) === 0) return false;
    this.around.fired++;
    return true;
  }

  #chooseFaults(operation: DriveRequest["operation"]): void {
    if (this.#fires(operation)) this.#error = ABRT;
    if (this.#fires("hang")) this.#phase = "hung";
    if (this.#fires("lostInterrupt")) this.#losesInterrupt = true;
    const channel = this.number >> 1;
    if (this.#fires("spuriousInterrupt")) this.#stray = channel;
    if (this.#fires("foreignInterrupt")) this.#stray = channel ^ 1;
  }

  #takeEffect(request: DriveRequest): void {
    const { operation, lba } = request;
    this.#transfer(request, DWORDS / 2, DWORDS);
    const { recorder } = this.around;
    if (operation === "flush") return recorder.flushed(this.number, this.#begun);
    if (operation === "read") return;
    const sector = this.#sector!;
    this.#sector = this.#blocks.get(lba);
    this.#blocks.set(lba, sector);
    recorder.written(this.number, lba, sector);
  }

  #transfer({ operation, lba, buffer }: DriveRequest, from: number, to: number): void {
    if (operation === "flush") return;
    if (operation === "write") {
      const sector = this.#sector ??= new Uint32Array(DWORDS);
      for (let i = from; i < to; i++) sector[i] = buffer![i]!;
      return;
    }
    const block = this.#blocks.get(lba);
    if (!block) buffer!.fill(this.around.recorder.initial(this.number, lba), from, to);
    else for (let i = from; i < to; i++) buffer![i] = block[i]!;
  }
}

function nothing(): void {}
