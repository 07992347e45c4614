/**
 * The registers of the Cortex-A8's system control coprocessor, CP15 (Cortex-A8 TRM DDI 0344K,
 * section 3.2.1, and ARM ARM DDI 0406C, section B3.17; cache sizes as the AM335x has them). Each has a
 * word in linear memory, at STATE.CP15, in the order of this table; so translated code can read
 * those that a read does nothing to, such as TPIDRURO.
 */
import { STATE } from "./layout.ts";

/** What a mode may do: read, write, both, or neither. */
export type Rights = "rw" | "r" | "w" | "-";

export interface Cp15Spec {
  readonly crn: number;
  readonly op1: number;
  readonly crm: number;
  readonly op2: number;
  /** In privileged modes. */
  readonly privileged: Rights;
  /** In user mode; `pmu`: as privileged, once PMUSERENR.EN is set. */
  readonly user: Rights | "pmu";
  readonly reset: number;
  /** Bits that a write can change. */
  readonly writable: number;
}

type Row = readonly [
  crn: number,
  op1: number,
  crm: number,
  op2: number,
  privileged: Rights,
  user: Rights | "pmu",
  reset?: number,
  writable?: number,
];

// deno-fmt-ignore
const ROWS = {
  // c0: identification. CRn, op1, CRm, op2, privileged, user, reset, writable
  MIDR:        [ 0, 0, 0, 0, "r",  "-", 0x413f_c082],
  CTR:         [ 0, 0, 0, 1, "r",  "-", 0x8204_8004],
  TCMTR:       [ 0, 0, 0, 2, "r",  "-"],
  TLBTR:       [ 0, 0, 0, 3, "r",  "-", 0x0020_2001],
  MIDR_4:      [ 0, 0, 0, 4, "r",  "-", 0x413f_c082], // alias (B4.1.105)
  MPIDR:       [ 0, 0, 0, 5, "r",  "-"],
  REVIDR:      [ 0, 0, 0, 6, "r",  "-"],
  MIDR_7:      [ 0, 0, 0, 7, "r",  "-", 0x413f_c082], // alias
  ID_PFR0:     [ 0, 0, 1, 0, "r",  "-", 0x0000_1031],
  ID_PFR1:     [ 0, 0, 1, 1, "r",  "-", 0x0000_0011],
  ID_DFR0:     [ 0, 0, 1, 2, "r",  "-", 0x0000_0400],
  ID_AFR0:     [ 0, 0, 1, 3, "r",  "-"],
  ID_MMFR0:    [ 0, 0, 1, 4, "r",  "-", 0x3110_0003],
  ID_MMFR1:    [ 0, 0, 1, 5, "r",  "-", 0x2000_0000],
  ID_MMFR2:    [ 0, 0, 1, 6, "r",  "-", 0x0120_2000],
  ID_MMFR3:    [ 0, 0, 1, 7, "r",  "-", 0x0000_0011],
  ID_ISAR0:    [ 0, 0, 2, 0, "r",  "-", 0x0010_1111],
  ID_ISAR1:    [ 0, 0, 2, 1, "r",  "-", 0x1211_2111],
  ID_ISAR2:    [ 0, 0, 2, 2, "r",  "-", 0x2123_2031],
  ID_ISAR3:    [ 0, 0, 2, 3, "r",  "-", 0x1111_2131],
  ID_ISAR4:    [ 0, 0, 2, 4, "r",  "-", 0x0011_1142],
  ID_ISAR5:    [ 0, 0, 2, 5, "r",  "-"],
  ID_ISAR6:    [ 0, 0, 2, 6, "r",  "-"],
  ID_ISAR7:    [ 0, 0, 2, 7, "r",  "-"],
  CCSIDR:      [ 0, 1, 0, 0, "r",  "-"], // of the cache that CSSELR selects: see CACHES
  CLIDR:       [ 0, 1, 0, 1, "r",  "-", 0x0a00_0023],
  AIDR:        [ 0, 1, 0, 7, "r",  "-"],
  CSSELR:      [ 0, 2, 0, 0, "rw", "-", 0, 0xf],

  // c1: system control
  SCTLR:       [ 1, 0, 0, 0, "rw", "-", 0x00c5_0078, 0x7200_3807 | 0x0100_0000],
  ACTLR:       [ 1, 0, 0, 1, "rw", "-", 0x0000_0002],
  CPACR:       [ 1, 0, 0, 2, "rw", "-", 0, 0x00f0_0000],
  SCR:         [ 1, 0, 1, 0, "rw", "-", 0, 0x7f],
  SDER:        [ 1, 0, 1, 1, "rw", "-", 0, 0x3],
  NSACR:       [ 1, 0, 1, 2, "rw", "-", 0x0000_0c00, 0x0007_0c00],

  // c2, c3: translation tables and domains
  TTBR0:       [ 2, 0, 0, 0, "rw", "-"],
  TTBR1:       [ 2, 0, 0, 1, "rw", "-"],
  TTBCR:       [ 2, 0, 0, 2, "rw", "-", 0, 0x37],
  DACR:        [ 3, 0, 0, 0, "rw", "-"],

  // c5, c6: faults
  DFSR:        [ 5, 0, 0, 0, "rw", "-", 0, 0x1cff],
  IFSR:        [ 5, 0, 0, 1, "rw", "-", 0, 0x140f],
  ADFSR:       [ 5, 0, 1, 0, "rw", "-", 0, 0],
  AIFSR:       [ 5, 0, 1, 1, "rw", "-", 0, 0],
  DFAR:        [ 6, 0, 0, 0, "rw", "-"],
  IFAR:        [ 6, 0, 0, 2, "rw", "-"],

  // c7: caches (there are none to see: stores drop code by themselves), barriers, translations
  NOP_WFI:     [ 7, 0, 0, 4, "w",  "-"],
  ICIALLUIS:   [ 7, 0, 1, 0, "w",  "-"],
  BPIALLIS:    [ 7, 0, 1, 6, "w",  "-"],
  PAR:         [ 7, 0, 4, 0, "rw", "-"],
  ICIALLU:     [ 7, 0, 5, 0, "w",  "-"],
  ICIMVAU:     [ 7, 0, 5, 1, "w",  "-"],
  CP15ISB:     [ 7, 0, 5, 4, "w",  "w"],
  BPIALL:      [ 7, 0, 5, 6, "w",  "-"],
  BPIMVA:      [ 7, 0, 5, 7, "w",  "-"],
  DCIMVAC:     [ 7, 0, 6, 1, "w",  "-"],
  DCISW:       [ 7, 0, 6, 2, "w",  "-"],
  V2PCWPR:     [ 7, 0, 8, 0, "w",  "-"],
  V2PCWPW:     [ 7, 0, 8, 1, "w",  "-"],
  V2PCWUR:     [ 7, 0, 8, 2, "w",  "-"],
  V2PCWUW:     [ 7, 0, 8, 3, "w",  "-"],
  V2POWPR:     [ 7, 0, 8, 4, "w",  "-"],
  V2POWPW:     [ 7, 0, 8, 5, "w",  "-"],
  V2POWUR:     [ 7, 0, 8, 6, "w",  "-"],
  V2POWUW:     [ 7, 0, 8, 7, "w",  "-"],
  DCCMVAC:     [ 7, 0,10, 1, "w",  "-"],
  DCCSW:       [ 7, 0,10, 2, "w",  "-"],
  CP15DSB:     [ 7, 0,10, 4, "w",  "w"],
  CP15DMB:     [ 7, 0,10, 5, "w",  "w"],
  DCCMVAU:     [ 7, 0,11, 1, "w",  "-"],
  NOP_PREFETCH:[ 7, 0,13, 1, "w",  "-"],
  DCCIMVAC:    [ 7, 0,14, 1, "w",  "-"],
  DCCISW:      [ 7, 0,14, 2, "w",  "-"],

  // c8: TLBs. The A8 has one unified answer to I, D and unified forms; the inner-shareable forms
  // are of the multiprocessing extensions, and kernels that can run on those try them
  TLBIALLIS:   [ 8, 0, 3, 0, "w",  "-"],
  TLBIMVAIS:   [ 8, 0, 3, 1, "w",  "-"],
  TLBIASIDIS:  [ 8, 0, 3, 2, "w",  "-"],
  TLBIMVAAIS:  [ 8, 0, 3, 3, "w",  "-"],
  ITLBIALL:    [ 8, 0, 5, 0, "w",  "-"],
  ITLBIMVA:    [ 8, 0, 5, 1, "w",  "-"],
  ITLBIASID:   [ 8, 0, 5, 2, "w",  "-"],
  DTLBIALL:    [ 8, 0, 6, 0, "w",  "-"],
  DTLBIMVA:    [ 8, 0, 6, 1, "w",  "-"],
  DTLBIASID:   [ 8, 0, 6, 2, "w",  "-"],
  TLBIALL:     [ 8, 0, 7, 0, "w",  "-"],
  TLBIMVA:     [ 8, 0, 7, 1, "w",  "-"],
  TLBIASID:    [ 8, 0, 7, 2, "w",  "-"],
  TLBIMVAA:    [ 8, 0, 7, 3, "w",  "-"],

  // c9: performance monitors (0 writable: pmu.ts stores them), L2 cache
  PMCR:        [ 9, 0,12, 0, "rw", "pmu", 0x4100_2000, 0],
  PMCNTENSET:  [ 9, 0,12, 1, "rw", "pmu", 0, 0],
  PMCNTENCLR:  [ 9, 0,12, 2, "rw", "pmu", 0, 0],
  PMOVSR:      [ 9, 0,12, 3, "rw", "pmu", 0, 0],
  PMSWINC:     [ 9, 0,12, 4, "w",  "pmu"],
  PMSELR:      [ 9, 0,12, 5, "rw", "pmu", 0, 0x1f],
  PMCCNTR:     [ 9, 0,13, 0, "rw", "pmu"],
  PMXEVTYPER:  [ 9, 0,13, 1, "rw", "pmu", 0, 0],
  PMXEVCNTR:   [ 9, 0,13, 2, "rw", "pmu", 0, 0],
  PMUSERENR:   [ 9, 0,14, 0, "rw", "r", 0, 0x1],
  PMINTENSET:  [ 9, 0,14, 1, "rw", "-", 0, 0],
  PMINTENCLR:  [ 9, 0,14, 2, "rw", "-", 0, 0],
  L2LOCKDOWN:  [ 9, 1, 0, 0, "rw", "-"],
  L2AUXCR:     [ 9, 1, 0, 2, "rw", "-", 0x0000_0042],

  // c10: TLB lockdown, memory remap
  DTLBLOCK:    [10, 0, 0, 0, "rw", "-"],
  ITLBLOCK:    [10, 0, 0, 1, "rw", "-"],
  PRRR:        [10, 0, 2, 0, "rw", "-", 0x0009_8aa4],
  NMRR:        [10, 0, 2, 1, "rw", "-", 0x44e0_48e0],

  // c11: the preload engine's identification: no channel is present
  PLEIDR_0:    [11, 0, 0, 0, "r",  "-"],
  PLEIDR_2:    [11, 0, 0, 2, "r",  "-"],
  PLEIDR_3:    [11, 0, 0, 3, "r",  "-"],

  // c12: vectors
  VBAR:        [12, 0, 0, 0, "rw", "-", 0, 0xffff_ffe0],
  MVBAR:       [12, 0, 0, 1, "rw", "-", 0, 0xffff_ffe0],
  ISR:         [12, 0, 1, 0, "r",  "-"],

  // c13: process and thread
  FCSEIDR:     [13, 0, 0, 0, "rw", "-", 0, 0xfe00_0000],
  CONTEXTIDR:  [13, 0, 0, 1, "rw", "-"],
  TPIDRURW:    [13, 0, 0, 2, "rw", "rw"],
  TPIDRURO:    [13, 0, 0, 3, "rw", "r"],
  TPIDRPRW:    [13, 0, 0, 4, "rw", "-"],
} as const satisfies Readonly<Record<string, Row>>;

export type Cp15Name = keyof typeof ROWS;
export const CP15_NAMES: readonly Cp15Name[] = Object.keys(ROWS) as Cp15Name[];

/** By name. */
export const CP15_REGISTERS: Readonly<Record<Cp15Name, Cp15Spec>> = Object.fromEntries(
  Object.entries<Row>(ROWS).map(([name, row]) => {
    const [crn, op1, crm, op2, privileged, user, reset = 0, writable = 0xffff_ffff] = row;
    return [name, { crn, op1, crm, op2, privileged, user, reset, writable }];
  }),
) as Record<Cp15Name, Cp15Spec>;

/** What a read gives instead of what is stored. */
export type Cp15Reads = { readonly [Name in Cp15Name]?: () => number };
/** What a write does when it has stored. */
export type Cp15Writes = { readonly [Name in Cp15Name]?: (value: number, old: number) => void };

/** The byte offset of each register's word in linear memory. */
export const CP15: Readonly<Record<Cp15Name, number>> = Object.fromEntries(
  CP15_NAMES.map((name, n) => [name, STATE.CP15 + 4 * n]),
) as Record<Cp15Name, number>;

/** CCSIDR by CSSELR: L1 data 32 KiB, L1 instruction 32 KiB, L2 unified 256 KiB (AM335x). */
export const CACHES: readonly number[] = [0xe00f_e01a, 0x200f_e01a, 0xf03f_e03a];

export const SCTLR = {
  M: 1 << 0,
  A: 1 << 1,
  V: 1 << 13,
  VE: 1 << 24,
  EE: 1 << 25,
  TRE: 1 << 28,
  AFE: 1 << 29,
  TE: 1 << 30,
} as const;
