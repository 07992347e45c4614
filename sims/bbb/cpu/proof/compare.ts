/**
 * One case on both CPUs: registers, CPSR, memory, and which exception was taken, with the link
 * register and SPSR that the manual wants for it (ARM ARM B1.8.3, table B1-7).
 */

import { type Case, conditionOf, SLOT } from "./case.ts";
import type { Ours } from "./ours.ts";
import { hex, holds, MODE, PLACE, type State } from "./state.ts";
import { ProgramComparer } from "./program_compare.ts";
import { CORE, ENDED, EXCEPTION, type Unicorn } from "./unicorn.ts";

export type Exception = "none" | "undefined" | "supervisor call" | "prefetch abort" | "data abort";

export interface Outcome {
  readonly exception: Exception;
  readonly after: State;
}

export interface Divergence {
  readonly test: Case;
  /** "R3", "CPSR", "memory at 80300010 …". */
  readonly what: readonly string[];
  readonly ours: Outcome;
  readonly theirs: Outcome;
}

/** Where unicorn, or QEMU in it, is known to differ from the Cortex-A8; each is counted. */
export const DEVIATION = {
  ALIGNMENT:
    "unicorn lacks the alignment fault of multiple, double and exclusive accesses (A3.2.1)",
  WAIT: "unicorn ends a run at WFI, WFE and YIELD (A8.8.425)",
  INSIDE: "the instruction branches into itself, where no stop of this comparison can be",
  STOP: "the stop of this comparison lies in the table that TBB reads",
  BARRIER: "unicorn leaves an IT block at a barrier (B1.3.3)",
  BRANCH: "UNPREDICTABLE: branch to an ARM address with bit 1 set (A2.3.1, BXWritePC)",
  MODE: "UNPREDICTABLE: CPSR.M becomes what is no mode (B1.3.1)",
  STATE: "UNPREDICTABLE: CPSR.J or a reserved ITSTATE is restored (B1.3.3)",
  SRS: "unicorn does not leave an IT block at SRS (B1.3.3)",
  SMLAD: "unicorn sets Q when only the sum of the products overflows, not the whole (A8.8.180)",
  MONITOR: "unicorn's processor has no Security Extensions, hence no Monitor mode",
  ENDIAN: "unicorn does not let User mode change CPSR.E by MSR (B9.3.12)",
  RETURN: "unicorn knows only MOVS and SUBS as exception returns (B9.3.20)",
  FAILED: "IMPLEMENTATION DEFINED: an undefined instruction whose condition fails (B1.9.5)",
} as const;

/** More state than the core's: prepared before a case, looked at behind it. */
export interface Extra {
  prepare(test: Case): void;
  differences(test: Case): string[];
}

/** `undefined`: the same. A text: not compared, for that reason. */
export type Verdict = undefined | string | Divergence;

const RUNS_BETWEEN_FLUSHES = 100_000;
/** YIELD, WFE, WFI. */
const WAITS = [1, 2, 3];
const MONITOR = 0x16;
const E = 0x200;
const Q = 0x0800_0000;
/** CPSR.A and F, J, and the bits without a name. */
const MASKS = 0x140;
const RESERVED = 0x01f0_0000;
const CLREX = 0xf57f_f01f;
/** UDF #0. */
const STOP = { ARM: 0xe7f0_00f0, THUMB: 0xde00 } as const;
/** adds r7, #n, which in an IT block sets no flags. */
const FILLERS = [0x3701, 0x3702, 0x3704, 0x3708];
const MODES = new Set<number>(Object.values(MODE));

export class Comparer {
  extra: Extra | undefined;
  readonly #ours: Ours;
  readonly #unicorn: Unicorn;
  readonly #code: DataView;
  readonly #codeBytes: Uint8Array<ArrayBuffer>;
  readonly #scratch: Int32Array;
  readonly #pristineScratch: Int32Array;
  readonly #pristineCode: Uint8Array;
  #runs = 0;
  /** Behind the instructions of the present case. */
  #next = 0;

  constructor(ours: Ours, unicorn: Unicorn, fill: (words: Uint32Array) => void) {
    this.#ours = ours;
    this.#unicorn = unicorn;
    const code = new Uint8Array(PLACE.CODE_SIZE);
    const scratch = new Uint8Array(PLACE.SCRATCH_SIZE);
    fill(new Uint32Array(code.buffer));
    new Uint32Array(code.buffer)[0] = CLREX;
    fill(new Uint32Array(scratch.buffer));
    unicorn.map(PLACE.CODE, code);
    unicorn.map(PLACE.SCRATCH, scratch);
    ours.load(PLACE.CODE, code);
    ours.load(PLACE.SCRATCH, scratch);
    this.#code = new DataView(code.buffer);
    this.#codeBytes = code;
    this.#scratch = new Int32Array(scratch.buffer);
    this.#pristineScratch = this.#scratch.slice();
    this.#pristineCode = code.slice();
  }

  /** The same two CPUs, for programs. */
  get programs(): ProgramComparer {
    return new ProgramComparer({
      ours: this.#ours,
      unicorn: this.#unicorn,
      code: this.#codeBytes,
      scratch: this.#scratch,
    });
  }

  run(test: Case): Verdict {
    if (test.skip !== undefined) return test.skip;
    // After some five million cases unicorn once crashed; what it has translated is not left to pile up.
    if (++this.#runs % RUNS_BETWEEN_FLUSHES === 0) this.#unicorn.forgetCode();
    this.#put(test);
    // The slot was used before, or an UNPREDICTABLE branch went there.
    this.#unicorn.forgetCodeAt(test.address, SLOT);
    this.extra?.prepare(test);
    const ours = this.#ours.run(test.before, test.steps);
    const theirs = this.#runUnicorn(test, ours);
    const verdict = this.#judge(test, ours, theirs);
    this.#takeBack(test);
    return verdict;
  }

  /** The instruction, fillers for what is left of an IT block, and a stop. */
  #put({ set, word, address, steps }: Case): void {
    const at = address - PLACE.CODE;
    if (set === "arm") {
      this.#code.setUint32(at, word, true);
      this.#code.setUint32(at + 4, STOP.ARM, true);
      this.#next = address + 4;
    } else {
      const wide = set === "thumb32";
      if (wide) this.#code.setUint16(at, word >>> 16, true);
      let next = wide ? at + 2 : at;
      this.#code.setUint16(next, word & 0xffff, true);
      for (let i = 0; i < steps - 1; i++) this.#code.setUint16(next += 2, FILLERS[i]!, true);
      this.#code.setUint16(next + 2, STOP.THUMB, true);
      this.#next = PLACE.CODE + next + 2;
    }
    this.#ours.load(address, new Uint8Array(this.#code.buffer, at, SLOT));
  }

  #takeBack({ address }: Case): void {
    const at = address - PLACE.CODE;
    const before = this.#pristineCode.subarray(at, at + SLOT);
    this.#codeBytes.set(before, at);
    this.#ours.load(address, before);
  }

  /**
   * Unicorn is stopped by an undefined instruction where ours has got to: its own count cannot be
   * relied on in IT blocks.
   */
  #runUnicorn(test: Case, ours: Outcome): Outcome {
    const { before, set, address, compiled, steps } = test;
    const { core } = this.#unicorn;
    core[CORE.CPSR] = before.cpsr;
    core[CORE.SPSR] = before.spsr;
    core.set(before.r, CORE.R);
    this.#unicorn.writeCore();
    const stop = ours.exception === "none" ? ours.after.r[15]! : this.#next;
    const planted = this.#plant(test, stop, (ours.after.cpsr & 0x20) !== 0);
    const start = set === "arm" ? address : address | 1;
    const ended = this.#unicorn.run(start, stop === address ? 1 : 1 + steps);
    this.#unicorn.readCore();
    planted?.();
    const r = core.slice(CORE.R, CORE.R + 16);
    const after = { r, cpsr: core[CORE.CPSR]!, spsr: core[CORE.SPSR]! };
    if (compiled?.encoding.name.startsWith("LDREX")) this.#unicorn.clearExclusive(PLACE.CODE);
    // Behind a store that failed it goes on for a while.
    if (this.#unicorn.faultAddress >= 0) return { exception: "data abort", after };
    const stopped = ended === ENDED.UNDEFINED && r[15] === stop && stop !== address;
    return { exception: stopped ? "none" : this.#exceptionOf(ended), after };
  }

  /** Puts a stop where a branch has gone; gives what takes it away again. */
  #plant({ set, address }: Case, stop: number, thumb: boolean): (() => void) | undefined {
    if (stop === this.#next && thumb === (set !== "arm")) return undefined;
    if (stop >= address && stop < this.#next) return undefined;
    const inCode = stop >= PLACE.CODE && stop < PLACE.CODE + PLACE.CODE_SIZE;
    const inScratch = stop >= PLACE.SCRATCH && stop < PLACE.SCRATCH + PLACE.SCRATCH_SIZE;
    if (!inCode && !inScratch) return undefined;
    const bytes = inCode ? this.#code : new DataView(this.#scratch.buffer);
    const at = stop - (inCode ? PLACE.CODE : PLACE.SCRATCH);
    if (at + 4 > bytes.byteLength) return undefined;
    const old = bytes.getUint32(at, true);
    if (thumb) bytes.setUint16(at, STOP.THUMB, true);
    else bytes.setUint32(at, STOP.ARM, true);
    this.#unicorn.forgetCodeAt(stop, 4);
    return () => {
      bytes.setUint32(at, old, true);
      this.#unicorn.forgetCodeAt(stop, 4);
    };
  }

  #exceptionOf(ended: number): Exception {
    switch (ended) {
      case ENDED.OK:
      case ENDED.FETCH_UNMAPPED: // after the branch there: the next instruction's
        return "none";
      case ENDED.UNDEFINED:
        return "undefined";
      case ENDED.READ_UNMAPPED:
      case ENDED.WRITE_UNMAPPED:
        return "data abort";
      case ENDED.EXCEPTION:
        switch (this.#unicorn.exception) {
          case EXCEPTION.SVC:
            return "supervisor call";
          case EXCEPTION.BKPT:
            return "prefetch abort";
          case EXCEPTION.NONE: // an alignment fault of an exclusive load is not told to the hook
          case EXCEPTION.DATA_ABORT:
            return "data abort";
        }
    }
    throw new Error(
      `Cannot read how "${this.#unicorn.describe(ended)}" (exception ` +
        `${this.#unicorn.exception}) ended a run; add it to the table`,
    );
  }

  #judge(test: Case, ours: Outcome, theirs: Outcome): Verdict {
    const partial = ours.exception === "data abort" && test.compiled?.encoding.partial === true;
    const what: string[] = [];
    if (test.compiled?.encoding.base !== undefined) {
      this.#memory(ours.exception !== "none", what);
      if (partial) what.length = 0;
    }
    this.#exceptions(test, ours, theirs, what);
    this.#registers(test, ours, theirs, what);
    if (this.extra !== undefined && !partial) what.push(...this.extra.differences(test));
    if (what.length === 0) return undefined;
    return this.#deviation(test, ours, theirs) ?? { test, what, ours, theirs };
  }

  #deviation(test: Case, ours: Outcome, theirs: Outcome): string | undefined {
    const { compiled, before } = test;
    const name = compiled?.encoding.name;
    if (name?.startsWith("hint") && WAITS.includes(test.fields.h!)) return DEVIATION.WAIT;
    if (name === "barrier T" && test.situation.it) return DEVIATION.BARRIER;
    const aligned = compiled?.encoding.aligned;
    if (
      aligned !== undefined && ours.exception === "data abort" && this.#ours.alignmentFault(aligned)
    ) return DEVIATION.ALIGNMENT;
    const { S, d } = test.fields;
    const passes = holds(conditionOf(test), before.cpsr);
    if (S === 1 && d === 15 && passes && /^[A-Z]{3} (reg|imm)/.test(name ?? "")) {
      if (!/^(MOV|SUB)/.test(name!)) return DEVIATION.RETURN;
    }
    if (this.#branchesIntoItself(test, ours)) return DEVIATION.INSIDE;
    if (this.#branchesAstray(ours, theirs)) return DEVIATION.BRANCH;
    const table = name === "TBB" ? (before.r[test.fields.m!]! << test.fields.H!) + 4 : 0;
    if (table !== 0 && ((test.address + table) ^ ours.after.r[15]!) >>> 0 < 4) {
      return DEVIATION.STOP;
    }
    if (name?.startsWith("SRS T") && test.situation.it) return DEVIATION.SRS;
    if (name?.startsWith("SMLAD") && (theirs.after.cpsr & ~ours.after.cpsr) >>> 0 === Q) {
      return DEVIATION.SMLAD;
    }
    if (!passes && ours.exception !== theirs.exception) return DEVIATION.FAILED;
    if (theirs.exception !== "none") return undefined;
    const { cpsr } = theirs.after;
    if (!MODES.has(cpsr & 0x1f)) return DEVIATION.MODE;
    if ((ours.after.cpsr & 0x1f) === MONITOR) return DEVIATION.MONITOR;
    if (test.situation.user && ((cpsr ^ ours.after.cpsr) & E) !== 0 && /^MSR/.test(name ?? "")) {
      return DEVIATION.ENDIAN;
    }
    if (cpsr & 1 << 24) return DEVIATION.STATE;
    return undefined;
  }

  /** To its second halfword, in Thumb state: no stop can be there. */
  #branchesIntoItself({ address }: Case, ours: Outcome): boolean {
    const target = ours.after.r[15]!;
    return ours.exception === "none" && target > address && target < this.#next;
  }

  /** Unicorn goes to an address that is no ARM instruction's. */
  #branchesAstray(ours: Outcome, theirs: Outcome): boolean {
    return ours.exception === "none" &&
      ((ours.after.cpsr | theirs.after.cpsr) & 0x20) === 0 && (theirs.after.r[15]! & 3) !== 0;
  }

  #exceptions(test: Case, ours: Outcome, theirs: Outcome, what: string[]): void {
    if (ours.exception !== theirs.exception) {
      what.push(`exception: ${ours.exception}, but ${theirs.exception}`);
      return;
    }
    if (ours.exception === "none") return;
    const address = this.#unicorn.faultAddress;
    const elsewhere = ours.exception === "data abort" && address >= 0 &&
      test.compiled?.encoding.partial !== true && this.#ours.faultAddress !== address;
    if (elsewhere) what.push(`DFAR: ${hex(this.#ours.faultAddress)}, but ${hex(address)}`);
    const how = { before: test.before, thumb: test.set !== "arm", wide: test.set === "thumb32" };
    what.push(...this.#ours.checkEntry(how, ours.exception));
  }

  #registers(test: Case, ours: Outcome, theirs: Outcome, what: string[]): void {
    if (ours.exception !== "none") return this.#kept(test, ours, what);
    const { before, situation } = test;
    const mode = theirs.after.cpsr & 0x1f;
    const changed = mode !== (before.cpsr & 0x1f);
    // Banked registers of another mode hold what earlier cases left there.
    const last = !changed ? 15 : mode === MODE.FIQ ? 7 : 12;
    for (let n = 0; n <= last; n++) if (ours.after.r[n] !== theirs.after.r[n]) what.push(`R${n}`);
    if (changed && ours.after.r[15] !== theirs.after.r[15]) what.push("R15");
    // Without Security Extensions, unicorn's CPSR.A and F never change.
    const masks = ((before.cpsr ^ theirs.after.cpsr) & MASKS) === 0 ? MASKS : 0;
    if (((ours.after.cpsr ^ theirs.after.cpsr) & ~masks & ~RESERVED) !== 0) what.push("CPSR");
    if (
      !changed && !situation.noSpsr && ((ours.after.spsr ^ theirs.after.spsr) & ~RESERVED) !== 0
    ) {
      what.push("SPSR");
    }
  }

  /** An instruction that causes an exception has changed nothing: unicorn may go on behind a store. */
  #kept(test: Case, ours: Outcome, what: string[]): void {
    const { before, compiled } = test;
    // R14 of Supervisor mode is the exception's own when it is taken in that mode.
    const called = ours.exception === "supervisor call" && before.cpsr % 32 === MODE.SVC;
    const partial = ours.exception === "data abort" && compiled?.encoding.partial === true;
    for (let n = 0; n < (called ? 14 : 15); n++) {
      if (partial && !isBase(test, n)) continue;
      if (ours.after.r[n] !== before.r[n]) what.push(`R${n} changed`);
    }
  }

  /**
   * Differences of the scratch; both get their old contents back. When the access has `failed`, ours
   * must be as before, while unicorn may have stored what lay in the first of two pages.
   */
  #memory(failed: boolean, what: string[]): void {
    const ours = this.#ours.scratch;
    for (let i = 0; i < ours.length; i++) {
      const a = ours[i]!, b = this.#scratch[i]!, old = this.#pristineScratch[i]!;
      if (a === old && b === old) continue;
      const wanted = failed ? old : b;
      if (a !== wanted) {
        what.push(`memory at ${hex(PLACE.SCRATCH + 4 * i)}: ${hex(a)}, but ${hex(wanted)}`);
      }
      ours[i] = old;
      this.#scratch[i] = old;
    }
  }
}

function isBase({ compiled, fields }: Case, n: number): boolean {
  const base = compiled?.encoding.base;
  return base === "sp" ? n === 13 : base !== undefined && fields[base] === n;
}
