/**
 * What the ROM leaves behind when it jumps to an image (AM335x TRM SPRUH73, sections 26.1.12.2 and
 * 26.1.14): clocks and watchdog, boot parameters, exception vectors and traces in SRAM.
 */
import type { Bus } from "sims/bbb/bus.ts";
import type { GuestMemory } from "sims/bbb/memory.ts";
import type { Prcm } from "sims/bbb/soc/prcm.ts";
import { RAM_VECTORS, ramVectors } from "./rom_code.ts";

/** Three structures, behind the largest image and what U-Boot's SPL keeps as scratch. */
const PARAMETERS = 0x4030_b800;
const DESCRIPTOR = 0x4030_b810;
const DEVICE_DATA = 0x4030_b840;
/** Within the descriptor and the device data: where U-Boot's SPL looks. */
const DATA_POINTER_AT = 0x18;
const BOOT_MODE_AT = 0x8;

/** Bits of the tracing vectors (table 26-42): word times 32, and the bit. */
export const TRACE = {
  MAIN: 1,
  COLD: 2,
  BOOTING: 3,
  MEMORY: 4,
  PERIPHERAL: 5,
  LAST_DEVICE: 6,
  GP_HEADER: 7,
  DEVICE_INITIALIZED: 12,
  IMAGE_RECEIVED: 14,
  PERIPHERAL_FAILED: 15,
  CHSETTINGS: 20,
  TRIAL_0: 32 + 12,
  MMC1: 64 + 7,
  MMC0: 64 + 12,
  UART0: 64 + 16,
} as const;

const TRACING = RAM_VECTORS + 0x40;

export interface Parameters {
  readonly device: number;
  readonly reasons: number;
  readonly mode: number;
  readonly trace: readonly number[];
}

/** Writes what R0 is going to point to, and gives that. */
export function leaveParameters(memory: GuestMemory, parameters: Parameters): number {
  const { device, reasons, mode, trace } = parameters;
  const load = (at: number, ...words: number[]) =>
    memory.load(at, new Uint8Array(Uint32Array.from(words).buffer));
  load(PARAMETERS, 0, DESCRIPTOR, device | (reasons & 0xff) << 8);
  load(DESCRIPTOR, 0, 0, 0, 0, 0, 0, 0, 0);
  load(DESCRIPTOR + DATA_POINTER_AT, DEVICE_DATA);
  load(DEVICE_DATA, 0, 0, mode, 0);
  load(DEVICE_DATA + BOOT_MODE_AT, mode);
  memory.load(RAM_VECTORS, ramVectors());
  const words = [0, 0, 0];
  for (const bit of trace) words[bit >>> 5]! |= 1 << (bit & 31);
  load(TRACING, ...words, reasons);
  // Kept from the first run after power-on.
  if (trace.includes(TRACE.COLD)) load(TRACING + 0x10, ...words);
  return PARAMETERS;
}

/** Locks the DPLLs and enables what the ROM itself uses: table 26-6, with a 24 MHz crystal. */
export function setClocks(prcm: Prcm): void {
  const lock = (
    dpll: "MPU" | "CORE" | "PER",
    select: "CM_CLKSEL_DPLL_MPU" | "CM_CLKSEL_DPLL_CORE" | "CM_CLKSEL_DPLL_PERIPH",
    multiplier: number,
    divider: number,
  ) => {
    prcm.set(`CM_CLKMODE_DPLL_${dpll}`, 4);
    prcm.set(select, multiplier << 8 | divider - 1);
    prcm.set(`CM_CLKMODE_DPLL_${dpll}`, 7);
  };
  prcm.set("CM_DIV_M4_DPLL_CORE", 10); // 200 MHz
  prcm.set("CM_DIV_M5_DPLL_CORE", 8); // 250 MHz
  prcm.set("CM_DIV_M6_DPLL_CORE", 4); // 500 MHz
  lock("CORE", "CM_CLKSEL_DPLL_CORE", 125, 3);
  prcm.set("CM_DIV_M2_DPLL_MPU", 1); // 500 MHz
  lock("MPU", "CM_CLKSEL_DPLL_MPU", 125, 6);
  prcm.set("CM_DIV_M2_DPLL_PER", 5); // 192 MHz
  lock("PER", "CM_CLKSEL_DPLL_PERIPH", 400, 10);
  for (
    const module of [
      "CM_WKUP_CONTROL_CLKCTRL",
      "CM_PER_L3_CLKCTRL",
      "CM_PER_L4LS_CLKCTRL",
      "CM_PER_L4HS_CLKCTRL",
      "CM_PER_OCMCRAM_CLKCTRL",
      "CM_PER_CLKDIV32K_CLKCTRL",
      "CM_WKUP_WDT1_CLKCTRL",
    ] as const
  ) prcm.set(module, 2);
}

const WDT1 = 0x44e3_5000;
const WCLR = 0x24, WLDR = 0x2c, WTGR = 0x30, WSPR = 0x48;
/** Three minutes of 32,768 Hz, counting up to the overflow. */
const WDT_LOAD = 2 ** 32 - 180 * 32_768;

/** Starts watchdog 1: who boots nothing in three minutes, or does not serve it, is reset. */
export function startWatchdog(bus: Bus): void {
  const write = (offset: number, value: number) => bus.write(WDT1 + offset, value, 4);
  write(WSPR, 0xaaaa);
  write(WSPR, 0x5555);
  write(WCLR, 0x20);
  write(WLDR, WDT_LOAD);
  write(WTGR, 1);
  write(WSPR, 0xbbbb);
  write(WSPR, 0x4444);
}
