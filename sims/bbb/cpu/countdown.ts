/**
 * Virtual time while instructions execute. STATE.BUDGET is the one counter: what it has left until
 * `limit` is how far the present is before it. Whatever ends a run early lowers the limit, and the
 * budget by as much.
 */
import type { Width } from "sims/engine/mod.ts";
import { COST } from "./cost.ts";
import { STATE } from "./layout.ts";
import type { DeviceAccess } from "./mmu.ts";

/** What the CPU needs of VirtualClock. */
export interface CpuClock {
  now(): number;
  advanceTo(t: number): void;
  nextAlarmNs(): number;
}

const BUDGET = STATE.BUDGET >>> 2;
/**
 * The longest stretch: translated code comes back to the host so often that V8 can put in its place
 * what it has optimized meanwhile (measured: a stretch of a second runs at half the speed).
 */
const LONGEST_NS = 1_000_000;

export class Countdown {
  readonly #i32: Int32Array;
  readonly #clock: CpuClock;
  #limit = 0;
  #charged = 0;

  constructor(i32: Int32Array, clock: CpuClock) {
    this.#i32 = i32;
    this.#clock = clock;
  }

  /** The end of the present instruction: later than the clock, which devices see, shows. */
  now(): number {
    return this.#limit - this.#i32[BUDGET]!;
  }

  get expired(): boolean {
    return this.#i32[BUDGET]! <= 0;
  }

  /** Counts from `now` to `limit`, or as far as it can. */
  start(now: number, limit: number): void {
    this.#limit = Math.min(limit, now + LONGEST_NS);
    this.#i32[BUDGET] = this.#limit - now;
  }

  /** The next instruction boundary ends the run. */
  stop(): void {
    const left = this.#i32[BUDGET]!;
    if (left > 0) this.#lower(left);
  }

  /** For an instruction. */
  charge(ns: number): void {
    this.#i32[BUDGET]! -= ns;
  }

  /** For an access, besides the instruction's own. */
  chargeAccess(ns: number): void {
    this.#i32[BUDGET]! -= ns;
    this.#charged += ns;
  }

  /** What accesses were charged since it was asked last. */
  takeCharged(): number {
    const charged = this.#charged;
    this.#charged = 0;
    return charged;
  }

  /** Before a device is asked: it sees the present, but no time at which another one is to act. */
  show(): void {
    const clock = this.#clock;
    clock.advanceTo(Math.max(clock.now(), Math.min(this.now(), clock.nextAlarmNs())));
  }

  /** After a device was asked: it may have set an alarm that comes before the limit. */
  heed(): void {
    const next = this.#clock.nextAlarmNs();
    if (next < this.#limit) this.#lower(this.#limit - next);
  }

  #lower(by: number): void {
    this.#limit -= by;
    this.#i32[BUDGET]! -= by;
  }
}

/** A bus, with what its accesses cost. */
export class TimedDevices implements DeviceAccess {
  readonly #bus: DeviceAccess;
  readonly #countdown: Countdown;

  constructor(bus: DeviceAccess, countdown: Countdown) {
    this.#bus = bus;
    this.#countdown = countdown;
  }

  read(pa: number, width: Width): number {
    this.#countdown.show();
    this.#countdown.chargeAccess(COST.DEVICE_READ);
    const value = this.#bus.read(pa, width);
    this.#countdown.heed();
    return value;
  }

  write(pa: number, value: number, width: Width): void {
    this.#countdown.show();
    this.#countdown.chargeAccess(COST.DEVICE_WRITE);
    this.#bus.write(pa, value, width);
    this.#countdown.heed();
  }
}
