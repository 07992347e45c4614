/**
 * The interconnect as the CPU and DMA engines see it: which module answers at a physical address
 * (AM335x TRM SPRUH73, chapter 2), and a typed fault where none does.
 */
import type { Width } from "sims/engine/mod.ts";
import { BusFault, type BusFaultKind, span } from "./bus_fault.ts";
import type { GuestMemory } from "./memory.ts";

export { BusFault, type BusFaultKind } from "./bus_fault.ts";

/** What answers in a region. Values are 32 bits, signed or not: who reads takes `| 0` or `>>> 0`. */
export interface BusDevice {
  readonly name: string;
  read(offset: number, width: Width): number;
  write(offset: number, value: number, width: Width): void;
  /**
   * Until when reading `offset` gives the same and does nothing, as long as nobody writes and no alarm
   * rings: so a loop that polls it need not be executed. Now: cannot be said.
   */
  steadyUntil?(offset: number): number;
  /** How the register at `offset` counts, if it does; asked when it is not steady. */
  counting?(offset: number): Counting | undefined;
}

/** A register that counts with time and with nothing else, as long as nobody writes. */
export interface Counting {
  /**
   * What is read at `t` ns, before `untilNs`, but not modulo 2^32: it never falls. Also for times
   * past, back to the last write.
   */
  at(t: number): number;
  readonly untilNs: number;
  /** It counts `ticks` in `ns`, evenly. */
  readonly ticks: number;
  readonly ns: number;
}

/** Whether a module is clocked, as PRCM has it: an access to one that is not is a fault. */
export interface ModuleClock {
  /** As the manual names the register that gates it: "CM_PER_UART1_CLKCTRL". */
  readonly name: string;
  readonly running: boolean;
}

export interface Region {
  readonly base: number;
  readonly size: number;
  readonly device: BusDevice;
  /** Absent: always on. */
  readonly clock?: ModuleClock;
}

/** Sees every access that a device has answered. */
export interface BusObserver {
  read(region: Region, offset: number, value: number, width: Width): void;
  write(region: Region, offset: number, value: number, width: Width): void;
}

const PAGE_SHIFT = 12;
const PAGES = 1 << 20;

/**
 * @example
 * ```ts ignore
 * const bus = new Bus();
 * bus.map({ base: 0x44e0_9000, size: 0x1000, device: uart0, clock: prcm.clock("CM_WKUP_UART0") });
 * bus.read(0x44e0_9014, 4); // uart0.read(0x14, 4)
 * ```
 */
export class Bus {
  /** Register traces; costs nothing while it is undefined. */
  observer: BusObserver | undefined;
  readonly #memory: GuestMemory | undefined;
  /** Sorted by base. */
  readonly #regions: Region[] = [];
  /** For each page the regions in it, by place in `#inPage`; 0: none. */
  readonly #pages = new Uint16Array(PAGES);
  readonly #inPage: (readonly Region[])[] = [[]];

  /** @param memory also answers, where no device does: what DMA engines want */
  constructor(memory?: GuestMemory) {
    this.#memory = memory;
  }

  /** Sorted by base. */
  get regions(): readonly Region[] {
    return this.#regions;
  }

  /** @throws RangeError when it overlaps another region or memory, or is not within 4 GiB */
  map(region: Region): void {
    const { base, size, device } = region;
    const end = base + size;
    const bad = (why: string) =>
      new RangeError(`Cannot map "${device.name}" at ${span(base, size)}: ${why}`);
    if (!(Number.isInteger(base) && base >= 0 && size > 0 && end <= 2 ** 32)) {
      throw bad("it is no range of whole bytes within 4 GiB; give base and size as unsigned");
    }
    const other = this.#regions.find((r) => base < r.base + r.size && r.base < end);
    if (other) {
      throw bad(
        `"${other.device.name}" is at ${span(other.base, other.size)}; the two must not overlap`,
      );
    }
    const at = this.#regions.findIndex((r) => r.base > base);
    this.#regions.splice(at < 0 ? this.#regions.length : at, 0, region);
    // Pages that had the same regions go on sharing one list.
    const lists = new Map<number, number>();
    for (let page = base >>> PAGE_SHIFT; page <= (end - 1) >>> PAGE_SHIFT; page++) {
      const before = this.#pages[page]!;
      let list = lists.get(before);
      if (list === undefined) {
        list = this.#inPage.push([...this.#inPage[before]!, region]) - 1;
        lists.set(before, list);
      }
      this.#pages[page] = list;
    }
  }

  /** The region that has this address. */
  at(pa: number): Region | undefined {
    pa >>>= 0;
    for (const region of this.#inPage[this.#pages[pa >>> PAGE_SHIFT]!]!) {
      if (pa - region.base >= 0 && pa - region.base < region.size) return region;
    }
    return undefined;
  }

  /** @throws BusFault when nothing answers there, or what is there has no clock */
  read(pa: number, width: Width): number {
    const region = this.at(pa);
    if (region === undefined) return this.#readMemory(pa, width);
    const offset = (pa >>> 0) - region.base;
    if (region.clock !== undefined && !region.clock.running) {
      throw this.#fault("unclocked", "read", pa, width);
    }
    if ((offset & (width - 1)) !== 0) throw this.#fault("unaligned", "read", pa, width);
    const value = region.device.read(offset, width);
    this.observer?.read(region, offset, value, width);
    return value;
  }

  /** @throws BusFault when nothing answers there, or what is there has no clock */
  write(pa: number, value: number, width: Width): void {
    const region = this.at(pa);
    if (region === undefined) return this.#writeMemory(pa, value, width);
    const offset = (pa >>> 0) - region.base;
    if (region.clock !== undefined && !region.clock.running) {
      throw this.#fault("unclocked", "write", pa, width);
    }
    if ((offset & (width - 1)) !== 0) throw this.#fault("unaligned", "write", pa, width);
    region.device.write(offset, value, width);
    this.observer?.write(region, offset, value, width);
  }

  #readMemory(pa: number, width: Width): number {
    const memory = this.#memory;
    const host = memory?.hostOf(pa) ?? -1;
    if (host < 0) throw this.#fault("unmapped", "read", pa, width);
    if ((pa & (width - 1)) !== 0) throw this.#fault("unaligned", "read", pa, width);
    if (width === 4) return memory!.i32[host >>> 2]!;
    return width === 2 ? memory!.u16[host >>> 1]! : memory!.u8[host]!;
  }

  #writeMemory(pa: number, value: number, width: Width): void {
    const memory = this.#memory;
    const host = memory?.hostOf(pa) ?? -1;
    if (host < 0) throw this.#fault("unmapped", "write", pa, width);
    if ((pa & (width - 1)) !== 0) throw this.#fault("unaligned", "write", pa, width);
    if (!memory!.writable(host)) throw this.#fault("read-only", "write", pa, width);
    memory!.touch(host, width);
    if (width === 4) memory!.i32[host >>> 2] = value;
    else if (width === 2) memory!.u16[host >>> 1] = value;
    else memory!.u8[host] = value;
  }

  #fault(kind: BusFaultKind, access: "read" | "write", pa: number, width: Width): BusFault {
    return new BusFault({ kind, access, address: pa >>> 0, width, regions: this.#regions });
  }
}
