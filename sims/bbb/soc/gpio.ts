/**
 * GPIO0 to GPIO3: 32 pins each (AM335x TRM SPRUH73, chapter 25).
 *
 * Inputs are seen at once; the few cycles of sampling are not modelled. What a pad's multiplexer
 * lets through is up to who wires the pins.
 */
import type { Json } from "hil/trace/mod.ts";
import {
  defineRegisters,
  type EngineTimer,
  type Level,
  Peripheral,
  type VirtualClock,
  type Wire,
  type WireDriver,
} from "sims/engine/mod.ts";

// deno-fmt-ignore
export const GPIO = defineRegisters({
  GPIO_REVISION:        { offset: 0x000, access: "ro", reset: 0x5060_0801 },
  GPIO_SYSCONFIG:       { offset: 0x010, writable: 0x1d, fields: {
    AUTOIDLE: 0, SOFTRESET: 1, ENAWAKEUP: 2, IDLEMODE: [3, 4] } },
  GPIO_EOI:             { offset: 0x020, writable: 0 },
  GPIO_IRQSTATUS_RAW_0: { offset: 0x024, access: "w1s" },
  GPIO_IRQSTATUS_RAW_1: { offset: 0x028, access: "w1s" },
  GPIO_IRQSTATUS_0:     { offset: 0x02c, access: "w1c", of: "GPIO_IRQSTATUS_RAW_0" },
  GPIO_IRQSTATUS_1:     { offset: 0x030, access: "w1c", of: "GPIO_IRQSTATUS_RAW_1" },
  GPIO_IRQSTATUS_SET_0: { offset: 0x034, access: "w1s" },
  GPIO_IRQSTATUS_SET_1: { offset: 0x038, access: "w1s" },
  GPIO_IRQSTATUS_CLR_0: { offset: 0x03c, access: "w1c", of: "GPIO_IRQSTATUS_SET_0" },
  GPIO_IRQSTATUS_CLR_1: { offset: 0x040, access: "w1c", of: "GPIO_IRQSTATUS_SET_1" },
  GPIO_IRQWAKEN_0:      { offset: 0x044 },
  GPIO_IRQWAKEN_1:      { offset: 0x048 },
  GPIO_SYSSTATUS:       { offset: 0x114, access: "ro", reset: 1, fields: { RESETDONE: 0 } },
  GPIO_CTRL:            { offset: 0x130, writable: 7, fields: {
    DISABLEMODULE: 0, GATINGRATIO: [1, 2] } },
  GPIO_OE:              { offset: 0x134, reset: 0xffff_ffff },
  GPIO_DATAIN:          { offset: 0x138, access: "ro" },
  GPIO_DATAOUT:         { offset: 0x13c },
  GPIO_LEVELDETECT0:    { offset: 0x140 },
  GPIO_LEVELDETECT1:    { offset: 0x144 },
  GPIO_RISINGDETECT:    { offset: 0x148 },
  GPIO_FALLINGDETECT:   { offset: 0x14c },
  GPIO_DEBOUNCENABLE:   { offset: 0x150 },
  GPIO_DEBOUNCINGTIME:  { offset: 0x154, writable: 0xff, fields: { DEBOUNCETIME: [0, 7] } },
  GPIO_CLEARDATAOUT:    { offset: 0x190, access: "w1c", of: "GPIO_DATAOUT" },
  GPIO_SETDATAOUT:      { offset: 0x194, access: "w1s", of: "GPIO_DATAOUT" },
});

const R = GPIO.index;
const PINS = 32;
/** One cycle of the debounce clock, as the manual counts it (25.3.4.4). */
const DEBOUNCE_NS = 31_000;

export interface GpioOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  /** Pins by number; those that lead nowhere are undefined, or missing, and read 0. */
  readonly pins: readonly (Wire | undefined)[];
  /** Interrupt request lines 1 and 2: POINTRSWAKE1 and 2. */
  readonly irq: readonly [WireDriver, WireDriver];
  /** The 32-kHz clock of the debounce cells, gated by PRCM: without it they let nothing through. */
  readonly debounceClock?: { readonly running: boolean };
}

export class Gpio extends Peripheral<keyof typeof R> {
  readonly #options: GpioOptions;
  readonly #outputs: readonly (WireDriver | undefined)[];
  readonly #timer: EngineTimer;
  /** By pin: when a changed level has been there for long enough. */
  readonly #stableAt = new Array<number>(PINS).fill(Infinity);
  /** Of the pins, bits that are driven, and how; undefined: to be driven anew. */
  #driven: { readonly enabled: number; readonly level: number } | undefined;

  constructor(options: GpioOptions) {
    super(options.name, GPIO, options.clock);
    this.#options = options;
    this.#timer = options.clock.timer(`${options.name} debounce`, () => this.#stable());
    this.#outputs = options.pins.map((pin, n) => pin?.driver(`${options.name}_${n}`));
    for (const [n, pin] of options.pins.entries()) pin?.listen((level) => this.#change(n, level));
    this.derive("GPIO_IRQSTATUS_0", () => this.#pending(0));
    this.derive("GPIO_IRQSTATUS_1", () => this.#pending(1));
    this.onWrite("GPIO_SYSCONFIG", (written) => {
      if (written & 2) this.reset();
    });
    this.onWrite("GPIO_CTRL", () => this.#sample());
    this.onWrite("GPIO_DEBOUNCENABLE", () => this.#sample());
    this.reset();
  }

  #pending(line: 0 | 1): number {
    return (this.regs[R.GPIO_IRQSTATUS_RAW_0 + line]! &
      this.regs[R.GPIO_IRQSTATUS_SET_0 + line]!) >>> 0;
  }

  get #disabled(): boolean {
    return (this.regs[R.GPIO_CTRL]! & 1) !== 0;
  }

  /** A pin's wire has changed. */
  #change(n: number, level: Level): void {
    if (this.#disabled) return;
    if ((this.regs[R.GPIO_DEBOUNCENABLE]! >>> n & 1) === 0) {
      this.#input(n, level);
    } else {
      const same = (this.regs[R.GPIO_DATAIN]! >>> n & 1) === level;
      this.#stableAt[n] = same ? Infinity : this.clock.now() + this.#debounceNs;
    }
    this.settle();
  }

  get #debounceNs(): number {
    return (this.regs[R.GPIO_DEBOUNCINGTIME]! + 1) * DEBOUNCE_NS;
  }

  /** Inputs that no debounce cell holds back are as their pins are. */
  #sample(): void {
    if (this.#disabled) return;
    for (const [n, pin] of this.#options.pins.entries()) {
      if (!pin || (this.regs[R.GPIO_DEBOUNCENABLE]! >>> n & 1) !== 0) continue;
      this.#stableAt[n] = Infinity;
      this.#input(n, pin.level);
    }
  }

  /** A level has come through, to DATAIN and to the detection of edges. */
  #input(n: number, level: Level): void {
    const bit = (1 << n) >>> 0;
    const old = this.regs[R.GPIO_DATAIN]!;
    if ((old >>> n & 1) === level) return;
    this.regs[R.GPIO_DATAIN] = level ? old | bit : old & ~bit;
    const detected = this.regs[level ? R.GPIO_RISINGDETECT : R.GPIO_FALLINGDETECT]! & bit;
    this.#detect(detected);
  }

  #detect(pins: number): void {
    this.regs[R.GPIO_IRQSTATUS_RAW_0]! |= pins;
    this.regs[R.GPIO_IRQSTATUS_RAW_1]! |= pins;
  }

  /** Debounce cells whose time has come. */
  #stable(): void {
    const now = this.clock.now();
    const running = this.#options.debounceClock?.running ?? true;
    for (const [n, at] of this.#stableAt.entries()) {
      if (at > now) continue;
      if (running) this.#input(n, this.#options.pins[n]!.level);
      // Without its clock a cell waits, and looks again.
      this.#stableAt[n] = running ? Infinity : now + this.#debounceNs;
    }
    this.settle();
  }

  override settle(): void {
    if (!this.#disabled) {
      const high = this.regs[R.GPIO_DATAIN]!;
      this.#detect(
        high & this.regs[R.GPIO_LEVELDETECT1]! | ~high & this.regs[R.GPIO_LEVELDETECT0]!,
      );
    }
    const stableAt = this.#nextStable;
    if (stableAt === Infinity) this.#timer.cancel();
    else this.#timer.set(stableAt);
    this.#drive();
    this.#options.irq[0].drive(this.#pending(0) ? 1 : 0);
    this.#options.irq[1].drive(this.#pending(1) ? 1 : 0);
  }

  get #nextStable(): number {
    return this.regs[R.GPIO_DEBOUNCENABLE] === 0 ? Infinity : Math.min(...this.#stableAt);
  }

  #drive(): void {
    const enabled = ~this.regs[R.GPIO_OE]! >>> 0;
    const level = this.regs[R.GPIO_DATAOUT]!;
    const before = this.#driven;
    let changed = before ? (before.enabled ^ enabled) | enabled & (before.level ^ level) : -1;
    // What is driven may come back as an input, and settle again.
    this.#driven = { enabled, level };
    while (changed !== 0) {
      const n = 31 - Math.clz32(changed);
      changed &= ~(1 << n);
      this.#outputs[n]?.drive(enabled >>> n & 1 ? (level >>> n & 1) as Level : undefined);
    }
  }

  /** Nothing changes but by a write, a pin or an alarm. */
  override steadyUntil(): number {
    return Infinity;
  }

  protected override resetMore(): void {
    this.#stableAt.fill(Infinity);
    this.#driven = undefined;
    this.#sample();
  }

  protected override saveMore(): Json {
    return { stableAt: this.#stableAt.map((at) => at === Infinity ? null : at) };
  }

  protected override loadMore(state: Json): void {
    const { stableAt } = state as { stableAt: (number | null)[] };
    for (const [n, at] of stableAt.entries()) this.#stableAt[n] = at ?? Infinity;
    this.#driven = undefined;
  }
}
