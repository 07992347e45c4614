/**
 * The 8 KiB of CPPI RAM, where buffer descriptors lie, and descriptors wherever they are (AM335x TRM
 * SPRUH73, section 14.3.2.4.1).
 */
import type { Json } from "hil/trace/mod.ts";
import type { Part, Width } from "sims/engine/mod.ts";

/** Memory as a DMA engine sees it. */
export interface DmaMemory {
  /** @throws RangeError when not all of it is RAM */
  read(pa: number, length: number): Uint8Array;
  /** @throws RangeError when not all of it is RAM */
  write(pa: number, bytes: Uint8Array): void;
}

export const CPPI_RAM = { base: 0x4a10_2000, size: 0x2000 } as const;

export class CppiRam implements Part {
  readonly version = 1;
  readonly name: string;
  readonly #bytes = new Uint8Array(CPPI_RAM.size);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor(name = "CPPI_RAM") {
    this.name = name;
  }

  read(offset: number, width: Width): number {
    if (width === 4) return this.#view.getUint32(offset, true);
    return width === 2 ? this.#view.getUint16(offset, true) : this.#bytes[offset]!;
  }

  write(offset: number, value: number, width: Width): void {
    if (width === 4) this.#view.setUint32(offset, value, true);
    else if (width === 2) this.#view.setUint16(offset, value, true);
    else this.#bytes[offset] = value;
  }

  /** Only programs and the DMA's alarms change it. */
  steadyUntil(): number {
    return Infinity;
  }

  save(): Json {
    return this.#bytes.toBase64();
  }

  load(state: Json): void {
    this.#bytes.set(Uint8Array.fromBase64(state as string));
  }
}

/** Words of descriptors: in the CPPI RAM, or in memory like anything else. */
export class Descriptors {
  constructor(private readonly ram: CppiRam, private readonly memory: DmaMemory) {}

  /** @throws RangeError when nothing is there */
  word(pa: number): number {
    const offset = pa - CPPI_RAM.base;
    if (offset >= 0 && offset < CPPI_RAM.size) return this.ram.read(offset & ~3, 4);
    const [a, b, c, d] = this.memory.read((pa & ~3) >>> 0, 4) as unknown as number[];
    return (a! | (b! << 8) | (c! << 16) | (d! << 24)) >>> 0;
  }

  /** @throws RangeError when nothing is there */
  setWord(pa: number, value: number): void {
    const offset = pa - CPPI_RAM.base;
    if (offset >= 0 && offset < CPPI_RAM.size) return this.ram.write(offset & ~3, value, 4);
    const bytes = Uint8Array.of(value, value >>> 8, value >>> 16, value >>> 24);
    this.memory.write((pa & ~3) >>> 0, bytes);
  }
}
