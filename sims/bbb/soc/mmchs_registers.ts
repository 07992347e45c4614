/** Registers of MMCHS0 to MMCHS2 (AM335x TRM SPRUH73, section 18.5.1), names as the manual has them. */
import { defineRegisters } from "sims/engine/mod.ts";

// deno-fmt-ignore
export const EVENTS = {
  CC: 0, TC: 1, BGE: 2, DMA: 3, BWR: 4, BRR: 5, CINS: 6, CREM: 7, CIRQ: 8, OBI: 9, BSR: 10,
  ERRI: 15, CTO: 16, CCRC: 17, CEB: 18, CIE: 19, DTO: 20, DCRC: 21, DEB: 22, ACE: 24, ADMAE: 25,
  CERR: 28, BADA: 29,
} as const;
export type MmchsEvent = keyof typeof EVENTS;

/** Of the registers that decide what happens. */
// deno-fmt-ignore
export const FIELDS = {
  CON: { OD: 0, INIT: 1, HR: 2, STR: 3, MODE: 4, DW8: 5, MIT: 6, CDP: 7, WPP: 8, DVAL: [9, 10], CTPL: 11, CEATA: 12, PADEN: 15, CLKEXTFREE: 16, BOOT_ACK: 17, BOOT_CF0: 18, DDR: 19, DMA_MNS: 20, SDMA_LNE: 21 },
  BLK: { BLEN: [0, 11], NBLK: [16, 31] },
  CMD: { DE: 0, BCE: 1, ACEN: 2, DDIR: 4, MSBS: 5, RSP_TYPE: [16, 17], CCCE: 19, CICE: 20, DP: 21, CMD_TYPE: [22, 23], INDX: [24, 29] },
  PSTATE: { CMDI: 0, DATI: 1, DLA: 2, WTA: 8, RTA: 9, BWE: 10, BRE: 11, CINS: 16, CSS: 17, CDPL: 18, WP: 19, DLEV: [20, 23], CLEV: 24 },
  HCTL: { DTW: 1, HSPE: 2, CDTL: 6, CDSS: 7, SDBP: 8, SDVS: [9, 11], SBGR: 16, CR: 17, RWC: 18, IBG: 19, IWE: 24, INS: 25, REM: 26, OBWE: 27 },
  SYSCTL: { ICE: 0, ICS: 1, CEN: 2, CLKD: [6, 15], DTO: [16, 19], SRA: 24, SRC: 25, SRD: 26 },
} as const;

/** All but ERRI, which follows from others, and the two that the card's pins decide. */
const CLEARABLE = 0x337f_04ff;
const ENABLES = 0x337f_07ff;

// deno-fmt-ignore
export const MMCHS = defineRegisters({
  SD_SYSCONFIG: { offset: 0x110, writable: 0x31d, fields: { AUTOIDLE: 0, SOFTRESET: 1, ENAWAKEUP: 2, SIDLEMODE: [3, 4], CLOCKACTIVITY: [8, 9] } },
  SD_SYSSTATUS: { offset: 0x114, access: "ro", reset: 1, fields: { RESETDONE: 0 } },
  SD_CSRE:      { offset: 0x124 },
  SD_SYSTEST:   { offset: 0x128, writable: 0x1_ffff, fields: { MCKD: 0, CDIR: 1, CDAT: 2, DDIR: 3, DD: [4, 11], SSB: 12, WAKD: 13, SDWP: 14, SDCD: 15, OBI: 16 } },
  SD_CON:       { offset: 0x12c, writable: 0x003f_9fff, fields: FIELDS.CON },
  SD_PWCNT:     { offset: 0x130, writable: 0xffff, fields: { PWRCNT: [0, 15] } },
  SD_SDMASA:    { offset: 0x200, access: "ro" },
  SD_BLK:       { offset: 0x204, writable: 0xffff_0fff, fields: FIELDS.BLK },
  SD_ARG:       { offset: 0x208 },
  SD_CMD:       { offset: 0x20c, writable: 0x3ffb_0037, fields: FIELDS.CMD },
  SD_RSP10:     { offset: 0x210, access: "ro" },
  SD_RSP32:     { offset: 0x214, access: "ro" },
  SD_RSP54:     { offset: 0x218, access: "ro" },
  SD_RSP76:     { offset: 0x21c, access: "ro" },
  SD_DATA:      { offset: 0x220, writable: 0 },
  SD_PSTATE:    { offset: 0x224, access: "ro", fields: FIELDS.PSTATE },
  SD_HCTL:      { offset: 0x228, writable: 0x0f0f_0fc6, fields: FIELDS.HCTL },
  SD_SYSCTL:    { offset: 0x22c, writable: 0x070f_ffc5, fields: FIELDS.SYSCTL },
  SD_STAT:      { offset: 0x230, access: "w1c", writable: CLEARABLE, fields: EVENTS },
  SD_IE:        { offset: 0x234, writable: ENABLES, fields: EVENTS },
  SD_ISE:       { offset: 0x238, writable: ENABLES, fields: EVENTS },
  SD_AC12:      { offset: 0x23c, access: "ro", fields: { ACNE: 0, ACTO: 1, ACCE: 2, ACEB: 3, ACIE: 4, CNI: 7 } },
  SD_CAPA:      { offset: 0x240, writable: 0x1700_0000, reset: 0x06e1_0080, fields: { TCF: [0, 5], TCU: 7, BCF: [8, 13], MBL: [16, 17], AD2S: 19, HSS: 21, DS: 22, SRS: 23, VS33: 24, VS30: 25, VS18: 26, BUS_64BIT: 28 } },
  SD_CUR_CAPA:  { offset: 0x248, writable: 0x00ff_ffff, fields: { CUR_3V3: [0, 7], CUR_3V0: [8, 15], CUR_1V8: [16, 23] } },
  SD_FE:        { offset: 0x250, access: "wo", writable: 0x337f_009f },
  SD_ADMAES:    { offset: 0x254, writable: 0x7 },
  SD_ADMASAL:   { offset: 0x258 },
  SD_ADMASAH:   { offset: 0x25c },
  SD_REV:       { offset: 0x2fc, access: "ro", reset: 0x3101_0000, fields: { SIS: 0, SREV: [16, 23], VREV: [24, 31] } },
});
