/** For tests: an MMU with memory, a bus and CP15, and translation tables built entry by entry. */
import assert from "node:assert/strict";
import { Bus } from "../bus.ts";
import { GuestMemory } from "../memory.ts";
import { Cp15 } from "./cp15.ts";
import { CP15_REGISTERS, type Cp15Name } from "./cp15_registers.ts";
import { Abort, type Access } from "./fault.ts";
import { STATE } from "./layout.ts";
import { Mmu } from "./mmu.ts";

/** Where the tables lie: the first level, then second-level tables of 1 KiB, as they are needed. */
export const TABLE = 0x9f00_0000;
const SECOND_LEVEL = 0x9f10_0000;

export interface EntryOptions {
  /** AP[2:0]. */
  readonly ap?: number;
  readonly xn?: boolean;
  readonly domain?: number;
  readonly nonGlobal?: boolean;
  /** TEX[2:0], C, B; default Normal memory, write-back. */
  readonly type?: number;
}

export type EntrySize = "section" | "supersection" | "small" | "large";
export const SIZES: readonly EntrySize[] = ["section", "supersection", "small", "large"];

const NORMAL = 0b00111;
const USER = 0x10;
const SVC = 0x13;

export class MmuFixture {
  readonly memory = new GuestMemory();
  readonly bus = new Bus();
  readonly mmu = new Mmu(this.memory, this.bus);
  nowNs = 0;
  pending = 0;
  readonly cp15: Cp15;
  #secondLevel = SECOND_LEVEL;

  constructor() {
    this.cp15 = new Cp15(this.memory, this.mmu, {
      nowNs: () => this.nowNs,
      pending: () => this.pending,
    });
    this.privileged = true;
  }

  /** MMU on, tables at {@link TABLE}, every domain a client. */
  static on(sctlr = 0): MmuFixture {
    const fixture = new MmuFixture();
    fixture.set("TTBR0", TABLE);
    fixture.set("DACR", 0x5555_5555);
    fixture.set("SCTLR", fixture.cp15.get("SCTLR") | 1 | sctlr);
    return fixture;
  }

  set privileged(privileged: boolean) {
    this.memory.i32[STATE.CPSR >>> 2] = privileged ? SVC : USER;
    this.mmu.enter(privileged, false);
  }

  /** MCR, as in a privileged mode. */
  set(name: Cp15Name, value: number): void {
    const word = STATE.CPSR >>> 2;
    const cpsr = this.memory.i32[word]!;
    this.memory.i32[word] = SVC;
    const { crn, op1, crm, op2 } = CP15_REGISTERS[name];
    this.cp15.write(crn, op1, crm, op2, value);
    this.memory.i32[word] = cpsr;
  }

  word(pa: number, value?: number): number {
    const at = this.memory.hostOf(pa) >>> 2;
    if (value !== undefined) this.memory.i32[at] = value;
    return this.memory.u32[at]!;
  }

  /** Maps what of that size holds `va` to `pa`; nothing is flushed. */
  map(va: number, pa: number, size: EntrySize = "small", options: EntryOptions = {}): void {
    const first = TABLE + 4 * (va >>> 20);
    if (size === "section" || size === "supersection") {
      const word = sectionDescriptor(pa, size, options);
      for (let n = 0; n < (size === "section" ? 1 : 16); n++) {
        this.word(size === "section" ? first : (first & ~0x3f) + 4 * n, word);
      }
      return;
    }
    const domain = (options.domain ?? 0) << 5;
    if ((this.word(first) & 3) !== 1) {
      this.word(first, this.#secondLevel | 1);
      this.#secondLevel += 0x400;
    }
    this.word(first, (this.word(first) & ~0x1e0) | domain);
    const second = (this.word(first) & 0xffff_fc00) >>> 0;
    const at = second + 4 * ((va >>> 12) & 0xff);
    const word = pageDescriptor(pa, size, options);
    if (size === "small") this.word(at, word);
    else for (let n = 0; n < 16; n++) this.word(((at & ~0x3f) >>> 0) + 4 * n, word);
  }

  /** The fault that the access meets: kind, status, address. */
  abort(access: () => void): { kind: string; status: number; address: number; cause?: Error } {
    try {
      access();
    } catch (error) {
      assert.ok(error instanceof Abort, String(error));
      return { ...error };
    }
    throw new assert.AssertionError({ message: "there was no abort" });
  }

  /** "ok", or the fault status in hexadecimal. */
  try(va: number, access: Access, privileged = true): string {
    try {
      this.mmu.translate(va, access, privileged);
      return "ok";
    } catch (error) {
      assert.ok(error instanceof Abort, String(error));
      return error.status.toString(16);
    }
  }
}

export function sectionDescriptor(
  pa: number,
  size: "section" | "supersection",
  { ap = 3, xn = false, domain = 0, nonGlobal = false, type = NORMAL }: EntryOptions,
): number {
  const base = size === "section" ? (pa & 0xfff0_0000) | (domain << 5) : pa & 0xff00_0000 | 1 << 18;
  return (base | (nonGlobal ? 1 << 17 : 0) | ((ap & 4) << 13) | ((type >> 2) << 12) |
    ((ap & 3) << 10) | (xn ? 1 << 4 : 0) | ((type & 3) << 2) | 2) >>> 0;
}

export function pageDescriptor(
  pa: number,
  size: "small" | "large",
  { ap = 3, xn = false, nonGlobal = false, type = NORMAL }: EntryOptions,
): number {
  const small = size === "small";
  return ((pa & (small ? 0xffff_f000 : 0xffff_0000)) | (nonGlobal ? 1 << 11 : 0) |
    ((ap & 4) << 7) | ((type >> 2) << (small ? 6 : 12)) | ((ap & 3) << 4) |
    ((type & 3) << 2) | (small ? 2 | (xn ? 1 : 0) : 1 | (xn ? 1 << 15 : 0))) >>> 0;
}
