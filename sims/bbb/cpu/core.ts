/**
 * What every instruction works on: registers and memory as the present mode sees them, branches,
 * and the status registers. State is in linear memory (layout.ts); here is how to change it.
 *
 * While an instruction executes, R15 holds what it reads as: its address + 8, or + 4 in Thumb.
 */
import type { GuestMemory } from "../memory.ts";
import type { Countdown } from "./countdown.ts";
import type { Cp15 } from "./cp15.ts";
import type { DecodeCache } from "./decode/cache.ts";
import type { ExceptionKind } from "./exceptions.ts";
import { type Abort, UNDEFINED } from "./fault.ts";
import { CODE_LINE_SHIFT, CODE_MAP, STATE } from "./layout.ts";
import type { Mmu } from "./mmu.ts";
import { isMode, Mode, spsrOf, switchBanks } from "./modes.ts";
import { PSR, readCpsr, WORD, writeCpsr } from "./psr.ts";

/** VFP and Advanced SIMD: executes one instruction, on STATE.VFP and the core. */
export interface Simd {
  /**
   * @param raw the word; of Thumb, the first halfword on top
   * @throws Undefined when there is no such instruction, or it is not enabled
   */
  execute(raw: number, thumb: boolean): void;
}

const PC = 15;
const TLB_READ = STATE.TLB_READ >>> 2;
const TLB_WRITE = STATE.TLB_WRITE >>> 2;

export interface CoreParts {
  readonly memory: GuestMemory;
  readonly mmu: Mmu;
  readonly cp15: Cp15;
  readonly cache: DecodeCache;
  readonly countdown: Countdown;
}

export class Core {
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  readonly u16: Uint16Array;
  readonly memory: GuestMemory;
  readonly mmu: Mmu;
  readonly cp15: Cp15;
  readonly cache: DecodeCache;
  readonly countdown: Countdown;
  /** Undefined: those instructions are undefined. */
  simd: Simd | undefined;
  /** Sees each exception on entry: its kind, and the address of the instruction (see exceptions.ts). */
  onException: ((kind: ExceptionKind, address: number) => void) | undefined;
  /** Sees each abort before its exception; `cause` of the abort says what a bus refused. */
  onFault: ((abort: Abort, address: number) => void) | undefined;
  /** R15 is already the address of the next instruction, or mode or memory are not as they were. */
  jumped = false;
  /** WFI: waits until an interrupt input is active. */
  waiting = false;
  /** Interrupt inputs that are active, at their bits in CPSR. */
  inputs = 0;

  constructor({ memory, mmu, cp15, cache, countdown }: CoreParts) {
    this.memory = memory;
    this.i32 = memory.i32;
    this.u8 = memory.u8;
    this.u16 = memory.u16;
    this.mmu = mmu;
    this.cp15 = cp15;
    this.cache = cache;
    this.countdown = countdown;
  }

  get thumb(): boolean {
    return (this.i32[WORD.CPSR]! & PSR.T) !== 0;
  }

  get mode(): Mode {
    return (this.i32[WORD.CPSR]! & PSR.MODE) as Mode;
  }

  get privileged(): boolean {
    return this.mode !== Mode.USR;
  }

  /** The address of the instruction that executes. */
  get address(): number {
    return this.i32[PC]! - (this.thumb ? 4 : 8) | 0;
  }

  /** Of the instruction behind the one that executes; `wide` as in w1. */
  nextAddress(w1: number): number {
    const pc = this.i32[PC]!;
    if (!this.thumb) return pc - 4 | 0;
    return (w1 & 1 << 30) !== 0 ? pc : pc - 2 | 0;
  }

  // Branches.

  /** BranchWritePC: stays in the instruction set. */
  branch(target: number): void {
    this.i32[PC] = this.thumb ? target & ~1 : target & ~3;
    this.jumped = true;
  }

  /** BXWritePC: bit 0 says Thumb. */
  branchExchange(target: number): void {
    if ((target & 1) !== 0) this.i32[WORD.CPSR]! |= PSR.T;
    else this.i32[WORD.CPSR]! &= ~PSR.T;
    this.branch(target);
  }

  /** ALUWritePC: as BX in ARM state, as B in Thumb state. */
  writeRegister(r: number, value: number): void {
    if (r !== PC) this.i32[r] = value;
    else if (this.thumb) this.branch(value);
    else this.branchExchange(value);
  }

  /** LoadWritePC. */
  loadRegister(r: number, value: number): void {
    if (r !== PC) this.i32[r] = value;
    else this.branchExchange(value);
  }

  /** Goes on with the next instruction, and looks again at mode, instruction set and memory. */
  synchronize(w1: number): void {
    if (this.jumped) return;
    this.i32[PC] = this.nextAddress(w1);
    this.jumped = true;
  }

  // Status registers.

  get cpsr(): number {
    return readCpsr(this.i32);
  }

  /** Changes all of it, and the banked registers with the mode. The mode must be one. */
  set cpsr(value: number) {
    switchBanks(this.i32, this.mode, value & PSR.MODE);
    writeCpsr(this.i32, value);
    this.mmu.enter(this.privileged, (value & PSR.E) !== 0);
    this.noteInterrupts();
  }

  get spsr(): number {
    return this.i32[spsrOf(this.mode)]!;
  }

  set spsr(value: number) {
    this.i32[spsrOf(this.mode)] = value;
  }

  /** Exception return: CPSR = `psr`, R15 = `target`. A mode that is none leaves the present one. */
  returnTo(target: number, psr: number): void {
    this.cpsr = isMode(psr & PSR.MODE) ? psr : psr & ~PSR.MODE | this.mode;
    this.branch(target);
  }

  /** Inputs or masks have changed: an interrupt that can be taken ends the run. */
  noteInterrupts(): void {
    if ((this.inputs & ~this.i32[WORD.CPSR]!) !== 0) this.countdown.stop();
  }

  /** @throws Undefined in user mode */
  requirePrivilege(): void {
    if (!this.privileged) throw UNDEFINED;
  }

  // Memory: what the soft TLB knows is done here, everything else by the MMU.

  /** @throws Abort */
  read32(va: number): number {
    const word = this.i32[(this.i32[TLB_READ]! >>> 2) + (va >>> 12)]!;
    if (word !== 0 && (va & 3) === 0) return this.i32[(va + word) >>> 2]!;
    return this.mmu.read(va, 4) | 0;
  }

  /** @throws Abort */
  write32(va: number, value: number): void {
    const word = this.i32[(this.i32[TLB_WRITE]! >>> 2) + (va >>> 12)]!;
    const host = va + word >>> 0;
    if (word !== 0 && (va & 3) === 0 && this.u8[CODE_MAP + (host >>> CODE_LINE_SHIFT)] === 0) {
      this.i32[host >>> 2] = value;
    } else {
      this.mmu.write(va, value, 4);
    }
  }

  /** For what must be aligned, whatever SCTLR.A says. @throws Abort */
  requireAligned(va: number, size: 2 | 4 | 8, access: "read" | "write"): void {
    if ((va & (size - 1)) !== 0) this.mmu.alignmentFault(va, access);
  }
}
