/**
 * The CPDMA's state RAM: of each channel where its queue begins and what was completed last (AM335x
 * TRM SPRUH73, section 14.5.5).
 */
import type { Json } from "hil/trace/mod.ts";
import { Peripheral, type VirtualClock } from "sims/engine/mod.ts";
import { CPDMA_STATERAM } from "./cpsw_registers.ts";

const S = CPDMA_STATERAM.index;

/** As the program sees it: `tx` goes into the switch. */
export type Direction = "tx" | "rx";

export class CpdmaStateRam extends Peripheral<keyof typeof S> {
  onHead: ((direction: Direction, channel: number) => void) | undefined;
  onCompletion: (() => void) | undefined;
  /** Channels whose completion the program has not acknowledged. */
  readonly pending = { tx: 0, rx: 0 };

  constructor(options: { readonly name?: string; readonly clock: VirtualClock }) {
    super(options.name ?? "CPDMA_STATERAM", CPDMA_STATERAM, options.clock);
    this.onWrite("TX_HDP", (_written, _old, n) => this.onHead?.("tx", n));
    this.onWrite("RX_HDP", (_written, _old, n) => this.onHead?.("rx", n));
    for (const direction of ["tx", "rx"] as const) {
      const name = direction === "tx" ? "TX_CP" : "RX_CP";
      this.onWrite(name, (written, old, n) => {
        // The program's value is compared with the port's, which stays.
        this.regs[S[name] + n] = old;
        if (written === old) this.pending[direction] &= ~(1 << n);
        this.onCompletion?.();
      });
    }
  }

  override steadyUntil(): number {
    return Infinity;
  }

  head(direction: Direction, n: number): number {
    return this.regs[(direction === "tx" ? S.TX_HDP : S.RX_HDP) + n]!;
  }

  setHead(direction: Direction, n: number, descriptor: number): void {
    this.regs[(direction === "tx" ? S.TX_HDP : S.RX_HDP) + n] = descriptor;
  }

  complete(direction: Direction, n: number, descriptor: number): void {
    this.regs[(direction === "tx" ? S.TX_CP : S.RX_CP) + n] = descriptor;
    this.pending[direction] |= 1 << n;
  }

  protected override resetMore(): void {
    this.pending.tx = this.pending.rx = 0;
  }

  protected override saveMore(): Json {
    return { ...this.pending };
  }

  protected override loadMore(state: Json): void {
    Object.assign(this.pending, state);
  }
}
