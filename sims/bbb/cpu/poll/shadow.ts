/**
 * Follows instructions that are really executed, and keeps beside each register, each word of memory
 * and each flag how it would be in other rounds of the loop. It knows what loops that poll consist of;
 * at anything else it gives up, which is always right.
 */
import type { Core } from "../core.ts";
import { Abort } from "../fault.ts";
import { matchIt, shifted, shiftedByRegister } from "../interpreter_helpers.ts";
import { step } from "../interpreter_step.ts";
import { CODE_LINE_SHIFT, CODE_MAP } from "../layout.ts";
import { Access, Data, Form, Indexing, Mark, Op, Operand, W1 } from "../op.ts";
import { conditionPassed, PSR, WORD } from "../psr.ts";
import type { FlagSource, Guard } from "./guard.ts";
import { type Affine, combine, constant, type Linear } from "./linear.ts";

/** Thrown, and caught by the skipper: this is no loop that can be foreseen. */
export class GiveUp {}
export const GIVE_UP: GiveUp = new GiveUp();

/** Where flags are from: from before the round, from values that stay, or from these. */
type Flags = "before" | undefined | FlagSource;

/** Asked after a load from a device: what becomes of the value. @throws GiveUp */
export type DeviceReads = (pa: number, width: number) => Linear;

const PC = 15;
const ZERO = constant(0);

/** The ops of one Rd that is made of other registers, none of which may change: fields of w1. */
const RN = 1, RM = 2, RA = 4, RD = 8;
const PLAIN: { readonly [op: number]: number } = {
  [Op.MUL]: RN | RM,
  [Op.MLA]: RN | RM | RA,
  [Op.MLS]: RN | RM | RA,
  [Op.SXTB]: RM,
  [Op.SXTH]: RM,
  [Op.UXTB]: RM,
  [Op.UXTH]: RM,
  [Op.BFC]: RD,
  [Op.BFI]: RN | RD,
  [Op.SBFX]: RN,
  [Op.UBFX]: RN,
  [Op.CLZ]: RM,
  [Op.RBIT]: RM,
  [Op.REV]: RM,
  [Op.REV16]: RM,
  [Op.REVSH]: RM,
  [Op.MOVT]: RD,
  [Op.ADR]: 0,
};
/** S of these sets N and Z. */
const MULTIPLIES: readonly number[] = [Op.MUL, Op.MLA];

/** How all that a round may have changed depends on the rounds and readings. */
export interface ShadowResult {
  /** Of R0 to R14. */
  readonly registers: readonly Linear[];
  /** Of words of memory, by byte offset; only those that change. */
  readonly memory: ReadonlyMap<number, Linear>;
  /** Words that were stored to. */
  readonly stored: ReadonlySet<number>;
  /** What it relied on. */
  readonly guards: readonly Guard[];
}

export class Shadow {
  readonly registers: Linear[] = new Array<Linear>(15).fill(undefined);
  readonly memory = new Map<number, Linear>();
  readonly #stored = new Set<number>();
  readonly #guards: Guard[] = [];
  readonly #core: Core;
  readonly #reads: DeviceReads;
  /** Of N and Z, of C, and of V. */
  #nz: Flags = "before";
  #c: Flags = "before";
  #v: Flags = "before";

  constructor(core: Core, reads: DeviceReads) {
    this.#core = core;
    this.#reads = reads;
  }

  get result(): ShadowResult {
    return {
      registers: this.registers,
      memory: this.memory,
      stored: this.#stored,
      guards: this.#guards,
    };
  }

  /** Executes one instruction. @throws GiveUp before or after it: either way it is executed whole */
  step(): void {
    const { i32, cache: { records } } = this.#core;
    const at = this.#decode();
    const op = records[at]! & Mark.OP;
    const w1 = records[at + 1]!;
    const after = this.#passes(w1 >>> W1.COND & 15)
      ? this.#follow(op, w1, records[at + 2]!, records[at + 3]!)
      : undefined;
    const mode = i32[WORD.CPSR]! & PSR.MODE;
    step(this.#core);
    if ((i32[WORD.CPSR]! & PSR.MODE) !== mode) throw GIVE_UP; // an exception
    after?.();
  }

  #decode(): number {
    const { i32, mmu, cache } = this.#core;
    const address = i32[PC]!;
    const it = i32[WORD.IT]!;
    const thumb = (i32[WORD.CPSR]! & PSR.T) !== 0;
    const host = reached(() => mmu.fetchPage(address)) + (address & 0xfff);
    const place = { thumb, it };
    matchIt(cache.records, cache.decodeAt(host, place), it);
    return cache.decodeAt(host, place);
  }

  /** What the instruction will do; what it returns is done once it is executed. */
  #follow(op: number, w1: number, w2: number, w3: number): (() => void) | undefined {
    if (op >= Op.DATA && op < Op.ADR) return this.#data(op - Op.DATA, w1, w2, w3);
    if (op >= Op.MEMORY && op < Op.LDM) return this.#single(op - Op.MEMORY, w1, w2, w3);
    const plain = PLAIN[op];
    if (plain !== undefined) return this.#plain(op, w1, plain);
    switch (op) {
      case Op.NOP:
      case Op.BARRIER:
      case Op.ISB:
      case Op.IT:
      case Op.B:
      case Op.B_NEAR:
        return undefined;
      case Op.BL:
      case Op.BL_NEAR:
      case Op.BLX_IMMEDIATE:
        return () => this.#set(14, undefined);
      case Op.BX:
        return void this.#need(w1 >>> W1.RM & 15);
      case Op.BLX:
        this.#need(w1 >>> W1.RM & 15);
        return () => this.#set(14, undefined);
      case Op.CBZ:
      case Op.CBNZ:
        return void this.#compareWithZero(w1 >>> W1.RN & 15);
      case Op.LDM:
      case Op.LDM_PC:
        return this.#loadMultiple(w1, w2, w3);
      case Op.STM:
        return void this.#storeMultiple(w1, w2, w3);
    }
    throw GIVE_UP;
  }

  // Registers.

  #affine(r: number): Affine {
    if (r === PC) return constant(this.#pc);
    return { value: this.#core.i32[r]!, linear: this.registers[r] };
  }

  /** What R15 reads as. */
  get #pc(): number {
    return this.#core.i32[PC]! + (this.#core.thumb ? 4 : 8) | 0;
  }

  #set(r: number, linear: Linear): void {
    if (r !== PC) this.registers[r] = linear;
    else if (linear !== undefined) throw GIVE_UP;
  }

  /** The value of a register that must stay the same. */
  #need(r: number): number {
    const { value, linear } = this.#affine(r);
    if (linear !== undefined) throw GIVE_UP;
    return value;
  }

  #plain(op: number, w1: number, fields: number): () => void {
    const d = w1 >>> W1.RD & 15;
    if (fields & RN) this.#need(w1 >>> W1.RN & 15);
    if (fields & RM) this.#need(w1 >>> W1.RM & 15);
    if (fields & RA) this.#need(w1 >>> W1.RA & 15);
    if (fields & RD) this.#need(d);
    return () => {
      this.#set(d, undefined);
      if (MULTIPLIES.includes(op) && (w1 >>> W1.S & 1) !== 0) this.#nz = undefined;
    };
  }

  // Conditions.

  /** Whether a condition is met, and that it goes on to be so. */
  #passes(cond: number): boolean {
    const passed = conditionPassed(this.#core.i32, cond);
    const condition = cond >>> 1;
    if (condition === 7) return true;
    const flags = this.#flagsOf(condition);
    const met = passed !== ((cond & 1) === 1);
    if (flags !== undefined) this.#guards.push({ source: flags, condition, met });
    return passed;
  }

  /** What a condition looks at, as one source. */
  #flagsOf(condition: number): FlagSource | undefined {
    const nz = condition !== 1 && condition !== 3;
    const c = condition === 1 || condition === 4;
    const v = condition === 3 || condition >= 5;
    const used = [...nz ? [this.#nz] : [], ...c ? [this.#c] : [], ...v ? [this.#v] : []];
    const [flags] = used;
    if (flags === "before" || used.some((other) => other !== flags)) throw GIVE_UP;
    return flags;
  }

  #compareWithZero(r: number): void {
    const a = this.#affine(r);
    if (a.linear === undefined) return;
    const source: FlagSource = valueOf(a);
    this.#guards.push({ source, condition: 0, met: a.value === 0 });
  }

  /** C as a number that stays the same. */
  #carry(): number {
    if (this.#c === "before") throw GIVE_UP;
    const carry = this.#core.i32[WORD.CF]!;
    if (this.#c) this.#guards.push({ source: this.#c, condition: 1, met: carry !== 0 });
    return carry;
  }

  // Data processing.

  #data(kind: number, w1: number, w2: number, w3: number): () => void {
    const opcode = kind >>> 3, operand = kind >>> 1 & 3, s = (kind & 1) !== 0;
    const d = w1 >>> W1.RD & 15;
    if (s && d === PC && !compares(opcode)) throw GIVE_UP; // an exception return
    const second = this.#second(operand, w1, w2);
    const first = opcode === Data.MOV || opcode === Data.MVN
      ? ZERO
      : this.#affine(w1 >>> W1.RN & 15);
    const source = this.#arithmetic(opcode, first, second);
    const linear = source ? source.linear : this.#logical(opcode, first, second);
    const keepsCarry = this.#keepsCarry(operand, w1, w3);
    if (s && !source && !keepsCarry && second.linear !== undefined) throw GIVE_UP;
    return () => {
      if (!compares(opcode)) this.#set(d, linear);
      if (!s) return;
      if (source) this.#nz = this.#c = this.#v = changing(source);
      else {
        this.#nz = linear && valueOf(this.#result(d, linear));
        if (!keepsCarry) this.#c = undefined;
      }
    };
  }

  /** Whether a logical operation leaves C as it is. */
  #keepsCarry(operand: number, w1: number, w3: number): boolean {
    switch (operand) {
      case Operand.REGISTER:
        return true;
      case Operand.IMMEDIATE:
        return (w3 >>> 8 & 2) === 0;
      case Operand.REGISTER_SHIFTED:
        return (this.#core.i32[w1 >>> W1.RA & 15]! & 0xff) === 0;
    }
    return false;
  }

  /** Of a MOVS or MVNS that was executed. */
  #result(d: number, linear: Linear): Affine {
    return { value: this.#core.i32[d]!, linear };
  }

  #second(operand: number, w1: number, w2: number): Affine {
    const { i32 } = this.#core;
    const m = w1 >>> W1.RM & 15;
    if (operand === Operand.IMMEDIATE) return constant(w2);
    if (operand === Operand.REGISTER) return this.#affine(m);
    if (m === PC) throw GIVE_UP;
    this.#need(m);
    if (operand === Operand.SHIFTED) {
      if ((w1 >>> W1.TYPE & 7) === 4) this.#carry(); // RRX
      return constant(shifted(i32, w1));
    }
    this.#need(w1 >>> W1.RA & 15);
    return constant(shiftedByRegister(i32, w1));
  }

  #arithmetic(opcode: number, first: Affine, second: Affine): FlagSource | undefined {
    switch (opcode) {
      case Data.SUB:
      case Data.CMP:
        return subtract(first, second, 1);
      case Data.RSB:
        return subtract(second, first, 1);
      case Data.SBC:
        return subtract(first, second, this.#carry());
      case Data.RSC:
        return subtract(second, first, this.#carry());
      case Data.ADD:
      case Data.CMN:
        return add(first, second, 0);
      case Data.ADC:
        return add(first, second, this.#carry());
    }
    return undefined;
  }

  #logical(opcode: number, first: Affine, second: Affine): Linear {
    if (opcode === Data.MOV) return second.linear;
    if (opcode === Data.MVN) return combine(undefined, -1, second.linear);
    if (first.linear !== undefined || second.linear !== undefined) throw GIVE_UP;
    return undefined;
  }

  // Loads and stores.

  #single(kind: number, w1: number, w2: number, w3: number): (() => void) | undefined {
    const access = kind >>> 3, form = kind & 7;
    if (form === Form.OTHER && (w3 & Indexing.UNPRIVILEGED) !== 0) throw GIVE_UP;
    const { address, base } = this.#address(form, w1, w2, w3);
    const n = w1 >>> W1.RN & 15, t = w1 >>> W1.RD & 15, t2 = w1 >>> W1.RA & 15;
    const writeBack = () => {
      if (base !== undefined) this.#set(n, undefined);
    };
    switch (access) {
      case Access.STR:
      case Access.STRD:
        this.#store(address, this.#affine(t).linear);
        if (access === Access.STRD) this.#store(address + 4, this.#affine(t2).linear);
        return writeBack;
      case Access.STRB:
      case Access.STRH:
        this.#need(t);
        this.#storePart(address, access === Access.STRB ? 1 : 2);
        return writeBack;
      case Access.LDRD: {
        const first = this.#loadWord(address), second = this.#loadWord(address + 4);
        return () => {
          writeBack();
          this.#set(t, first);
          this.#set(t2, second);
        };
      }
    }
    const load = this.#load(address, WIDTHS[access]!);
    return () => {
      writeBack();
      this.#set(t, load());
    };
  }

  /** Where the access is, and what the base becomes. */
  #address(form: number, w1: number, w2: number, w3: number): { address: number; base?: number } {
    const { i32 } = this.#core;
    const rm = () => this.#need(w1 >>> W1.RM & 15);
    if (form === Form.LITERAL) return { address: (this.#pc & ~3) + w2 | 0 };
    const rn = this.#need(w1 >>> W1.RN & 15);
    switch (form) {
      case Form.OFFSET:
        return { address: rn + w2 | 0 };
      case Form.REGISTER:
        return { address: rn + (rm() << (w1 >>> W1.AMOUNT & 63)) | 0 };
      case Form.PRE:
        return { address: rn + w2 | 0, base: rn + w2 | 0 };
      case Form.POST:
        return { address: rn, base: rn + w2 | 0 };
    }
    if ((w3 & Indexing.REGISTER) !== 0) {
      rm();
      if ((w1 >>> W1.RM & 15) === PC) throw GIVE_UP;
      if ((w1 >>> W1.TYPE & 7) === 4) this.#carry();
    }
    const offset = (w3 & Indexing.REGISTER) === 0 ? w2 : shifted(i32, w1);
    const sum = rn + ((w3 & Indexing.SUBTRACT) === 0 ? offset : -offset) | 0;
    const address = (w3 & Indexing.POST) === 0 ? sum : rn;
    return (w3 & Indexing.WRITE_BACK) === 0 ? { address } : { address, base: sum };
  }

  #loadMultiple(w1: number, w2: number, w3: number): () => void {
    const n = w1 >>> W1.RN & 15;
    let address = this.#need(n) + (w3 >> 8) | 0;
    const loads: [r: number, linear: Linear][] = [];
    for (let r = 0; r < 16; r++) {
      if ((w2 >>> r & 1) === 0) continue;
      loads.push([r, this.#loadWord(address)]);
      address = address + 4 | 0;
    }
    return () => {
      for (const [r, linear] of loads) this.#set(r, linear);
    };
  }

  #storeMultiple(w1: number, w2: number, w3: number): void {
    let address = this.#need(w1 >>> W1.RN & 15) + (w3 >> 8) | 0;
    for (let r = 0; r < 16; r++) {
      if ((w2 >>> r & 1) === 0) continue;
      this.#store(address, this.#affine(r).linear);
      address = address + 4 | 0;
    }
  }

  /** What a load gives, to be asked when it is executed: a device tells it afterwards. */
  #load(address: number, width: number): () => Linear {
    const pa = this.#physical(address, "read");
    const host = this.#core.memory.hostOf(pa);
    if (host < 0) return () => this.#reads(pa, width);
    if ((host & (width - 1)) !== 0) throw GIVE_UP;
    const linear = this.memory.get(host & ~3);
    if (linear !== undefined && width !== 4) throw GIVE_UP;
    return () => linear;
  }

  /** Of several words: they must be RAM. */
  #loadWord(address: number): Linear {
    const host = this.#core.memory.hostOf(this.#physical(address, "read"));
    if (host < 0 || (host & 3) !== 0) throw GIVE_UP;
    return this.memory.get(host);
  }

  #store(address: number, linear: Linear): void {
    const host = this.#storable(address, 4);
    this.#stored.add(host);
    if (linear) this.memory.set(host, linear);
    else this.memory.delete(host);
  }

  #storePart(address: number, width: number): void {
    const host = this.#storable(address, width) & ~3;
    if (this.memory.has(host)) throw GIVE_UP;
    this.#stored.add(host);
  }

  #physical(address: number, access: "read" | "write"): number {
    const { mmu, privileged } = this.#core;
    return reached(() => mmu.translate(address, access, privileged));
  }

  /** The byte offset of RAM without code. */
  #storable(address: number, width: number): number {
    const { memory } = this.#core;
    const host = memory.hostOf(this.#physical(address, "write"));
    if (host < 0 || !memory.writable(host) || (host & (width - 1)) !== 0) throw GIVE_UP;
    if (memory.u8[CODE_MAP + (host >>> CODE_LINE_SHIFT)] !== 0) throw GIVE_UP;
    return host;
  }
}

/** Bytes of a load. */
const WIDTHS: { readonly [access: number]: number } = {
  [Access.LDR]: 4,
  [Access.LDRB]: 1,
  [Access.LDRSB]: 1,
  [Access.LDRH]: 2,
  [Access.LDRSH]: 2,
};

function compares(opcode: number): boolean {
  return opcode >= Data.TST && opcode <= Data.CMN;
}

function add(a: Affine, b: Affine, carry: number): FlagSource {
  return { kind: "add", a, b, carry, linear: combine(a.linear, 1, b.linear) };
}

function subtract(a: Affine, b: Affine, carry: number): FlagSource {
  return { kind: "subtract", a, b, carry, linear: combine(a.linear, -1, b.linear) };
}

function valueOf(a: Affine): FlagSource {
  return { kind: "value", a, b: ZERO, carry: 0, linear: a.linear };
}

/** The source, unless nothing in it changes. */
function changing(source: FlagSource): FlagSource | undefined {
  return source.a.linear === undefined && source.b.linear === undefined ? undefined : source;
}

/** @throws GiveUp when the access faults: it is executed as ever */
function reached<T>(access: () => T): T {
  try {
    return access();
  } catch (error) {
    if (error instanceof Abort) throw GIVE_UP;
    throw error;
  }
}
