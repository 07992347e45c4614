/**
 * Registers of a UART (AM335x TRM SPRUH73, section 19.5.1), in UART mode. Which of them lies at an
 * offset depends on LCR, and on EFR[4] with MCR[6] (section 19.3.7.1).
 */
import { defineRegisters, type RegisterSpec } from "sims/engine/mod.ts";

/** Register access modes; with `_TCR_TLR` the submode of that name, else MSR_SPR or XOFF. */
export const UART_BANKS = [
  "OPERATIONAL",
  "OPERATIONAL_TCR_TLR",
  "A",
  "A_TCR_TLR",
  "B",
  "B_TCR_TLR",
] as const;
const OPERATIONAL = ["OPERATIONAL", "OPERATIONAL_TCR_TLR"];
const A = ["A", "A_TCR_TLR"];
const B = ["B", "B_TCR_TLR"];
const TCR_TLR = UART_BANKS.filter((bank) => bank.endsWith("TCR_TLR"));
const MSR_SPR = ["OPERATIONAL", "A"];

// deno-fmt-ignore
export const UART = defineRegisters({
  RHR:  { offset: 0x00, access: "ro", banks: OPERATIONAL },
  THR:  { offset: 0x00, access: "wo", banks: OPERATIONAL, writable: 0xff },
  DLL:  { offset: 0x00, banks: [...A, ...B], writable: 0xff },
  IER:  { offset: 0x04, banks: OPERATIONAL, writable: 0xff, fields: {
    RHRIT: 0, THRIT: 1, LINESTSIT: 2, MODEMSTSIT: 3, SLEEPMODE: 4, XOFFIT: 5, RTSIT: 6,
    CTSIT: 7 } },
  DLH:  { offset: 0x04, banks: [...A, ...B], writable: 0x3f },
  IIR:  { offset: 0x08, access: "ro", banks: [...OPERATIONAL, ...A], reset: 1, fields: {
    IT_PENDING: 0, IT_TYPE: [1, 5], FCR_MIRROR: [6, 7] } },
  FCR:  { offset: 0x08, access: "wo", banks: [...OPERATIONAL, ...A], writable: 0xf9, fields: {
    FIFO_EN: 0, RX_FIFO_CLEAR: 1, TX_FIFO_CLEAR: 2, DMA_MODE: 3, TX_FIFO_TRIG: [4, 5],
    RX_FIFO_TRIG: [6, 7] } },
  EFR:  { offset: 0x08, banks: B, writable: 0xff, fields: {
    SWFLOWCONTROL: [0, 3], ENHANCEDEN: 4, SPECIALCHARDETECT: 5, AUTORTSEN: 6, AUTOCTSEN: 7 } },
  LCR:  { offset: 0x0c, writable: 0xff, fields: {
    CHAR_LENGTH: [0, 1], NB_STOP: 2, PARITY_EN: 3, PARITY_TYPE1: 4, PARITY_TYPE2: 5, BREAK_EN: 6,
    DIV_EN: 7 } },
  MCR:  { offset: 0x10, banks: [...OPERATIONAL, ...A], writable: 0x7f, fields: {
    DTR: 0, RTS: 1, RISTSCH: 2, CDSTSCH: 3, LOOPBACKEN: 4, XONEN: 5, TCRTLR: 6 } },
  XON1_ADDR1: { offset: 0x10, banks: B, writable: 0xff },
  LSR:  { offset: 0x14, access: "ro", banks: [...OPERATIONAL, ...A], reset: 0x60, fields: {
    RXFIFOE: 0, RXOE: 1, RXPE: 2, RXFE: 3, RXBI: 4, TXFIFOE: 5, TXSRE: 6, RXFIFOSTS: 7 } },
  XON2_ADDR2: { offset: 0x14, banks: B, writable: 0xff },
  MSR:  { offset: 0x18, access: "ro", banks: MSR_SPR, fields: {
    CTS_STS: 0, DSR_STS: 1, RI_STS: 2, DCD_STS: 3, NCTS_STS: 4, NDSR_STS: 5, NRI_STS: 6,
    NCD_STS: 7 } },
  TCR:  { offset: 0x18, banks: TCR_TLR, writable: 0xff, fields: {
    RXFIFOTRIGHALT: [0, 3], RXFIFOTRIGSTART: [4, 7] } },
  XOFF1: { offset: 0x18, banks: ["B"], writable: 0xff },
  SPR:  { offset: 0x1c, banks: MSR_SPR, writable: 0xff },
  TLR:  { offset: 0x1c, banks: TCR_TLR, writable: 0xff, fields: {
    TX_FIFO_TRIG_DMA: [0, 3], RX_FIFO_TRIG_DMA: [4, 7] } },
  XOFF2: { offset: 0x1c, banks: ["B"], writable: 0xff },
  MDR1: { offset: 0x20, reset: 7, writable: 0xff, fields: {
    MODESELECT: [0, 2], IRSLEEP: 3, SETTXIR: 4, SCT: 5, SIPMODE: 6, FRAMEENDMODE: 7 } },
  MDR2: { offset: 0x24, writable: 0xfe },
  SFLSR:  { offset: 0x28, access: "ro" },
  TXFLL:  { offset: 0x28, access: "wo", writable: 0xff },
  RESUME: { offset: 0x2c, access: "ro" },
  TXFLH:  { offset: 0x2c, access: "wo", writable: 0x1f },
  SFREGL: { offset: 0x30, access: "ro" },
  RXFLL:  { offset: 0x30, access: "wo", writable: 0xff },
  SFREGH: { offset: 0x34, access: "ro" },
  RXFLH:  { offset: 0x34, access: "wo", writable: 0x0f },
  UASR:   { offset: 0x38, access: "ro", banks: [...A, ...B] },
  BLR:    { offset: 0x38, banks: OPERATIONAL, reset: 0x40, writable: 0x40 },
  ACREG:  { offset: 0x3c, banks: OPERATIONAL, writable: 0xff },
  SCR:  { offset: 0x40, writable: 0xff, fields: {
    DMAMODECTL: 0, DMAMODE2: [1, 2], TXEMPTYCTLIT: 3, RXCTSDSRWAKEUPENABLE: 4, DSRIT: 5,
    TXTRIGGRANU1: 6, RXTRIGGRANU1: 7 } },
  SSR:  { offset: 0x44, reset: 4, writable: 4, fields: {
    TXFIFOFULL: 0, RXCTSDSRWAKEUPSTS: 1, DMACOUNTERRST: 2 } },
  EBLR: { offset: 0x48, banks: OPERATIONAL, writable: 0xff },
  // The manual leaves it open; Linux knows the module of this chip by this value.
  MVR:  { offset: 0x50, access: "ro", reset: 0x4742_2e03, fields: {
    MINORREV: [0, 5], MAJORREV: [8, 10] } },
  SYSC: { offset: 0x54, writable: 0x1d, fields: {
    AUTOIDLE: 0, SOFTRESET: 1, ENAWAKEUP: 2, IDLEMODE: [3, 4] } },
  SYSS: { offset: 0x58, access: "ro", reset: 1, fields: { RESETDONE: 0 } },
  WER:  { offset: 0x5c, reset: 0xff, writable: 0xff },
  CFPS: { offset: 0x60, reset: 0x69, writable: 0xff },
  RXFIFO_LVL: { offset: 0x64, access: "ro" },
  TXFIFO_LVL: { offset: 0x68, access: "ro" },
  IER2: { offset: 0x6c, writable: 3, fields: { EN_RXFIFO_EMPTY: 0, EN_TXFIFO_EMPTY: 1 } },
  ISR2: { offset: 0x70, access: "ro", fields: { RXFIFO_EMPTY_STS: 0, TXFIFO_EMPTY_STS: 1 } },
  FREQ_SEL: { offset: 0x74, writable: 0xff },
  MDR3: { offset: 0x80, writable: 7, fields: {
    DISABLE_CIR_RX_DEMOD: 0, NONDEFAULT_FREQ: 1, SET_DMA_TX_THRESHOLD: 2 } },
  TX_DMA_THRESHOLD: { offset: 0x84, writable: 0x3f },
} satisfies Record<string, RegisterSpec>);
