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
  /** The Mentor core: registers of one and two bytes, not told apart here. */
  USB0_CORE:    { offset: 0x1400, count: 128 },
  USB1_CORE:    { offset: 0x1c00, count: 128 },
  QMGRREVID:    { offset: 0x4000, access: "ro", reset: 0x4e530800 },
});

const R = USB.index;
/** Of the core: byte offsets. */
const INDEX = 0x0e;
const CONFIGDATA_WORD = 0x1c >>> 2;
/** Dynamic FIFO sizing, soft connect, high bandwidth, and so on, in byte 0x1F when INDEX is 0. */
const CONFIGDATA = 0xde;
const HWVERS_WORD = 0x6c >>> 2;
const HWVERS = 0x0800;

export class Usb extends Peripheral<keyof typeof R> {
  constructor(options: { readonly name?: string; readonly clock: VirtualClock }) {
    super(options.name ?? "USBSS", USB, options.clock);
    for (const [name, first] of [["USB0_CORE", R.USB0_CORE], ["USB1_CORE", R.USB1_CORE]] as const) {
      this.onRead(name, (n) => this.#core(first, n));
    }
  }

  #core(first: number, word: number): number {
    const stored = this.regs[first + word]!;
    if (word === HWVERS_WORD) return (stored & 0xffff_0000) | HWVERS;
    if (word !== CONFIGDATA_WORD) return stored;
    const index = (this.regs[first + (INDEX >>> 2)]! >>> 8 * (INDEX & 3)) & 0xf;
    return index === 0 ? ((stored & 0xff_ffff) | CONFIGDATA << 24) >>> 0 : stored;
  }
}
