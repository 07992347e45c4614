/** Registers of a McSPI (AM335x TRM SPRUH73, section 24.4.1); those of a channel are arrays. */
import { defineRegisters } from "sims/engine/mod.ts";

export const CHANNELS = 4;
const CHANNEL = { count: CHANNELS, stride: 0x14 } as const;
// deno-fmt-ignore
export const CHCONF = {
  PHA: 0, POL: 1, CLKD: [2, 5], EPOL: 6, WL: [7, 11], TRM: [12, 13], DMAW: 14, DMAR: 15, DPE0: 16,
  DPE1: 17, IS: 18, TURBO: 19, FORCE: 20, SPIENSLV: [21, 22], SBE: 23, SBPOL: 24, TCS: [25, 26],
  FFEW: 27, FFER: 28, CLKG: 29,
} as const;
/** Of one channel, four bits apart; the overflow is channel 0's, and of slave mode. */
const EVENTS = {
  TX0_EMPTY: 0,
  TX0_UNDERFLOW: 1,
  RX0_FULL: 2,
  RX0_OVERFLOW: 3,
  TX1_EMPTY: 4,
  TX1_UNDERFLOW: 5,
  RX1_FULL: 6,
  TX2_EMPTY: 8,
  TX2_UNDERFLOW: 9,
  RX2_FULL: 10,
  TX3_EMPTY: 12,
  TX3_UNDERFLOW: 13,
  RX3_FULL: 14,
  EOW: 17,
} as const;
const EVENT_BITS = 0x2_777f;

// deno-fmt-ignore
export const MCSPI = defineRegisters({
  // The manual has 300000h; Linux knows the module of this chip by this value.
  MCSPI_REVISION:  { offset: 0x000, access: "ro", reset: 0x4030_0a0b },
  MCSPI_SYSCONFIG: { offset: 0x110, writable: 0x319, fields: {
    AUTOIDLE: 0, SOFTRESET: 1, SIDLEMODE: [3, 4], CLOCKACTIVITY: [8, 9] } },
  MCSPI_SYSSTATUS: { offset: 0x114, access: "ro", reset: 1, fields: { RESETDONE: 0 } },
  MCSPI_IRQSTATUS: { offset: 0x118, access: "w1c", writable: EVENT_BITS, fields: EVENTS },
  MCSPI_IRQENABLE: { offset: 0x11c, writable: EVENT_BITS, fields: EVENTS },
  MCSPI_SYST:      { offset: 0x124, writable: 0xf7f },
  MCSPI_MODULCTRL: { offset: 0x128, reset: 4, writable: 0x1ff, fields: {
    SINGLE: 0, PIN34: 1, MS: 2, SYSTEM_TEST: 3, INITDLY: [4, 6], MOA: 7, FDAA: 8 } },
  MCSPI_CHCONF:    { offset: 0x12c, reset: 0x6_0000, writable: 0x3fff_ffff, ...CHANNEL,
    fields: CHCONF },
  MCSPI_CHSTAT:    { offset: 0x130, access: "ro", ...CHANNEL, fields: {
    RXS: 0, TXS: 1, EOT: 2, TXFFE: 3, TXFFF: 4, RXFFE: 5, RXFFF: 6 } },
  MCSPI_CHCTRL:    { offset: 0x134, writable: 0xff01, ...CHANNEL, fields: {
    EN: 0, EXTCLK: [8, 15] } },
  MCSPI_TX:        { offset: 0x138, ...CHANNEL },
  MCSPI_RX:        { offset: 0x13c, access: "ro", ...CHANNEL },
  MCSPI_XFERLEVEL: { offset: 0x17c, fields: { AEL: [0, 7], AFL: [8, 15], WCNT: [16, 31] } },
  MCSPI_DAFTX:     { offset: 0x180 },
  MCSPI_DAFRX:     { offset: 0x1a0, access: "ro" },
});
