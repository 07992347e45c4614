/**
 * The performance monitor unit (Cortex-A8 TRM DDI 0344K, sections 3.2.42 to 3.2.54): the cycle
 * counter, which counts the nanoseconds of the model's time, and four event counters, which count
 * software increments. Other events do not count, and there is no interrupt on overflow.
 */
import type { Json } from "hil/trace/mod.ts";
import type { GuestMemory } from "../memory.ts";
import { CP15, type Cp15Name, type Cp15Reads, type Cp15Writes } from "./cp15_registers.ts";

const COUNTERS = 4;
const CYCLES = 1 << 31;
/** The bits of all counters. */
const ALL = CYCLES | ((1 << COUNTERS) - 1);
/** KEPT: E, D, X and DP; P and C are operations. */
const PMCR = { E: 1 << 0, P: 1 << 1, C: 1 << 2, D: 1 << 3, KEPT: 0x39 } as const;
/** Cycles a count with PMCR.D. */
const DIVIDER = 64;
const EVENT_SOFTWARE = 0;

export class Pmu {
  readonly #i32: Int32Array;
  readonly #nowNs: () => number;
  /** Up to when cycles are counted: what the divider leaves over is later. */
  #countedNs = 0;
  readonly #types = new Uint8Array(COUNTERS);
  readonly #counts = new Uint32Array(COUNTERS);

  constructor(memory: GuestMemory, { nowNs }: { nowNs(): number }) {
    this.#i32 = memory.i32;
    this.#nowNs = nowNs;
  }

  /** What a read gives instead of what is stored. */
  readonly reads: Cp15Reads = {
    PMCNTENCLR: () => this.#get("PMCNTENSET"),
    PMINTENCLR: () => this.#get("PMINTENSET"),
    PMOVSR: () => {
      this.#count();
      return this.#get("PMOVSR");
    },
    PMCCNTR: () => {
      this.#count();
      return this.#get("PMCCNTR");
    },
    PMXEVTYPER: () => this.#types[this.#get("PMSELR")] ?? 0,
    PMXEVCNTR: () => this.#counts[this.#get("PMSELR")] ?? 0,
  };

  /** What a write does; each counts first, up to now, with what held before. */
  readonly writes: Cp15Writes = {
    PMCR: (value) => {
      this.#count();
      this.#set("PMCR", (this.#get("PMCR") & ~PMCR.KEPT) | (value & PMCR.KEPT));
      if (value & PMCR.P) this.#counts.fill(0);
      if (value & PMCR.C) {
        this.#set("PMCCNTR", 0);
        this.#countedNs = this.#nowNs();
      }
    },
    PMCNTENSET: (value) => {
      this.#count();
      this.#set("PMCNTENSET", this.#get("PMCNTENSET") | (value & ALL));
    },
    PMCNTENCLR: (value) => {
      this.#count();
      this.#set("PMCNTENSET", this.#get("PMCNTENSET") & ~value);
    },
    PMOVSR: (value) => {
      this.#count();
      this.#set("PMOVSR", this.#get("PMOVSR") & ~value);
    },
    PMSWINC: (value) => this.#softwareIncrement(value),
    PMCCNTR: () => void (this.#countedNs = this.#nowNs()),
    PMXEVTYPER: (value) => void (this.#types[this.#get("PMSELR")] = value),
    PMXEVCNTR: (value) => void (this.#counts[this.#get("PMSELR")] = value),
    PMINTENSET: (value) => this.#set("PMINTENSET", this.#get("PMINTENSET") | (value & ALL)),
    PMINTENCLR: (value) => this.#set("PMINTENSET", this.#get("PMINTENSET") & ~value),
  };

  reset(): void {
    this.#countedNs = this.#nowNs();
    this.#types.fill(0);
    this.#counts.fill(0);
  }

  save(): Json {
    return {
      countedNs: this.#countedNs,
      types: [...this.#types],
      counts: [...this.#counts],
    };
  }

  load(state: Json): void {
    const { countedNs, types, counts } = state as {
      countedNs: number;
      types: number[];
      counts: number[];
    };
    this.#countedNs = countedNs;
    this.#types.set(types);
    this.#counts.set(counts);
  }

  /** Brings the cycle counter up to now; what the divider leaves over is kept. */
  #count(): void {
    const now = this.#nowNs();
    const running = this.#get("PMCR") & PMCR.E && this.#get("PMCNTENSET") & CYCLES;
    if (!running) {
      this.#countedNs = now;
      return;
    }
    const per = this.#get("PMCR") & PMCR.D ? DIVIDER : 1;
    const counts = Math.floor((now - this.#countedNs) / per);
    this.#countedNs += counts * per;
    const total = (this.#get("PMCCNTR") >>> 0) + counts;
    if (total >= 2 ** 32) this.#set("PMOVSR", this.#get("PMOVSR") | CYCLES);
    this.#set("PMCCNTR", total);
  }

  #softwareIncrement(value: number): void {
    if ((this.#get("PMCR") & PMCR.E) === 0) return;
    for (let n = 0; n < COUNTERS; n++) {
      const counts = this.#types[n] === EVENT_SOFTWARE &&
        this.#get("PMCNTENSET") & value & (1 << n);
      if (!counts) continue;
      this.#counts[n]! += 1;
      if (this.#counts[n] === 0) this.#set("PMOVSR", this.#get("PMOVSR") | (1 << n));
    }
  }

  #get(name: Cp15Name): number {
    return this.#i32[CP15[name] >>> 2]!;
  }

  #set(name: Cp15Name, value: number): void {
    this.#i32[CP15[name] >>> 2] = value;
  }
}
