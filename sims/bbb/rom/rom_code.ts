/**
 * What stands in the boot ROM: vectors, dead loops, default abort handlers, version (AM335x TRM
 * SPRUH73, section 26.1.4). Written for this model: TI's code is not in it, what that code does is
 * in boot_rom.ts.
 */
import { crc32 } from "node:zlib";
import { RAM } from "sims/bbb/cpu/layout.ts";

/** Of the public part, as the CPU sees it. */
export const PUBLIC_ROM = { base: 0x2_0000, size: 0xc000 } as const;
export const DEAD_LOOP = {
  UNDEFINED: 0x2_0080,
  SWI: 0x2_0084,
  PREFETCH_ABORT: 0x2_0088,
  DATA_ABORT: 0x2_008c,
  UNUSED: 0x2_0090,
  IRQ: 0x2_0094,
  FIQ: 0x2_0098,
  /** An image that returned, or none. */
  NOT_EXECUTED: 0x2_00a8,
  LAST: 0x2_00bc,
} as const;
/** Jumps to a dead loop whose address is in R0. */
const TO_DEAD_LOOP = 0x2_00c0;
const PREFETCH_HANDLER = 0x2_0100;
const DATA_HANDLER = 0x2_0110;
const CRC_AT = 0x2_0020;
const VERSION_AT = 0x2_bffc;
/** Not known of the silicon: major 24, minor 0. */
const VERSION = 0x0000_2400;

/** RAM vectors (table 26-3): instructions at +4 to +0x1C, what they load 0x20 behind each. */
export const RAM_VECTORS = 0x4030_ce00;

const LDR_PC_AHEAD = 0xe59f_f018; // ldr pc, [pc, #0x18]: the word 0x20 ahead
const LDR_PC_LITERAL = 0xe59f_f038; // ldr pc, [pc, #0x38]: the word 0x40 ahead
const HERE = 0xeaff_fffe; // b .
const MOV_PC_R0 = 0xe1a0_f000;
const IFAR_TO_R0 = 0xee16_0f50; // mrc p15, 0, r0, c6, c0, 2
const IFSR_TO_R1 = 0xee15_1f30; // mrc p15, 0, r1, c5, c0, 1
const DFAR_TO_R0 = 0xee16_0f10; // mrc p15, 0, r0, c6, c0, 0
const DFSR_TO_R1 = 0xee15_1f10; // mrc p15, 0, r1, c5, c0, 0

/** b `to`, standing at `at`. */
function branch(at: number, to: number): number {
  return (0xea00_0000 | (to - at - 8 >> 2) & 0xff_ffff) >>> 0;
}

/** The whole of it: a secure part that reads as zero, and the public part. */
export function romBytes(): Uint8Array {
  const rom = new Uint8Array(RAM.ROM.size);
  const view = new DataView(rom.buffer);
  const put = (at: number, ...words: number[]) =>
    words.forEach((word, n) => view.setUint32(at + 4 * n, word, true));
  // A jump to the reset vector without a reset: the watchdog comes.
  put(PUBLIC_ROM.base, branch(PUBLIC_ROM.base, DEAD_LOOP.NOT_EXECUTED));
  for (let at = 4; at <= 0x1c; at += 4) {
    // Its literal stands 0x40 behind it.
    put(PUBLIC_ROM.base + at, LDR_PC_LITERAL);
    put(PUBLIC_ROM.base + 0x40 + at, RAM_VECTORS + at);
  }
  for (let at: number = DEAD_LOOP.UNDEFINED; at <= DEAD_LOOP.LAST; at += 4) put(at, HERE);
  put(TO_DEAD_LOOP, MOV_PC_R0);
  put(PREFETCH_HANDLER, IFAR_TO_R0, IFSR_TO_R1);
  put(PREFETCH_HANDLER + 8, branch(PREFETCH_HANDLER + 8, DEAD_LOOP.PREFETCH_ABORT));
  put(DATA_HANDLER, DFAR_TO_R0, DFSR_TO_R1);
  put(DATA_HANDLER + 8, branch(DATA_HANDLER + 8, DEAD_LOOP.DATA_ABORT));
  put(VERSION_AT, VERSION);
  put(CRC_AT, 0);
  put(CRC_AT, crc32(rom.subarray(PUBLIC_ROM.base, PUBLIC_ROM.base + PUBLIC_ROM.size)));
  return rom;
}

/** The words at {@link RAM_VECTORS}. */
export function ramVectors(): Uint8Array {
  const words = [
    0,
    ...Array<number>(7).fill(LDR_PC_AHEAD),
    DEAD_LOOP.UNUSED,
    DEAD_LOOP.UNDEFINED,
    DEAD_LOOP.SWI,
    PREFETCH_HANDLER,
    DATA_HANDLER,
    DEAD_LOOP.UNUSED,
    DEAD_LOOP.IRQ,
    DEAD_LOOP.FIQ,
  ];
  return new Uint8Array(Uint32Array.from(words).buffer);
}
