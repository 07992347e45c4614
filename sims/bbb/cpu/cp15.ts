/**
 * The system control coprocessor (Cortex-A8 TRM DDI 0344K, section 3.2): rights, what a write does
 * beyond storing, and what a read gives instead of what is stored. The registers themselves are the
 * table in cp15_registers.ts.
 *
 * There is one world: SCR, NSACR and MVBAR keep what is written, and no more. Caches hold nothing that
 * memory does not, so their maintenance does nothing.
 */
import type { Part } from "sims/engine/mod.ts";
import type { Json } from "hil/trace/mod.ts";
import type { GuestMemory } from "../memory.ts";
import {
  CACHES,
  CP15,
  CP15_NAMES,
  CP15_REGISTERS,
  type Cp15Name,
  type Cp15Reads,
  type Cp15Spec,
  type Cp15Writes,
  SCTLR,
} from "./cp15_registers.ts";
import { type Abort, UNDEFINED } from "./fault.ts";
import { STATE } from "./layout.ts";
import { ASID, type Mmu } from "./mmu.ts";
import { Pmu } from "./pmu.ts";

/** What the coprocessor asks the CPU for. */
export interface Cp15Inputs {
  /** Exact present time: what the cycle counter counts, at 1 GHz. */
  nowNs(): number;
  /** ISR: A is bit 8, I bit 7, F bit 6, each set while that input is active. */
  pending(): number;
}

/** SCTLR bits that change how addresses are translated or data are ordered. */
const TRANSLATION = SCTLR.M | SCTLR.TRE | SCTLR.AFE | SCTLR.EE;
/** Bits; those of user mode are the same, shifted left by USER. */
const RIGHTS = { READ: 1, WRITE: 2, USER: 2, PMU: 16 } as const;
/** The index of the first register's word. */
const FIRST = STATE.CP15 >>> 2;
const MODE = 0x1f;
const MODE_USER = 0x10;
/** What the A8 keeps for cache debugging: reads as zero, ignores writes. */
const CRN_IMPLEMENTATION = 15;

export class Cp15 implements Part {
  readonly name = "CP15";
  readonly version = 1;
  readonly #i32: Int32Array;
  readonly #mmu: Mmu;
  readonly #pmu: Pmu;
  /** By encoding: 1 + place in CP15_NAMES, or 0. */
  readonly #places = new Uint8Array(1 << 14);
  /** What is allowed, by place: bits of RIGHTS. */
  readonly #rights: Uint8Array;
  /** Bits that a write changes; none where a write is only an operation. */
  readonly #writable: Int32Array;
  readonly #reads: ((() => number) | undefined)[];
  readonly #writes: (((value: number, old: number) => void) | undefined)[];

  constructor(memory: GuestMemory, mmu: Mmu, inputs: Cp15Inputs) {
    this.#i32 = memory.i32;
    this.#mmu = mmu;
    this.#pmu = new Pmu(memory, inputs);
    CP15_NAMES.forEach((name, n) => this.#places[encoding(CP15_REGISTERS[name])] = n + 1);
    const reads: Cp15Reads = { ...this.#readEffects(inputs), ...this.#pmu.reads };
    const writes: Cp15Writes = { ...this.#writeEffects(), ...this.#pmu.writes };
    this.#rights = Uint8Array.from(CP15_NAMES, (name) => rightsOf(CP15_REGISTERS[name]));
    this.#writable = Int32Array.from(CP15_NAMES, (name) => {
      const { privileged, writable } = CP15_REGISTERS[name];
      return privileged === "w" ? 0 : writable;
    });
    this.#reads = CP15_NAMES.map((name) => reads[name]);
    this.#writes = CP15_NAMES.map((name) => writes[name]);
    this.reset();
  }

  /** MRC. @throws Undefined when there is no such register, or not for the present mode */
  read(crn: number, op1: number, crm: number, op2: number): number {
    const place = this.#places[key(crn, op1, crm, op2)]! - 1;
    if (place < 0) return this.#unlisted(crn);
    if (!this.#allowed(place, RIGHTS.READ)) throw UNDEFINED;
    const effect = this.#reads[place];
    return (effect === undefined ? this.#i32[FIRST + place]! : effect()) >>> 0;
  }

  /** MCR. @throws Undefined when there is no such register, or not for the present mode */
  write(crn: number, op1: number, crm: number, op2: number, value: number): void {
    const place = this.#places[key(crn, op1, crm, op2)]! - 1;
    if (place < 0) return void this.#unlisted(crn);
    if (!this.#allowed(place, RIGHTS.WRITE)) throw UNDEFINED;
    const old = this.#i32[FIRST + place]!;
    const writable = this.#writable[place]!;
    this.#i32[FIRST + place] = (old & ~writable) | (value & writable);
    this.#writes[place]?.(value, old);
  }

  /** What is stored in a register, whatever the mode. */
  get(name: Cp15Name): number {
    return this.#i32[CP15[name] >>> 2]! >>> 0;
  }

  /** Stores, and does no more. */
  set(name: Cp15Name, value: number): void {
    this.#i32[CP15[name] >>> 2] = value;
  }

  /** Fault status and address, as on the entry to the exception. */
  noteAbort({ kind, status, address }: Abort): void {
    this.set(kind === "data" ? "DFSR" : "IFSR", status);
    this.set(kind === "data" ? "DFAR" : "IFAR", address);
  }

  reset(): void {
    for (const name of CP15_NAMES) this.set(name, CP15_REGISTERS[name].reset);
    this.#pmu.reset();
    this.#mmu.flush();
  }

  save(): Json {
    const registers: Record<string, Json> = {};
    for (const name of CP15_NAMES) {
      if (CP15_REGISTERS[name].privileged === "rw") registers[name] = this.get(name);
    }
    return { registers, pmu: this.#pmu.save() };
  }

  load(state: Json): void {
    const { registers, pmu } = state as { registers: Record<Cp15Name, number>; pmu: Json };
    for (const [name, value] of Object.entries(registers)) this.set(name as Cp15Name, value);
    this.#pmu.load(pmu);
  }

  settle(): void {
    this.#mmu.flush();
  }

  #unlisted(crn: number): number {
    if (crn === CRN_IMPLEMENTATION && this.#privileged()) return 0;
    throw UNDEFINED;
  }

  #allowed(place: number, what: number): boolean {
    const rights = this.#rights[place]!;
    if (this.#privileged()) return (rights & what) !== 0;
    if (rights & RIGHTS.PMU) return (this.get("PMUSERENR") & 1) !== 0 && (rights & what) !== 0;
    return (rights & (what << RIGHTS.USER)) !== 0;
  }

  #privileged(): boolean {
    return (this.#i32[STATE.CPSR >>> 2]! & MODE) !== MODE_USER;
  }

  #readEffects(inputs: Cp15Inputs): Cp15Reads {
    return {
      CCSIDR: () => CACHES[this.get("CSSELR")] ?? 0,
      ISR: () => inputs.pending(),
    };
  }

  #writeEffects(): Cp15Writes {
    const mmu = this.#mmu;
    const flush = () => mmu.flush();
    const flushAddress = (mva: number) => mmu.flushAddress(mva);
    const flushAsid = (asid: number) => mmu.flushAsid(asid & ASID);
    const probe = (access: "read" | "write", privileged: boolean) => (va: number) =>
      this.set("PAR", mmu.probe(va, access, privileged));
    return {
      SCTLR: (_, old) => {
        if ((this.get("SCTLR") ^ old) & TRANSLATION) mmu.flush();
      },
      TTBR1: flush,
      TTBCR: flush,
      DACR: () => mmu.domainsChanged(),
      FCSEIDR: flush,
      CONTEXTIDR: (value, old) => {
        if ((value ^ old) & ASID) mmu.changeAsid(old & ASID, value & ASID);
      },
      V2PCWPR: probe("read", true),
      V2PCWPW: probe("write", true),
      V2PCWUR: probe("read", false),
      V2PCWUW: probe("write", false),
      V2POWPR: probe("read", true),
      V2POWPW: probe("write", true),
      V2POWUR: probe("read", false),
      V2POWUW: probe("write", false),
      TLBIALLIS: flush,
      TLBIMVAIS: flushAddress,
      TLBIASIDIS: flushAsid,
      TLBIMVAAIS: flushAddress,
      ITLBIALL: flush,
      ITLBIMVA: flushAddress,
      ITLBIASID: flushAsid,
      DTLBIALL: flush,
      DTLBIMVA: flushAddress,
      DTLBIASID: flushAsid,
      TLBIALL: flush,
      TLBIMVA: flushAddress,
      TLBIASID: flushAsid,
      TLBIMVAA: flushAddress,
    };
  }
}

function rightsOf({ privileged, user }: Cp15Spec): number {
  const bits = (rights: string) =>
    (rights.includes("r") ? RIGHTS.READ : 0) | (rights.includes("w") ? RIGHTS.WRITE : 0);
  return bits(privileged) | (user === "pmu" ? RIGHTS.PMU : bits(user) << RIGHTS.USER);
}

function encoding({ crn, op1, crm, op2 }: Cp15Spec): number {
  return key(crn, op1, crm, op2);
}

function key(crn: number, op1: number, crm: number, op2: number): number {
  return (crn << 10) | (op1 << 7) | (crm << 3) | op2;
}
