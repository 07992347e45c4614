/**
 * The short ways of the interpreter's loop, as text that interpreter_generator.ts puts into its
 * switch. What each does is what execute/ does; the unit tests compare them.
 */
import { Access, Data, dataOp, Form, memoryOp, Op, Operand } from "./op.ts";
import { STATE } from "./layout.ts";

const RD = "i32[w1 & 15]";
const RN = "i32[w1 >>> 4 & 15]!";
const RM = "i32[w1 >>> 8 & 15]!";
const RA = "i32[w1 >>> 12 & 15]";
export const W2 = "records[o + 2]!";
export const W3 = "records[o + 3]!";

export const word = (offset: number) => `i32[${offset >>> 2}]`;
const NF = word(STATE.NF), ZF = word(STATE.ZF), CF = word(STATE.CF), VF = word(STATE.VF);

/** A case of the switch. Without `break done` in it, it goes on the long way. */
export interface Case {
  readonly op: number;
  readonly name: string;
  readonly body: string;
}

const DONE = "break done;";

// Data processing.

const LOGICAL: { readonly [opcode: number]: string } = {
  [Data.AND]: "a & b",
  [Data.EOR]: "a ^ b",
  [Data.TST]: "a & b",
  [Data.TEQ]: "a ^ b",
  [Data.ORR]: "a | b",
  [Data.MOV]: "b",
  [Data.BIC]: "a & ~b",
  [Data.MVN]: "~b",
  [Data.ORN]: "a | ~b",
};

/** Sum, C and V. */
const ARITHMETIC: { readonly [opcode: number]: readonly [string, string, string] } = {
  [Data.ADD]: ["a + b | 0", "r >>> 0 < a >>> 0", "(a ^ r) & (b ^ r)"],
  [Data.CMN]: ["a + b | 0", "r >>> 0 < a >>> 0", "(a ^ r) & (b ^ r)"],
  [Data.SUB]: ["a - b | 0", "a >>> 0 >= b >>> 0", "(a ^ b) & (a ^ r)"],
  [Data.CMP]: ["a - b | 0", "a >>> 0 >= b >>> 0", "(a ^ b) & (a ^ r)"],
  [Data.RSB]: ["b - a | 0", "b >>> 0 >= a >>> 0", "(a ^ b) & (b ^ r)"],
  [Data.ADC]: [
    `a + b + ${CF}! | 0`,
    `${CF} === 0 ? r >>> 0 < a >>> 0 : r >>> 0 <= a >>> 0`,
    "(a ^ r) & (b ^ r)",
  ],
  [Data.SBC]: [
    `a - b - 1 + ${CF}! | 0`,
    `${CF} === 0 ? a >>> 0 > b >>> 0 : a >>> 0 >= b >>> 0`,
    "(a ^ b) & (a ^ r)",
  ],
};

const NAMES = Object.entries(Data) as [string, Data][];
const compares = (opcode: Data) => opcode >= Data.TST && opcode <= Data.CMN;

function operandOf(form: Operand, carries: boolean): string {
  switch (form) {
    case Operand.IMMEDIATE:
      return W2;
    case Operand.REGISTER:
      return RM;
    case Operand.SHIFTED:
      return carries ? "shiftedWithCarry(i32, w1)" : "shifted(i32, w1)";
  }
  return "shiftedByRegister(i32, w1)";
}

function dataBody(opcode: Data, form: Operand, s: boolean): string {
  const logical = LOGICAL[opcode];
  const lines: string[] = [];
  if (opcode !== Data.MOV && opcode !== Data.MVN) lines.push(`const a = ${RN};`);
  lines.push(`const b = ${operandOf(form, s && logical !== undefined)};`);
  const [sum, carry, overflow] = ARITHMETIC[opcode] ?? [logical!];
  if (!s) return [...lines, `${RD} = ${sum};`, DONE].join("\n");
  lines.push(`const r = ${sum};`, `${NF} = r;`, `${ZF} = r;`);
  if (carry) lines.push(`${CF} = (${carry}) ? 1 : 0;`, `${VF} = (${overflow}) >>> 31;`);
  else if (form === Operand.IMMEDIATE) {
    lines.push(`if ((${W3} & 0x200) !== 0) ${CF} = ${W3} >>> 8 & 1;`);
  }
  if (!compares(opcode)) lines.push(`${RD} = r;`);
  return [...lines, DONE].join("\n");
}

function dataCases(): Case[] {
  const cases: Case[] = [];
  for (const [name, opcode] of NAMES) {
    if (!LOGICAL[opcode] && !ARITHMETIC[opcode]) continue;
    for (const [formName, form] of Object.entries(Operand)) {
      for (const s of compares(opcode) ? [1] : [0, 1]) {
        // The carry of a shift by a register has too many cases to be short.
        if (form === Operand.REGISTER_SHIFTED && (opcode !== Data.MOV || s === 1)) continue;
        const op = dataOp(opcode, form, s);
        const title = `${name}${s && !compares(opcode) ? "S" : ""} ${formName.toLowerCase()}`;
        cases.push({ op, name: title, body: dataBody(opcode, form, s === 1) });
      }
    }
  }
  return cases;
}

// Loads and stores. `t` is the soft TLB's word, `h` the byte offset in linear memory.

interface AccessCode {
  readonly access: Access;
  readonly name: string;
  readonly size: 1 | 2 | 4;
  /** Of a load, from `h`. */
  readonly load?: string;
  /** Of a store: the array, and its index. */
  readonly store?: string;
}

// deno-fmt-ignore
const ACCESSES: readonly AccessCode[] = [
  { access: Access.LDR,   name: "LDR",   size: 4, load: "i32[h >>> 2]!" },
  { access: Access.LDRB,  name: "LDRB",  size: 1, load: "u8[h]!" },
  { access: Access.LDRH,  name: "LDRH",  size: 2, load: "u16[h >>> 1]!" },
  { access: Access.LDRSB, name: "LDRSB", size: 1, load: "u8[h]! << 24 >> 24" },
  { access: Access.LDRSH, name: "LDRSH", size: 2, load: "u16[h >>> 1]! << 16 >> 16" },
  { access: Access.STR,   name: "STR",   size: 4, store: "i32[h >>> 2]" },
  { access: Access.STRB,  name: "STRB",  size: 1, store: "u8[h]" },
  { access: Access.STRH,  name: "STRH",  size: 2, store: "u16[h >>> 1]" },
];

/** The address that is accessed, and what is written back. */
const FORMS: { readonly [form: number]: { address: string; back?: string } } = {
  [Form.OFFSET]: { address: `${RN} + ${W2} | 0` },
  [Form.REGISTER]: { address: `${RN} + (${RM} << (w1 >>> 21 & 63)) | 0` },
  [Form.PRE]: { address: `${RN} + ${W2} | 0`, back: "a" },
  [Form.POST]: { address: RN, back: `a + ${W2}` },
  [Form.LITERAL]: { address: `(page + (o - base >> sh) & ~3) + ${W2} | 0` },
};

function memoryBody({ size, load, store }: AccessCode, form: Form): string {
  const { address, back } = FORMS[form]!;
  const aligned = size === 1 ? "" : ` && (a & ${size - 1}) === 0`;
  const lines = [`const a = ${address};`];
  const writeBack = back ? [`i32[w1 >>> 4 & 15] = ${back};`] : [];
  lines.push(`const t = i32[${load ? "reads" : "writes"} + (a >>> 12)]!;`);
  lines.push(`const h = a + t >>> 0;`);
  if (load) {
    lines.push(`if (t === 0${aligned.replace("&&", "||").replace("===", "!==")}) break;`);
    return [...lines, ...writeBack, `${RD} = ${load};`, DONE].join("\n");
  }
  lines.push(`if (t === 0${aligned.replace("&&", "||").replace("===", "!==")}) break;`);
  lines.push(`if (u8[CODE_MAP + (h >>> CODE_LINE_SHIFT)] !== 0) break;`);
  return [...lines, `${store} = ${RD}!;`, ...writeBack, DONE].join("\n");
}

function memoryCases(): Case[] {
  const cases: Case[] = [];
  for (const access of ACCESSES) {
    for (const [name, form] of Object.entries(Form)) {
      if (!FORMS[form] || form === Form.LITERAL && access.store) continue;
      cases.push({
        op: memoryOp(access.access, form),
        name: `${access.name} ${name.toLowerCase()}`,
        body: memoryBody(access, form),
      });
    }
  }
  return cases;
}

// Branches. `continue` executes what `o` is at.

/** Goes on where R15 says; translated code may do so. */
const LEAVE = `if (tiered) {
  i32[${STATE.BUDGET >>> 2}] = budget;
  return;
}
o = ENTER;
continue;`;

/** To the record `o`, in the same page; `back`: when it may close a loop. */
const NEAR = `if (tiered && d < 0) {
  i32[15] = page + (o + d - base >> sh);
  i32[${STATE.BUDGET >>> 2}] = budget;
  return;
}
o += d;
continue;`;

/** To `target`, whose bit 0 says Thumb. */
const EXCHANGE = `if (!tiered && (target & 1) === sh && (target ^ page) >>> 12 === 0) {
  o = base + ((target & (0xffc | sh << 1)) << sh);
  continue;
}
core.branchExchange(target);
core.jumped = false;
${LEAVE}`;

const LINK = `i32[14] = page + (o - base >> sh) + (sh === 0 ? 4 : (w1 >>> 29 & 2) + 3);`;

// deno-fmt-ignore
const BRANCHES: readonly Case[] = [
  { op: Op.B_NEAR, name: "B near", body: `const d = ${W3} >> 8;\n${NEAR}` },
  { op: Op.B, name: "B", body: `i32[15] = page + (o - base >> sh) + ${W2};\n${LEAVE}` },
  { op: Op.BL_NEAR, name: "BL near", body: `const d = ${W3} >> 8;
${LINK}
if (tiered) {
  i32[15] = page + (o + d - base >> sh);
  i32[${STATE.BUDGET >>> 2}] = budget;
  return;
}
o += d;
continue;` },
  { op: Op.BL, name: "BL", body: `${LINK}\ni32[15] = page + (o - base >> sh) + ${W2};\n${LEAVE}` },
  { op: Op.BX, name: "BX", body: `const target = ${RM};\n${EXCHANGE}` },
  { op: Op.BLX, name: "BLX", body: `const target = ${RM};\n${LINK}\n${EXCHANGE}` },
  { op: Op.CBZ, name: "CBZ", body: compareAndBranch("!==") },
  { op: Op.CBNZ, name: "CBNZ", body: compareAndBranch("===") },
];

function compareAndBranch(unless: string): string {
  return `if (${RN} ${unless} 0) ${DONE}
const d = ${W3} >> 8;
if (d === 0) break;
o += d;
continue;`;
}

// The rest.

const BLOCK = `records, o`;

/** Rd = `value`. */
const gives = (op: number, name: string, value: string): Case => ({
  op,
  name,
  body: `${RD} = ${value};\n${DONE}`,
});

const extended = (op: number, name: string, value: string): Case => ({
  op,
  name,
  body:
    `const m = ${RM}, by = w1 >>> 21 & 31;\nconst r = m >>> by | m << (32 - by);\n${RD} = ${value};\n${DONE}`,
});

const flagsOf = (value: string) =>
  `const r = ${value};\n${RD} = r;\nif ((w1 & 0x10_0000) !== 0) {\n${NF} = r;\n${ZF} = r;\n}\n${DONE}`;

const longProduct = (upper: string) =>
  `if ((w1 & 0x10_0000) !== 0) break;
const n = ${RN}, m = ${RM};
${RA} = Math.imul(n, m);
${RD} = ${upper};
${DONE}`;

// deno-fmt-ignore
const OTHERS: readonly Case[] = [
  gives(Op.ADR, "ADR", `(page + (o - base >> sh) & ~3) + ${W2}`),
  gives(Op.MOVT, "MOVT", `${RD}! & 0xffff | ${W2} << 16`),
  { op: Op.NOP, name: "NOP", body: DONE },
  { op: Op.BARRIER, name: "DMB, DSB", body: DONE },
  { op: Op.LDM, name: "LDM", body: `if (loadMultiple(i32, reads, ${BLOCK})) ${DONE}\nbreak;` },
  { op: Op.LDM_PC, name: "LDM to the PC", body:
    `if (!loadMultiple(i32, reads, ${BLOCK})) break;\nconst target = i32[15]!;\n${EXCHANGE}` },
  { op: Op.STM, name: "STM", body: `i32[15] = page + (o - base >> sh) + (8 >> sh);
if (storeMultiple(core, writes, ${BLOCK})) ${DONE}\nbreak;` },
  { op: Op.MUL, name: "MUL", body: flagsOf(`Math.imul(${RN}, ${RM})`) },
  { op: Op.MLA, name: "MLA", body: flagsOf(`${RA}! + Math.imul(${RN}, ${RM}) | 0`) },
  gives(Op.MLS, "MLS", `${RA}! - Math.imul(${RN}, ${RM})`),
  { op: Op.UMULL, name: "UMULL", body: longProduct("upperProduct(n, m)") },
  { op: Op.SMULL, name: "SMULL", body: longProduct("upperProduct(n, m) - (n < 0 ? m : 0) - (m < 0 ? n : 0)") },
  extended(Op.SXTB, "SXTB", "r << 24 >> 24"),
  extended(Op.SXTH, "SXTH", "r << 16 >> 16"),
  extended(Op.UXTB, "UXTB", "r & 0xff"),
  extended(Op.UXTH, "UXTH", "r & 0xffff"),
  { op: Op.UBFX, name: "UBFX", body: bitField(">>>") },
  { op: Op.SBFX, name: "SBFX", body: bitField(">>") },
  gives(Op.CLZ, "CLZ", `Math.clz32(${RM})`),
  { op: Op.REV, name: "REV", body: `const m = ${RM};
${RD} = m << 24 | m << 8 & 0xff_0000 | m >>> 8 & 0xff00 | m >>> 24;\n${DONE}` },
];

function bitField(shift: ">>" | ">>>"): string {
  return `const f = ${W2}, up = 32 - (f & 31) - (f >>> 8);
if (up < 0) break;
${RD} = ${RN} << up ${shift} 32 - (f >>> 8);
${DONE}`;
}

const IT = word(STATE.IT), BUDGET = word(STATE.BUDGET);

const ENTER_PAGE = `budget++;
const pc = i32[15]!;
${BUDGET} = budget;
host = mmu.fetchPage(pc);
sh = ${word(STATE.CPSR)}! >>> 5 & 1;
page = pc & ~0xfff;
base = cache.page(host, sh === 1);
o = base + ((pc & 0xfff) << sh);
reads = ${word(STATE.TLB_READ)}! >>> 2;
writes = ${word(STATE.TLB_WRITE)}! >>> 2;
if (${IT} !== 0) matchIt(records, o, ${IT}!);
continue;`;

/** What is no instruction of its own: the budget gets back what was taken. */
// deno-fmt-ignore
export const INTERNAL: readonly Case[] = [
  { op: Op.UNDECODED, name: "not decoded yet", body: `budget++;
core.cache.decode(o, { base, host, thumb: sh === 1, it: i32[${STATE.IT >>> 2}]! });
continue;` },
  { op: Op.END_OF_PAGE, name: "end of the page", body: `budget++;\ni32[15] = page + (o - base >> sh);\n${LEAVE}` },
  { op: Op.ENTER, name: "R15 says where to go on", body: ENTER_PAGE },
  { op: Op.STRADDLE, name: "half in the next page", body: `budget++;
i32[15] = page + (o - base >> sh);
i32[${STATE.BUDGET >>> 2}] = budget;
step(core);
budget = i32[${STATE.BUDGET >>> 2}]!;
o = ENTER;
continue;` },
  { op: Op.IT, name: "IT", body: `i32[${STATE.IT >>> 2}] = ${W2};\nmatchIt(records, o + 4, ${W2});\n${DONE}` },
];

/** All short ways. */
export function shortWays(): readonly Case[] {
  return [...BRANCHES, ...dataCases(), ...memoryCases(), ...OTHERS];
}
