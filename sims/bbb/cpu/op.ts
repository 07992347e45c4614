/**
 * Decoded instructions: four 32-bit words each, the same for ARM and Thumb. The interpreter and the
 * translator read nothing else.
 *
 * | word | bits |
 * | ---- | ---- |
 * | w0   | the {@link Op} [8:0], {@link Mark}s above |
 * | w1   | Rd [3:0], Rn [7:4], Rm [11:8], Rs, Ra or RdLo [15:12], condition [19:16], S [20], shift amount [26:21], shift type [29:27], WIDE [30] |
 * | w2   | immediate, already expanded; displacement; register list; or the raw word |
 * | w3   | ITSTATE of the instruction [7:0], extras [31:8] as the op says |
 *
 * Shift amounts are 0 to 32, as the manual's DecodeImmShift gives them (an LSR #32 has 32).
 * Registers of an operand that an instruction lacks are 0.
 */

/** Words of a decoded instruction, and what an index of a record is shifted by. */
export const RECORD_WORDS = 4;

/** Where operands lie in w1. */
export const W1 = {
  RD: 0,
  RN: 4,
  RM: 8,
  RA: 12,
  COND: 16,
  S: 20,
  AMOUNT: 21,
  TYPE: 27,
  WIDE: 30,
} as const;

/** Bits of w0 above the op. An instruction with a mark never takes the short way. */
export const Mark = {
  /** Reads R15 (as its address + 8, or + 4 in Thumb) or writes it, through a register operand. */
  R15: 0x200,
  /**
   * In an IT block: w3[7:0] is the ITSTATE under which it was decoded (its condition is in w1 and S
   * is resolved). It is only right while STATE.IT is that; when not, it has to be decoded again.
   */
  GOVERNED: 0x400,
  OP: 0x1ff,
} as const;

export const SHIFT = { LSL: 0, LSR: 1, ASR: 2, ROR: 3, RRX: 4 } as const;

export const AL = 14;

/** Data processing: `Op.DATA + 8 * opcode + 2 * form + S`, see {@link dataOp}. */
export const Data = {
  AND: 0,
  EOR: 1,
  SUB: 2,
  RSB: 3,
  ADD: 4,
  ADC: 5,
  SBC: 6,
  RSC: 7,
  TST: 8,
  TEQ: 9,
  CMP: 10,
  CMN: 11,
  ORR: 12,
  MOV: 13,
  BIC: 14,
  MVN: 15,
  ORN: 16,
} as const;
export type Data = typeof Data[keyof typeof Data];

/** The second operand of data processing. */
export const Operand = {
  /** w2. w3[9:8]: 0 leaves C of a logical operation as it is, 2 clears it, 3 sets it. */
  IMMEDIATE: 0,
  /** Rm. */
  REGISTER: 1,
  /** Rm, shifted by the constant in w1. */
  SHIFTED: 2,
  /** Rm, shifted by Ra[7:0]; type in w1. */
  REGISTER_SHIFTED: 3,
} as const;
export type Operand = typeof Operand[keyof typeof Operand];

/** Loads and stores of one register (LDRD, STRD: two): `Op.MEMORY + 8 * access + form`. */
export const Access = {
  LDR: 0,
  LDRB: 1,
  LDRH: 2,
  LDRSB: 3,
  LDRSH: 4,
  STR: 5,
  STRB: 6,
  STRH: 7,
  /** Rd and Ra. */
  LDRD: 8,
  STRD: 9,
} as const;
export type Access = typeof Access[keyof typeof Access];

/** How an address is made. Register loaded or stored: Rd. Base: Rn. */
export const Form = {
  /** Rn + w2. */
  OFFSET: 0,
  /** Rn + (Rm LSL amount). */
  REGISTER: 1,
  /** Rn + w2, written back to Rn. */
  PRE: 2,
  /** Rn; then Rn + w2 is written back. */
  POST: 3,
  /** Any other: w3 says {@link Indexing}; offset Rm shifted by the constant, or w2. */
  OTHER: 4,
  /** Align(its address, 4) + w2. */
  LITERAL: 5,
} as const;
export type Form = typeof Form[keyof typeof Form];

/** Bits of w3 for {@link Form.OTHER}. */
export const Indexing = {
  /** The offset is Rm shifted, not w2. */
  REGISTER: 0x100,
  /** Rm shifted is subtracted. */
  SUBTRACT: 0x200,
  /** The access is at Rn; the sum is for the write-back alone. */
  POST: 0x400,
  WRITE_BACK: 0x800,
  /** As if in User mode (LDRT and its kin). */
  UNPRIVILEGED: 0x1000,
} as const;

export const Op = {
  /** Nothing is decoded here yet. */
  UNDECODED: 0,
  /** Behind the last instruction of a page. */
  END_OF_PAGE: 1,
  /** A 32-bit Thumb instruction whose second half is in another page: decoded each time. */
  STRADDLE: 2,
  /** NOP, YIELD, SEV, PLD, PLI: does nothing. */
  NOP: 3,
  /** w2 is the raw word. */
  UNDEFINED: 4,

  /** To its address + w2. */
  B: 5,
  /** B whose target is in the same 4 KiB: w3[31:8] is the distance in words of records, signed. */
  B_NEAR: 6,
  /** BL; w2 as B. */
  BL: 7,
  BL_NEAR: 8,
  /** BLX to the other instruction set: to Align(its address, 4) + w2. */
  BLX_IMMEDIATE: 9,
  /** BX and BXJ, to Rm. */
  BX: 10,
  BLX: 11,
  /** Compares Rn with 0; w2 as B. */
  CBZ: 12,
  CBNZ: 13,
  /** [Rn + Rm] in bytes, [Rn + 2 Rm] in halfwords. */
  TBB: 14,
  TBH: 15,

  /** 17 opcodes in 4 forms, without and with S. */
  DATA: 16,
  /** Rd = Align(its address, 4) + w2. */
  ADR: 152,
  /** Rd[31:16] = w2. */
  MOVT: 153,

  /** No instruction: the interpreter goes on where R15 says. */
  ENTER: 154,

  /** 10 accesses in 8 forms (6 are used). */
  MEMORY: 160,

  /**
   * Registers of w2[15:0] from Rn + w3[31:8] upwards; then Rn += w2[31:16], signed, when not 0
   * (a Rn that is loaded keeps what was loaded).
   */
  LDM: 240,
  /** With R15 in the list, which branches as BX does. */
  LDM_PC: 241,
  STM: 242,
  /** The registers are those of User mode. */
  LDM_USER: 243,
  STM_USER: 244,
  /** LDM (exception return): CPSR = SPSR. */
  LDM_RETURN: 245,

  /** Rd = Rn * Rm; S in w1. */
  MUL: 248,
  /** Rd = Ra + Rn * Rm; S in w1. */
  MLA: 249,
  MLS: 250,
  /** RdHi is Rd, RdLo is Ra; S in w1. */
  UMULL: 251,
  UMLAL: 252,
  UMAAL: 253,
  SMULL: 254,
  SMLAL: 255,
  /** Halves: w2[0] takes the top of Rn, w2[1] that of Rm. */
  SMUL: 256,
  SMLA: 257,
  SMLAL_HALVES: 258,
  /** w2[1] takes the top of Rm. */
  SMULW: 259,
  SMLAW: 260,
  /** Dual: w2[0] exchanges the halves of Rm. */
  SMUAD: 261,
  SMUSD: 262,
  SMLAD: 263,
  SMLSD: 264,
  /** RdHi is Rd, RdLo is Ra. */
  SMLALD: 265,
  SMLSLD: 266,
  /** Most significant word: w2[0] rounds. */
  SMMUL: 267,
  SMMLA: 268,
  SMMLS: 269,
  USAD8: 270,
  USADA8: 271,

  /** Rm rotated by the amount, then extended; those with A add Rn. */
  SXTB: 272,
  SXTH: 273,
  SXTB16: 274,
  UXTB: 275,
  UXTH: 276,
  UXTB16: 277,
  SXTAB: 278,
  SXTAH: 279,
  SXTAB16: 280,
  UXTAB: 281,
  UXTAH: 282,
  UXTAB16: 283,
  /** Bit fields: w2[4:0] is the lowest bit, w2[13:8] the width. Source: Rn (not of BFC). */
  BFC: 284,
  BFI: 285,
  SBFX: 286,
  UBFX: 287,
  /** Of Rm. */
  CLZ: 288,
  RBIT: 289,
  REV: 290,
  REV16: 291,
  REVSH: 292,
  /** Of Rn and Rm. */
  SEL: 293,
  PKHBT: 294,
  PKHTB: 295,
  /** Rn shifted as w1 says; w2 is the width (of SSAT 1 to 32, of USAT 0 to 31). */
  SSAT: 296,
  USAT: 297,
  SSAT16: 298,
  USAT16: 299,
  /** Rd = Rm op Rn (mind the order). */
  QADD: 300,
  QSUB: 301,
  QDADD: 302,
  QDSUB: 303,
  /** w2[5:3]: S 1, Q 2, SH 3, U 5, UQ 6, UH 7; w2[2:0]: ADD16 0, ASX 1, SAX 2, SUB16 3, ADD8 4, SUB8 7. */
  PARALLEL: 304,

  /** Rd = [Rn + w2]; D: Rd and Ra. */
  LDREX: 312,
  LDREXB: 313,
  LDREXH: 314,
  LDREXD: 315,
  /** Rd = status, Rm (and Ra) stored at [Rn + w2]. */
  STREX: 316,
  STREXB: 317,
  STREXH: 318,
  STREXD: 319,
  CLREX: 320,
  /** Rd = [Rn], [Rn] = Rm. */
  SWP: 321,
  SWPB: 322,

  /** w2: 1 reads SPSR. */
  MRS: 328,
  /** w2[3:0] is the field mask, w2[4] writes SPSR; the value is Rm. */
  MSR: 329,
  /** The value is w3[15:8] rotated right by twice w3[19:16]. */
  MSR_IMMEDIATE: 330,
  /** w2: mode [4:0], change mode [5], A I F [8:6], enable [9], disable [10]. */
  CPS: 331,
  /** w2 is the new CPSR.E. */
  SETEND: 332,
  /** w2[4:0] is the mode whose stack it is; start and write-back as LDM. */
  SRS: 333,
  /** Start and write-back as LDM. */
  RFE: 334,
  /** w2 is the immediate of the instruction. */
  SVC: 335,
  BKPT: 336,
  SMC: 337,
  WFI: 338,
  WFE: 339,
  /** w2: 0 DSB, 1 DMB. */
  BARRIER: 340,
  ISB: 341,
  /** w2 is the ITSTATE of the instruction behind it. */
  IT: 342,

  /** Coprocessors 0 to 9 and 12 to 15; w2 is the raw word (of Thumb: first halfword on top). */
  CDP: 344,
  MCR: 345,
  MRC: 346,
  MCRR: 347,
  MRRC: 348,
  LDC: 349,
  STC: 350,
  /** Coprocessors 10 and 11, and Advanced SIMD; w2 is the raw word. */
  SIMD: 351,
  COUNT: 352,
} as const;

export function dataOp(opcode: Data, operand: Operand, s: number): number {
  return Op.DATA + 8 * opcode + 2 * operand + s;
}

export function memoryOp(access: Access, form: Form): number {
  return Op.MEMORY + 8 * access + form;
}
