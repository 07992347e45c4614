/**
 * CPSW_WR: interrupts of the Ethernet subsystem (AM335x TRM SPRUH73, sections 14.3.1.3 and 14.5.9).
 * The four lines of C0 are levels: up while an enabled cause is pending, so CPDMA_EOI_VECTOR has
 * nothing to do. Pacing is not modelled: its registers are stored.
 */
import { Peripheral, type VirtualClock, type WireDriver } from "sims/engine/mod.ts";
import { CPSW_WR } from "./cpsw_registers.ts";

const R = CPSW_WR.index;

/** Interrupt lines 40 to 43, in the order of the manual. */
export interface CpswLines {
  readonly rxThreshold: WireDriver;
  readonly rx: WireDriver;
  readonly tx: WireDriver;
  readonly misc: WireDriver;
}

/** What is pending, after the masks of CPDMA and MDIO. */
export interface CpswCauses {
  readonly rxThreshold: () => number;
  readonly rx: () => number;
  readonly tx: () => number;
  readonly misc: () => number;
}

export class CpswWr extends Peripheral<keyof typeof R> {
  readonly #lines: CpswLines;
  readonly #causes: CpswCauses;

  constructor(options: {
    readonly clock: VirtualClock;
    readonly lines: CpswLines;
    readonly causes: CpswCauses;
    /** SOFT_RESET: registers, interrupts and the CPPI RAM. */
    readonly softReset: () => void;
  }) {
    super("CPSW_WR", CPSW_WR, options.clock);
    this.#lines = options.lines;
    this.#causes = options.causes;
    this.onWrite("SOFT_RESET", (written) => {
      if (written & 1) options.softReset();
    });
    const { rxThreshold, rx, tx, misc } = options.causes;
    this.derive("C_RX_THRESH_STAT", (n) => rxThreshold() & this.regs[R.C_RX_THRESH_EN + n]!);
    this.derive("C_RX_STAT", (n) => rx() & this.regs[R.C_RX_EN + n]!);
    this.derive("C_TX_STAT", (n) => tx() & this.regs[R.C_TX_EN + n]!);
    this.derive("C_MISC_STAT", (n) => misc() & this.regs[R.C_MISC_EN + n]!);
  }

  override steadyUntil(): number {
    return Infinity;
  }

  override settle(): void {
    const { rxThreshold, rx, tx, misc } = this.#causes;
    const lines = this.#lines;
    lines.rxThreshold.drive(rxThreshold() & this.regs[R.C_RX_THRESH_EN]! ? 1 : 0);
    lines.rx.drive(rx() & this.regs[R.C_RX_EN]! ? 1 : 0);
    lines.tx.drive(tx() & this.regs[R.C_TX_EN]! ? 1 : 0);
    lines.misc.drive(misc() & this.regs[R.C_MISC_EN]! ? 1 : 0);
  }
}
