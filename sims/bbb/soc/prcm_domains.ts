/**
 * What the CLKACTIVITY bits of each CLKSTCTRL register follow (AM335x TRM SPRUH73, section 8.1.12):
 * most tell whether the domain is awake, some whether a module takes that clock.
 */
import { PRCM } from "./prcm_registers.ts";

const R = PRCM.index;
type RegisterName = keyof typeof R;
type Regs = Uint32Array;

/** Modules whose being enabled keeps a bit set; "…#18": the optional clock of a GPIO module. */
const TAKEN_BY: Readonly<Record<string, readonly string[]>> = {
  UART_GFCLK: ["PER_UART1", "PER_UART2", "PER_UART3", "PER_UART4", "PER_UART5"],
  CAN_CLK: ["PER_DCAN0", "PER_DCAN1"],
  TIMER2_GCLK: ["PER_TIMER2"],
  TIMER3_GCLK: ["PER_TIMER3"],
  TIMER4_GCLK: ["PER_TIMER4"],
  TIMER5_GCLK: ["PER_TIMER5"],
  TIMER6_GCLK: ["PER_TIMER6"],
  TIMER7_GCLK: ["PER_TIMER7"],
  LCDC_GCLK: ["PER_LCDC"],
  GPIO_1_GDBCLK: ["PER_GPIO1#18"],
  GPIO_2_GDBCLK: ["PER_GPIO2#18"],
  GPIO_3_GDBCLK: ["PER_GPIO3#18"],
  I2C_FCLK: ["PER_I2C1", "PER_I2C2"],
  SPI_GCLK: ["PER_SPI0", "PER_SPI1"],
  EMIF_GCLK: ["PER_EMIF"],
  MMC_FCLK: ["PER_MMC0", "PER_MMC1", "PER_MMC2"],
  CPTS_RFT_GCLK: ["PER_CPGMAC0"],
  MCASP_GCLK: ["PER_MCASP0", "PER_MCASP1"],
  CPSW_125MHz_GCLK: ["PER_CPGMAC0"],
  SR_SYSCLK: ["WKUP_SMARTREFLEX0", "WKUP_SMARTREFLEX1"],
  WDT1_GCLK: ["WKUP_WDT1"],
  GPIO0_GDBCLK: ["WKUP_GPIO0#18"],
  TIMER0_GCLK: ["WKUP_TIMER0"],
  I2C0_GFCLK: ["WKUP_I2C0"],
  UART0_GFCLK: ["WKUP_UART0"],
  TIMER1_GCLK: ["WKUP_TIMER1"],
  ADC_FCLK: ["WKUP_ADC_TSC"],
  GFX_FCLK: ["GFX_GFX"],
};

/** Modules that keep a domain awake although it was told to sleep. */
const MEMBERS: Partial<Record<RegisterName, RegExp>> = {
  CM_PER_L4LS_CLKSTCTRL:
    /^CM_PER_(L4LS|UART\d|TIMER\d|GPIO\d|I2C\d|SPI\d|DCAN\d|EPWMSS\d|ELM|SPINLOCK|MAILBOX0|LCDC|RNG)_CLKCTRL$/,
  CM_PER_L3S_CLKSTCTRL: /^CM_PER_(GPMC|USB0|MCASP\d|MMC2)_CLKCTRL$/,
  CM_PER_L3_CLKSTCTRL:
    /^CM_PER_(L3|L3_INSTR|OCMCRAM|EMIF|TPCC|TPTC\d|MMC\d|IEEE5000|AES0|SHA0)_CLKCTRL$/,
  CM_PER_L4HS_CLKSTCTRL: /^CM_PER_L4HS_CLKCTRL$/,
  CM_PER_OCPWP_L3_CLKSTCTRL: /^CM_PER_OCPWP_CLKCTRL$/,
  CM_PER_PRU_ICSS_CLKSTCTRL: /^CM_PER_PRU_ICSS_CLKCTRL$/,
  CM_PER_CPSW_CLKSTCTRL: /^CM_PER_CPGMAC0_CLKCTRL$/,
  CM_PER_LCDC_CLKSTCTRL: /^CM_PER_LCDC_CLKCTRL$/,
  CM_PER_CLK_24MHZ_CLKSTCTRL: /^CM_PER_CLKDIV32K_CLKCTRL$/,
  CM_WKUP_CLKSTCTRL: /^CM_WKUP_(?!DEBUGSS)\w+_CLKCTRL$/,
  CM_L3_AON_CLKSTCTRL: /^CM_WKUP_DEBUGSS_CLKCTRL$/,
  CM_MPU_CLKSTCTRL: /^CM_MPU_MPU_CLKCTRL$/,
  CM_RTC_CLKSTCTRL: /^CM_RTC_RTC_CLKCTRL$/,
  CM_GFX_L3_CLKSTCTRL: /^CM_GFX_GFX_CLKCTRL$/,
  CM_CEFUSE_CLKSTCTRL: /^CM_CEFUSE_CEFUSE_CLKCTRL$/,
};

export interface Activity {
  /** Slot of the CLKSTCTRL register. */
  readonly domain: number;
  /** `of` is absent for a bit that only says that the domain is awake. */
  readonly bits: readonly { readonly bit: number; readonly of?: (regs: Regs) => boolean }[];
  /** Slots of the CLKCTRL registers of its modules. */
  readonly modules: readonly number[];
}

export const ACTIVITY: readonly Activity[] = names(/CLKSTCTRL$/).map((domain) => ({
  domain: R[domain],
  bits: Object.entries((PRCM.specs[domain] as { fields: Record<string, number> }).fields)
    .filter(([field]) => field.startsWith("CLKACTIVITY_"))
    .map(([field, bit]) => ({ bit, of: taken(field.slice("CLKACTIVITY_".length)) })),
  modules: names(MEMBERS[domain] ?? /^$/).map((name) => R[name]),
}));

function names(pattern: RegExp): RegisterName[] {
  return (Object.keys(PRCM.specs) as RegisterName[]).filter((name) => pattern.test(name));
}

function taken(clock: string): ((regs: Regs) => boolean) | undefined {
  const by = TAKEN_BY[clock]?.map((name) => {
    const [module, bit] = name.split("#");
    const slot = R[`CM_${module}_CLKCTRL` as RegisterName];
    return bit === undefined
      ? (regs: Regs) => (regs[slot]! & 3) === 2
      : (regs: Regs) => (regs[slot]! >>> Number(bit) & 1) === 1;
  });
  return by && ((regs) => by.some((takes) => takes(regs)));
}
