/**
 * Translation table walks in the short-descriptor format (ARM ARM DDI 0406C, section B3.5) and the
 * checks of access flag, domain and permission in the order of figure B3-22.
 */
import type { GuestMemory } from "../memory.ts";
import { CP15, SCTLR } from "./cp15_registers.ts";
import { FAULT, FSR_DOMAIN_SHIFT } from "./fault.ts";

/** Rights, as bits: what an access needs and what a page gives. */
export const READ = 1;
export const WRITE = 2;
export const EXECUTE = 4;

const PRIVILEGED = 0;
const USER = 2;
/** By AP[2:0]: rights of privileged modes in bits 1:0, of user mode in bits 3:2 (table B3-8). */
const PERMISSIONS = [
  0,
  READ | WRITE,
  READ | WRITE | (READ << USER),
  READ | WRITE | ((READ | WRITE) << USER),
  0, // reserved
  READ,
  READ | (READ << USER), // deprecated with AFE 0
  READ | (READ << USER),
];

const TTBCR_PD0 = 1 << 4;
const TTBCR_PD1 = 1 << 5;
/** TEX, C, B that are Strongly-ordered or Device without TEX remap (table B3-10). */
const ORDERED = 1 << 0b00000 | 1 << 0b00001 | 1 << 0b01000;

/** Of DACR, two bits a domain. */
const CLIENT = 1;
const MANAGER = 3;

export class Walker {
  /** Results of the last successful {@link walk}. */
  pa = 0;
  domain = 0;
  /** Of all address spaces: nG is 0. */
  global = true;
  /** log2 of the bytes that the entry maps: 12, 16, 20 or 24. */
  shift = 12;
  /** Strongly-ordered or Device: no unaligned accesses. */
  ordered = false;
  #ap = 0;
  #xn = false;
  /** Of the entry's level: 0 for sections, to be added to a first-level status. */
  #level2 = false;
  readonly #i32: Int32Array;
  readonly #memory: GuestMemory;

  constructor(memory: GuestMemory) {
    this.#memory = memory;
    this.#i32 = memory.i32;
  }

  /** Finds the entry that maps `mva`; 0, or the fault status without its domain where that is unknown. */
  walk(mva: number): number {
    const ttbcr = this.#register(CP15.TTBCR);
    const n = ttbcr & 7;
    let table: number;
    if (n === 0 || mva >>> (32 - n) === 0) {
      if (ttbcr & TTBCR_PD0) return FAULT.TRANSLATION_1;
      table = this.#register(CP15.TTBR0) & (-1 << (14 - n));
    } else {
      if (ttbcr & TTBCR_PD1) return FAULT.TRANSLATION_1;
      table = this.#register(CP15.TTBR1) & (-1 << 14);
    }
    const host = this.#memory.hostOf(table | ((mva >>> 20) << 2));
    if (host < 0) return FAULT.WALK_ABORT_1;
    const descriptor = this.#descriptor(host);
    switch (descriptor & 3) {
      case 1:
        this.domain = (descriptor >>> 5) & 15;
        return this.#page(descriptor, mva);
      case 2:
        return descriptor & (1 << 18)
          ? this.#supersection(descriptor, mva)
          : this.#section(descriptor, mva);
      default: // 3 is reserved: it is for PXN, which the A8 does not have
        return FAULT.TRANSLATION_1;
    }
  }

  /** As if walked, where the MMU is off: data are Strongly-ordered (section B3.2.1). */
  flat(mva: number): void {
    this.pa = mva | 0;
    this.domain = 0;
    this.global = true;
    this.shift = 12;
    this.ordered = true;
  }

  #section(descriptor: number, mva: number): number {
    this.domain = (descriptor >>> 5) & 15;
    this.shift = 20;
    this.pa = (descriptor & 0xfff0_0000) | (mva & 0x000f_ffff);
    return this.#sectionAttributes(descriptor);
  }

  #supersection(descriptor: number, mva: number): number {
    this.domain = 0;
    this.shift = 24;
    this.pa = (descriptor & 0xff00_0000) | (mva & 0x00ff_ffff);
    return this.#sectionAttributes(descriptor);
  }

  #sectionAttributes(descriptor: number): number {
    this.#level2 = false;
    this.#ap = ((descriptor >>> 13) & 4) | ((descriptor >>> 10) & 3);
    this.#xn = (descriptor & (1 << 4)) !== 0;
    this.global = (descriptor & (1 << 17)) === 0;
    this.#setOrdered(((descriptor >>> 10) & 0x1c) | ((descriptor >>> 2) & 3));
    return 0;
  }

  #page(table: number, mva: number): number {
    const domain = this.domain << FSR_DOMAIN_SHIFT;
    const host = this.#memory.hostOf((table & 0xffff_fc00) | ((mva >>> 10) & 0x3fc));
    if (host < 0) return FAULT.WALK_ABORT_2 | domain;
    const descriptor = this.#descriptor(host);
    if ((descriptor & 3) === 0) return FAULT.TRANSLATION_2 | domain;
    const small = (descriptor & 2) !== 0;
    this.#level2 = true;
    this.shift = small ? 12 : 16;
    this.pa = small
      ? (descriptor & 0xffff_f000) | (mva & 0xfff)
      : (descriptor & 0xffff_0000) | (mva & 0xffff);
    this.#ap = ((descriptor >>> 7) & 4) | ((descriptor >>> 4) & 3);
    this.#xn = (descriptor & (small ? 1 : 1 << 15)) !== 0;
    this.global = (descriptor & (1 << 11)) === 0;
    this.#setOrdered(((descriptor >>> (small ? 4 : 10)) & 0x1c) | ((descriptor >>> 2) & 3));
    return 0;
  }

  /** The rights at a privilege to what {@link walk} found; 0, or the fault status of `needed`. */
  check(needed: number, privileged: boolean): number {
    const level = this.#level2 ? FAULT.DOMAIN_2 - FAULT.DOMAIN_1 : 0;
    const domain = this.domain << FSR_DOMAIN_SHIFT;
    if (this.#ap % 2 === 0 && this.#register(CP15.SCTLR) & SCTLR.AFE) {
      return (this.#level2 ? FAULT.ACCESS_FLAG_2 : FAULT.ACCESS_FLAG_1) | domain;
    }
    const role = (this.#register(CP15.DACR) >>> (2 * this.domain)) & 3;
    if (role === MANAGER) return 0;
    if (role !== CLIENT) return (FAULT.DOMAIN_1 + level) | domain;
    return (needed & ~this.#rights(privileged)) === 0 ? 0 : (FAULT.PERMISSION_1 + level) | domain;
  }

  /** Whether a write would be allowed, after {@link check} has let something else through. */
  mayWrite(privileged: boolean): boolean {
    return this.check(WRITE, privileged) === 0;
  }

  #rights(privileged: boolean): number {
    const rights = (PERMISSIONS[this.#ap]! >>> (privileged ? PRIVILEGED : USER)) & 3;
    return rights & READ && !this.#xn ? rights | EXECUTE : rights;
  }

  /** @param attributes TEX[2:0], C, B */
  #setOrdered(attributes: number): void {
    if (this.#register(CP15.SCTLR) & SCTLR.TRE) {
      this.ordered = ((this.#register(CP15.PRRR) >>> (2 * (attributes & 7))) & 3) < 2;
    } else {
      this.ordered = ((ORDERED >>> attributes) & 1) !== 0;
    }
  }

  #descriptor(host: number): number {
    const descriptor = this.#i32[host >>> 2]!;
    return this.#register(CP15.SCTLR) & SCTLR.EE ? swapped(descriptor) : descriptor;
  }

  #register(offset: number): number {
    return this.#i32[offset >>> 2]!;
  }
}

/** A word with its bytes the other way round. */
export function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
