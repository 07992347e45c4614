/**
 * The counter that DMTIMER and its 1-ms variant have in common: prescaler, reload, compare,
 * capture, PWM output and posted writes (AM335x TRM SPRUH73, sections 20.1.3 and 20.2.3).
 *
 * It counts edges of its clock from time 0. A write takes effect at once; in posted mode TWPS tells
 * it as pending for as long as the manual has it take. Non-posted writes do not stall the CPU.
 */
import type { EngineTimer, Level, VirtualClock, Wire, WireDriver } from "sims/engine/mod.ts";
import type { Counting } from "sims/bbb/bus.ts";
import type { ClockInput } from "./clock_input.ts";
import { type Rate, rateOf } from "./ticks.ts";
import { TimerOutput, type TimerOutputState } from "./timer_output.ts";

/** Bits of the status and enable registers. */
export const TIMER_EVENT = { MAT: 1, OVF: 2, TCAR: 4 } as const;
// deno-fmt-ignore
export const TIMER_EVENT_FIELDS = { MAT_IT_FLAG: 0, OVF_IT_FLAG: 1, TCAR_IT_FLAG: 2 } as const;
// deno-fmt-ignore
export const TCLR_FIELDS = {
  ST: 0, AR: 1, PTV: [2, 4], PRE: 5, CE: 6, SCPWM: 7, TCM: [8, 9], TRG: [10, 11], PT: 12,
  CAPT_MODE: 13, GPO_CFG: 14,
} as const;
const TCLR = { ST: 1, AR: 2, PRE: 0x20, CE: 0x40, CAPT_MODE: 0x2000 } as const;

const WRAP = 2 ** 32;
/** Of the timer's clock: until a posted write is done (20.1.3.10.1). */
const POSTED_TICKS = 3;
const POSTED = 4;

/** Registers in the order of their bits in TWPS; the last five are of the 1-ms timer alone. */
export const POSTED_REGISTERS = [
  "TCLR",
  "TCRR",
  "TLDR",
  "TTGR",
  "TMAR",
  "TPIR",
  "TNIR",
  "TCVR",
  "TOCR",
  "TOWR",
] as const;
export type PostedRegister = typeof POSTED_REGISTERS[number];

/** Where the counter's registers are in the bank, and where its events go. */
export interface CounterSlots {
  readonly TCLR: number;
  readonly TCRR: number;
  readonly TLDR: number;
  readonly TMAR: number;
  readonly TCAR1: number;
  readonly TCAR2: number;
  readonly TSICR: number;
  readonly STATUS: number;
}

export interface TimerPins {
  /** PORTIMERPWM. */
  readonly output?: WireDriver;
  /** PIEVENTCAPT. */
  readonly capture?: Wire;
}

export interface CounterOptions extends TimerPins {
  readonly name: string;
  readonly clock: VirtualClock;
  readonly source: ClockInput;
  readonly regs: Uint32Array;
  readonly slots: CounterSlots;
  /** Something changed by itself: the peripheral has to settle. */
  readonly changed: () => void;
  /** What is loaded after an overflow; default: TLDR. */
  readonly reload?: () => number;
  /** Whether an overflow is told; default: always. */
  readonly tells?: () => boolean;
  /** Whether these two say just now what they always say by default; default: yes. */
  readonly plain?: () => boolean;
}

export type CounterState = {
  readonly anchor: number;
  readonly captured: number;
  readonly output: TimerOutputState;
  readonly pending: number[];
};

export class TimerCounter {
  readonly #options: CounterOptions;
  readonly #regs: Uint32Array;
  readonly #slots: CounterSlots;
  readonly #timer: EngineTimer;
  readonly #output: TimerOutput;
  #rate: Rate | undefined;
  /** The tick of the clock at which TCRR got its value, and the prescaler was 0. */
  #anchor = 0;
  /** Captures since the last was served. */
  #captured = 0;
  /** By bit of TWPS: when the write is done. */
  readonly #pending: number[] = POSTED_REGISTERS.map(() => 0);

  constructor(options: CounterOptions) {
    this.#options = options;
    this.#regs = options.regs;
    this.#slots = options.slots;
    this.#rate = rateOf(options.source);
    this.#output = new TimerOutput(() => this.#tclr, options.output);
    this.#timer = options.clock.timer(options.name, options.changed);
    options.source.onChange(() => this.#changeRate());
    options.capture?.listen((level) => this.#capture(level));
  }

  get running(): boolean {
    return (this.#tclr & TCLR.ST) !== 0 && this.#rate !== undefined;
  }

  get #tclr(): number {
    return this.#regs[this.#slots.TCLR]!;
  }

  /** Cycles of the clock for one of TCRR. */
  get #divisor(): number {
    const tclr = this.#tclr;
    return tclr & TCLR.PRE ? 2 << (tclr >>> 2 & 7) : 1;
  }

  /** The clock's tick now. */
  #tick(): number {
    return this.#rate?.count(this.#options.clock.now()) ?? 0;
  }

  /** Counts up to now. */
  sync(): void {
    const tick = this.#tick();
    this.#output.sync(tick);
    if (!this.running) return;
    const divisor = this.#divisor;
    const steps = Math.floor((tick - this.#anchor) / divisor);
    if (steps === 0) return;
    const end = this.#anchor + steps * divisor;
    const { TCRR } = this.#slots;
    // Read in loops: most of the time it only counts.
    if (steps < WRAP - this.#regs[TCRR]! && (this.#tclr & TCLR.CE) === 0) {
      this.#regs[TCRR]! += steps;
    } else this.#advance(steps, divisor);
    this.#anchor = end;
  }

  #advance(steps: number, divisor: number): void {
    const { TCRR } = this.#slots;
    while (steps > 0) {
      const count = this.#regs[TCRR]!;
      const toOverflow = WRAP - count;
      const within = Math.min(steps, toOverflow - 1);
      this.#anchor += within * divisor;
      this.#regs[TCRR] = count + within;
      this.#match(count + 1, count + within);
      steps -= within;
      if (steps === 0) return;
      steps--;
      this.#anchor += divisor;
      if (!this.#overflow()) return;
      steps -= this.#skip(steps);
    }
  }

  /** Whether it goes on counting. */
  #overflow(): boolean {
    const { STATUS, TCLR: CONTROL, TCRR } = this.#slots;
    if (this.#options.tells?.() ?? true) this.#regs[STATUS]! |= TIMER_EVENT.OVF;
    const reload = (this.#tclr & TCLR.AR) !== 0;
    this.#regs[TCRR] = reload ? this.#reload() : 0;
    if (!reload) this.#regs[CONTROL]! &= ~TCLR.ST;
    this.#output.overflow(this.#pulseEnd);
    this.#match(this.#regs[TCRR]!, this.#regs[TCRR]!);
    return reload;
  }

  #reload(): number {
    return this.#options.reload?.() ?? this.#regs[this.#slots.TLDR]!;
  }

  /** Periods of which the last will tell all that the others would. */
  #skip(steps: number): number {
    if (this.#output.watches || this.#options.plain?.() === false) return 0;
    const from = this.#regs[this.#slots.TCRR]!;
    const period = WRAP - from;
    const periods = Math.floor(steps / period) - 1;
    if (periods < 1) return 0;
    this.#match(from, WRAP - 1);
    return periods * period;
  }

  /** TCRR went through these values. */
  #match(from: number, to: number): void {
    const { TMAR, STATUS } = this.#slots;
    if ((this.#tclr & TCLR.CE) === 0) return;
    const at = this.#regs[TMAR]!;
    if (at < from || at > to) return;
    this.#regs[STATUS]! |= TIMER_EVENT.MAT;
    this.#output.match(this.#pulseEnd);
  }

  /** Of a pulse that begins now: it lasts one count. */
  get #pulseEnd(): number {
    return this.#anchor + this.#divisor;
  }

  /** TCLR was written. */
  control(old: number): void {
    const tclr = this.#tclr;
    if ((old & 0x300) === 0 && (tclr & 0x300) !== 0) this.served(TIMER_EVENT.TCAR);
    if ((tclr ^ old) & (TCLR.ST | 0x3c)) this.#anchor = this.#tick();
    this.#output.control(old);
    this.#compareNow();
  }

  /** TCRR was written. */
  loaded(): void {
    this.#anchor = this.#tick();
    this.#compareNow();
  }

  /** TMAR was written: the prescaler goes on. */
  compare(): void {
    this.#compareNow();
  }

  /** TTGR was written. */
  triggered(): void {
    this.#regs[this.#slots.TCRR] = this.#regs[this.#slots.TLDR]!;
    this.loaded();
  }

  #compareNow(): void {
    const count = this.#regs[this.#slots.TCRR]!;
    this.#match(count, count);
  }

  /** Events whose status was cleared. */
  served(events: number): void {
    if (events & TIMER_EVENT.TCAR) {
      this.#captured = 0;
      this.#regs[this.#slots.STATUS]! &= ~TIMER_EVENT.TCAR;
    }
  }

  #capture(level: Level): void {
    const mode = this.#tclr >>> 8 & 3;
    if ((mode & (level === 1 ? 1 : 2)) === 0) return;
    this.sync();
    const two = (this.#tclr & TCLR.CAPT_MODE) !== 0;
    if (this.#captured >= (two ? 2 : 1)) return;
    const { TCAR1, TCAR2, TCRR, STATUS } = this.#slots;
    this.#regs[this.#captured === 0 ? TCAR1 : TCAR2] = this.#regs[TCRR]!;
    this.#captured++;
    if (this.#captured === (two ? 2 : 1)) this.#regs[STATUS]! |= TIMER_EVENT.TCAR;
    this.#options.changed();
  }

  /** A functional register was written: in posted mode that takes time. */
  post(register: PostedRegister): void {
    if ((this.#regs[this.#slots.TSICR]! & POSTED) === 0 || !this.#rate) return;
    this.#pending[POSTED_REGISTERS.indexOf(register)] = this.#rate.time(
      this.#tick() + POSTED_TICKS,
    );
  }

  get writesPending(): number {
    const now = this.#options.clock.now();
    return this.#pending.reduce((bits, until, bit) => until > now ? bits | 1 << bit : bits, 0);
  }

  /** Until when TWPS stays as it is. */
  get writesPendingUntil(): number {
    const now = this.#options.clock.now();
    return Math.min(...this.#pending.map((until) => until > now ? until : Infinity));
  }

  /** How TCRR counts on; undefined while it does not. */
  counting(): Counting | undefined {
    this.sync();
    if (!this.running) return undefined;
    const rate = this.#rate!, divisor = this.#divisor, anchor = this.#anchor;
    const count = this.#regs[this.#slots.TCRR]!;
    // From FFFFFFFFh to 0 is no more than counting on.
    const wraps = (this.#tclr & TCLR.AR) !== 0 && this.#regs[this.#slots.TLDR] === 0 &&
      this.#options.plain?.() !== false;
    return {
      at: (t) => count + Math.floor((rate.count(t) - anchor) / divisor),
      untilNs: wraps ? Infinity : this.nextEvent(TIMER_EVENT.OVF),
      ticks: rate.ticks,
      ns: rate.ns * divisor,
    };
  }

  /** When TCRR comes to the next of these events, nanoseconds. */
  nextEvent(events: number): number {
    const steps = this.running ? this.#stepsTo(events) : Infinity;
    return steps === Infinity ? Infinity : this.#rate!.time(this.#anchor + steps * this.#divisor);
  }

  #stepsTo(events: number): number {
    const count = this.#regs[this.#slots.TCRR]!;
    const overflow = WRAP - count;
    if ((events & TIMER_EVENT.MAT) === 0 || (this.#tclr & TCLR.CE) === 0) {
      return events & TIMER_EVENT.OVF ? overflow : Infinity;
    }
    const at = this.#regs[this.#slots.TMAR]!;
    // Past it, the overflow decides from where it goes on.
    return at > count ? at - count : overflow;
  }

  /** Drives the output and sets the alarm for the next event that somebody would see at once. */
  settle(events: number): void {
    const { source } = this.#options;
    // Only a restored machine has a rate that it was not told.
    if ((this.#rate?.hz ?? 0) !== source.hz) this.#rate = rateOf(source);
    const seen = this.#output.watches ? events | TIMER_EVENT.OVF | TIMER_EVENT.MAT : events;
    let next = seen ? this.nextEvent(seen) : Infinity;
    const { pulseEnd } = this.#output;
    if (pulseEnd !== null && this.#rate) next = Math.min(next, this.#rate.time(pulseEnd));
    if (next <= Number.MAX_SAFE_INTEGER) this.#timer.set(next);
    else this.#timer.cancel();
    this.#output.settle();
  }

  #changeRate(): void {
    this.sync();
    const tick = this.#tick();
    this.#rate = rateOf(this.#options.source);
    const now = this.#tick();
    this.#anchor += now - tick;
    if (this.#output.pulseEnd !== null) this.#output.pulseEnd += now - tick;
    this.#options.changed();
  }

  reset(): void {
    this.#anchor = this.#tick();
    this.#captured = 0;
    this.#output.reset();
    this.#pending.fill(0);
  }

  save(): CounterState {
    return {
      anchor: this.#anchor,
      captured: this.#captured,
      output: this.#output.save(),
      pending: [...this.#pending],
    };
  }

  load(state: CounterState): void {
    this.#anchor = state.anchor;
    this.#captured = state.captured;
    this.#output.load(state.output);
    for (const [bit, until] of state.pending.entries()) this.#pending[bit] = until;
  }
}
