/**
 * The guest's memory: one WebAssembly memory that holds RAM and ROM beside the CPU's own tables
 * (cpu/layout.ts), so that interpreter and translated code work in place.
 *
 * Pages that may have changed since the last snapshot are known without a cost to each store: the
 * MMU marks a page when it first lets the guest write to it, and a snapshot takes that right back.
 */
import { CODE_LINE_SHIFT, CODE_MAP, MEMORY_SIZE, RAM } from "./cpu/layout.ts";
import { MemorySnapshot, PAGE, PAGE_SHIFT } from "./memory_snapshot.ts";

const WASM_PAGE = 0x1_0000;
/** DDR3 decodes to here from its base: the board has half of what the EMIF can address. */
const DDR_WINDOW = 0x4000_0000;
/** The ROM answers at its base and at 0. */
const ROM_ALIAS = ~RAM.ROM.base;

export class GuestMemory {
  readonly wasm: WebAssembly.Memory;
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;
  readonly f64: Float64Array;
  /** Not 0 for each page of this memory that may differ from the last snapshot. */
  readonly dirty: Uint8Array = new Uint8Array(MEMORY_SIZE / PAGE);
  #base: MemorySnapshot = MemorySnapshot.EMPTY;
  readonly #droppers: ((hostLine: number) => void)[] = [];
  readonly #forgetters: (() => void)[] = [];

  constructor() {
    const pages = MEMORY_SIZE / WASM_PAGE;
    this.wasm = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { buffer } = this.wasm;
    this.i8 = new Int8Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.i16 = new Int16Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** The byte offset in this memory of a physical address, or -1 if neither RAM nor ROM is there. */
  hostOf(pa: number): number {
    const ddr = (pa - RAM.DDR.base) >>> 0;
    if (ddr < DDR_WINDOW) return RAM.DDR.offset + (ddr & (RAM.DDR.size - 1));
    const sram = (pa - RAM.SRAM.base) >>> 0;
    if (sram < RAM.SRAM.size) return RAM.SRAM.offset + sram;
    const rom = (pa & ROM_ALIAS) >>> 0;
    return rom < RAM.ROM.size ? RAM.ROM.offset + rom : -1;
  }

  /** Whether the guest can write to what lies at a byte offset that {@link hostOf} gave. */
  writable(host: number): boolean {
    return host >= RAM.SRAM.offset;
  }

  /** Before the page of `host` is written, whoever does. */
  markDirty(host: number): void {
    this.dirty[host >>> PAGE_SHIFT] = 1;
  }

  /** For what writes past the CPU, before or after: marks the pages, drops code that was there. */
  touch(host: number, length: number): void {
    if (length === 0) return;
    const end = host + length - 1;
    for (let page = host >>> PAGE_SHIFT; page <= end >>> PAGE_SHIFT; page++) this.dirty[page] = 1;
    this.#dropLines(host >>> CODE_LINE_SHIFT, end >>> CODE_LINE_SHIFT);
  }

  /** Calls `drop` when a line of 64 bytes that held decoded or translated code is written. */
  onCodeWritten(drop: (hostLine: number) => void): void {
    this.#droppers.push(drop);
  }

  /** The line holds no code any more: its droppers are called. */
  dropCode(hostLine: number): void {
    for (const drop of this.#droppers) drop(hostLine);
    this.u8[CODE_MAP + hostLine] = 0;
  }

  #dropLines(first: number, last: number): void {
    for (let line = first; line <= last; line++) {
      if (this.u8[CODE_MAP + line] !== 0) this.dropCode(line);
    }
  }

  /** Calls `forget` when pages are clean again: who lets the guest write unasked has to ask anew. */
  onClean(forget: () => void): void {
    this.#forgetters.push(forget);
  }

  /**
   * Puts bytes into RAM or ROM, as a loader or a DMA engine does.
   *
   * @throws RangeError when not all of it is RAM or ROM
   */
  load(pa: number, bytes: Uint8Array): void {
    const host = this.#range(pa, bytes.length, "load");
    this.u8.set(bytes, host);
    this.touch(host, bytes.length);
  }

  /**
   * A copy of what lies there.
   *
   * @throws RangeError when not all of it is RAM or ROM
   */
  bytes(pa: number, length: number): Uint8Array {
    const host = this.#range(pa, length, "read");
    return this.u8.slice(host, host + length);
  }

  #range(pa: number, length: number, verb: string): number {
    const host = this.hostOf(pa);
    if (host >= 0 && (length === 0 || this.hostOf(pa + length - 1) === host + length - 1)) {
      return host;
    }
    throw new RangeError(
      `Cannot ${verb} ${length} bytes at "0x${(pa >>> 0).toString(16)}": not all of it is RAM; ` +
        `DDR is at 0x80000000 (512 MiB), SRAM at 0x402f0000 (128 KiB)`,
    );
  }

  /** What RAM and ROM hold now. Costs what has changed since the last snapshot. */
  snapshot(): MemorySnapshot {
    this.#base = this.#base.with(this.dirty, this.i32);
    this.#clean();
    return this.#base;
  }

  /** Costs what differs between now and then, whichever snapshot it is. */
  restore(to: MemorySnapshot): void {
    this.#base.changesTo(to, this.dirty, (page, bytes) => {
      const host = page * PAGE;
      if (bytes) this.u8.set(bytes, host);
      else this.u8.fill(0, host, host + PAGE);
      this.#dropLines(host >>> CODE_LINE_SHIFT, (host + PAGE - 1) >>> CODE_LINE_SHIFT);
    });
    this.#base = to;
    this.#clean();
  }

  #clean(): void {
    this.dirty.fill(0);
    for (const forget of this.#forgetters) forget();
  }
}
