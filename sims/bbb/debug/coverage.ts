/** Which instructions a guest has executed, by address; and by function where symbols are known. */
import type { Symbols } from "../elf.ts";

const PAGE_SHIFT = 12;
/** Instructions begin at even addresses. */
const BITS_A_PAGE = 1 << (PAGE_SHIFT - 1);

export interface Range {
  readonly from: number;
  /** Behind the last address. */
  readonly to: number;
}

export class Coverage {
  readonly #pages = new Map<number, Uint8Array>();
  #lastPage = -1;
  #last: Uint8Array = new Uint8Array(0);

  /** For {@link Cpu.onInstruction}. */
  note(address: number): void {
    const page = address >>> PAGE_SHIFT;
    if (page !== this.#lastPage) this.#enter(page);
    this.#last[(address & 0xfff) >>> 1] = 1;
  }

  #enter(page: number): void {
    let bits = this.#pages.get(page);
    if (!bits) this.#pages.set(page, bits = new Uint8Array(BITS_A_PAGE));
    this.#last = bits;
    this.#lastPage = page;
  }

  /** Addresses at which an instruction was executed, in order. */
  *addresses(): Generator<number, void> {
    for (const page of [...this.#pages.keys()].sort((a, b) => a - b)) {
      const bits = this.#pages.get(page)!;
      for (let at = 0; at < BITS_A_PAGE; at++) {
        if (bits[at]) yield (page << PAGE_SHIFT | at << 1) >>> 0;
      }
    }
  }

  get count(): number {
    let count = 0;
    for (const bits of this.#pages.values()) for (const bit of bits) count += bit;
    return count;
  }

  /** Executed addresses that are next to each other, as ranges. */
  ranges(): Range[] {
    const ranges: { from: number; to: number }[] = [];
    for (const address of this.addresses()) {
      const last = ranges.at(-1);
      // Four bytes are one ARM instruction or a wide one of Thumb.
      if (last && address - last.to <= 2) last.to = address + 2;
      else ranges.push({ from: address, to: address + 2 });
    }
    return ranges;
  }

  /** By function: how many different instructions of it were executed. */
  functions(symbols: Symbols): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const address of this.addresses()) {
      const name = symbols.at(address)?.replace(/\+0x[0-9a-f]+$/, "") ?? "(no symbol)";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }
}
