/**
 * DMTIMER1: the timer that can tick every millisecond, on average, from 32,768 Hz (AM335x TRM
 * SPRUH73, section 20.2).
 */
import type { Json } from "hil/trace/mod.ts";
import {
  defineRegisters,
  Peripheral,
  type VirtualClock,
  type WireDriver,
  type WriteEffect,
} from "sims/engine/mod.ts";
import type { Counting } from "sims/bbb/bus.ts";
import type { ClockInput } from "./clock_input.ts";
import {
  type CounterState,
  POSTED_REGISTERS,
  type PostedRegister,
  TCLR_FIELDS,
  TIMER_EVENT_FIELDS,
  TimerCounter,
  type TimerPins,
} from "./timer_counter.ts";

// deno-fmt-ignore
export const DMTIMER_1MS = defineRegisters({
  TIDR:      { offset: 0x00, access: "ro", reset: 0x15 },
  TIOCP_CFG: { offset: 0x10, writable: 0x33d, fields: {
    AUTOIDLE: 0, SOFTRESET: 1, ENAWAKEUP: 2, IDLEMODE: [3, 4], EMUFREE: 5, CLOCKACTIVITY: [8,
    9] } },
  TISTAT:    { offset: 0x14, access: "ro", reset: 1, fields: { RESETDONE: 0 } },
  TISR:      { offset: 0x18, access: "w1c", writable: 7, fields: TIMER_EVENT_FIELDS },
  TIER:      { offset: 0x1c, writable: 7, fields: TIMER_EVENT_FIELDS },
  TWER:      { offset: 0x20, writable: 7, fields: TIMER_EVENT_FIELDS },
  TCLR:      { offset: 0x24, writable: 0x7fff, fields: TCLR_FIELDS },
  TCRR:      { offset: 0x28 },
  TLDR:      { offset: 0x2c },
  TTGR:      { offset: 0x30, reset: 0xffff_ffff, writable: 0 },
  TWPS:      { offset: 0x34, access: "ro", fields: {
    W_PEND_TCLR: 0, W_PEND_TCRR: 1, W_PEND_TLDR: 2, W_PEND_TTGR: 3, W_PEND_TMAR: 4,
    W_PEND_TPIR: 5, W_PEND_TNIR: 6, W_PEND_TCVR: 7, W_PEND_TOCR: 8, W_PEND_TOWR: 9 } },
  TMAR:      { offset: 0x38 },
  TCAR1:     { offset: 0x3c, access: "ro" },
  TSICR:     { offset: 0x40, writable: 4, fields: { SFT: 1, POSTED: 2 } },
  TCAR2:     { offset: 0x44, access: "ro" },
  TPIR:      { offset: 0x48 },
  TNIR:      { offset: 0x4c },
  TCVR:      { offset: 0x50 },
  TOCR:      { offset: 0x54, writable: 0xff_ffff },
  TOWR:      { offset: 0x58, writable: 0xff_ffff },
});

const R = DMTIMER_1MS.index;
/** What TSICR.SFT resets. */
// deno-fmt-ignore
const FUNCTIONAL = [
  "TCLR", "TCRR", "TLDR", "TMAR", "TCAR1", "TCAR2", "TPIR", "TNIR", "TCVR", "TOCR", "TOWR",
] as const;

export interface DmTimer1MsOptions extends TimerPins {
  readonly name: string;
  readonly clock: VirtualClock;
  /** As PRCM selects. */
  readonly source: ClockInput;
  readonly irq: WireDriver;
}

export class DmTimer1Ms extends Peripheral<keyof typeof R> {
  readonly #counter: TimerCounter;
  readonly #irq: WireDriver;

  constructor(options: DmTimer1MsOptions) {
    super(options.name, DMTIMER_1MS, options.clock);
    this.#irq = options.irq;
    this.#counter = new TimerCounter({
      ...options,
      regs: this.regs,
      slots: { ...R, STATUS: R.TISR },
      changed: () => {
        this.sync();
        this.settle();
      },
      reload: () => this.#period(),
      tells: () => this.#tells(),
      plain: () => !this.#converts,
    });
    this.#define();
    this.settle();
  }

  #define(): void {
    const counter = this.#counter;
    this.derive("TWPS", () => counter.writesPending);
    this.onWrite("TISR", (events) => counter.served(events));
    this.onWrite("TIOCP_CFG", (written) => {
      if (written & 2) this.reset();
    });
    const effects: Partial<Record<PostedRegister, WriteEffect>> = {
      TCLR: (_, old) => counter.control(old),
      TCRR: () => counter.loaded(),
      TTGR: () => counter.triggered(),
      TMAR: () => counter.compare(),
    };
    for (const name of POSTED_REGISTERS) {
      this.onWrite(name, (written, old, n) => {
        effects[name]?.(written, old, n);
        counter.post(name);
      });
    }
    this.onWrite("TSICR", (written) => {
      if ((written & 2) === 0) return;
      for (const name of FUNCTIONAL) this.regs[R[name]] = 0;
      counter.reset();
    });
  }

  /**
   * What is loaded after an overflow: TLDR, or TLDR - 1 where that leaves the sum of errors nearer
   * to zero (20.2.3.1.1: Add1 and Add2 are what the two would leave, Add3 tells the nearer one).
   */
  #period(): number {
    const sum = this.regs[R.TCVR]! | 0;
    const afterLong = sum + (this.regs[R.TPIR]! | 0);
    const afterShort = sum + (this.regs[R.TNIR]! | 0);
    const long = afterLong < 0 || (afterShort < 0 && afterLong + afterShort < 0);
    this.regs[R.TCVR] = long ? afterLong : afterShort;
    return (this.regs[R.TLDR]! - Number(long)) >>> 0;
  }

  /** TOWR overflows go by for each one that is told. */
  #tells(): boolean {
    if (this.regs[R.TOCR] === this.regs[R.TOWR]) {
      this.regs[R.TOCR] = 0;
      return true;
    }
    this.regs[R.TOCR] = (this.regs[R.TOCR]! + 1) & 0xff_ffff;
    return false;
  }

  get #converts(): boolean {
    const { TPIR, TNIR, TCVR, TOWR, TOCR } = R;
    return [TPIR, TNIR, TCVR, TOWR, TOCR].some((slot) => this.regs[slot] !== 0);
  }

  protected override sync(): void {
    this.#counter.sync();
  }

  override settle(): void {
    const told = this.regs[R.TISR]!;
    const enabled = this.regs[R.TIER]!;
    this.#counter.settle(enabled & ~told);
    this.#irq.drive(told & enabled ? 1 : 0);
  }

  override steadyUntil(offset: number): number {
    this.sync();
    switch (this.table.at(offset)?.name) {
      case "TCRR":
        return this.#counter.running ? this.clock.now() : Infinity;
      case "TWPS":
        return this.#counter.writesPendingUntil;
      default:
        return this.#counter.nextEvent(3);
    }
  }

  /** TCRR. */
  counting(offset: number): Counting | undefined {
    return this.table.at(offset)?.name === "TCRR" ? this.#counter.counting() : undefined;
  }

  protected override resetMore(): void {
    this.#counter.reset();
  }

  protected override saveMore(): Json {
    return this.#counter.save();
  }

  protected override loadMore(state: Json): void {
    this.#counter.load(state as CounterState);
  }
}
