/**
 * Writes the function of one region: guest registers and flags in locals, the ways out of it, and
 * the budget of time. What instructions do is in data.ts, memory.ts, media.ts and branches.ts.
 */
import { JUMPS, STATE, TLB } from "../layout.ts";
import { type Instruction, itState, next, pcValue, stateBehind } from "./instruction.ts";
import { pushCarryWord, pushOverflowWord } from "./flags.ts";
import { JUMP_BYTES, SLOT_SHIFT } from "./jumps.ts";
import { Code, I64, type Label } from "./wasm_code.ts";

/** What a region is translated for: nothing else about the CPU goes into its code. */
export interface RegionPlace {
  readonly thumb: boolean;
  readonly privileged: boolean;
  /** Its place in the table of functions. */
  readonly slot: number;
}

/** Function indices: the imports of every module, in this order. */
export const IMPORTS = [
  "read8",
  "read16",
  "read32",
  "write8",
  "write16",
  "write32",
  "step",
] as const;
export type Import = typeof IMPORTS[number];

/** Type indices of every module. */
export const TYPE = { REGION: 0, READ: 0, WRITE: 1, STEP: 2 } as const;
export const TYPES = [
  { parameters: 1, results: 1 },
  { parameters: 2, results: 0 },
  { parameters: 5, results: 1 },
] as const;

/** Why a region has returned to the host. */
export const LEFT = {
  /** The interpreter has to go on, at least by an instruction. */
  STOPPED: 0,
  /** No jump to where the CPU is was found, but one may be made. */
  MISSED: 1,
} as const;

/** The parameter of a region: the block that it starts with. */
const ENTRY = 0;

export class RegionWriter {
  readonly code = new Code(1);
  readonly entry = ENTRY;
  /** Flags as the difference x - y = r left C and V (see flags.ts), as N's word and as Z's. */
  readonly flags = {
    x: this.code.local(),
    y: this.code.local(),
    r: this.code.local(),
    n: this.code.local(),
    z: this.code.local(),
  };
  /** Free for one instruction: address, host address, values. */
  readonly temp = {
    address: this.code.local(),
    host: this.code.local(),
    value: this.code.local(),
    a: this.code.local(),
    b: this.code.local(),
    carry: this.code.local(),
    count: this.code.local(),
  };
  /** The instruction that `step` executes: its op, or 0 for what R15 is at, and its words. */
  readonly stepped = [
    this.code.local(),
    this.code.local(),
    this.code.local(),
    this.code.local(),
  ] as const;
  readonly wide: number = this.code.local(I64);
  readonly budget: number = this.code.local();
  readonly reason: number = this.code.local();
  /** Where `lookup` goes: an address, and in bit 0 whether it is Thumb code. */
  readonly pc: number = this.code.local();
  readonly tlbRead: number;
  readonly tlbWrite: number;
  readonly #registers = Array.from({ length: 15 }, () => this.code.local());
  #used = 0;
  #written = 0;
  #flagsUsed = false;
  #flagsWritten = false;
  /** The flags are those of a comparison of x with y. */
  compared = false;
  /** Instructions of the present block behind the present one: charged, not executed. */
  rest = 0;
  #labels: { dispatch: Label; lookup: Label; step: Label; leave: Label; out: Label } | undefined;

  constructor(readonly place: RegionPlace) {
    this.tlbRead = place.privileged ? TLB.READ_PRIVILEGED : TLB.READ_USER;
    this.tlbWrite = place.privileged ? TLB.WRITE_PRIVILEGED : TLB.WRITE_USER;
  }

  get labels() {
    return this.#labels!;
  }

  /** Pushes a register; R15 as `i` reads it. */
  read(register: number, i: Instruction): this {
    if (register === 15) this.code.i32(pcValue(i));
    else {
      this.#used |= 1 << register;
      this.code.get(this.#registers[register]!);
    }
    return this;
  }

  /** Pops into a register that is not R15. */
  write(register: number): this {
    this.#written |= 1 << register;
    this.code.set(this.#registers[register]!);
    return this;
  }

  useFlags(): void {
    this.#flagsUsed = true;
  }

  writeFlags(): void {
    this.#flagsUsed = this.#flagsWritten = true;
  }

  /** Pushes a word of the CPU's state. */
  load(offset: number): this {
    this.code.i32(0).memory("load", offset);
    return this;
  }

  /** Stores a constant to the CPU's state. */
  storeConstant(offset: number, value: number): this {
    this.code.i32(0).i32(value).memory("store", offset);
    return this;
  }

  storeLocal(offset: number, local: number): this {
    this.code.i32(0).get(local).memory("store", offset);
    return this;
  }

  callImport(name: Import): this {
    this.code.call(IMPORTS.indexOf(name));
    return this;
  }

  /** Tells the state where the CPU is: before `i`. */
  at(i: Instruction): this {
    this.storeConstant(STATE.R + 60, i.address);
    if (itState(i) !== 0) this.storeConstant(STATE.IT, itState(i));
    return this;
  }

  /** Tells the state what it shows while an instruction executes: R15 as `i` reads it. */
  executing(i: Instruction): this {
    this.storeConstant(STATE.R + 60, pcValue(i));
    if (itState(i) !== 0) this.storeConstant(STATE.IT, itState(i));
    return this;
  }

  /** Tells the state where the CPU is: behind `i`, which is in sequence. */
  behind(i: Instruction): this {
    this.storeConstant(STATE.R + 60, next(i));
    if (itState(i) !== 0 || stateBehind(i) !== 0) this.storeConstant(STATE.IT, stateBehind(i));
    return this;
  }

  /** Leaves before `i`, which was charged but has not done anything: the interpreter does it. */
  punt(i: Instruction): this {
    this.at(i);
    this.code.get(this.budget).i32(this.rest + 1).op("add").set(this.budget).br(this.labels.leave);
    return this;
  }

  /** Goes to an address that is known, in the same instruction set. */
  jump(address: number): this {
    this.code.i32(address | (this.place.thumb ? 1 : 0)).set(this.pc).br(this.labels.lookup);
    return this;
  }

  /** Charges a block of `count` instructions that starts with `first`, or leaves before it. */
  charge(first: Instruction, count: number): void {
    if (count === 0) return;
    this.code.get(this.budget).i32(count).op("lt_s").if();
    this.at(first);
    this.code.br(this.labels.leave).end();
    this.code.get(this.budget).i32(count).op("sub").set(this.budget);
  }

  /**
   * The whole function; `body` writes the blocks. A block leaves by one of these labels:
   *
   * | label | what happens |
   * | ----- | ------------ |
   * | dispatch | goes to block `entry` |
   * | lookup | goes to `pc`, in this region or another; else returns to the host |
   * | step | the interpreter executes `stepped`; then to block `entry`, at `pc` |
   * | leave | returns to the host; R15 is in the state already |
   * | out | likewise; so is the budget |
   */
  function(body: () => void): Uint8Array<ArrayBuffer> {
    const out = this.code.block();
    const leave = this.code.block();
    const dispatch = this.code.loop();
    const step = this.code.block();
    const lookup = this.code.block();
    this.#labels = { dispatch, lookup, step, leave, out };
    body();
    this.code.end(); // lookup
    this.#lookup();
    this.code.end(); // step
    this.#step();
    this.code.end().end(); // dispatch, leave
    this.storeLocal(STATE.BUDGET, this.budget).code.end(); // out
    this.#spill();
    this.code.get(this.reason);
    return this.code.encode(this.#prologue());
  }

  /** Goes to `pc` in this region, in another one, or leaves. */
  #lookup(): void {
    const { code, pc } = this;
    const { address: entry, value: found } = this.temp;
    const jumps = this.place.privileged ? JUMPS.PRIVILEGED : JUMPS.USER;
    code.get(pc).i32(1).op("shr_u").i32(JUMPS.ENTRIES - 1).op("and").i32(3).op("shl").tee(entry);
    code.memory("load", jumps).get(pc).op("eq").if();
    code.get(entry).memory("load", jumps + JUMP_BYTES / 2).set(found);
    code.get(found).i32((1 << SLOT_SHIFT) - 1).op("and").set(ENTRY);
    code.get(found).i32(SLOT_SHIFT).op("shr_u").i32(this.place.slot).op("eq");
    code.brIf(this.labels.dispatch);
    this.#arrive();
    this.#spill();
    this.storeLocal(STATE.BUDGET, this.budget);
    code.get(ENTRY).get(found).i32(SLOT_SHIFT).op("shr_u").returnCallIndirect(TYPE.REGION).end();
    this.#arrive();
    code.i32(LEFT.MISSED).set(this.reason).br(this.labels.leave);
  }

  /** R15 and CPSR.T of `pc`. */
  #arrive(): void {
    const { code, pc } = this;
    // An address of ARM code loses bit 1 as well.
    code.i32(0).get(pc).get(pc).i32(1).op("and").i32(1).op("shl").i32(-4).op("or", "and");
    code.memory("store", STATE.R + 60);
    code.i32(0);
    this.load(STATE.CPSR).code.i32(~0x20).op("and");
    code.get(pc).i32(1).op("and").i32(5).op("shl", "or").memory("store", STATE.CPSR);
  }

  #step(): void {
    const { code, budget } = this;
    code.get(budget).i32(0).op("le_s").brIf(this.labels.leave);
    this.#spill();
    this.storeLocal(STATE.BUDGET, budget).code.get(this.pc);
    for (const word of this.stepped) code.get(word);
    this.callImport("step").code.op("eqz").if();
    code.i32(LEFT.STOPPED).op("return").end();
    this.storeConstant(STATE.IT, 0);
    this.#reload(code);
    code.br(this.labels.dispatch);
  }

  #spill(): void {
    const { code } = this;
    const { n, z } = this.flags;
    for (let i = 0; i < 15; i++) {
      if (this.#written & 1 << i) this.storeLocal(STATE.R + 4 * i, this.#registers[i]!);
    }
    if (!this.#flagsWritten) return;
    this.storeLocal(STATE.NF, n).storeLocal(STATE.ZF, z);
    code.i32(0);
    pushCarryWord(this);
    code.i32(31).op("shr_u").memory("store", STATE.CF);
    code.i32(0);
    pushOverflowWord(this);
    code.i32(31).op("shr_u").memory("store", STATE.VF);
  }

  #reload(code: Code): void {
    const { flags: { x, y, r, n, z }, budget } = this;
    const load = (offset: number) => code.i32(0).memory("load", offset);
    const live = this.#used | this.#written;
    for (let i = 0; i < 15; i++) {
      if (live & 1 << i) load(STATE.R + 4 * i).set(this.#registers[i]!);
    }
    load(STATE.BUDGET).set(budget);
    if (!this.#flagsUsed) return;
    load(STATE.NF).set(n);
    load(STATE.ZF).set(z);
    load(STATE.CF).i32(1).op("xor").i32(31).op("shl").tee(y).set(r);
    load(STATE.VF).i32(31).op("shl").get(y).op("xor").set(x);
  }

  #prologue(): Code {
    const code = new Code(1);
    this.#reload(code);
    return code;
  }
}
