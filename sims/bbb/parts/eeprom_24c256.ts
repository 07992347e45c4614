/**
 * 24C256: an I2C EEPROM of 32 KiB with pages of 64 bytes (Atmel 24C256, data sheet 0670). While it
 * programs a page it does not acknowledge its address.
 */
import type { Part, VirtualClock } from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { I2cDevice } from "./i2c.ts";

const SIZE = 32 * 1024;
const PAGE = 64;
/** t_WR: the longest that programming a page takes. */
const WRITE_NS = 5_000_000;
const ERASED = 0xff;

export class Eeprom24c256 implements I2cDevice, Part {
  readonly name: string;
  readonly version = 1;
  readonly address: number;
  /** WP is high: writes are acknowledged, and change nothing. */
  writeProtected: boolean;
  readonly #clock: VirtualClock;
  readonly #cells = new Uint8Array(SIZE).fill(ERASED);
  /** Where the next byte is read or written: 0 after power-up. */
  #pointer = 0;
  /** Address bytes of this write that are still to come. */
  #addressBytes = 0;
  /** Of the page being filled: pairs of place and byte. */
  #buffer: [number, number][] = [];
  #busyUntilNs = 0;
  #changed = false;

  constructor(options: {
    readonly name: string;
    readonly clock: VirtualClock;
    readonly address?: number;
    readonly contents?: Uint8Array;
    readonly writeProtected?: boolean;
  }) {
    this.name = options.name;
    this.address = options.address ?? 0x50;
    this.writeProtected = options.writeProtected ?? false;
    this.#clock = options.clock;
    if (options.contents) this.#cells.set(options.contents.subarray(0, SIZE));
  }

  get bytes(): Uint8Array {
    return this.#cells.slice();
  }

  start(direction: "read" | "write"): boolean {
    if (this.#clock.now() < this.#busyUntilNs) return false;
    this.#buffer = [];
    this.#addressBytes = direction === "write" ? 2 : 0;
    return true;
  }

  write(byte: number): boolean {
    if (this.#addressBytes > 0) {
      // The high byte shifts through: a write that ends after one byte leaves only that one changed.
      const shift = 8 * (this.#addressBytes - 1);
      this.#pointer = (this.#pointer & ~(0xff << shift) | byte << shift) & (SIZE - 1);
      this.#addressBytes--;
      return true;
    }
    this.#buffer.push([this.#pointer, byte]);
    // Within its page the pointer rolls over.
    this.#pointer = (this.#pointer & ~(PAGE - 1)) | (this.#pointer + 1 & (PAGE - 1));
    return true;
  }

  read(): number {
    const byte = this.#cells[this.#pointer]!;
    this.#pointer = (this.#pointer + 1) % SIZE;
    return byte;
  }

  stop(): void {
    if (this.#buffer.length === 0) return;
    if (!this.writeProtected) {
      for (const [at, byte] of this.#buffer) this.#cells[at] = byte;
      this.#changed = true;
      this.#busyUntilNs = this.#clock.now() + WRITE_NS;
    }
    this.#buffer = [];
  }

  /** Power was off: what was not programmed is lost. */
  reset(): void {
    this.#pointer = 0;
    this.#addressBytes = 0;
    this.#buffer = [];
    this.#busyUntilNs = 0;
  }

  save(): Json {
    return {
      cells: this.#changed ? btoa(String.fromCharCode(...this.#trimmed())) : null,
      pointer: this.#pointer,
      addressBytes: this.#addressBytes,
      buffer: this.#buffer.map(([at, byte]) => [at, byte]),
      busyUntilNs: this.#busyUntilNs,
    };
  }

  /** Without the erased end. */
  #trimmed(): Uint8Array {
    let end = SIZE;
    while (end > 0 && this.#cells[end - 1] === ERASED) end--;
    return this.#cells.subarray(0, end);
  }

  load(state: Json): void {
    const saved = state as Record<string, Json>;
    if (saved.cells !== null) {
      this.#cells.fill(ERASED).set(
        Uint8Array.from(atob(saved.cells as string), (character) => character.charCodeAt(0)),
      );
      this.#changed = true;
    }
    this.#pointer = saved.pointer as number;
    this.#addressBytes = saved.addressBytes as number;
    this.#buffer = (saved.buffer as [number, number][]).map(([at, byte]) => [at, byte]);
    this.#busyUntilNs = saved.busyUntilNs as number;
  }
}
