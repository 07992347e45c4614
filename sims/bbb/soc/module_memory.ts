/**
 * Memory of a module that is not simulated, as the ARM sees it: the wake-up M3's, into which Linux
 * loads a program that nobody executes.
 */
import type { Part, Width } from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { BusDevice } from "sims/bbb/bus.ts";

export class ModuleMemory implements BusDevice, Part {
  readonly version = 1;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(readonly name: string, size: number) {
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
  }

  read(offset: number, width: Width): number {
    if (width === 4) return this.#view.getUint32(offset, true);
    return width === 2 ? this.#view.getUint16(offset, true) : this.#view.getUint8(offset);
  }

  write(offset: number, value: number, width: Width): void {
    if (width === 4) this.#view.setUint32(offset, value, true);
    else if (width === 2) this.#view.setUint16(offset, value, true);
    else this.#view.setUint8(offset, value);
  }

  /** Power was off. */
  reset(): void {
    this.#bytes.fill(0);
  }

  save(): Json {
    const end = this.#bytes.findLastIndex((byte) => byte !== 0) + 1;
    return this.#bytes.subarray(0, end).toBase64();
  }

  load(state: Json): void {
    this.#bytes.fill(0);
    this.#bytes.set(Uint8Array.fromBase64(state as string));
  }
}
