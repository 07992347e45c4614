/**
 * Where everything lies in the one WebAssembly memory of a board: the state of the CPU, the soft
 * TLB, the map of lines that hold translated code, and the guest's RAM. The interpreter sees it
 * through typed arrays, translated code through loads and stores; so neither copies to the other.
 */

/** Byte offsets of the CPU's state, each a 32-bit word. */
export const STATE = {
  /** R0 to R15 of the present mode. Between instructions R15 is the address of the next one. */
  R: 0x000,
  /** N is the sign of this word. */
  NF: 0x040,
  /** Z is set when this word is 0. */
  ZF: 0x044,
  /** C, 0 or 1. */
  CF: 0x048,
  /** V, 0 or 1. */
  VF: 0x04c,
  /** Q, 0 or 1. */
  QF: 0x050,
  /** GE[3:0]. */
  GE: 0x054,
  /** CPSR without N, Z, C, V, Q and GE, which are in the words above, and without IT. */
  CPSR: 0x058,
  /** ITSTATE, as in CPSR: 0 outside an IT block. */
  IT: 0x05c,
  /**
   * Nanoseconds until the CPU has to look up: an instruction costs 1, a device access more. Signed;
   * at 0 or below, the next instruction boundary ends the run.
   */
  BUDGET: 0x060,
  /** Not 0: the next instruction boundary leaves translated code, whatever the budget. */
  ATTENTION: 0x064,
  /** Byte offsets of the soft TLBs of the present privilege. */
  TLB_READ: 0x068,
  TLB_WRITE: 0x06c,
  /** Address that the local monitor of LDREX watches, and whether it does (Open 0, Exclusive 1). */
  EXCLUSIVE_ADDRESS: 0x070,
  EXCLUSIVE: 0x074,
  /** Not 0: an access of translated code was aborted; its instruction did not happen. */
  FAULT: 0x078,
  /** R8 to R14 and SPSR of the modes that are not present: see modes.ts. */
  BANKS: 0x080,
  /** The system control coprocessor: see cp15.ts. */
  CP15: 0x200,
  /** D0 to D31, then FPSCR and FPEXC. */
  VFP: 0x600,
  FPSCR: 0x700,
  FPEXC: 0x704,
  END: 0x1000,
} as const;

const MIB = 0x10_0000;

/**
 * Where translated code finds what to jump to: two words for each of some addresses, by privilege.
 * See jit/jumps.ts.
 */
export const JUMPS = { PRIVILEGED: 1 * MIB, USER: 2 * MIB, ENTRIES: 8192 } as const;

/**
 * Soft TLBs: one 32-bit word for each virtual page of 4 KiB, by privilege and direction. A word is
 * what to add to a virtual address (modulo 2^32) to have its byte offset in this memory; 0 is a
 * miss. (A page whose word would be 0 is never entered: it is slow, not wrong.) No tags, no lookup.
 */
export const TLB = {
  READ_PRIVILEGED: 4 * MIB,
  WRITE_PRIVILEGED: 8 * MIB,
  READ_USER: 12 * MIB,
  WRITE_USER: 16 * MIB,
  /** Bytes of each. */
  SIZE: 4 * MIB,
} as const;

/**
 * One byte for each line of 64 bytes of this memory: not 0 when the line holds decoded or translated
 * code. A store whose byte here is not 0 takes the slow path, which drops that code.
 */
export const CODE_MAP = 20 * MIB;
export const CODE_LINE_SHIFT = 6;

/** The guest's RAM: physical address, bytes, and byte offset in this memory. */
export const RAM = {
  /** Boot ROM: 128 KiB secure, 48 KiB public (TRM 26.1.3.1); also seen at physical 0. */
  ROM: { base: 0x4000_0000, size: 0x2_c000, offset: 29 * MIB },
  /** SRAM internal (from 0x402F0400) and L3 OCMC RAM, side by side (TRM table 2-1). */
  SRAM: { base: 0x402f_0000, size: 0x2_0000, offset: 30 * MIB },
  /** DDR3 of the BeagleBone Black; repeats up to 0xC0000000. */
  DDR: { base: 0x8000_0000, size: 512 * MIB, offset: 32 * MIB },
} as const;

/** Of the whole memory. */
export const MEMORY_SIZE = 544 * MIB;
