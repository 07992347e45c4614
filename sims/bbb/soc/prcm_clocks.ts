/**
 * The clock tree behind PRCM: what rate each source has, from the registers alone (AM335x TRM
 * SPRUH73, section 8.1.6). Spread spectrum and fractional multipliers are not modelled.
 */
import { fieldOf } from "sims/engine/mod.ts";
import { PRCM } from "./prcm_registers.ts";

const R = PRCM.index;
/** The rate of a source: a register file in, hertz out; 0 is stopped. */
export type Rate = (regs: Uint32Array) => number;

/** The crystal of the board, which SYSBOOT[15:14] tells the ROM. */
export const CLK_M_OSC_HZ = 24_000_000;
const CLK_32K_HZ = 32_768;
/** What DPLL_EN asks for: lock; else one of the bypass modes. */
const LOCK = 7;

export type Dpll = "MPU" | "CORE" | "PER" | "DDR" | "DISP";

/** Registers of each DPLL; PER is of the type ADPLLLJ, whose fields are wider. */
// deno-fmt-ignore
export const DPLLS = {
  MPU:  { mode: R.CM_CLKMODE_DPLL_MPU,  idlest: R.CM_IDLEST_DPLL_MPU,  sel: R.CM_CLKSEL_DPLL_MPU,    mult: [8, 18], div: [0, 6] },
  CORE: { mode: R.CM_CLKMODE_DPLL_CORE, idlest: R.CM_IDLEST_DPLL_CORE, sel: R.CM_CLKSEL_DPLL_CORE,   mult: [8, 18], div: [0, 6] },
  PER:  { mode: R.CM_CLKMODE_DPLL_PER,  idlest: R.CM_IDLEST_DPLL_PER,  sel: R.CM_CLKSEL_DPLL_PERIPH, mult: [8, 19], div: [0, 7] },
  DDR:  { mode: R.CM_CLKMODE_DPLL_DDR,  idlest: R.CM_IDLEST_DPLL_DDR,  sel: R.CM_CLKSEL_DPLL_DDR,    mult: [8, 18], div: [0, 6] },
  DISP: { mode: R.CM_CLKMODE_DPLL_DISP, idlest: R.CM_IDLEST_DPLL_DISP, sel: R.CM_CLKSEL_DPLL_DISP,   mult: [8, 18], div: [0, 6] },
} as const;

/** Multipliers below 2 are reserved: such a DPLL stays in bypass. */
export function locked(regs: Uint32Array, dpll: Dpll): boolean {
  const { mode, sel, mult } = DPLLS[dpll];
  return fieldOf(regs[mode]!, [0, 2]) === LOCK && fieldOf(regs[sel]!, mult) >= 2;
}

/** CLKINP × M / (N + 1), or undefined in bypass. */
function multiplied(regs: Uint32Array, dpll: Dpll): number | undefined {
  if (!locked(regs, dpll)) return undefined;
  const { sel, mult, div } = DPLLS[dpll];
  return CLK_M_OSC_HZ * fieldOf(regs[sel]!, mult) / (fieldOf(regs[sel]!, div) + 1);
}

function m2(dpll: Dpll, slot: number): Rate {
  const width = dpll === "PER" ? 6 : 4;
  return (regs) => {
    const divider = fieldOf(regs[slot]!, [0, width]);
    return (multiplied(regs, dpll) ?? CLK_M_OSC_HZ) / (divider || 1);
  };
}

/** The HSDIVIDERs of CORE divide the oscillator itself, at twice the rate of CLKOUT. */
function hsdivider(slot: number): Rate {
  return (regs) => {
    const clkout = multiplied(regs, "CORE");
    return clkout === undefined ? CLK_M_OSC_HZ : 2 * clkout / (fieldOf(regs[slot]!, [0, 4]) || 1);
  };
}

const fixed = (hz: number): Rate => () => hz;
const over = (rate: Rate, divider: number): Rate => (regs) => rate(regs) / divider;
const choose = (slot: number, field: number | readonly [number, number], of: readonly Rate[]) =>
  ((regs) => of[fieldOf(regs[slot]!, field)]?.(regs) ?? 0) satisfies Rate;

const OSC = fixed(CLK_M_OSC_HZ);
const STOPPED = fixed(0);
const RC32K = fixed(CLK_32K_HZ);
const PER_M2 = m2("PER", R.CM_DIV_M2_DPLL_PER);
const CORE_M4 = hsdivider(R.CM_DIV_M4_DPLL_CORE);
const CORE_M5 = hsdivider(R.CM_DIV_M5_DPLL_CORE);
/** PER_CLKOUTM2 / 8 / 732.4219, as long as its divider is enabled. */
const CLK_32KHZ: Rate = (regs) =>
  fieldOf(regs[R.CM_PER_CLKDIV32K_CLKCTRL]!, [0, 1]) === 2 ? PER_M2(regs) / 5859.375 : 0;
/** CLKSEL of DMTIMER2 to 7: TCLKIN is not connected on the board. */
const timer = (slot: number) => choose(slot, [0, 1], [STOPPED, OSC, CLK_32KHZ]);
const debounce = (slot: number): Rate => (regs) =>
  fieldOf(regs[slot]!, 18) === 1 ? CLK_32KHZ(regs) : 0;

/** By the manual's names; a mux by the name of the register that sets it. */
export const CLOCK_TREE = {
  CLK_M_OSC: OSC,
  CLK_RC32K: RC32K,
  CLK_32K_RTC: RC32K,
  CLK_32KHZ,
  MPU_CLK: m2("MPU", R.CM_DIV_M2_DPLL_MPU),
  DDR_CLK: m2("DDR", R.CM_DIV_M2_DPLL_DDR),
  LCD_CLK: m2("DISP", R.CM_DIV_M2_DPLL_DISP),
  CORE_CLKOUTM4: CORE_M4,
  CORE_CLKOUTM5: CORE_M5,
  CORE_CLKOUTM6: hsdivider(R.CM_DIV_M6_DPLL_CORE),
  PER_CLKOUTM2: PER_M2,
  L3F_CLK: CORE_M4,
  L4F_CLK: CORE_M4,
  L4_PERCLK: over(CORE_M4, 2),
  L4_WKUPCLK: over(CORE_M4, 2),
  UART_GFCLK: over(PER_M2, 4),
  I2C_FCLK: over(PER_M2, 4),
  SPI_GCLK: over(PER_M2, 4),
  MMC_FCLK: over(PER_M2, 2),
  CPSW_125MHZ_GCLK: over(CORE_M5, 2),
  CLKSEL_TIMER0_CLK: RC32K,
  CLKSEL_TIMER1MS_CLK: choose(R.CLKSEL_TIMER1MS_CLK, [0, 2], [
    OSC,
    CLK_32KHZ,
    STOPPED,
    RC32K,
    RC32K,
  ]),
  CLKSEL_TIMER2_CLK: timer(R.CLKSEL_TIMER2_CLK),
  CLKSEL_TIMER3_CLK: timer(R.CLKSEL_TIMER3_CLK),
  CLKSEL_TIMER4_CLK: timer(R.CLKSEL_TIMER4_CLK),
  CLKSEL_TIMER5_CLK: timer(R.CLKSEL_TIMER5_CLK),
  CLKSEL_TIMER6_CLK: timer(R.CLKSEL_TIMER6_CLK),
  CLKSEL_TIMER7_CLK: timer(R.CLKSEL_TIMER7_CLK),
  CLKSEL_WDT1_CLK: choose(R.CLKSEL_WDT1_CLK, 0, [RC32K, CLK_32KHZ]),
  CLKSEL_GPIO0_DBCLK: (regs: Uint32Array) =>
    fieldOf(regs[R.CM_WKUP_GPIO0_CLKCTRL]!, 18) === 1
      ? choose(R.CLKSEL_GPIO0_DBCLK, [0, 1], [RC32K, RC32K, CLK_32KHZ])(regs)
      : 0,
  GPIO_1_GDBCLK: debounce(R.CM_PER_GPIO1_CLKCTRL),
  GPIO_2_GDBCLK: debounce(R.CM_PER_GPIO2_CLKCTRL),
  GPIO_3_GDBCLK: debounce(R.CM_PER_GPIO3_CLKCTRL),
} as const satisfies Record<string, Rate>;

export type ClockName = keyof typeof CLOCK_TREE;
