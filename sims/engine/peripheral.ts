/**
 * What every peripheral with a register table does alike: look the register up, bring the state up
 * to now, apply the access, and derive outputs and the next alarm.
 */
import type { Json } from "hil/trace/mod.ts";
import type { VirtualClock } from "./clock.ts";
import type { RegisterAt, RegisterTable } from "./registers.ts";
import type { Part } from "./snapshot.ts";

export type Width = 1 | 2 | 4;

/** An access as a trace tells it; `register` is undefined where the manual has none. */
export interface Access {
  readonly peripheral: string;
  readonly offset: number;
  readonly width: Width;
  readonly value: number;
  readonly write: boolean;
  readonly register: RegisterAt | undefined;
}

/** Gives the whole register's value, and does what reading it does. */
export type ReadEffect = (n: number) => number;
/** What reading does beyond giving a value; false when that was nothing this time. */
export type AfterRead = (n: number) => boolean;
/** After the value was stored. `written` is what came in, moved to its bits; `old` was stored. */
export type WriteEffect = (written: number, old: number, n: number) => void;

export abstract class Peripheral<Name extends string = string> implements Part {
  /** Of the saved state; a subclass whose `saveMore` changes counts up. */
  readonly version: number = 1;
  /** Values by slot: `this.regs[R.TCLR]`. */
  protected readonly regs: Uint32Array;
  /** Sees each access from the bus. */
  observer: ((access: Access) => void) | undefined;
  /** Which of the table's banks is seen; for `settle` to set, where the table has several. */
  protected bank = 0;
  readonly #derived: (ReadEffect | undefined)[] = [];
  readonly #reads: (ReadEffect | undefined)[] = [];
  readonly #afterReads: (AfterRead | undefined)[] = [];
  readonly #writes: (WriteEffect | undefined)[] = [];

  constructor(
    readonly name: string,
    readonly table: RegisterTable<Name>,
    protected readonly clock: VirtualClock,
  ) {
    this.regs = table.resets.slice();
  }

  /** For the constructor: what a register reads as, instead of what is stored. Changes nothing. */
  protected derive(name: Name, value: ReadEffect): void {
    this.#derived[this.#id(name)] = value;
  }

  /** For the constructor: what reading a register gives and does. Debuggers see what is stored. */
  protected onRead(name: Name, effect: ReadEffect): void {
    this.#reads[this.#id(name)] = effect;
  }

  /** For the constructor: what reading a register does once its value is known. */
  protected afterRead(name: Name, effect: AfterRead): void {
    this.#afterReads[this.#id(name)] = effect;
  }

  /** For the constructor: what writing a register does beyond storing. */
  protected onWrite(name: Name, effect: WriteEffect): void {
    this.#writes[this.#id(name)] = effect;
  }

  #id(name: Name): number {
    return Object.keys(this.table.specs).indexOf(name);
  }

  /** Brings the registers up to the present. */
  protected sync(): void {}
  /** Derives levels and timers from the registers. */
  settle(): void {}
  /** What resets beyond the registers. */
  protected resetMore(): void {}
  /** State beyond the registers. */
  protected saveMore(): Json {
    return null;
  }
  protected loadMore(_state: Json): void {}

  /**
   * Until when reading `offset` gives the same and does nothing, as long as nobody writes and no
   * alarm rings: so a loop that polls it need not be executed. Now: cannot be said.
   */
  steadyUntil(_offset: number): number {
    return this.clock.now();
  }

  /** Where the manual has no register it gives 0. Unaligned accesses do not come from the bus. */
  read(offset: number, width: Width): number {
    const register = this.table.at(offset, false, this.bank);
    let value = 0;
    if (register) {
      this.sync();
      value = this.#value(register);
      if (width !== 4) value = (value >>> (8 * (offset & 3))) & (width === 1 ? 0xff : 0xffff);
    }
    this.observer?.({ peripheral: this.name, offset, width, value, write: false, register });
    return value;
  }

  #value(register: RegisterAt<Name>): number {
    const { id, n } = register;
    const effect = this.#reads[id];
    if (effect) {
      const value = effect(n);
      this.settle();
      return value;
    }
    const value = this.#derived[id]?.(n) ??
      (register.access === "wo" ? 0 : this.regs[register.slot]!);
    if (this.#afterReads[id]?.(n)) this.settle();
    return value;
  }

  write(offset: number, value: number, width: Width): void {
    const register = this.table.at(offset, true, this.bank);
    this.observer?.({ peripheral: this.name, offset, width, value, write: true, register });
    if (!register) return;
    this.sync();
    const shift = 8 * (offset & 3);
    const lanes = width === 4 ? -1 : (width === 1 ? 0xff : 0xffff) << shift;
    const written = ((value << shift) & lanes) >>> 0;
    const old = this.regs[register.slot]!;
    this.regs[register.slot] = stored(register, old, written, lanes);
    this.#writes[register.id]?.(written, old, register.n);
    this.settle();
  }

  /** What a register holds now, without what reading it does: for debuggers and tests. */
  peek(name: Name, n = 0): number {
    this.sync();
    return this.#derived[this.#id(name)]?.(n) ?? this.regs[this.table.index[name] + n]!;
  }

  /** As after power-on. */
  reset(): void {
    this.regs.set(this.table.resets);
    this.resetMore();
    this.settle();
  }

  save(): Json {
    this.sync();
    const registers: Record<string, Json> = {};
    for (const [name, spec] of Object.entries<{ of?: string; count?: number }>(this.table.specs)) {
      if (spec.of !== undefined) continue;
      const slot = this.table.index[name as Name];
      registers[name] = spec.count === undefined
        ? this.regs[slot]!
        : [...this.regs.subarray(slot, slot + spec.count)];
    }
    return { registers, more: this.saveMore() };
  }

  load(state: Json): void {
    const { registers, more } = state as {
      registers: Record<string, number | number[]>;
      more: Json;
    };
    for (const [name, value] of Object.entries(registers)) {
      const slot = this.table.index[name as Name];
      if (typeof value === "number") this.regs[slot] = value;
      else this.regs.set(value, slot);
    }
    this.loadMore(more);
  }
}

/** What a register holds after a write; bytes that the access did not touch stay. */
function stored(register: RegisterAt, old: number, written: number, lanes: number): number {
  const mask = register.writable & lanes;
  switch (register.access) {
    case "rw":
    case "wo":
      return (old & ~mask) | (written & mask);
    case "w1s":
      return old | (written & mask);
    case "w1c":
      return old & ~(written & mask);
    case "ro":
      return old;
  }
}
