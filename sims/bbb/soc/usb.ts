/**
 * USB subsystem (AM335x TRM SPRUH73, chapter 16) with no cable in either port: identity, resets and
 * storage, so that drivers start up and find nothing. No transfers, no CPPI DMA.
 */
import { defineRegisters, Peripheral, type VirtualClock } from "sims/engine/mod.ts";

/** USB0 and USB1, 0x800 apart. */
const PORTS = { count: 2, stride: 0x800 } as const;

// deno-fmt-ignore
export const USB = defineRegisters({
  REVREG:       { offset: 0x0000, reset: 0x4ea20800, access: "ro" },
  SYSCONFIG:    { offset: 0x0010, reset: 0x28, writable: 0xf3c, fields: { SOFT_RESET: 0, STANDBY_MODE: [4, 5], IDLEMODE: [2, 3] } },
  IRQSTATRAW:   { offset: 0x0024, access: "w1s" },
  IRQSTAT:      { offset: 0x0028, access: "w1c", of: "IRQSTATRAW" },
  IRQENABLER:   { offset: 0x002c, access: "w1s" },
  IRQCLEARR:    { offset: 0x0030, access: "w1c", of: "IRQENABLER" },
  USBREV:       { offset: 0x1000, ...PORTS, reset: 0x4ea20800, access: "ro" },
  USBCTRL:      { offset: 0x1014, ...PORTS, writable: 0x7e, fields: { SOFT_RESET: 0 } },
  USBSTAT:      { offset: 0x1018, ...PORTS, access: "ro" },
  USBIRQMSTAT:  { offset: 0x1020, ...PORTS },
  USBIRQSTATRAW0: { offset: 0x1028, ...PORTS, access: "w1s" },
  USBIRQSTATRAW1: { offset: 0x102c, ...PORTS, access: "w1s" },
  USBIRQSTAT0:  { offset: 0x1030, ...PORTS, access: "w1c", of: "USBIRQSTATRAW0" },
  USBIRQSTAT1:  { offset: 0x1034, ...PORTS, access: "w1c", of: "USBIRQSTATRAW1" },
  USBIRQENABLESET0: { offset: 0x1038, ...PORTS, access: "w1s" },
  USBIRQENABLESET1: { offset: 0x103c, ...PORTS, access: "w1s" },
  USBIRQENABLECLR0: { offset: 0x1040, ...PORTS, access: "w1c", of: "USBIRQENABLESET0" },
  USBIRQENABLECLR1: { offset: 0x1044, ...PORTS, access: "w1c", of: "USBIRQENABLESET1" },
  USBTXMODE:    { offset: 0x1070, ...PORTS },
  USBRXMODE:    { offset: 0x1074, ...PORTS },
  USBGENRNDISEP: { offset: 0x1080, count: 15 },
  USBAUTOREQ:   { offset: 0x10d0, ...PORTS },
  USBSRPFIXTIME: { offset: 0x10d4, ...PORTS, reset: 0x280de80 },
  USBTDOWN:     { offset: 0x10d8, ...PORTS },
  USBUTMI:      { offset: 0x10e0, ...PORTS, reset: 0x200002 },
  USBMGCUTMILB: { offset: 0x10e4, ...PORTS, reset: 0x82 },
  USBMODE:      { offset: 0x10e8, ...PORTS, reset: 0x100, fields: { PHY_TEST: 1, IDDIG: 8, IDDIG_MUX: 7 } },
  /** The Mentor core: registers of one and two bytes, not told apart here but for two words. */
  CORE0_COMMON:  { offset: 0x1400, count: 7 },
  CORE0_INDEXED: { offset: 0x141c, reset: 0xde000000 },
  CORE0_FIFOS:   { offset: 0x1420, count: 19 },
  CORE0_HWVERS:  { offset: 0x146c, reset: 0x0800, writable: 0xffff0000 },
  CORE0_ENDPOINTS: { offset: 0x1470, count: 100 },
  CORE1_COMMON:  { offset: 0x1c00, count: 7 },
  CORE1_INDEXED: { offset: 0x1c1c, reset: 0xde000000 },
  CORE1_FIFOS:   { offset: 0x1c20, count: 19 },
  CORE1_HWVERS:  { offset: 0x1c6c, reset: 0x0800, writable: 0xffff0000 },
  CORE1_ENDPOINTS: { offset: 0x1c70, count: 100 },
  QMGRREVID:    { offset: 0x4000, access: "ro", reset: 0x4e530800 },
});

const R = USB.index;
/** INDEX is a byte of the word at 0x0C: it says whose the indexed registers are. */
const INDEX_WORD = 3, INDEX_SHIFT = 16;
/** Dynamic FIFO sizing, soft connect, high bandwidth, and so on: byte 0x1F of endpoint 0. */
const CONFIGDATA = 0xde;

export class Usb extends Peripheral<keyof typeof R> {
  constructor(options: { readonly name?: string; readonly clock: VirtualClock }) {
    super(options.name ?? "USBSS", USB, options.clock);
    this.onRead("CORE0_INDEXED", () => this.#indexed(R.CORE0_COMMON, R.CORE0_INDEXED));
    this.onRead("CORE1_INDEXED", () => this.#indexed(R.CORE1_COMMON, R.CORE1_INDEXED));
  }

  /** Nothing but writes and alarms changes what is read. */
  override steadyUntil(): number {
    return Infinity;
  }

  #indexed(common: number, indexed: number): number {
    const endpoint = (this.regs[common + INDEX_WORD]! >>> INDEX_SHIFT) & 0xf;
    const rest = this.regs[indexed]! & 0xff_ffff;
    return endpoint === 0 ? (rest | CONFIGDATA << 24) >>> 0 : rest;
  }
}
