/**
 * Our CPU for a comparison: a flat map of two places of normal memory, so that unaligned accesses
 * are as on a running system, and nothing else.
 */

import { Bus } from "../../bus.ts";
import { GuestMemory } from "../../memory.ts";
import { type Cp15Name } from "../cp15_registers.ts";
import { Cpu } from "../cpu.ts";
import type { ExceptionKind } from "../exceptions.ts";
import { FAULT } from "../fault.ts";
import { STATE } from "../layout.ts";
import { registerOf, spsrOf } from "../modes.ts";
import type { Exception, Outcome } from "./compare.ts";
import { itOf, MODE, PLACE, type State, withIt } from "./state.ts";

/** First-level table, second-level tables for code and scratch. */
const TABLE = 0x9f00_0000;
const SECOND_LEVEL = 0x9f00_4000;
const NORMAL_SMALL_PAGE = 0x03e; // AP 011, C, B
const TEX_1 = 0x040;
/** Where nothing is mapped: a vector that is entered is seen, not executed. */
const VBAR = 0xf000_0000;
const IT_BITS = 0x0600_fc00;

/** Mode, offset of the vector, what R14 is beyond the instruction's address, in ARM and Thumb. */
const ENTRY: Readonly<
  Record<Exclude<Exception, "none">, {
    readonly mode: number;
    readonly vector: number;
    readonly link: readonly [number, number];
    readonly masks: number;
  }>
> = {
  "undefined": { mode: MODE.UND, vector: 0x04, link: [4, 2], masks: 0x80 },
  "supervisor call": { mode: MODE.SVC, vector: 0x08, link: [4, 2], masks: 0x80 },
  "prefetch abort": { mode: MODE.ABT, vector: 0x0c, link: [4, 4], masks: 0x180 },
  "data abort": { mode: MODE.ABT, vector: 0x10, link: [8, 8], masks: 0x180 },
};
const KINDS: Readonly<Partial<Record<ExceptionKind, Exclude<Exception, "none">>>> = {
  "undefined": "undefined",
  "svc": "supervisor call",
  "prefetch abort": "prefetch abort",
  "data abort": "data abort",
};

export class Ours {
  readonly memory = new GuestMemory();
  readonly cpu: Cpu;
  /** The scratch, to be looked at in place. */
  readonly scratch: Int32Array;
  readonly #i32: Int32Array;
  readonly #clock = new StillClock();
  #entered: ExceptionKind | undefined;

  constructor() {
    this.cpu = new Cpu({ memory: this.memory, bus: new Bus(), clock: this.#clock });
    this.cpu.onException = (kind) => this.#entered = kind;
    this.#i32 = this.memory.i32;
    const host = this.memory.hostOf(PLACE.SCRATCH);
    this.scratch = this.#i32.subarray(host >>> 2, (host + PLACE.SCRATCH_SIZE) >>> 2);
    this.#map();
  }

  /** As a loader does. */
  load(address: number, bytes: Uint8Array): void {
    this.memory.load(address, bytes);
  }

  /** A few instructions from a state, or until an exception. */
  run(before: State, steps: number): Outcome {
    this.set(before);
    this.#entered = undefined;
    for (let i = 0; i < steps && this.#entered === undefined; i++) this.cpu.step();
    return { exception: this.#exception(), after: this.get(before.cpsr & 0x1f) };
  }

  /** At full speed until an exception; what was when it came. Undefined: there was none in time. */
  runToException(before: State, limit: number): State | undefined {
    this.set(before);
    const { onException } = this.cpu.core;
    // Thrown past the interpreter, whose next run begins from a state that is set anew.
    this.cpu.onException = (_kind, address) => {
      const found = this.get(before.cpsr & 0x1f);
      found.r[15] = address;
      throw new Reached(found);
    };
    try {
      this.cpu.run(this.#clock.now() + limit);
      return undefined;
    } catch (error) {
      if (error instanceof Reached) return error.state;
      throw error;
    } finally {
      this.cpu.onException = onException;
    }
  }

  set(state: State): void {
    const { core } = this.cpu;
    core.cpsr = state.cpsr | 0;
    for (let n = 0; n < 16; n++) this.#i32[n] = state.r[n]!;
    core.spsr = state.spsr | 0;
    core.jumped = false;
    core.waiting = false;
    this.#i32[STATE.EXCLUSIVE >>> 2] = 0;
  }

  /** Registers as `mode` sees them while it is the present one or not; SPSR is its own. */
  get(mode: number): State {
    const { core } = this.cpu;
    const present = core.mode;
    const r = new Uint32Array(16);
    // After an exception the interrupted mode's registers are wanted, after a change the new ones.
    const seen = this.#entered === undefined ? present : mode;
    for (let n = 0; n < 16; n++) r[n] = this.#i32[registerOf(n, { mode: seen, present })]!;
    return { r, cpsr: core.cpsr >>> 0, spsr: this.#i32[spsrOf(mode)]! >>> 0 };
  }

  get faultAddress(): number {
    return this.cpu.cp15.get("DFAR") >>> 0;
  }

  /** Whether the last abort was for an address that is not a multiple of `size`. */
  alignmentFault(size: number): boolean {
    const status = this.cpu.cp15.get("DFSR");
    return (status & 0x40f) === FAULT.ALIGNMENT && (this.cpu.cp15.get("DFAR") & (size - 1)) !== 0;
  }

  /** What is wrong with the exception that was entered. `next`: behind the instruction. */
  checkEntry(
    { before, thumb, wide }: {
      readonly before: State;
      readonly thumb: boolean;
      readonly wide: boolean;
    },
    exception: Exclude<Exception, "none">,
  ): string[] {
    const { core } = this.cpu;
    const { mode, vector, link, masks } = ENTRY[exception];
    const address = before.r[15]!;
    const called = exception === "supervisor call";
    const cpsr = (before.cpsr & 0xf80f_01c0 & ~IT_BITS) | masks | mode;
    const spsr = called
      ? (before.cpsr & ~IT_BITS) | withIt(advanced(itOf(before.cpsr)))
      : before.cpsr;
    const after = link[thumb ? 1 : 0] + (called && wide && thumb ? 2 : 0);
    const wanted = {
      CPSR: cpsr,
      SPSR: spsr,
      R14: address + after,
      R15: VBAR + vector,
    };
    const got = {
      CPSR: core.cpsr,
      SPSR: core.spsr,
      R14: this.#i32[14]!,
      R15: this.#i32[15]!,
    };
    return Object.entries(wanted).flatMap(([name, value]) => {
      const have = got[name as keyof typeof got];
      return (have | 0) === (value | 0) ? [] : [
        `${name} of ${exception}: ${(have >>> 0).toString(16)}, not ${(value >>> 0).toString(16)}`,
      ];
    });
  }

  #exception(): Exception {
    if (this.#entered === undefined) return "none";
    const exception = KINDS[this.#entered];
    if (exception === undefined) throw new Error(`Cannot compare exception "${this.#entered}"`);
    return exception;
  }

  #map(): void {
    let table = SECOND_LEVEL;
    const places = [[PLACE.CODE, PLACE.CODE_SIZE], [PLACE.SCRATCH, PLACE.SCRATCH_SIZE]] as const;
    for (const [base, size] of places) {
      this.#word(TABLE + (base >>> 20) * 4, table | 1);
      for (let page = 0; page < size; page += 0x1000) {
        const entry = table + ((base + page) >>> 12 & 0xff) * 4;
        this.#word(entry, base + page | NORMAL_SMALL_PAGE | TEX_1);
      }
      table += 0x400;
    }
    this.#system("TTBR0", TABLE);
    this.#system("DACR", 0x5555_5555);
    this.#system("VBAR", VBAR);
    const { cp15 } = this.cpu;
    this.#system("SCTLR", cp15.get("SCTLR") | 1);
    this.#system("CPACR", 0xf << 20);
  }

  #word(address: number, value: number): void {
    this.memory.load(address, new Uint8Array(new Int32Array([value]).buffer));
  }

  #system(name: Cp15Name, value: number): void {
    this.cpu.cp15.set(name, value);
    this.cpu.mmu.flush();
    this.cpu.mmu.domainsChanged();
  }
}

class Reached {
  constructor(readonly state: State) {}
}

/** ITAdvance (A2.5.2). */
function advanced(it: number): number {
  return (it & 7) === 0 ? 0 : (it & 0xe0) | (it << 1 & 0x1f);
}

/** Time is no part of this comparison. */
class StillClock {
  #t = 0;

  now(): number {
    return this.#t;
  }

  advanceTo(t: number): void {
    this.#t = t;
  }

  nextAlarmNs(): number {
    return Infinity;
  }
}
