/** DMTIMER0 and DMTIMER2 to DMTIMER7: 32-bit up-counters (AM335x TRM SPRUH73, section 20.1). */
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
  type PostedRegister,
  TCLR_FIELDS,
  TIMER_EVENT_FIELDS,
  TimerCounter,
  type TimerPins,
} from "./timer_counter.ts";

// deno-fmt-ignore
export const DMTIMER = defineRegisters({
  // The manual has 40000100h; Linux knows the module of this chip by this value.
  TIDR:          { offset: 0x00, access: "ro", reset: 0x4fff_1301 },
  TIOCP_CFG:     { offset: 0x10, writable: 0x0e, fields: {
    SOFTRESET: 0, EMUFREE: 1, IDLEMODE: [2, 3] } },
  IRQ_EOI:       { offset: 0x20, writable: 0 },
  IRQSTATUS_RAW: { offset: 0x24, access: "w1s", writable: 7, fields: TIMER_EVENT_FIELDS },
  IRQSTATUS:     { offset: 0x28, access: "w1c", writable: 7, of: "IRQSTATUS_RAW",
    fields: TIMER_EVENT_FIELDS },
  IRQENABLE_SET: { offset: 0x2c, access: "w1s", writable: 7, fields: TIMER_EVENT_FIELDS },
  IRQENABLE_CLR: { offset: 0x30, access: "w1c", writable: 7, of: "IRQENABLE_SET",
    fields: TIMER_EVENT_FIELDS },
  IRQWAKEEN:     { offset: 0x34, writable: 7, fields: TIMER_EVENT_FIELDS },
  TCLR:          { offset: 0x38, writable: 0x7fff, fields: TCLR_FIELDS },
  TCRR:          { offset: 0x3c },
  TLDR:          { offset: 0x40 },
  TTGR:          { offset: 0x44, reset: 0xffff_ffff, writable: 0 },
  TWPS:          { offset: 0x48, access: "ro", fields: {
    W_PEND_TCLR: 0, W_PEND_TCRR: 1, W_PEND_TLDR: 2, W_PEND_TTGR: 3, W_PEND_TMAR: 4 } },
  TMAR:          { offset: 0x4c },
  TCAR1:         { offset: 0x50, access: "ro" },
  TSICR:         { offset: 0x54, writable: 4, fields: { SFT: 1, POSTED: 2 } },
  TCAR2:         { offset: 0x58, access: "ro" },
});

const R = DMTIMER.index;
/** What TSICR.SFT resets. */
const FUNCTIONAL = ["TCLR", "TCRR", "TLDR", "TMAR", "TCAR1", "TCAR2"] as const;

export interface DmTimerOptions extends TimerPins {
  readonly name: string;
  readonly clock: VirtualClock;
  /** 24 MHz or 32,768 Hz, as PRCM selects. */
  readonly source: ClockInput;
  readonly irq: WireDriver;
}

export class DmTimer extends Peripheral<keyof typeof R> {
  readonly #counter: TimerCounter;
  readonly #irq: WireDriver;

  constructor(options: DmTimerOptions) {
    super(options.name, DMTIMER, options.clock);
    this.#irq = options.irq;
    this.#counter = new TimerCounter({
      ...options,
      regs: this.regs,
      slots: { ...R, STATUS: R.IRQSTATUS_RAW },
      changed: () => {
        this.sync();
        this.settle();
      },
    });
    this.#define();
    this.settle();
  }

  #define(): void {
    const counter = this.#counter;
    this.derive("IRQSTATUS", () => this.#pending);
    this.derive("TWPS", () => counter.writesPending);
    this.onWrite("IRQSTATUS", (events) => counter.served(events));
    this.onWrite("TIOCP_CFG", (written) => {
      if (written & 1) this.reset();
    });
    this.#posted("TCLR", (_, old) => counter.control(old));
    this.#posted("TCRR", () => counter.loaded());
    this.#posted("TLDR", () => {});
    this.#posted("TTGR", () => counter.triggered());
    this.#posted("TMAR", () => counter.compare());
    this.onWrite("TSICR", (written) => {
      if ((written & 2) === 0) return;
      for (const name of FUNCTIONAL) this.regs[R[name]] = 0;
      counter.reset();
    });
  }

  #posted(name: PostedRegister & keyof typeof R, effect: WriteEffect): void {
    this.onWrite(name, (written, old, n) => {
      effect(written, old, n);
      this.#counter.post(name);
    });
  }

  get #pending(): number {
    return this.regs[R.IRQSTATUS_RAW]! & this.regs[R.IRQENABLE_SET]!;
  }

  protected override sync(): void {
    this.#counter.sync();
  }

  override settle(): void {
    // What is told already needs no alarm.
    this.#counter.settle(this.regs[R.IRQENABLE_SET]! & ~this.regs[R.IRQSTATUS_RAW]!);
    this.#irq.drive(this.#pending ? 1 : 0);
  }

  override steadyUntil(offset: number): number {
    this.sync();
    switch (this.table.at(offset)?.name) {
      case "TCRR":
        return this.#counter.running ? this.clock.now() : Infinity;
      case "TWPS":
        return this.#counter.writesPendingUntil;
      default:
        // TCLR too: an overflow stops what is to run once.
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
