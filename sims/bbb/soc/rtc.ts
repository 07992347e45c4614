/**
 * The real-time clock (AM335x TRM SPRUH73, section 20.3): time and date from 32,768 Hz, alarms, a
 * periodic interrupt, the switch for the board's power, scratch registers, a lock against stray
 * writes.
 *
 * It has a power-on reset of its own: a reset of the chip only locks it. Not modelled: test mode,
 * debouncing of EXT_WAKEUP. Time registers take a write at any moment, BUSY or not.
 */
import type { Json } from "hil/trace/mod.ts";
import {
  type EngineTimer,
  type Level,
  Peripheral,
  type VirtualClock,
  type Wire,
  type WireDriver,
} from "sims/engine/mod.ts";
import { type Moment, nextSecond, PASSED, rounded } from "./rtc_calendar.ts";
import { RTC } from "./rtc_registers.ts";
import { Rate } from "./ticks.ts";

export { RTC } from "./rtc_registers.ts";

const R = RTC.index;
const HZ = 32_768;
const RATE = new Rate(HZ);
const CTRL = {
  RUN: 1,
  ROUND: 2,
  AUTO_COMP: 4,
  TWELVE: 8,
  SET_COUNTER: 0x20,
  DISABLE: 0x40,
} as const;
const STATUS = { BUSY: 1, RUN: 2, ALARM: 0x40, ALARM2: 0x80 } as const;
const IT = { TIMER: 4, ALARM: 8, ALARM2: 0x10 } as const;
const OSC = { EXTERNAL: 8, OFF: 0x10, ENABLE: 0x40 } as const;
const PMIC = { WAKEUP_EN: 1, WAKEUP_LOW: 0x10, WAKEUP: 0x1000, ENABLE: 0x1_0000 } as const;
/** PWR_ENABLE_SM. */
const POWER = { SHUTDOWN: 1 << 17, BY_ALARM: 2 << 17, BY_WAKEUP: 3 << 17, MASK: 3 << 17 } as const;
const KICK0 = 0x83e7_0b13;
const KICK1 = 0x95a4_f1e0;
/** Before a second's end, for which registers must be left alone. */
const BUSY_NS = 15_000;
const TC = [
  "SECONDS_REG",
  "MINUTES_REG",
  "HOURS_REG",
  "DAYS_REG",
  "MONTHS_REG",
  "YEARS_REG",
  "WEEKS_REG",
] as const;

export interface RtcOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  /** RTCINT, line 75: every second, minute, hour or day. */
  readonly timerIrq: WireDriver;
  /** RTCALARMINT, line 76. */
  readonly alarmIrq: WireDriver;
  /** PMIC_POWER_EN. */
  readonly powerEnable?: WireDriver;
  /** EXT_WAKEUP. */
  readonly wakeup?: Wire;
}

/** Of the lock: registers can be written in state 2. */
type Kicks = 0 | 1 | 2;

export class Rtc extends Peripheral<keyof typeof R> {
  readonly #options: RtcOptions;
  readonly #timer: EngineTimer;
  /** What TC registers read as: taken when SECONDS is read. */
  readonly #shadow = new Uint32Array(TC.length);
  #kicks: Kicks = 0;
  #running = false;
  /** The tick at which the present second began; while it stands, minus the ticks that passed. */
  #began = 0;
  /** The tick at which the pulse of the periodic interrupt ends. */
  #pulseEnd: number | null = null;
  /** The tick at which ALARM2 takes the power away. */
  #offAt: number | null = null;

  constructor(options: RtcOptions) {
    super(options.name, RTC, options.clock);
    this.#options = options;
    this.#timer = options.clock.timer(options.name, () => {
      this.sync();
      this.settle();
    });
    options.wakeup?.listen((level) => this.#wake(level));
    this.#define();
    this.reset();
  }

  /** A reset of the chip, which the clock survives. */
  lock(): void {
    this.#kicks = 0;
  }

  #define(): void {
    for (const [n, name] of TC.entries()) {
      this.derive(name, () => this.#shadow[n]!);
      this.onWrite(name, () => {
        this.#shadow[n] = this.regs[R[name]]!;
      });
    }
    this.derive("RTC_STATUS_REG", () => this.#status);
    this.onWrite("KICK0R", (key) => {
      this.#kicks = key === KICK0 ? 1 : 0;
    });
    this.onWrite("KICK1R", (key) => {
      this.#kicks = this.#kicks === 1 && key === KICK1 ? 2 : 0;
    });
    this.onWrite("RTC_CTRL_REG", () => this.#control());
    this.onWrite("RTC_PMIC", (written) => {
      this.regs[R.RTC_PMIC]! &= ~(written & 0xf000);
      if ((this.regs[R.RTC_PMIC]! & PMIC.ENABLE) === 0) this.regs[R.RTC_PMIC]! &= ~POWER.MASK;
    });
  }

  override read(offset: number, width: 1 | 2 | 4): number {
    if (offset >>> 2 === RTC.specs.SECONDS_REG.offset) this.#capture();
    return super.read(offset, width);
  }

  /** While it is locked, only the kick registers can be written. */
  override write(offset: number, value: number, width: 1 | 2 | 4): void {
    const name = this.table.at(offset, true)?.name;
    if (this.#kicks === 2 || name === "KICK0R" || name === "KICK1R") {
      super.write(offset, value, width);
    }
  }

  #capture(): void {
    this.sync();
    if (this.regs[R.RTC_CTRL_REG]! & CTRL.ROUND) {
      this.regs[R.RTC_CTRL_REG]! &= ~CTRL.ROUND;
      this.#moment = rounded(this.#moment, this.#twelve);
    }
    for (const [n, name] of TC.entries()) this.#shadow[n] = this.regs[R[name]]!;
  }

  #control(): void {
    const ctrl = this.regs[R.RTC_CTRL_REG]!;
    if (ctrl & CTRL.SET_COUNTER && !this.#running) this.#began = -(this.#compensation & 0x7fff);
    this.regs[R.RTC_CTRL_REG] = ctrl & ~CTRL.SET_COUNTER;
  }

  get #twelve(): boolean {
    return (this.regs[R.RTC_CTRL_REG]! & CTRL.TWELVE) !== 0;
  }

  get #moment(): Moment {
    const [second, minute, hour, day, month, year, week] = TC.map((name) => this.regs[R[name]]!);
    return {
      second: second!,
      minute: minute!,
      hour: hour!,
      day: day!,
      month: month!,
      year: year!,
      week: week!,
    };
  }

  set #moment({ second, minute, hour, day, month, year, week }: Moment) {
    const values = [second, minute, hour, day, month, year, week];
    for (const [n, name] of TC.entries()) this.regs[R[name]] = values[n]!;
  }

  /** Ticks that are taken from the second after an hour, or, negative, added to the one before. */
  get #compensation(): number {
    return (this.regs[R.RTC_COMP_MSB_REG]! << 8 | this.regs[R.RTC_COMP_LSB_REG]!) << 16 >> 16;
  }

  /** The clock comes through, and time is to run. */
  get #clocked(): boolean {
    const osc = this.regs[R.RTC_OSC_REG]!;
    const ctrl = this.regs[R.RTC_CTRL_REG]!;
    return (osc & OSC.ENABLE) !== 0 &&
      (osc & (OSC.EXTERNAL | OSC.OFF)) !== (OSC.EXTERNAL | OSC.OFF) &&
      (ctrl & CTRL.RUN) !== 0 && (ctrl & CTRL.DISABLE) === 0;
  }

  get #status(): number {
    if (!this.#running) return this.regs[R.RTC_STATUS_REG]!;
    const left = RATE.time(this.#secondEnds) - this.clock.now();
    return this.regs[R.RTC_STATUS_REG]! | STATUS.RUN | (left <= BUSY_NS ? STATUS.BUSY : 0);
  }

  get #secondEnds(): number {
    return this.#began + HZ + this.#added;
  }

  /** Ticks by which the present second is longer: the last one of an hour may be. */
  get #added(): number {
    const last = this.regs[R.SECONDS_REG] === 0x59 && this.regs[R.MINUTES_REG] === 0x59;
    const automatic = (this.regs[R.RTC_CTRL_REG]! & CTRL.AUTO_COMP) !== 0;
    return last && automatic ? Math.max(0, -this.#compensation) : 0;
  }

  protected override sync(): void {
    const tick = RATE.count(this.clock.now());
    if (this.#running) { while (tick >= this.#secondEnds) this.#second(); }
    if (this.#pulseEnd !== null && tick >= this.#pulseEnd) this.#pulseEnd = null;
    if (this.#offAt !== null && tick >= this.#offAt) {
      this.#offAt = null;
      this.#power(POWER.SHUTDOWN);
    }
  }

  #second(): void {
    const ends = this.#secondEnds;
    const { moment, passed } = nextSecond(this.#moment, this.#twelve);
    this.#moment = moment;
    this.#began = ends;
    const automatic = (this.regs[R.RTC_CTRL_REG]! & CTRL.AUTO_COMP) !== 0;
    if (passed & PASSED.HOUR && automatic) this.#began -= Math.max(0, this.#compensation);
    const interrupts = this.regs[R.RTC_INTERRUPTS_REG]!;
    if (interrupts & IT.TIMER && passed >>> (interrupts & 3) & 1) {
      this.regs[R.RTC_STATUS_REG] = this.regs[R.RTC_STATUS_REG]! & ~0x3c | passed << 2;
      // The manual calls it a pulse and gives no way to clear it: it lasts one tick.
      this.#pulseEnd = ends + 1;
    }
    if (interrupts & IT.ALARM && this.#reached(R.ALARM_SECONDS_REG)) this.#alarm();
    if (interrupts & IT.ALARM2 && this.#reached(R.ALARM2_SECONDS_REG)) this.#alarm2(ends);
  }

  /** The six registers of an alarm follow each other as those of the time do. */
  #reached(alarm: number): boolean {
    for (let n = 0; n < 6; n++) {
      if (this.regs[R.SECONDS_REG + n] !== this.regs[alarm + n]) return false;
    }
    return true;
  }

  #alarm(): void {
    this.regs[R.RTC_STATUS_REG]! |= STATUS.ALARM;
    this.#power(POWER.BY_ALARM);
  }

  #alarm2(tick: number): void {
    this.regs[R.RTC_STATUS_REG]! |= STATUS.ALARM2;
    // "31 us latency from ALARM2 event".
    if (this.regs[R.RTC_PMIC]! & PMIC.ENABLE) this.#offAt = tick + 1;
  }

  #wake(level: Level): void {
    const pmic = this.regs[R.RTC_PMIC]!;
    if ((pmic & PMIC.WAKEUP_EN) === 0 || level !== (pmic & PMIC.WAKEUP_LOW ? 0 : 1)) return;
    this.sync();
    this.regs[R.RTC_PMIC]! |= PMIC.WAKEUP;
    this.#power(POWER.BY_WAKEUP);
    this.settle();
  }

  /** The state of the power switch; it goes on only from off. */
  #power(state: number): void {
    const pmic = this.regs[R.RTC_PMIC]!;
    const off = (pmic & POWER.MASK) === POWER.SHUTDOWN;
    if ((pmic & PMIC.ENABLE) === 0 || (state !== POWER.SHUTDOWN && !off)) return;
    this.regs[R.RTC_PMIC] = pmic & ~POWER.MASK | state;
  }

  override settle(): void {
    this.#startOrStop();
    this.#setTimer();
    const off = (this.regs[R.RTC_PMIC]! & POWER.MASK) === POWER.SHUTDOWN;
    this.#options.powerEnable?.drive(off ? 0 : 1);
    this.#options.alarmIrq.drive(this.regs[R.RTC_STATUS_REG]! & 0xc0 ? 1 : 0);
    this.#options.timerIrq.drive(this.#pulseEnd === null ? 0 : 1);
  }

  #startOrStop(): void {
    if (this.#clocked === this.#running) return;
    this.#running = !this.#running;
    const tick = RATE.count(this.clock.now());
    this.#began = this.#running ? tick + this.#began : this.#began - tick;
  }

  /** Rings at each second while a second can do anything, and at the end of what takes less. */
  #setTimer(): void {
    const seconds = this.#running && (this.regs[R.RTC_INTERRUPTS_REG]! & 0x1c) !== 0;
    const next = Math.min(
      seconds ? this.#secondEnds : Infinity,
      this.#pulseEnd ?? Infinity,
      this.#offAt ?? Infinity,
    );
    if (next === Infinity) this.#timer.cancel();
    else this.#timer.set(RATE.time(next));
  }

  override steadyUntil(offset: number): number {
    this.sync();
    const name = this.table.at(offset)?.name;
    if (!this.#running) return Infinity;
    const ends = RATE.time(this.#secondEnds);
    if (name === "RTC_STATUS_REG" && ends - this.clock.now() > BUSY_NS) return ends - BUSY_NS;
    return name === "RTC_STATUS_REG" || name === "SECONDS_REG" ? ends : Infinity;
  }

  protected override resetMore(): void {
    for (const [n, name] of TC.entries()) this.#shadow[n] = this.regs[R[name]]!;
    this.#kicks = 0;
    this.#running = false;
    this.#began = 0;
    this.#pulseEnd = null;
    this.#offAt = null;
  }

  protected override saveMore(): Json {
    return {
      shadow: [...this.#shadow],
      kicks: this.#kicks,
      running: this.#running,
      began: this.#began,
      pulseEnd: this.#pulseEnd,
      offAt: this.#offAt,
    };
  }

  protected override loadMore(state: Json): void {
    const { shadow, kicks, running, began, pulseEnd, offAt } = state as {
      shadow: number[];
      kicks: Kicks;
      running: boolean;
      began: number;
      pulseEnd: number | null;
      offAt: number | null;
    };
    this.#shadow.set(shadow);
    this.#kicks = kicks;
    this.#running = running;
    this.#began = began;
    this.#pulseEnd = pulseEnd;
    this.#offAt = offAt;
  }
}
