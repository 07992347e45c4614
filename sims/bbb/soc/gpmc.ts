/**
 * GPMC (AM335x TRM SPRUH73, section 7.1.5) with nothing on its chip selects, as on the BeagleBone
 * Black: what is read from there is what the pull-ups make of it.
 */
import { defineRegisters, Peripheral, type VirtualClock } from "sims/engine/mod.ts";

const SELECTS = 7;
const EACH = { count: SELECTS, stride: 0x30 } as const;

// deno-fmt-ignore
export const GPMC = defineRegisters({
  GPMC_REVISION:         { offset: 0x000, reset: 0x60, access: "ro" },
  GPMC_SYSCONFIG:        { offset: 0x010, writable: 0x19, fields: { AUTOIDLE: 0, SOFTRESET: 1, SIDLEMODE: [3, 4] } },
  GPMC_SYSSTATUS:        { offset: 0x014, reset: 0x1, access: "ro", fields: { RESETDONE: 0 } },
  GPMC_IRQSTATUS:        { offset: 0x018, access: "w1c", writable: 0x303 },
  GPMC_IRQENABLE:        { offset: 0x01c, writable: 0x303 },
  GPMC_TIMEOUT_CONTROL:  { offset: 0x040, reset: 0x1ff0, writable: 0x1ff1 },
  GPMC_ERR_ADDRESS:      { offset: 0x044, writable: 0x7fffffff },
  GPMC_ERR_TYPE:         { offset: 0x048, writable: 0x71d },
  GPMC_CONFIG:           { offset: 0x050, reset: 0xa00, writable: 0x313 },
  GPMC_STATUS:           { offset: 0x054, reset: 0x101, access: "ro", fields: { EMPTYWRITEBUFFERSTATUS: 0, WAIT0STATUS: 8, WAIT1STATUS: 9 } },
  GPMC_CONFIG1:          { offset: 0x060, ...EACH, reset: 0x1000, writable: 0xffef3f13 },
  GPMC_CONFIG2:          { offset: 0x064, ...EACH, reset: 0x101001, writable: 0x1f1f8f },
  GPMC_CONFIG3:          { offset: 0x068, ...EACH, reset: 0x22060514, writable: 0x771f1fff },
  GPMC_CONFIG4:          { offset: 0x06c, ...EACH, reset: 0x10057016, writable: 0x1f8fffff },
  GPMC_CONFIG5:          { offset: 0x070, ...EACH, reset: 0x10f1111, writable: 0xf1f1f1f },
  GPMC_CONFIG6:          { offset: 0x074, ...EACH, reset: 0x8f070000, writable: 0x1f0f0fcf },
  GPMC_CONFIG7:          { offset: 0x078, ...EACH, reset: 0xf00, writable: 0xf7f, fields: { BASEADDRESS: [0, 5], CSVALID: 6, MASKADDRESS: [8, 11] } },
  GPMC_NAND_COMMAND:     { offset: 0x07c, ...EACH, access: "wo" },
  GPMC_NAND_ADDRESS:     { offset: 0x080, ...EACH, access: "wo" },
  GPMC_NAND_DATA:        { offset: 0x084, ...EACH, writable: 0 },
  GPMC_PREFETCH_CONFIG1: { offset: 0x1e0, reset: 0x4000, writable: 0x7f8f7fbd },
  GPMC_PREFETCH_CONFIG2: { offset: 0x1e4, writable: 0x3fff },
  GPMC_PREFETCH_CONTROL: { offset: 0x1ec, writable: 0x1 },
  GPMC_PREFETCH_STATUS:  { offset: 0x1f0, access: "ro" },
  GPMC_ECC_CONFIG:       { offset: 0x1f4, reset: 0x1030, writable: 0x13fff },
  GPMC_ECC_CONTROL:      { offset: 0x1f8, writable: 0x10f },
  GPMC_ECC_SIZE_CONFIG:  { offset: 0x1fc, reset: 0x3fcff000, writable: 0x3fcff1ff },
  GPMC_ECC_RESULT:       { offset: 0x200, count: 9, access: "ro" },
  GPMC_BCH_RESULT0:      { offset: 0x240, count: 8, stride: 0x10 },
  GPMC_BCH_RESULT1:      { offset: 0x244, count: 8, stride: 0x10 },
  GPMC_BCH_RESULT2:      { offset: 0x248, count: 8, stride: 0x10 },
  GPMC_BCH_RESULT3:      { offset: 0x24c, count: 8, stride: 0x10 },
  GPMC_BCH_SWDATA:       { offset: 0x2d0, writable: 0xffff },
  GPMC_BCH_RESULT4:      { offset: 0x300, count: 8, stride: 0x10 },
  GPMC_BCH_RESULT5:      { offset: 0x304, count: 8, stride: 0x10 },
  GPMC_BCH_RESULT6:      { offset: 0x308, count: 8, stride: 0x10 },
});

const R = GPMC.index;
const SOFTRESET = 2;
const ECCCLEAR = 1 << 8;

export class Gpmc extends Peripheral<keyof typeof R> {
  constructor(options: { readonly name?: string; readonly clock: VirtualClock }) {
    super(options.name ?? "GPMC", GPMC, options.clock);
    this.onWrite("GPMC_SYSCONFIG", (written) => written & SOFTRESET && this.reset());
    this.onWrite("GPMC_ECC_CONTROL", (written) => {
      if (!(written & ECCCLEAR)) return;
      this.regs[R.GPMC_ECC_CONTROL]! &= ~ECCCLEAR;
      this.regs.fill(0, R.GPMC_ECC_RESULT, R.GPMC_ECC_RESULT + 9);
    });
    this.onRead("GPMC_NAND_DATA", () => 0xffff_ffff);
  }

  /** Nothing but writes and alarms changes what is read. */
  override steadyUntil(): number {
    return Infinity;
  }
}
