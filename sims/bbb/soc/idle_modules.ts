/** The modules of the AM335x that are not simulated: there for drivers that look (see idle_module.ts). */
import type { VirtualClock } from "sims/engine/mod.ts";
import { IdleModule, type IdleModuleOptions } from "./idle_module.ts";
import type { ModuleName } from "./prcm.ts";

interface Row {
  readonly base: number;
  readonly size: number;
  readonly gate?: ModuleName;
  /** Offset and value of the revision register. */
  readonly revision?: readonly [offset: number, value: number];
  /** Offset of SYSCONFIG, and its bit that resets. */
  readonly sysconfig?: readonly [offset: number, softReset?: number];
  readonly sysstatus?: number;
}

// deno-fmt-ignore
const MODULES: Readonly<Record<string, Row>> = {
  ADC_TSC:      { base: 0x44e0_d000, size: 0x2000,   gate: "CM_WKUP_ADC_TSC_CLKCTRL", revision: [0, 0x4730_0001], sysconfig: [0x10] },
  SmartReflex0: { base: 0x44e3_7000, size: 0x1000,   gate: "CM_WKUP_SMARTREFLEX0_CLKCTRL" },
  SmartReflex1: { base: 0x44e3_9000, size: 0x1000,   gate: "CM_WKUP_SMARTREFLEX1_CLKCTRL" },
  MCASP0:       { base: 0x4803_8000, size: 0x2000,   gate: "CM_PER_MCASP0_CLKCTRL", revision: [0, 0x4430_0a02], sysconfig: [0x04] },
  MCASP1:       { base: 0x4803_c000, size: 0x2000,   gate: "CM_PER_MCASP1_CLKCTRL", revision: [0, 0x4430_0a02], sysconfig: [0x04] },
  DCAN0:        { base: 0x481c_c000, size: 0x2000,   gate: "CM_PER_DCAN0_CLKCTRL" },
  DCAN1:        { base: 0x481d_0000, size: 0x2000,   gate: "CM_PER_DCAN1_CLKCTRL" },
  MPUSS:        { base: 0x4824_0000, size: 0x1000 },
  PWMSS0:       { base: 0x4830_0000, size: 0x1000,   gate: "CM_PER_EPWMSS0_CLKCTRL", revision: [0, 0x4740_0001], sysconfig: [0x04, 0] },
  PWMSS1:       { base: 0x4830_2000, size: 0x1000,   gate: "CM_PER_EPWMSS1_CLKCTRL", revision: [0, 0x4740_0001], sysconfig: [0x04, 0] },
  PWMSS2:       { base: 0x4830_4000, size: 0x1000,   gate: "CM_PER_EPWMSS2_CLKCTRL", revision: [0, 0x4740_0001], sysconfig: [0x04, 0] },
  LCDC:         { base: 0x4830_e000, size: 0x1000,   gate: "CM_PER_LCDC_CLKCTRL", revision: [0, 0x4f20_1000], sysconfig: [0x54] },
  RNG:          { base: 0x4831_0000, size: 0x2000,   gate: "CM_PER_RNG_CLKCTRL", revision: [0x1fe0, 0x0000_0001], sysconfig: [0x1fe4] },
  PRU_ICSS:     { base: 0x4a30_0000, size: 0x8_0000, gate: "CM_PER_PRU_ICSS_CLKCTRL", revision: [0x2_6000, 0x4700_0000], sysconfig: [0x2_6004] },
  DebugSS:      { base: 0x4b00_0000, size: 0x100_0000, gate: "CM_WKUP_DEBUGSS_CLKCTRL" },
  SHA2MD5:      { base: 0x5310_0000, size: 0x1000,   gate: "CM_PER_SHA0_CLKCTRL", revision: [0x100, 0x4000_0c0c], sysconfig: [0x110, 1], sysstatus: 0x114 },
  AES0:         { base: 0x5350_0000, size: 0x1000,   gate: "CM_PER_AES0_CLKCTRL", revision: [0x80, 0x3000_0000], sysconfig: [0x84, 1], sysstatus: 0x88 },
  SGX530:       { base: 0x5600_0000, size: 0x100_0000, gate: "CM_GFX_GFX_CLKCTRL" },
};

export interface PlacedModule {
  readonly base: number;
  readonly size: number;
  readonly gate?: ModuleName;
  readonly device: IdleModule;
}

export function idleModules(clock: VirtualClock): readonly PlacedModule[] {
  return Object.entries(MODULES).map(([name, row]) => ({
    base: row.base,
    size: row.size,
    gate: row.gate,
    device: new IdleModule({ name, clock, ...registersOf(row) }),
  }));
}

function registersOf({ revision, sysconfig, sysstatus }: Row): Partial<IdleModuleOptions> {
  return {
    ...revision && { revision: { offset: revision[0], value: revision[1] } },
    ...sysconfig && { sysconfig: { offset: sysconfig[0], softReset: sysconfig[1] } },
    ...sysstatus !== undefined && { sysstatus },
  };
}
