/**
 * The Cortex-A8's memory management unit (ARM ARM DDI 0406C, chapter B3), and the slow path of every
 * data access: where the soft TLB knows nothing, where the address is unaligned, where a store meets
 * code, where a device answers, and where data are big-endian.
 *
 * Loads and stores of aligned words in RAM do not come here a second time: this fills the soft TLB.
 * What is filled in is right until a CP15 write says otherwise, as in a real TLB; faults are never
 * kept. The domain rights (DACR), which Linux changes at each kernel entry, drop only entries of the
 * domains that changed, and those of the other privilege not before that is entered.
 */
import type { Width } from "sims/engine/mod.ts";
import { BusFault } from "../bus_fault.ts";
import type { GuestMemory } from "../memory.ts";
import { CP15, SCTLR } from "./cp15_registers.ts";
import { Abort, type Access, FAULT, FSR_DOMAIN_SHIFT, FSR_EXTERNAL_TYPE } from "./fault.ts";
import { CODE_LINE_SHIFT, CODE_MAP, STATE, TLB } from "./layout.ts";
import { listOf, SoftTlb } from "./tlb.ts";
import { EXECUTE, READ, swapped, Walker, WRITE } from "./walk.ts";

/** What answers where no RAM is: the bus, or what accounts for an access's time and asks the bus. */
export interface DeviceAccess {
  /** @throws BusFault */
  read(pa: number, width: Width): number;
  /** @throws BusFault */
  write(pa: number, value: number, width: Width): void;
}

const PAGE_MASK = ~0xfff;
const MIB_PAGES = 256;
/** Of CONTEXTIDR and of what TLBIASID is given. */
export const ASID = 0xff;
const NEEDS: Readonly<Record<Access, number>> = { read: READ, write: WRITE, fetch: EXECUTE };
const EXTERNAL = FAULT.EXTERNAL | FSR_EXTERNAL_TYPE;

export class Mmu {
  /** Counts up when what {@link fetchPage} answered before may be wrong. */
  epoch = 0;
  readonly abort = new Abort();
  readonly #memory: GuestMemory;
  readonly #devices: DeviceAccess;
  readonly #i32: Int32Array;
  readonly #walker: Walker;
  readonly #privilegedTlb: SoftTlb;
  readonly #userTlb: SoftTlb;
  /** Of the present privilege. */
  #tlb: SoftTlb;
  #privileged = true;
  #bigEndian = false;
  /** By megabyte: the largest entry that was used there, as log2 of its bytes, if more than a page. */
  readonly #large = new Uint8Array(4096);

  constructor(memory: GuestMemory, devices: DeviceAccess) {
    this.#memory = memory;
    this.#devices = devices;
    this.#i32 = memory.i32;
    this.#walker = new Walker(memory);
    this.#privilegedTlb = new SoftTlb(memory, {
      read: TLB.READ_PRIVILEGED,
      write: TLB.WRITE_PRIVILEGED,
    });
    this.#userTlb = new SoftTlb(memory, { read: TLB.READ_USER, write: TLB.WRITE_USER });
    this.#tlb = this.#privilegedTlb;
    memory.onClean(() => {
      this.#privilegedTlb.dropWrites();
      this.#userTlb.dropWrites();
    });
    this.enter(true, false);
  }

  /**
   * Whenever the mode or CPSR.E may have changed: sets the soft TLB that translated code uses. With
   * big-endian data that stays empty, so every access comes here.
   */
  enter(privileged: boolean, bigEndian: boolean): void {
    if (bigEndian !== this.#bigEndian) {
      this.#bigEndian = bigEndian;
      this.flush();
    }
    this.#privileged = privileged;
    this.#tlb = privileged ? this.#privilegedTlb : this.#userTlb;
    this.#i32[STATE.TLB_READ >>> 2] = privileged ? TLB.READ_PRIVILEGED : TLB.READ_USER;
    this.#i32[STATE.TLB_WRITE >>> 2] = privileged ? TLB.WRITE_PRIVILEGED : TLB.WRITE_USER;
    this.domainsChanged();
  }

  /** The physical address. @throws Abort */
  translate(va: number, access: Access, privileged: boolean): number {
    this.#translate(va, NEEDS[access], privileged);
    return this.#walker.pa >>> 0;
  }

  /** The value, not sign-extended. @throws Abort */
  read(va: number, width: Width): number {
    if ((va & (width - 1)) !== 0 || this.#bigEndian) {
      return this.#readHard(va, width, this.#privileged);
    }
    const word = this.#tlb.forRead(va);
    if (word !== 0) return this.#load((va + word) >>> 0, width);
    return this.#readAligned(va, width, this.#privileged);
  }

  /** @throws Abort */
  write(va: number, value: number, width: Width): void {
    if ((va & (width - 1)) !== 0 || this.#bigEndian) {
      return this.#writeHard(va, value, width, this.#privileged);
    }
    const word = this.#tlb.forWrite(va);
    if (word !== 0) this.#store((va + word) >>> 0, value, width);
    else this.#writeAligned(va, value, width, this.#privileged);
  }

  /** As user mode may (LDRT). @throws Abort */
  readUnprivileged(va: number, width: Width): number {
    return (va & (width - 1)) !== 0 || this.#bigEndian
      ? this.#readHard(va, width, false)
      : this.#readAligned(va, width, false);
  }

  /** As user mode may (STRT). @throws Abort */
  writeUnprivileged(va: number, value: number, width: Width): void {
    if ((va & (width - 1)) !== 0 || this.#bigEndian) this.#writeHard(va, value, width, false);
    else this.#writeAligned(va, value, width, false);
  }

  /**
   * The byte offset in linear memory of the page that `va` is in, to be executed at the present
   * privilege. Right until {@link epoch} or the privilege changes.
   *
   * @throws Abort
   */
  fetchPage(va: number): number {
    const known = this.#tlb.fetchHost(va);
    if (known >= 0) return known;
    this.#translate(va, EXECUTE, this.#privileged);
    const host = this.#memory.hostOf(this.#walker.pa & PAGE_MASK);
    if (host < 0) throw this.#external(va, "fetch", this.#noMemory());
    this.#tlb.fillFetch(va, host, this.#walker.domain);
    return host;
  }

  /** For accesses that must be aligned whatever SCTLR.A says (LDM, LDRD, LDREX…). @throws Abort */
  alignmentFault(va: number, access: "read" | "write"): never {
    throw this.abort.with(access, FAULT.ALIGNMENT, this.#modified(va));
  }

  /** What PAR holds after a translation for its own sake (V2PCWPR…; section B3.12.1). */
  probe(va: number, access: "read" | "write", privileged: boolean): number {
    const mva = this.#modified(va);
    const status = this.#find(mva, NEEDS[access], privileged);
    if (status !== 0) return ((status & 0xf) << 1) | 1;
    const { pa, shift } = this.#walker;
    return (shift === 24 ? (pa & 0xff00_0000) | 2 : pa & PAGE_MASK) >>> 0;
  }

  /** After TLBIALL, and whenever everything may have changed. */
  flush(): void {
    this.#privilegedTlb.dropAll();
    this.#userTlb.dropAll();
    this.#large.fill(0);
    this.epoch++;
  }

  /** After TLBIMVA and the like. */
  flushAddress(mva: number): void {
    // The tables go by the address before FCSE, which this one may be of any process.
    if (this.#register(CP15.FCSEIDR) !== 0) return this.flush();
    const shift = Math.max(12, this.#large[mva >>> 20]!);
    const pages = shift === 12 ? 1 : shift === 24 ? 16 * MIB_PAGES : MIB_PAGES;
    const first = (mva >>> 12) & -pages;
    this.#privilegedTlb.dropPages(first, pages);
    this.#userTlb.dropPages(first, pages);
    this.#privilegedTlb.forget();
    this.#userTlb.forget();
    this.epoch++;
  }

  /**
   * After a write of another ASID. Entries go by the ASID alone: who gives two page tables one
   * number finds those of the other table.
   */
  changeAsid(from: number, to: number): void {
    this.#privilegedTlb.changeAsid(from, to);
    this.#userTlb.changeAsid(from, to);
    this.epoch++;
  }

  /** After TLBIASID: what belongs to that address space is dropped. */
  flushAsid(asid: number): void {
    if (asid !== (this.#register(CP15.CONTEXTIDR) & ASID)) {
      this.#privilegedTlb.forget(asid);
      this.#userTlb.forget(asid);
      return;
    }
    this.#privilegedTlb.dropNonGlobal();
    this.#userTlb.dropNonGlobal();
    this.epoch++;
  }

  /** After a write to DACR. */
  domainsChanged(): void {
    const dacr = this.#register(CP15.DACR);
    if (dacr !== this.#tlb.dacr && this.#tlb.setDacr(dacr)) this.epoch++;
  }

  // Translation.

  /** Sets the walker's results. @throws Abort */
  #translate(va: number, needed: number, privileged: boolean): void {
    const mva = this.#modified(va);
    const status = this.#find(mva, needed, privileged);
    if (status === 0) return;
    throw this.abort.with(accessOf(needed), status, mva);
  }

  #find(mva: number, needed: number, privileged: boolean): number {
    const walker = this.#walker;
    if ((this.#register(CP15.SCTLR) & SCTLR.M) === 0) {
      walker.flat(mva);
      return 0;
    }
    const status = walker.walk(mva);
    return status === 0 ? walker.check(needed, privileged) : status;
  }

  /** With the process's ID of the fast context switch extension (section B3.2.1, deprecated). */
  #modified(va: number): number {
    return (va >>> 0) < 0x0200_0000 ? (va | this.#register(CP15.FCSEIDR)) >>> 0 : va >>> 0;
  }

  #register(offset: number): number {
    return this.#i32[offset >>> 2]!;
  }

  /** What the walker found is used: an invalidation by any address in it has to drop all of it. */
  #noteSize(va: number): void {
    const { shift } = this.#walker;
    if (shift === 12) return;
    const megabyte = va >>> 20;
    if (shift === 24) this.#large.fill(24, megabyte & ~15, (megabyte & ~15) + 16);
    else if (this.#large[megabyte]! < shift) this.#large[megabyte] = shift;
  }

  // Aligned accesses.

  #readAligned(va: number, width: Width, privileged: boolean): number {
    this.#translate(va, READ, privileged);
    const host = this.#memory.hostOf(this.#walker.pa);
    if (host < 0) return this.#readDevice(va, width);
    if (privileged === this.#privileged) {
      const page = host & PAGE_MASK;
      this.#fill(va, page, this.#memory.dirty[page >>> 12] !== 0 && this.#mayWrite(page));
    }
    return this.#load(host, width);
  }

  #writeAligned(va: number, value: number, width: Width, privileged: boolean): void {
    this.#translate(va, WRITE, privileged);
    const host = this.#memory.hostOf(this.#walker.pa);
    if (host < 0 || !this.#memory.writable(host)) return this.#writeDevice(va, value, width);
    this.#memory.markDirty(host);
    if (privileged === this.#privileged) this.#fill(va, host & PAGE_MASK, true);
    this.#store(host, value, width);
  }

  #mayWrite(host: number): boolean {
    return this.#memory.writable(host) &&
      ((this.#register(CP15.SCTLR) & SCTLR.M) === 0 || this.#walker.mayWrite(this.#privileged));
  }

  #fill(va: number, host: number, write: boolean): void {
    if (this.#bigEndian) return;
    this.#noteSize(va);
    const { domain, global } = this.#walker;
    this.#tlb.fill(va >>> 12, (host - (va & PAGE_MASK)) | 0, listOf(domain, global), write);
  }

  #readDevice(va: number, width: Width): number {
    try {
      return this.#devices.read(this.#walker.pa, width);
    } catch (error) {
      throw this.#external(va, "read", error);
    }
  }

  #writeDevice(va: number, value: number, width: Width): void {
    try {
      this.#devices.write(this.#walker.pa, value, width);
    } catch (error) {
      throw this.#external(va, "write", error);
    }
  }

  /** What a bus fault is to the CPU; a defect of a model stays what it is. */
  #external(va: number, access: Access, error: unknown): unknown {
    if (!(error instanceof BusFault)) return error;
    const domain = this.#walker.domain << FSR_DOMAIN_SHIFT;
    return this.abort.with(access, EXTERNAL | domain, this.#modified(va), error);
  }

  #noMemory(): BusFault {
    const address = this.#walker.pa >>> 0;
    return new BusFault({ kind: "not-memory", access: "fetch", address, width: 4, regions: [] });
  }

  #load(host: number, width: Width): number {
    if (width === 4) return this.#memory.u32[host >>> 2]!;
    return width === 1 ? this.#memory.u8[host]! : this.#memory.u16[host >>> 1]!;
  }

  #store(host: number, value: number, width: Width): void {
    const line = host >>> CODE_LINE_SHIFT;
    if (this.#memory.u8[CODE_MAP + line] !== 0) this.#memory.dropCode(line);
    if (width === 4) this.#i32[host >>> 2] = value;
    else if (width === 1) this.#memory.u8[host] = value;
    else this.#memory.u16[host >>> 1] = value;
  }

  // Unaligned and big-endian accesses.

  #readHard(va: number, width: Width, privileged: boolean): number {
    if ((va & (width - 1)) === 0) {
      return reversed(this.#readAligned(va, width, privileged), width);
    }
    if (this.#register(CP15.SCTLR) & SCTLR.A) this.alignmentFault(va, "read");
    const first = this.#byteHost(va, READ, privileged);
    const inFirst = Math.min(width, 0x1000 - (va & 0xfff));
    const second = inFirst < width ? this.#byteHost(va + inFirst, READ, privileged) : 0;
    let value = 0;
    for (let n = 0; n < width; n++) {
      const host = n < inFirst ? first + n : second + n - inFirst;
      value |= this.#memory.u8[host]! << (8 * n);
    }
    return this.#bigEndian ? reversed(value, width) : value >>> 0;
  }

  #writeHard(va: number, value: number, width: Width, privileged: boolean): void {
    if (this.#bigEndian) value = reversed(value, width);
    if ((va & (width - 1)) === 0) return this.#writeAligned(va, value, width, privileged);
    if (this.#register(CP15.SCTLR) & SCTLR.A) this.alignmentFault(va, "write");
    const first = this.#byteHost(va, WRITE, privileged);
    const inFirst = Math.min(width, 0x1000 - (va & 0xfff));
    const second = inFirst < width ? this.#byteHost(va + inFirst, WRITE, privileged) : 0;
    for (let n = 0; n < width; n++) {
      const host = n < inFirst ? first + n : second + n - inFirst;
      this.#memory.markDirty(host);
      this.#store(host, value >>> (8 * n), 1);
    }
  }

  /** For a part of an unaligned access, which only Normal memory has. @throws Abort */
  #byteHost(va: number, needed: number, privileged: boolean): number {
    this.#translate(va, needed, privileged);
    const host = this.#walker.ordered ? -1 : this.#memory.hostOf(this.#walker.pa);
    const refused = needed === WRITE && host >= 0 && !this.#memory.writable(host);
    if (host < 0 || refused) this.alignmentFault(va, needed === WRITE ? "write" : "read");
    return host;
  }
}

function accessOf(needed: number): Access {
  return needed === WRITE ? "write" : needed === READ ? "read" : "fetch";
}

/** The `width` low bytes of a value the other way round. */
function reversed(value: number, width: Width): number {
  if (width === 1) return value & 0xff;
  const word = swapped(value);
  return (width === 4 ? word : word >>> 16) >>> 0;
}
