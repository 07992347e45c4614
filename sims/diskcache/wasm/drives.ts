/**
 * The drives under the cache in WebAssembly: one request of a channel at a time, ended when the
 * chooser lets its interrupt come. The drive moves data by itself at a moment that the chooser
 * picks too: hal.h promises only that it is between the request and its end. What was written is
 * in the drive's volatile cache until a flush; the oracle tries all that a power cut may leave.
 */
import type { Chooser } from "hil/explore/mod.ts";
import type { DiskCompletion, DiskEvent } from "../proof/history.ts";

const BLOCK_DWORDS = 128;
const DRIVES = 4;
/** io_kind of hal.h. */
const KINDS = ["read", "write", "flush"] as const;
/** error.h: what the error register said, UNC or ABRT. */
const ERROR = -0x100 - 0x40;
const ERROR_NO_ADDRESS = -0x100 - 0x10;

/** When data is moved. */
const DMA = { atEnd: 0, atBegin: 1, halfAndHalf: 2 } as const;
const DMA_CHOICE = { kind: "dma", ways: 3 };

export interface DiskRequest {
  readonly drive: number;
  readonly kind: typeof KINDS[number];
  readonly lba: number;
  /** Of the block in memory. */
  readonly address: number;
  readonly begin: number;
}

interface Planned extends DiskRequest {
  readonly dma: number;
  readonly fault: number;
}

/** Ways of "fault write error", beside none; the last is for this and all later writes there. */
const WriteFault = { REFUSED: 1, REFUSED_BUT_WRITTEN: 2, REFUSED_FOR_EVER: 3 } as const;

export interface DrivesOptions {
  readonly words: Uint32Array;
  readonly sizes: readonly number[];
  readonly chooser: Chooser;
  /** How many requests may fail. */
  readonly faults: number;
  readonly faultRate: number;
  /** A position in the order of all events. */
  readonly position: () => number;
  /** Told when data moves. `write`: into memory. */
  readonly moved: (channel: number, address: number, bytes: number, write: boolean) => void;
}

export class WasmDrives {
  readonly events: DiskEvent[] = [];
  readonly completions: DiskCompletion[] = [];
  readonly #blocks = new Map<number, Uint32Array>();
  readonly #inFlight: (Planned | undefined)[] = [undefined, undefined];
  /** Blocks that cannot be written any more. */
  readonly #broken = new Set<number>();
  #faultsLeft: number;

  constructor(private readonly options: DrivesOptions) {
    this.#faultsLeft = options.faults;
  }

  isIdle(channel: number): boolean {
    return !this.#inFlight[channel];
  }

  submit(drive: number, kind: number, lba: number, address: number): void {
    const { chooser, position } = this.options;
    const name = KINDS[kind]!;
    const request = { drive, kind: name, lba, address, begin: position() };
    const fault = this.#faultOf(name, drive, lba);
    const dma = name === "flush" ? DMA.atEnd : chooser.choose(DMA_CHOICE);
    const planned = this.#inFlight[drive >> 1] = { ...request, fault, dma };
    if (!this.#moves(planned)) return;
    if (dma === DMA.atBegin) this.#move(planned, 0, BLOCK_DWORDS);
    if (dma === DMA.halfAndHalf) this.#move(planned, 0, BLOCK_DWORDS / 2);
  }

  #faultOf(kind: DiskRequest["kind"], drive: number, lba: number): number {
    const key = lba * DRIVES + drive;
    if (kind === "write" && this.#broken.has(key)) return WriteFault.REFUSED;
    if (this.#faultsLeft === 0) return 0;
    const ways = kind === "write" ? 4 : 2;
    const rate = this.options.faultRate;
    const fault = this.options.chooser.choose({ kind: `fault ${kind} error`, ways, rate });
    if (fault) this.#faultsLeft--;
    if (fault === WriteFault.REFUSED_FOR_EVER) this.#broken.add(key);
    return fault;
  }

  /** Ends the channel's request; gives its enum error. */
  complete(channel: number): number {
    const request = this.#inFlight[channel]!;
    const { kind, drive, lba, fault, dma, begin } = request;
    if (this.#moves(request)) {
      if (dma === DMA.atEnd) this.#move(request, 0, BLOCK_DWORDS);
      if (dma === DMA.halfAndHalf) this.#move(request, BLOCK_DWORDS / 2, BLOCK_DWORDS / 2);
    }
    this.#inFlight[channel] = undefined;
    if (kind === "flush" && !fault) {
      this.events.push({ type: "flush", drive, begin, at: this.options.position() });
    }
    const isThere = kind === "flush" || lba < this.options.sizes[drive]!;
    const ok = isThere && !fault;
    this.completions.push({ drive, operation: kind, lba, ok, at: this.options.position() });
    if (ok) return 0;
    return isThere ? ERROR : ERROR_NO_ADDRESS;
  }

  #moves({ kind, fault, drive, lba }: Planned): boolean {
    if (kind === "flush" || lba >= this.options.sizes[drive]!) return false;
    return !fault || (kind === "write" && fault === WriteFault.REFUSED_BUT_WRITTEN);
  }

  #move(request: Planned, from: number, count: number): void {
    const { words, moved } = this.options;
    const { kind, drive, lba, address } = request;
    const begin = address / 4 + from;
    moved(drive >> 1, begin * 4, count * 4, kind === "read");
    const block = this.#blockAt(drive, lba);
    if (kind === "read") {
      words.set(block.subarray(from, from + count), begin);
      return;
    }
    block.set(words.subarray(begin, begin + count), from);
    if (from + count < BLOCK_DWORDS) return;
    const at = this.options.position();
    const stamp = block[0]!;
    this.events.push({ type: "write", drive, lba, stamp, whole: isWhole(block), at });
  }

  #blockAt(drive: number, lba: number): Uint32Array {
    const key = lba * DRIVES + drive;
    let block = this.#blocks.get(key);
    if (!block) {
      block = new Uint32Array(BLOCK_DWORDS).fill(initialStamp(drive, lba));
      this.#blocks.set(key, block);
    }
    return block;
  }
}

/** What a block holds before anything else: no write has such a stamp (load.ts counts from 1). */
export function initialStamp(drive: number, lba: number): number {
  return 1 << 12 | drive << 10 | lba % 1024;
}

/** Whether a block's words are all equal. */
export function isWhole(block: Uint32Array): boolean {
  const stamp = block[0]!;
  for (let i = 1; i < block.length; i++) if (block[i] !== stamp) return false;
  return true;
}
