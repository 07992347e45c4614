/**
 * Decoded instructions as text, in the unified assembler language: for traces, not for assemblers.
 * (Width suffixes are left out, coprocessor and SIMD instructions are shown by their word.)
 */
import type { GuestMemory } from "../memory.ts";
import type { Core } from "./core.ts";
import { armCondition, decodeArm } from "./decode/arm.ts";
import { packThumb } from "./decode/cache.ts";
import { pack, UNDEFINED } from "./decode/instruction.ts";
import { isWide } from "./decode/thumb32.ts";
import { Abort } from "./fault.ts";
import { STATE } from "./layout.ts";
import { Access, Data, Form, Indexing, Mark, Op, Operand, SHIFT, W1 } from "./op.ts";

/** A record, and where its instruction is. */
interface Decoded {
  readonly op: number;
  readonly w1: number;
  readonly w2: number;
  readonly w3: number;
  readonly address: number;
}

// deno-fmt-ignore
const REGISTERS = [
  "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7",
  "r8", "r9", "r10", "r11", "r12", "sp", "lr", "pc",
] as const;
// deno-fmt-ignore
const CONDITIONS = [
  "eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "", "",
] as const;
const SHIFTS = ["lsl", "lsr", "asr", "ror", "rrx"] as const;

const register = (w1: number, at: number) => REGISTERS[w1 >>> at & 15]!;
const amount = ({ w1 }: Decoded) => w1 >>> W1.AMOUNT & 63;
const type = ({ w1 }: Decoded) => w1 >>> W1.TYPE & 7;
const hex = (value: number) => `0x${(value >>> 0).toString(16)}`;
const lower = (names: object): string[] => {
  const list: string[] = [];
  for (const [name, value] of Object.entries(names)) list[value] = name.toLowerCase();
  return list;
};
const DATA = lower(Data), ACCESSES = lower(Access);

/** What stands in braces in a syntax. */
const PARTS: { readonly [part: string]: (d: Decoded) => string } = {
  c: ({ w1 }) => CONDITIONS[w1 >>> W1.COND & 15]!,
  s: ({ w1 }) => (w1 >>> W1.S & 1) === 0 ? "" : "s",
  d: ({ w1 }) => register(w1, W1.RD),
  n: ({ w1 }) => register(w1, W1.RN),
  m: ({ w1 }) => register(w1, W1.RM),
  a: ({ w1 }) => register(w1, W1.RA),
  i: ({ w2 }) => `#${w2}`,
  x: ({ w2 }) => hex(w2),
  /** x and y of SMLAxy: the halves of Rn and Rm. */
  xy: ({ w2 }) => `${half(w2 & 1)}${half(w2 & 2)}`,
  y: ({ w2 }) => half(w2 & 2),
  exchange: ({ w2 }) => (w2 & 1) === 0 ? "" : "x",
  round: ({ w2 }) => (w2 & 1) === 0 ? "" : "r",
  shift: (d) => shiftText(d),
  rotation: (d) => amount(d) === 0 ? "" : `, ror #${amount(d)}`,
  field: ({ w2 }) => `#${w2 & 31}, #${w2 >>> 8}`,
  to: ({ w2, address }) => hex(address + w2),
  toAligned: ({ w2, address }) => hex((address & ~3) + w2),
  list: ({ w2 }) => listText(w2 & 0xffff),
  psr: ({ w2 }) => `${(w2 & 0x10) === 0 ? "cpsr" : "spsr"}_${fields(w2)}`,
  parallel: ({ w2 }) => `${PREFIXES[w2 >>> 3]}${PARALLEL[w2 & 7]}`,
  offset: ({ w2 }) => w2 === 0 ? "" : `, #${w2}`,
};

const PREFIXES = ["", "s", "q", "sh", "", "u", "uq", "uh"] as const;
const PARALLEL = ["add16", "asx", "sax", "sub16", "add8", "", "", "sub8"] as const;

function half(bits: number): string {
  return bits === 0 ? "b" : "t";
}

function shiftText(d: Decoded): string {
  if (type(d) === SHIFT.RRX) return ", rrx";
  return amount(d) === 0 ? "" : `, ${SHIFTS[type(d)]} #${amount(d)}`;
}

function listText(list: number): string {
  return `{${REGISTERS.filter((_, r) => (list >>> r & 1) !== 0).join(", ")}}`;
}

function fields(mask: number): string {
  return [..."fsxc"].filter((_, n) => (mask >>> (3 - n) & 1) !== 0).join("");
}

/** By op; those that are not here have a function below. */
// deno-fmt-ignore
const SYNTAX: { readonly [op: number]: string } = {
  [Op.NOP]: "nop{c}", [Op.UNDEFINED]: "udf {x}", [Op.STRADDLE]: "(continues in the next page)",
  [Op.B]: "b{c} {to}", [Op.B_NEAR]: "b{c} {to}", [Op.BL]: "bl{c} {to}", [Op.BL_NEAR]: "bl{c} {to}",
  [Op.BLX_IMMEDIATE]: "blx{c} {toAligned}", [Op.BX]: "bx{c} {m}", [Op.BLX]: "blx{c} {m}",
  [Op.CBZ]: "cbz {n}, {to}", [Op.CBNZ]: "cbnz {n}, {to}",
  [Op.TBB]: "tbb{c} [{n}, {m}]", [Op.TBH]: "tbh{c} [{n}, {m}, lsl #1]",
  [Op.ADR]: "adr{c} {d}, {toAligned}", [Op.MOVT]: "movt{c} {d}, {i}",
  [Op.MUL]: "mul{s}{c} {d}, {n}, {m}", [Op.MLA]: "mla{s}{c} {d}, {n}, {m}, {a}",
  [Op.MLS]: "mls{c} {d}, {n}, {m}, {a}",
  [Op.UMULL]: "umull{s}{c} {a}, {d}, {n}, {m}", [Op.UMLAL]: "umlal{s}{c} {a}, {d}, {n}, {m}",
  [Op.UMAAL]: "umaal{c} {a}, {d}, {n}, {m}",
  [Op.SMULL]: "smull{s}{c} {a}, {d}, {n}, {m}", [Op.SMLAL]: "smlal{s}{c} {a}, {d}, {n}, {m}",
  [Op.SMUL]: "smul{xy}{c} {d}, {n}, {m}", [Op.SMLA]: "smla{xy}{c} {d}, {n}, {m}, {a}",
  [Op.SMLAL_HALVES]: "smlal{xy}{c} {a}, {d}, {n}, {m}",
  [Op.SMULW]: "smulw{y}{c} {d}, {n}, {m}", [Op.SMLAW]: "smlaw{y}{c} {d}, {n}, {m}, {a}",
  [Op.SMUAD]: "smuad{exchange}{c} {d}, {n}, {m}", [Op.SMUSD]: "smusd{exchange}{c} {d}, {n}, {m}",
  [Op.SMLAD]: "smlad{exchange}{c} {d}, {n}, {m}, {a}", [Op.SMLSD]: "smlsd{exchange}{c} {d}, {n}, {m}, {a}",
  [Op.SMLALD]: "smlald{exchange}{c} {a}, {d}, {n}, {m}", [Op.SMLSLD]: "smlsld{exchange}{c} {a}, {d}, {n}, {m}",
  [Op.SMMUL]: "smmul{round}{c} {d}, {n}, {m}", [Op.SMMLA]: "smmla{round}{c} {d}, {n}, {m}, {a}",
  [Op.SMMLS]: "smmls{round}{c} {d}, {n}, {m}, {a}",
  [Op.USAD8]: "usad8{c} {d}, {n}, {m}", [Op.USADA8]: "usada8{c} {d}, {n}, {m}, {a}",
  [Op.SXTB]: "sxtb{c} {d}, {m}{rotation}", [Op.SXTH]: "sxth{c} {d}, {m}{rotation}",
  [Op.SXTB16]: "sxtb16{c} {d}, {m}{rotation}", [Op.UXTB]: "uxtb{c} {d}, {m}{rotation}",
  [Op.UXTH]: "uxth{c} {d}, {m}{rotation}", [Op.UXTB16]: "uxtb16{c} {d}, {m}{rotation}",
  [Op.SXTAB]: "sxtab{c} {d}, {n}, {m}{rotation}", [Op.SXTAH]: "sxtah{c} {d}, {n}, {m}{rotation}",
  [Op.SXTAB16]: "sxtab16{c} {d}, {n}, {m}{rotation}", [Op.UXTAB]: "uxtab{c} {d}, {n}, {m}{rotation}",
  [Op.UXTAH]: "uxtah{c} {d}, {n}, {m}{rotation}", [Op.UXTAB16]: "uxtab16{c} {d}, {n}, {m}{rotation}",
  [Op.BFC]: "bfc{c} {d}, {field}", [Op.BFI]: "bfi{c} {d}, {n}, {field}",
  [Op.SBFX]: "sbfx{c} {d}, {n}, {field}", [Op.UBFX]: "ubfx{c} {d}, {n}, {field}",
  [Op.CLZ]: "clz{c} {d}, {m}", [Op.RBIT]: "rbit{c} {d}, {m}", [Op.REV]: "rev{c} {d}, {m}",
  [Op.REV16]: "rev16{c} {d}, {m}", [Op.REVSH]: "revsh{c} {d}, {m}", [Op.SEL]: "sel{c} {d}, {n}, {m}",
  [Op.PKHBT]: "pkhbt{c} {d}, {n}, {m}{shift}", [Op.PKHTB]: "pkhtb{c} {d}, {n}, {m}{shift}",
  [Op.SSAT]: "ssat{c} {d}, {i}, {n}{shift}", [Op.USAT]: "usat{c} {d}, {i}, {n}{shift}",
  [Op.SSAT16]: "ssat16{c} {d}, {i}, {n}", [Op.USAT16]: "usat16{c} {d}, {i}, {n}",
  [Op.QADD]: "qadd{c} {d}, {m}, {n}", [Op.QSUB]: "qsub{c} {d}, {m}, {n}",
  [Op.QDADD]: "qdadd{c} {d}, {m}, {n}", [Op.QDSUB]: "qdsub{c} {d}, {m}, {n}",
  [Op.PARALLEL]: "{parallel}{c} {d}, {n}, {m}",
  [Op.LDREX]: "ldrex{c} {d}, [{n}{offset}]", [Op.LDREXB]: "ldrexb{c} {d}, [{n}]",
  [Op.LDREXH]: "ldrexh{c} {d}, [{n}]", [Op.LDREXD]: "ldrexd{c} {d}, {a}, [{n}]",
  [Op.STREX]: "strex{c} {d}, {m}, [{n}{offset}]", [Op.STREXB]: "strexb{c} {d}, {m}, [{n}]",
  [Op.STREXH]: "strexh{c} {d}, {m}, [{n}]", [Op.STREXD]: "strexd{c} {d}, {m}, {a}, [{n}]",
  [Op.CLREX]: "clrex", [Op.SWP]: "swp{c} {d}, {m}, [{n}]", [Op.SWPB]: "swpb{c} {d}, {m}, [{n}]",
  [Op.MSR]: "msr{c} {psr}, {m}", [Op.SVC]: "svc{c} {i}", [Op.BKPT]: "bkpt {i}", [Op.SMC]: "smc{c} {i}",
  [Op.WFI]: "wfi{c}", [Op.WFE]: "wfe{c}", [Op.ISB]: "isb",
  [Op.CDP]: "cdp{c} {x}", [Op.LDC]: "ldc{c} {x}", [Op.STC]: "stc{c} {x}", [Op.MCRR]: "mcrr{c} {x}",
  [Op.MRRC]: "mrrc{c} {x}", [Op.SIMD]: "simd {x}",
};

function fill(syntax: string, d: Decoded): string {
  return syntax.replaceAll(/\{(\w+)\}/g, (_, part: string) => PARTS[part]!(d));
}

const DATA_END: number = Op.ADR, MEMORY_END: number = Op.LDM;

function textOf(d: Decoded): string {
  const { op } = d;
  const syntax = SYNTAX[op];
  if (syntax !== undefined) return fill(syntax, d);
  if (op >= Op.DATA && op < DATA_END) return dataText(d);
  if (op >= Op.MEMORY && op < MEMORY_END) return memoryText(d);
  if (op >= Op.LDM && op <= Op.LDM_RETURN) return multipleText(d);
  return systemText(d);
}

function dataText(d: Decoded): string {
  const opcode = d.op - Op.DATA >> 3, form = d.op - Op.DATA >> 1 & 3;
  const compares = opcode >= Data.TST && opcode <= Data.CMN;
  const moves = opcode === Data.MOV || opcode === Data.MVN;
  const flags = compares ? "{c}" : "{s}{c}";
  if (opcode === Data.MOV && form >= Operand.SHIFTED) {
    const by = form === Operand.REGISTER_SHIFTED ? ", {a}" : type(d) === SHIFT.RRX ? "" : null;
    return fill(`${SHIFTS[type(d)]}${flags} {d}, {m}${by ?? `, #${amount(d)}`}`, d);
  }
  const operand = form === Operand.IMMEDIATE
    ? "{i}"
    : form === Operand.REGISTER_SHIFTED
    ? `{m}, ${SHIFTS[type(d)]} {a}`
    : "{m}{shift}";
  const registers = compares ? "{n}" : moves ? "{d}" : "{d}, {n}";
  return fill(`${DATA[opcode]}${flags} ${registers}, ${operand}`, d);
}

function memoryText(d: Decoded): string {
  const access = d.op - Op.MEMORY >> 3, form = d.op - Op.MEMORY & 7;
  const t = (d.w3 & Indexing.UNPRIVILEGED) !== 0 && form === Form.OTHER ? "t" : "";
  const registers = access >= Access.LDRD ? "{d}, {a}" : "{d}";
  return fill(`${ACCESSES[access]}${t}{c} ${registers}, ${addressText(d, form)}`, d);
}

function addressText(d: Decoded, form: number): string {
  const sign = (d.w3 & Indexing.SUBTRACT) === 0 ? "" : "-";
  const offset = (d.w3 & Indexing.REGISTER) === 0 ? "{offset}" : `, ${sign}{m}{shift}`;
  switch (form) {
    case Form.OFFSET:
      return "[{n}{offset}]";
    case Form.REGISTER:
      return "[{n}, {m}{shift}]";
    case Form.PRE:
      return "[{n}, {i}]!";
    case Form.POST:
      return "[{n}], {i}";
    case Form.LITERAL:
      return "[{toAligned}]";
  }
  if ((d.w3 & Indexing.POST) !== 0) return `[{n}]${offset}`;
  return `[{n}${offset}]${(d.w3 & Indexing.WRITE_BACK) === 0 ? "" : "!"}`;
}

/** By where a block of `count` words starts, and where the base goes. */
function blockMode({ w2, w3 }: Decoded, count: number): string {
  const start = w3 >> 8, moved = w2 >> 16;
  const down = moved < 0 || moved === 0 && start < 0;
  if (down) return start === -4 * count ? "db" : "da";
  return start === 0 ? "" : "ib";
}

function countOf(list: number): number {
  return [...(list & 0xffff).toString(2)].filter((bit) => bit === "1").length;
}

function multipleText(d: Decoded): string {
  const load = d.op !== Op.STM && d.op !== Op.STM_USER;
  const caret = d.op >= Op.LDM_USER ? "^" : "";
  const back = d.w2 >> 16 === 0 ? "" : "!";
  const mode = blockMode(d, countOf(d.w2));
  const stack = (d.w1 >>> W1.RN & 15) === 13 && back !== "" && caret === "";
  if (stack && load && mode === "") return fill("pop{c} {list}", d);
  if (stack && !load && mode === "db") return fill("push{c} {list}", d);
  return fill(`${load ? "ldm" : "stm"}${mode}{c} {n}${back}, {list}${caret}`, d);
}

function systemText(d: Decoded): string {
  const { w2, w3 } = d;
  switch (d.op) {
    case Op.MRS:
      return fill(`mrs{c} {d}, ${w2 === 1 ? "spsr" : "apsr"}`, d);
    case Op.MSR_IMMEDIATE:
      return fill(`msr{c} {psr}, #${rotated(w3 >>> 8 & 0xff, 2 * (w3 >>> 16 & 15))}`, d);
    case Op.BARRIER:
      return w2 === 1 ? "dmb" : "dsb";
    case Op.CPS:
      return cpsText(w2);
    case Op.SETEND:
      return `setend ${w2 === 1 ? "be" : "le"}`;
    case Op.SRS:
      return `srs${blockMode(d, 2)} sp${w2 >> 16 === 0 ? "" : "!"}, #${w2 & 31}`;
    case Op.RFE:
      return fill(`rfe${blockMode(d, 2)} {n}${w2 >> 16 === 0 ? "" : "!"}`, d);
    case Op.IT:
      return itText(w2);
    case Op.MCR:
    case Op.MRC:
      return fill(`${d.op === Op.MCR ? "mcr" : "mrc"}{c} ${moveText(w2)}`, d);
  }
  return `op ${d.op}`;
}

function rotated(value: number, by: number): number {
  return (value >>> by | value << (32 - by)) >>> 0;
}

function cpsText(w2: number): string {
  const flags = [..."aif"].filter((_, n) => (w2 >>> (8 - n) & 1) !== 0).join("");
  const mode = (w2 & 0x20) === 0 ? "" : `#${w2 & 31}`;
  const which = (w2 & 0x200) !== 0 ? "ie " : (w2 & 0x400) !== 0 ? "id " : " ";
  return `cps${which}${[flags, mode].filter((part) => part !== "").join(", ")}`.trim();
}

/** The first condition's low bit says then, its inverse else; the lowest 1 ends the block. */
function itText(it: number): string {
  const last = 31 - Math.clz32(it & -it & 15);
  let letters = "";
  for (let n = 3; n > last; n--) letters += (it >>> n & 1) === (it >>> 4 & 1) ? "t" : "e";
  return `it${letters} ${CONDITIONS[it >>> 4] || "al"}`;
}

function moveText(raw: number): string {
  const rt = REGISTERS[raw >>> 12 & 15]!;
  return `p${raw >>> 8 & 15}, ${raw >>> 21 & 7}, ${rt === "pc" ? "apsr_nzcv" : rt}, ` +
    `c${raw >>> 16 & 15}, c${raw & 15}, ${raw >>> 5 & 7}`;
}

/** The text of a record of `records`, whose instruction is at a virtual address. */
export function recordText(records: Int32Array, at: number, address: number): string {
  const [w0, w1, w2, w3] = records.subarray(at, at + 4) as unknown as [
    number,
    number,
    number,
    number,
  ];
  return textOf({ op: w0 & Mark.OP, w1, w2, w3, address }).trim();
}

/** Bytes of an instruction, and its text. */
export interface Line {
  readonly size: 2 | 4;
  readonly text: string;
}

/**
 * The instruction at byte offset `host`, of which `address` is the virtual address, as it would be
 * decoded now.
 *
 * @example
 * ```ts ignore
 * disassemble(memory, { host: memory.hostOf(pa), address: pa, thumb: true }).text; // "push {r4, lr}"
 * ```
 */
export function disassemble(
  memory: GuestMemory,
  { host, address, thumb, it = 0 }: {
    readonly host: number;
    readonly address: number;
    readonly thumb: boolean;
    readonly it?: number;
  },
): Line {
  const record = new Int32Array(4);
  if (!thumb) {
    const word = memory.i32[host >>> 2]!;
    const how = { cond: armCondition(word), wide: false, it: 0 };
    pack(record, 0, decodeArm(word) ?? UNDEFINED(word), how);
    return { size: 4, text: recordText(record, 0, address) };
  }
  const first = memory.u16[host >>> 1]!;
  const wide = isWide(first);
  const raw = wide ? first << 16 | memory.u16[(host >>> 1) + 1]! : first;
  packThumb(record, 0, { raw, wide, it, offset: address & 0xfff });
  return { size: wide ? 4 : 2, text: recordText(record, 0, address) };
}

/** What the CPU finds at an address, in the state that it is in. */
export function instructionAt(core: Core, address: number): string {
  const { memory, mmu, thumb } = core;
  try {
    const host = memory.hostOf(mmu.translate(address, "fetch", core.privileged));
    return disassemble(memory, { host, address, thumb, it: memory.i32[STATE.IT >>> 2]! }).text;
  } catch (error) {
    if (error instanceof Abort) return "(cannot be fetched)";
    throw error;
  }
}
