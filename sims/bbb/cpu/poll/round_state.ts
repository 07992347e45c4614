/**
 * What is known of each register, word of memory and flag while a round is followed: how it would be
 * in other rounds. Whatever cannot be known makes it give up.
 */
import type { Core } from "../core.ts";
import { Abort } from "../fault.ts";
import { CODE_LINE_SHIFT, CODE_MAP } from "../layout.ts";
import { conditionPassed, WORD } from "../psr.ts";
import { GIVE_UP } from "./give_up.ts";
import { type FlagSource, type Guard, valueOf } from "./guard.ts";
import { type Affine, constant, type Linear } from "./linear.ts";

/** Where flags are from: from before the round, from values that stay, or from these. */
type Flags = "before" | undefined | FlagSource;

/** Asked after a load from a device: what becomes of the value. @throws GiveUp */
export type DeviceReads = (pa: number, width: number) => Linear;

const PC = 15;

/** How all that a round may have changed depends on the rounds and readings. */
export interface RoundResult {
  /** Of R0 to R14. */
  readonly registers: readonly Linear[];
  /** Of words of memory, by byte offset; only those that change. */
  readonly memory: ReadonlyMap<number, Linear>;
  /** Words that were stored to. */
  readonly stored: ReadonlySet<number>;
  /** What it relied on. */
  readonly guards: readonly Guard[];
}

export class RoundState implements RoundResult {
  readonly registers: Linear[] = new Array<Linear>(15).fill(undefined);
  readonly memory = new Map<number, Linear>();
  readonly stored = new Set<number>();
  readonly guards: Guard[] = [];
  readonly core: Core;
  readonly #reads: DeviceReads;
  #nz: Flags = "before";
  #c: Flags = "before";
  #v: Flags = "before";

  constructor(core: Core, reads: DeviceReads) {
    this.core = core;
    this.#reads = reads;
  }

  // Registers.

  affine(r: number): Affine {
    if (r === PC) return constant(this.pc);
    return { value: this.core.i32[r]!, linear: this.registers[r] };
  }

  /** What R15 reads as. */
  get pc(): number {
    return this.core.i32[PC]! + (this.core.thumb ? 4 : 8) | 0;
  }

  set(r: number, linear: Linear): void {
    if (r !== PC) this.registers[r] = linear;
    else if (linear !== undefined) throw GIVE_UP;
  }

  /** The value of a register that must stay the same. */
  need(r: number): number {
    const { value, linear } = this.affine(r);
    if (linear !== undefined) throw GIVE_UP;
    return value;
  }

  // Flags.

  /** N and Z are from `source`, or from what stays the same; C and V are not touched. */
  setNz(source: FlagSource | undefined): void {
    this.#nz = source;
  }

  /** C is from what stays the same. */
  setCarry(): void {
    this.#c = undefined;
  }

  setAll(source: FlagSource | undefined): void {
    this.#nz = this.#c = this.#v = source;
  }

  /** Whether a condition is met, and that it goes on to be so. */
  passes(cond: number): boolean {
    const passed = conditionPassed(this.core.i32, cond);
    const condition = cond >>> 1;
    if (condition === 7) return true;
    const flags = this.#flagsOf(condition);
    const met = passed !== ((cond & 1) === 1);
    if (flags !== undefined) this.guards.push({ source: flags, condition, met });
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

  compareWithZero(r: number): void {
    const a = this.affine(r);
    if (a.linear === undefined) return;
    const source: FlagSource = valueOf(a);
    this.guards.push({ source, condition: 0, met: a.value === 0 });
  }

  /** C as a number that stays the same. */
  carry(): number {
    if (this.#c === "before") throw GIVE_UP;
    const carry = this.core.i32[WORD.CF]!;
    if (this.#c) this.guards.push({ source: this.#c, condition: 1, met: carry !== 0 });
    return carry;
  }

  // Memory.

  /** What a load gives, to be asked when it is executed: a device tells it afterwards. */
  load(address: number, width: number): () => Linear {
    const pa = this.#physical(address, "read");
    const host = this.core.memory.hostOf(pa);
    if (host < 0) return () => this.#reads(pa, width);
    if ((host & (width - 1)) !== 0) throw GIVE_UP;
    const linear = this.memory.get(host & ~3);
    if (linear !== undefined && width !== 4) throw GIVE_UP;
    return () => linear;
  }

  /** Of several words: they must be RAM. */
  loadWord(address: number): Linear {
    const host = this.core.memory.hostOf(this.#physical(address, "read"));
    if (host < 0 || (host & 3) !== 0) throw GIVE_UP;
    return this.memory.get(host);
  }

  store(address: number, linear: Linear): void {
    const host = this.#storable(address, 4);
    this.stored.add(host);
    if (linear) this.memory.set(host, linear);
    else this.memory.delete(host);
  }

  storePart(address: number, width: number): void {
    const host = this.#storable(address, width) & ~3;
    if (this.memory.has(host)) throw GIVE_UP;
    this.stored.add(host);
  }

  #physical(address: number, access: "read" | "write"): number {
    const { mmu, privileged } = this.core;
    return reached(() => mmu.translate(address, access, privileged));
  }

  /** The byte offset of RAM without code. */
  #storable(address: number, width: number): number {
    const { memory } = this.core;
    const host = memory.hostOf(this.#physical(address, "write"));
    if (host < 0 || !memory.writable(host) || (host & (width - 1)) !== 0) throw GIVE_UP;
    if (memory.u8[CODE_MAP + (host >>> CODE_LINE_SHIFT)] !== 0) throw GIVE_UP;
    return host;
  }
}

/** @throws GiveUp when the access faults: it is executed as ever */
export function reached<T>(access: () => T): T {
  try {
    return access();
  } catch (error) {
    if (error instanceof Abort) throw GIVE_UP;
    throw error;
  }
}
