/**
 * WDT1, the watchdog (AM335x TRM SPRUH73, section 20.4): counts up at 32,768 Hz from reset on, and
 * when it overflows the chip is reset.
 *
 * A write takes effect at once; WWPS tells it as pending for as long as the manual has it take. The
 * special case WLDR = FFFFFFFFh, "meaningless" to the manual, is not modelled.
 */
import type { Json } from "hil/trace/mod.ts";
import {
  defineRegisters,
  type EngineTimer,
  Peripheral,
  type VirtualClock,
  type WireDriver,
} from "sims/engine/mod.ts";
import type { ClockInput } from "./clock_input.ts";
import { type Rate, rateOf } from "./ticks.ts";

const EVENTS = { EVENT_OVF: 0, EVENT_DLY: 1 } as const;
const OLD_EVENTS = { OVF_IT_FLAG: 0, DLY_IT_FLAG: 1 } as const;

// deno-fmt-ignore
export const WDT = defineRegisters({
  // The manual leaves it 0; Linux knows the module of this chip by this value.
  WIDR: { offset: 0x00, access: "ro", reset: 0x502a_0500 },
  WDSC: { offset: 0x10, reset: 0x10, writable: 0x38, fields: {
    SOFTRESET: 1, IDLEMODE: [3, 4], EMUFREE: 5 } },
  WDST: { offset: 0x14, access: "ro", reset: 1, fields: { RESETDONE: 0 } },
  WISR: { offset: 0x18, access: "w1c", writable: 3, of: "WIRQSTATRAW", fields: OLD_EVENTS },
  WIER: { offset: 0x1c, writable: 3, of: "WIRQENSET", fields: { OVF_IT_ENA: 0, DLY_IT_ENA: 1 } },
  WCLR: { offset: 0x24, reset: 0x20, writable: 0x3c, fields: { PTV: [2, 4], PRE: 5 } },
  WCRR: { offset: 0x28, reset: 0xffff_ffbe },
  WLDR: { offset: 0x2c, reset: 0xffff_ffbe },
  WTGR: { offset: 0x30 },
  WWPS: { offset: 0x34, access: "ro", fields: {
    W_PEND_WCLR: 0, W_PEND_WCRR: 1, W_PEND_WLDR: 2, W_PEND_WTGR: 3, W_PEND_WSPR: 4,
    W_PEND_WDLY: 5 } },
  WDLY: { offset: 0x44 },
  WSPR: { offset: 0x48 },
  WIRQSTATRAW: { offset: 0x54, access: "w1s", writable: 3, fields: EVENTS },
  WIRQSTAT:    { offset: 0x58, access: "w1c", writable: 3, of: "WIRQSTATRAW", fields: EVENTS },
  WIRQENSET:   { offset: 0x5c, access: "w1s", writable: 3, fields: EVENTS },
  WIRQENCLR:   { offset: 0x60, access: "w1c", writable: 3, of: "WIRQENSET", fields: EVENTS },
});

const R = WDT.index;
const EVENT = { OVF: 1, DLY: 2 } as const;
const WRAP = 2 ** 32;
/** In the order of their bits in WWPS. */
const POSTED = ["WCLR", "WCRR", "WLDR", "WTGR", "WSPR", "WDLY"] as const;
/** Of its clock: until a posted write is done (1.5 to 2.5, section 20.4.3.6). */
const POSTED_TICKS = 2;

export interface WdtOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  /** 32,768 Hz. */
  readonly source: ClockInput;
  readonly irq: WireDriver;
  /** It has overflowed: PRCM has to do a global warm reset. */
  readonly expired: () => void;
}

export class Wdt extends Peripheral<keyof typeof R> {
  readonly #options: WdtOptions;
  readonly #timer: EngineTimer;
  #rate: Rate | undefined;
  #running = true;
  /** The first half of a sequence on WSPR, where it has come. */
  #half = 0;
  /** Cycles for one of WCRR: PTV as it was at the last reload. */
  #divisor = 1;
  /** The tick at which WCRR got its value. */
  #anchor = 0;
  #expired = false;
  readonly #pending: number[] = POSTED.map(() => 0);

  constructor(options: WdtOptions) {
    super(options.name, WDT, options.clock);
    this.#options = options;
    this.#rate = rateOf(options.source);
    this.#anchor = this.#tick();
    this.#timer = options.clock.timer(options.name, () => {
      this.sync();
      this.settle();
    });
    options.source.onChange(() => {
      this.sync();
      const tick = this.#tick();
      this.#rate = rateOf(options.source);
      this.#anchor += this.#tick() - tick;
      this.settle();
    });
    this.#define();
    this.settle();
  }

  /** Whether it counts: it does from reset on. */
  get running(): boolean {
    return this.#running;
  }

  #define(): void {
    this.derive("WIRQSTAT", () => this.#told);
    this.derive("WWPS", () => {
      const now = this.clock.now();
      return this.#pending.reduce((bits, t, bit) => t > now ? bits | 1 << bit : bits, 0);
    });
    this.onWrite("WDSC", (written) => {
      if (written & 2) this.reset();
    });
    for (const name of POSTED) {
      this.onWrite(name, (written, old) => {
        if (name === "WCRR") this.#anchor = this.#tick();
        if (name === "WTGR" && this.regs[R.WTGR] !== old) this.#reload();
        if (name === "WSPR") this.#sequence(written & 0xffff);
        this.#post(POSTED.indexOf(name));
      });
    }
  }

  #post(bit: number): void {
    if (this.#rate) this.#pending[bit] = this.#rate.time(this.#tick() + POSTED_TICKS);
  }

  /** AAAAh and 5555h stop it, BBBBh and 4444h start it; anything else starts over. */
  #sequence(written: number): void {
    const half = this.#half;
    this.#half = written;
    const start = half === 0xbbbb && written === 0x4444;
    const stop = half === 0xaaaa && written === 0x5555;
    if (start && !this.#running) {
      this.#anchor = this.#tick();
      this.#divisor = this.#divisorNow;
    }
    if (start || stop) this.#running = start;
  }

  get #divisorNow(): number {
    const wclr = this.regs[R.WCLR]!;
    return wclr & 0x20 ? 1 << (wclr >>> 2 & 7) : 1;
  }

  #tick(): number {
    return this.#rate?.count(this.clock.now()) ?? 0;
  }

  get #told(): number {
    return this.regs[R.WIRQSTATRAW]! & this.regs[R.WIRQENSET]!;
  }

  protected override sync(): void {
    if (!this.#running || !this.#rate) return;
    let steps = Math.floor((this.#tick() - this.#anchor) / this.#divisor);
    // An alarm is set for each overflow: there is never more than one.
    while (steps > 0) {
      const count = this.regs[R.WCRR]!;
      const within = Math.min(steps, WRAP - 1 - count);
      this.#pass(count, count + within);
      this.regs[R.WCRR] = count + within;
      this.#anchor += within * this.#divisor;
      steps -= within;
      if (steps === 0) return;
      steps--;
      this.#anchor += this.#divisor;
      this.#overflow();
    }
  }

  #overflow(): void {
    const anchor = this.#anchor;
    this.regs[R.WIRQSTATRAW]! |= EVENT.OVF;
    this.#expired = true;
    this.#reload();
    this.#anchor = anchor;
  }

  #reload(): void {
    this.regs[R.WCRR] = this.regs[R.WLDR]!;
    this.#divisor = this.#divisorNow;
    this.#anchor = this.#tick();
  }

  #pass(from: number, to: number): void {
    const delay = this.regs[R.WDLY]!;
    if (delay > from && delay <= to && delay >= this.regs[R.WLDR]!) {
      this.regs[R.WIRQSTATRAW]! |= EVENT.DLY;
    }
  }

  #nextEvent(): number {
    if (!this.#running || !this.#rate) return Infinity;
    const count = this.regs[R.WCRR]!;
    const delay = this.regs[R.WDLY]!;
    const early = delay > count && delay >= this.regs[R.WLDR]!;
    const steps = (early ? delay : WRAP) - count;
    return this.#rate.time(this.#anchor + steps * this.#divisor);
  }

  override settle(): void {
    const { source, irq, expired } = this.#options;
    if ((this.#rate?.hz ?? 0) !== source.hz) this.#rate = rateOf(source);
    const next = this.#nextEvent();
    if (next <= Number.MAX_SAFE_INTEGER) this.#timer.set(next);
    else this.#timer.cancel();
    irq.drive(this.#told ? 1 : 0);
    if (!this.#expired) return;
    this.#expired = false;
    expired();
  }

  override steadyUntil(offset: number): number {
    this.sync();
    const now = this.clock.now();
    switch (this.table.at(offset)?.name) {
      case "WCRR":
        return this.#running ? now : Infinity;
      case "WWPS":
        return Math.min(...this.#pending.map((t) => t > now ? t : Infinity));
      default:
        return this.#nextEvent();
    }
  }

  protected override resetMore(): void {
    this.#running = true;
    this.#half = 0;
    this.#divisor = this.#divisorNow;
    this.#anchor = this.#tick();
    this.#expired = false;
    this.#pending.fill(0);
  }

  protected override saveMore(): Json {
    return {
      running: this.#running,
      half: this.#half,
      divisor: this.#divisor,
      anchor: this.#anchor,
      pending: [...this.#pending],
    };
  }

  protected override loadMore(state: Json): void {
    const { running, half, divisor, anchor, pending } = state as {
      running: boolean;
      half: number;
      divisor: number;
      anchor: number;
      pending: number[];
    };
    this.#running = running;
    this.#half = half;
    this.#divisor = divisor;
    this.#anchor = anchor;
    this.#expired = false;
    for (const [bit, until] of pending.entries()) this.#pending[bit] = until;
  }
}
