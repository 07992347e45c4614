/**
 * TPS65217C: the power management chip of the BeagleBone (TI SLVSB64, section 8.6). Registers behind
 * the password write only after it; rails are not simulated, nothing browns out.
 */
import { defineRegisters, type Part } from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { I2cDevice } from "./i2c.ts";

/** Offsets are register numbers times four, so that the table of the engine can hold bytes. */
const at = (number: number) => 4 * number;

// deno-fmt-ignore
export const TPS65217 = defineRegisters({
  CHIPID:   { offset: at(0x00), access: "ro", reset: 0xe2 },
  PPATH:    { offset: at(0x01), reset: 0x3d },
  INT:      { offset: at(0x02), reset: 0x80, writable: 0x70 },
  CHGCONFIG0: { offset: at(0x03), access: "ro" },
  CHGCONFIG1: { offset: at(0x04), reset: 0xb1 },
  CHGCONFIG2: { offset: at(0x05), reset: 0x80 },
  CHGCONFIG3: { offset: at(0x06), reset: 0xb2 },
  WLEDCTRL1: { offset: at(0x07), reset: 0xb1 },
  WLEDCTRL2: { offset: at(0x08), reset: 0x00 },
  MUXCTRL:  { offset: at(0x09) },
  STATUS:   { offset: at(0x0a), reset: 0x08, writable: 0x80, fields: { PB: 0, USBPWR: 2, ACPWR: 3, OFF: 7 } },
  PASSWORD: { offset: at(0x0b) },
  PGOOD:    { offset: at(0x0c), access: "ro", reset: 0x7f },
  DEFPG:    { offset: at(0x0d), reset: 0x0c },
  DEFDCDC1: { offset: at(0x0e), reset: 0x1e },
  DEFDCDC2: { offset: at(0x0f), reset: 0x08 },
  DEFDCDC3: { offset: at(0x10), reset: 0x08 },
  DEFSLEW:  { offset: at(0x11), reset: 0x06, fields: { SLEW: [0, 2], PFM_EN1: 3, PFM_EN2: 4, PFM_EN3: 5, GODSBL: 6, GO: 7 } },
  DEFLDO1:  { offset: at(0x12), reset: 0x09 },
  DEFLDO2:  { offset: at(0x13), reset: 0x38 },
  DEFLS1:   { offset: at(0x14), reset: 0x06 },
  DEFLS2:   { offset: at(0x15), reset: 0x3f },
  ENABLE:   { offset: at(0x16), reset: 0x7f },
  DEFUVLO:  { offset: at(0x18), reset: 0x03 },
  SEQ1:     { offset: at(0x19), reset: 0x00 },
  SEQ2:     { offset: at(0x1a), reset: 0x25 },
  SEQ3:     { offset: at(0x1b), reset: 0x24 },
  SEQ4:     { offset: at(0x1c), reset: 0x33 },
  SEQ5:     { offset: at(0x1d), reset: 0x20 },
  SEQ6:     { offset: at(0x1e) },
});

const R = TPS65217.index;
type Name = keyof typeof R;

/** Section 8.3.10: once means one write with the password, twice means the same again after it. */
const LEVELS: Readonly<Partial<Record<Name, 1 | 2>>> = {
  DEFPG: 2,
  DEFDCDC1: 2,
  DEFDCDC2: 2,
  DEFDCDC3: 2,
  DEFSLEW: 2,
  DEFLDO1: 2,
  DEFLDO2: 2,
  DEFLS1: 2,
  DEFLS2: 2,
  ENABLE: 1,
  DEFUVLO: 2,
  SEQ1: 2,
  SEQ2: 2,
  SEQ3: 2,
  SEQ4: 2,
  SEQ5: 2,
  SEQ6: 2,
};
/** A password is the register's number, exclusive or this. */
const PASSWORD = 0x7d;
const GO = 0x80;

export class Tps65217 implements I2cDevice, Part {
  readonly name: string;
  readonly version = 1;
  readonly address = 0x24;
  readonly #regs = TPS65217.resets.slice();
  #pointer = 0;
  /** Whether the next byte is a register number. */
  #fresh = false;
  /** Register that the password was given for, if any. */
  #unlocked: number | undefined;
  /** A first write at level 2: what the second one has to repeat. */
  #pending: { register: number; value: number } | undefined;

  constructor(options: { readonly name?: string } = {}) {
    this.name = options.name ?? "TPS65217";
  }

  /** What a register holds, by its name in the data sheet. */
  peek(name: Name): number {
    return this.#regs[R[name]]!;
  }

  start(direction: "read" | "write"): boolean {
    this.#fresh = direction === "write";
    return true;
  }

  write(byte: number): boolean {
    if (this.#fresh) {
      this.#pointer = byte;
      this.#fresh = false;
      return true;
    }
    this.#store(this.#pointer, byte);
    this.#pointer = (this.#pointer + 1) & 0xff;
    return true;
  }

  read(): number {
    const register = TPS65217.at(at(this.#pointer));
    this.#pointer = (this.#pointer + 1) & 0xff;
    return register ? this.#regs[register.slot]! : 0;
  }

  stop(): void {}

  #store(number: number, value: number): void {
    const register = TPS65217.at(at(number));
    if (!register) return;
    if (register.name === "PASSWORD") {
      this.#unlocked = value ^ PASSWORD;
      return;
    }
    const level = LEVELS[register.name] ?? 0;
    const unlocked = this.#unlocked === number;
    if (level > 0) this.#unlocked = undefined;
    if (level > 0 && !unlocked) {
      this.#pending = undefined;
      return;
    }
    const pending = this.#pending;
    this.#pending = undefined;
    if (level === 2 && (pending?.register !== number || pending.value !== value)) {
      this.#pending = { register: number, value };
      return;
    }
    if (register.access === "ro") return;
    const old = this.#regs[register.slot]!;
    this.#regs[register.slot] = (old & ~register.writable) | (value & register.writable & 0xff);
    // GO clears itself when the voltage is reached.
    if (register.name === "DEFSLEW") this.#regs[register.slot]! &= ~GO;
  }

  reset(): void {
    this.#regs.set(TPS65217.resets);
    this.#pointer = 0;
    this.#fresh = false;
    this.#unlocked = undefined;
    this.#pending = undefined;
  }

  save(): Json {
    return {
      registers: [...this.#regs],
      pointer: this.#pointer,
      fresh: this.#fresh,
      unlocked: this.#unlocked ?? null,
      pending: this.#pending ? { ...this.#pending } : null,
    };
  }

  load(state: Json): void {
    const saved = state as Record<string, Json>;
    this.#regs.set(saved.registers as number[]);
    this.#pointer = saved.pointer as number;
    this.#fresh = saved.fresh as boolean;
    this.#unlocked = saved.unlocked as number | null ?? undefined;
    this.#pending = saved.pending as { register: number; value: number } | null ?? undefined;
  }
}
