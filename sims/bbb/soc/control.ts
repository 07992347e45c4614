/**
 * Control module and DDR PHY (AM335x TRM SPRUH73, chapter 9 and section 7.3.6): boot pins, identity,
 * pad multiplexing, and what is set up there for other modules.
 */
import { defineRegisters, Peripheral, type VirtualClock } from "sims/engine/mod.ts";
import { CONTROL } from "./control_registers.ts";

export { CONTROL } from "./control_registers.ts";

const R = CONTROL.index;

/** "90:fa:f1:30:1c:bb" */
export type MacAddress = string;

export interface ControlOptions {
  readonly name?: string;
  readonly clock: VirtualClock;
  /** Of port 1 and 2, from the chip's fuses. */
  readonly macs: readonly [MacAddress, MacAddress];
}

/** General purpose, and a 24 MHz crystal says SYSBOOT[15:14]. */
const DEVTYPE_GP = 3 << 8;
const VTP_READY = 1 << 5;
const VTP_ENABLE = 1 << 6;
const DPLLS_POWERED = 0x0003_0303;

export class Control extends Peripheral<keyof typeof R> {
  readonly #macs: readonly [MacAddress, MacAddress];

  constructor(options: ControlOptions) {
    super(options.name ?? "CONTROL", CONTROL, options.clock);
    this.#macs = options.macs;
    this.onWrite("dcan_raminit", (written) => {
      // The message RAMs are cleared at once.
      this.regs[R.dcan_raminit] = (this.regs[R.dcan_raminit]! & 0x300) | ((written & 3) << 8);
    });
    this.settle();
  }

  /** Latches the boot pins, as the end of a power-on reset does. */
  latchSysboot(sysboot: number): void {
    this.regs[R.control_status] = (sysboot & 0xff) | DEVTYPE_GP | ((sysboot >>> 8) & 0xff) << 16;
  }

  /** SYSBOOT[15:0] as latched. */
  get sysboot(): number {
    const status = this.regs[R.control_status]!;
    return (status & 0xff) | ((status >>> 16) & 0xff) << 8;
  }

  /** A warm reset does not latch the boot pins anew. */
  warmReset(): void {
    const status = this.regs[R.control_status]!;
    this.reset();
    this.regs[R.control_status] = status;
  }

  /** Nothing but writes and alarms changes what is read. */
  override steadyUntil(): number {
    return Infinity;
  }

  override settle(): void {
    const vtp = this.regs[R.vtp_ctrl]!;
    this.regs[R.vtp_ctrl] = vtp & VTP_ENABLE ? vtp | VTP_READY : vtp & ~VTP_READY;
    this.regs[R.dpll_pwr_sw_status] = DPLLS_POWERED;
    [this.regs[R.mac_id0_lo], this.regs[R.mac_id0_hi]] = words(this.#macs[0]);
    [this.regs[R.mac_id1_lo], this.regs[R.mac_id1_hi]] = words(this.#macs[1]);
  }
}

/** The two words of fuses of an address: its first byte is the lowest of the second word. */
function words(mac: MacAddress): [lo: number, hi: number] {
  const [a, b, c, d, e, f] = mac.split(":").map((byte) => parseInt(byte, 16)) as number[];
  return [e! | f! << 8, (a! | b! << 8 | c! << 16 | d! << 24) >>> 0];
}

/** One slice of the PHY: offsets from the first one's. */
// deno-fmt-ignore
export const DDR_PHY = defineRegisters({
  CMD0_REG_PHY_CTRL_SLAVE_RATIO_0:          { offset: 0x01c, reset: 0x80 },
  CMD0_REG_PHY_DLL_LOCK_DIFF_0:             { offset: 0x028, reset: 0x4 },
  CMD0_REG_PHY_INVERT_CLKOUT_0:             { offset: 0x02c },
  CMD1_REG_PHY_CTRL_SLAVE_RATIO_0:          { offset: 0x050, reset: 0x80 },
  CMD1_REG_PHY_DLL_LOCK_DIFF_0:             { offset: 0x05c, reset: 0x4 },
  CMD1_REG_PHY_INVERT_CLKOUT_0:             { offset: 0x060 },
  CMD2_REG_PHY_CTRL_SLAVE_RATIO_0:          { offset: 0x084, reset: 0x80 },
  CMD2_REG_PHY_DLL_LOCK_DIFF_0:             { offset: 0x090, reset: 0x4 },
  CMD2_REG_PHY_INVERT_CLKOUT_0:             { offset: 0x094 },
  DATA0_REG_PHY_RD_DQS_SLAVE_RATIO_0:       { offset: 0x0c8, reset: 0x04010040 },
  DATA0_REG_PHY_WR_DQS_SLAVE_RATIO_0:       { offset: 0x0dc },
  DATA0_REG_PHY_WRLVL_INIT_RATIO_0:         { offset: 0x0f0 },
  DATA0_REG_PHY_WRLVL_INIT_MODE_0:          { offset: 0x0f8 },
  DATA0_REG_PHY_GATELVL_INIT_RATIO_0:       { offset: 0x0fc },
  DATA0_REG_PHY_GATELVL_INIT_MODE_0:        { offset: 0x104 },
  DATA0_REG_PHY_FIFO_WE_SLAVE_RATIO_0:      { offset: 0x108 },
  DATA0_REG_PHY_DQ_OFFSET_0:                { offset: 0x11c, reset: 0x40 },
  DATA0_REG_PHY_WR_DATA_SLAVE_RATIO_0:      { offset: 0x120, reset: 0x04010040 },
  DATA0_REG_PHY_USE_RANK0_DELAYS:           { offset: 0x134 },
  DATA0_REG_PHY_DLL_LOCK_DIFF_0:            { offset: 0x138, reset: 0x4 },
  DATA1_REG_PHY_RD_DQS_SLAVE_RATIO_0:       { offset: 0x16c, reset: 0x04010040 },
  DATA1_REG_PHY_WR_DQS_SLAVE_RATIO_0:       { offset: 0x180 },
  DATA1_REG_PHY_WRLVL_INIT_RATIO_0:         { offset: 0x194 },
  DATA1_REG_PHY_WRLVL_INIT_MODE_0:          { offset: 0x19c },
  DATA1_REG_PHY_GATELVL_INIT_RATIO_0:       { offset: 0x1a0 },
  DATA1_REG_PHY_GATELVL_INIT_MODE_0:        { offset: 0x1a8 },
  DATA1_REG_PHY_FIFO_WE_SLAVE_RATIO_0:      { offset: 0x1ac },
  DATA1_REG_PHY_DQ_OFFSET_0:                { offset: 0x1c0, reset: 0x40 },
  DATA1_REG_PHY_WR_DATA_SLAVE_RATIO_0:      { offset: 0x1c4, reset: 0x04010040 },
  DATA1_REG_PHY_USE_RANK0_DELAYS:           { offset: 0x1d8 },
  DATA1_REG_PHY_DLL_LOCK_DIFF_0:            { offset: 0x1dc, reset: 0x4 },
});

/** Delays of the DDR interface. Any do here: RAM always works. */
export class DdrPhy extends Peripheral<keyof typeof DDR_PHY.index> {
  constructor(options: { readonly name?: string; readonly clock: VirtualClock }) {
    super(options.name ?? "DDR_PHY", DDR_PHY, options.clock);
  }
}
