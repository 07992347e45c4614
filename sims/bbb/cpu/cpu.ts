/**
 * The Cortex-A8 of the AM335x: executes on a board's clock, takes interrupts, can be looked at and
 * saved. Cold code is interpreted; a {@link Tier} may translate what is hot.
 *
 * Time: an instruction costs what cost.ts says. A run ends exactly at its limit, at an alarm that a
 * device has set meanwhile, or at an interrupt, at the instruction boundary that is first at or
 * behind it. What the last instruction took beyond the limit is owed to the next run.
 */
import type { Executor, Part } from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { GuestMemory } from "../memory.ts";
import { Core, type Simd } from "./core.ts";
import { Countdown, type CpuClock, TimedDevices } from "./countdown.ts";
import { Cp15 } from "./cp15.ts";
import { DecodeCache } from "./decode/cache.ts";
import { enterException, type ExceptionKind, pendingInterrupt } from "./exceptions.ts";
import type { Abort } from "./fault.ts";
import { runLoop } from "./interpreter_loop.ts";
import { step } from "./interpreter_step.ts";
import { warmUp } from "./interpreter_warmup.ts";
import { STATE } from "./layout.ts";
import { type DeviceAccess, Mmu } from "./mmu.ts";
import { BANK_WORDS, Mode } from "./modes.ts";
import { type PolledBus, PolledDevices, Skipper } from "./poll/mod.ts";
import { PSR, writeCpsr } from "./psr.ts";

/** Executes translated code. */
export interface Tier {
  /**
   * Executes from R15 on, if what is there is translated, until the budget is used up or code comes
   * that is not. Asked after each call, return, and branch backwards or to another page.
   *
   * @returns false when nothing was executed: the interpreter goes on to the next such branch
   */
  enter(): boolean;
  /** Code in this line of 64 bytes of linear memory is about to change. */
  dropLine(hostLine: number): void;
  /** Everything may have changed. */
  flush(): void;
}

export interface CpuOptions {
  readonly memory: GuestMemory;
  /** What answers where there is no RAM; one that can be asked what is there lets polls be skipped. */
  readonly bus: DeviceAccess & Partial<PolledBus>;
  readonly clock: CpuClock;
}

const PC = 15;
const RESET_PSR = Mode.SVC | PSR.A | PSR.I | PSR.F;
const VFP_WORDS = { first: STATE.VFP >>> 2, count: (STATE.FPEXC - STATE.VFP >>> 2) + 1 } as const;

interface SavedCpu {
  readonly registers: readonly number[];
  readonly banks: readonly number[];
  readonly cpsr: number;
  readonly vfp: readonly number[];
  readonly exclusive: readonly [watches: number, address: number];
  readonly inputs: number;
  readonly waiting: boolean;
  readonly aheadNs: number;
  readonly instructions: number;
}

/**
 * @example
 * ```ts ignore
 * const cpu = new Cpu({ memory, bus, clock });
 * clock.drive(cpu);
 * cpu.jump(0x402f_0400);
 * clock.runTo(1_000_000);
 * ```
 */
export class Cpu implements Executor, Part {
  readonly name = "CPU";
  readonly version = 1;
  readonly core: Core;
  readonly cp15: Cp15;
  readonly mmu: Mmu;
  /** Undefined: everything is interpreted. */
  tier: Tier | undefined;
  /** Sees the address of each instruction before it executes, in traces: slow. */
  onInstruction: ((address: number) => void) | undefined;
  /**
   * Addresses before which a run ends, and {@link onBreakpoint} is called. The next run goes on with
   * that instruction. Slow while there are any.
   */
  readonly breakpoints: Set<number> = new Set();
  onBreakpoint: ((address: number) => void) | undefined;
  /** Lets time jump where the guest only polls. */
  readonly skipper: Skipper;
  readonly #clock: CpuClock;
  readonly #countdown: Countdown;
  readonly #i32: Int32Array;
  /** How far the last instruction went beyond the clock. */
  #aheadNs = 0;
  #instructions = 0;
  /** The breakpoint that ended the last run. */
  #halted: number | undefined;

  constructor({ memory, bus, clock }: CpuOptions) {
    warmUp();
    this.#clock = clock;
    this.#i32 = memory.i32;
    const countdown = this.#countdown = new Countdown(memory.i32, clock);
    const devices = new PolledDevices(new TimedDevices(bus, countdown));
    const mmu = this.mmu = new Mmu(memory, devices);
    const cp15 = this.cp15 = new Cp15(memory, mmu, {
      nowNs: () => countdown.now(),
      pending: () => this.core.inputs,
    });
    const cache = new DecodeCache(memory);
    this.core = new Core({ memory, mmu, cp15, cache, countdown });
    this.skipper = devices.skipper = new Skipper({ core: this.core, bus, clock });
    memory.onCodeWritten((line) => {
      cache.dropLine(line);
      this.tier?.dropLine(line);
    });
    this.reset();
  }

  /** As after power-on, at the reset vector: address 0. */
  reset(): void {
    this.#i32.fill(0, 0, STATE.CP15 >>> 2);
    this.#i32.fill(0, VFP_WORDS.first, VFP_WORDS.first + VFP_WORDS.count);
    writeCpsr(this.#i32, RESET_PSR);
    // What the last run ended with is no present: CP15 counts from now.
    this.#countdown.start(this.#clock.now(), this.#clock.now());
    this.cp15.reset();
    this.core.waiting = false;
    this.settle();
  }

  // Inputs.

  setIrq(active: boolean): void {
    this.#setInput(PSR.I, active);
  }

  setFiq(active: boolean): void {
    this.#setInput(PSR.F, active);
  }

  #setInput(bit: number, active: boolean): void {
    this.core.inputs = active ? this.core.inputs | bit : this.core.inputs & ~bit;
    this.core.noteInterrupts();
  }

  // Observers and registers.

  set onException(observer: ((kind: ExceptionKind, address: number) => void) | undefined) {
    this.core.onException = observer;
  }

  set onFault(observer: ((abort: Abort, address: number) => void) | undefined) {
    this.core.onFault = observer;
  }

  set simd(simd: Simd | undefined) {
    this.core.simd = simd;
  }

  /** The address of the next instruction. */
  get pc(): number {
    return this.#i32[PC]! >>> 0;
  }

  /** Goes on at an address; bit 0 says Thumb, as with BX. */
  jump(target: number): void {
    this.core.branchExchange(target | 0);
    this.core.jumped = false;
  }

  /** R0 to R15 of the present mode. */
  register(r: number): number {
    return this.#i32[r]! >>> 0;
  }

  setRegister(r: number, value: number): void {
    this.#i32[r] = value;
  }

  /** Instructions executed since power-on, those that faulted too. */
  get instructions(): number {
    return this.#instructions;
  }

  // Execution.

  /** Executes one instruction, or enters the exception that is pending, whatever the clock says. */
  step(): void {
    const now = this.#clock.now() + this.#aheadNs;
    this.#countdown.start(now, Infinity);
    if (!this.#takeInterrupt()) this.#stepped();
    this.#show(this.#counted(now), Infinity);
  }

  run(untilNs: number): void {
    let now = this.#clock.now() + this.#aheadNs;
    for (;;) {
      const limit = Math.min(untilNs, this.#clock.nextAlarmNs());
      if (now >= limit) break;
      this.#takeInterrupt();
      if (this.core.waiting) {
        now = limit;
        break;
      }
      this.#countdown.start(now, limit);
      const halted = this.#execute();
      now = this.#counted(now);
      if (halted) break;
    }
    this.#show(now, untilNs);
  }

  /** Until the budget is used up; true at a breakpoint. */
  #execute(): boolean {
    if (this.onInstruction || this.breakpoints.size > 0) return this.#executeWatched();
    if (this.skipper.due) this.skipper.look();
    const { tier } = this;
    while (!this.#countdown.expired) {
      if (!tier?.enter()) runLoop(this.core, tier !== undefined);
    }
    return false;
  }

  #executeWatched(): boolean {
    while (!this.#countdown.expired) {
      const { pc } = this;
      if (this.breakpoints.has(pc) && this.#halted !== pc) {
        this.#halted = pc;
        this.onBreakpoint?.(pc);
        return true;
      }
      this.#stepped();
    }
    return false;
  }

  #stepped(): void {
    this.#halted = undefined;
    this.onInstruction?.(this.pc);
    step(this.core);
  }

  #takeInterrupt(): boolean {
    if (this.core.inputs === 0) return false;
    this.core.waiting = false;
    const kind = pendingInterrupt(this.core);
    if (kind === undefined) return false;
    enterException(this.core, kind, this.#i32[PC]!);
    this.core.jumped = false;
    return true;
  }

  /** The present, after a stretch that began at `since`. */
  #counted(since: number): number {
    const now = this.#countdown.now();
    this.#instructions += now - since - this.#countdown.takeCharged();
    return now;
  }

  /** The clock shows the present, or the limit if that is earlier. */
  #show(now: number, untilNs: number): void {
    const shown = Math.max(
      this.#clock.now(),
      Math.min(now, untilNs, this.#clock.nextAlarmNs()),
    );
    this.#aheadNs = now - shown;
    this.#clock.advanceTo(shown);
  }

  // Snapshots. CP15 and memory save themselves.

  save(): Json {
    const { core } = this;
    const words = ({ first, count }: { first: number; count: number }) => [
      ...this.#i32.subarray(first, first + count),
    ];
    const saved: SavedCpu = {
      registers: words({ first: 0, count: 16 }),
      banks: words(BANK_WORDS),
      cpsr: core.cpsr,
      vfp: words(VFP_WORDS),
      exclusive: [this.#i32[STATE.EXCLUSIVE >>> 2]!, this.#i32[STATE.EXCLUSIVE_ADDRESS >>> 2]!],
      inputs: core.inputs,
      waiting: core.waiting,
      aheadNs: this.#aheadNs,
      instructions: this.#instructions,
    };
    return saved as unknown as Json;
  }

  load(state: Json): void {
    const saved = state as unknown as SavedCpu;
    const i32 = this.#i32;
    i32.set(saved.registers, 0);
    i32.set(saved.banks, BANK_WORDS.first);
    i32.set(saved.vfp, VFP_WORDS.first);
    writeCpsr(i32, saved.cpsr);
    i32[STATE.EXCLUSIVE >>> 2] = saved.exclusive[0];
    i32[STATE.EXCLUSIVE_ADDRESS >>> 2] = saved.exclusive[1];
    this.core.inputs = saved.inputs;
    this.core.waiting = saved.waiting;
    this.#aheadNs = saved.aheadNs;
    this.#instructions = saved.instructions;
    this.#halted = undefined;
  }

  settle(): void {
    this.mmu.enter(this.core.privileged, (this.core.cpsr & PSR.E) !== 0);
    this.skipper.forget();
    this.tier?.flush();
  }
}
