/** The 32-bit encodings of the Thumb instruction set (first halfword on top), as ARM ARM A6.3. */

import type { Encoding } from "./encoding.ts";

const COPROCESSOR = "system registers are compared by the tests of CP15";
const SIMD = "VFP and Advanced SIMD are compared by their own tests";
const MONITOR = "SMC calls the secure monitor, which unicorn lacks";
const STORE = "unicorn lets stores be relative to the PC, which is UNDEFINED (A8.8.203)";
const THUMBEE = "ThumbEE is not modelled";

/** Registers that may be neither SP nor PC (BadReg). */
function bad(...fields: readonly string[]): string[] {
  return fields.flatMap((field) => [`${field}=13`, `${field}=15`]);
}

/** Opcodes of A6.3.1 and A6.3.11; `compares`: what is meant when Rd is 15 and S 1. */
const DATA = [
  { code: "0000", name: "AND", compares: "TST" },
  { code: "0001", name: "BIC" },
  { code: "0010", name: "ORR", moves: "MOV" },
  { code: "0011", name: "ORN", moves: "MVN" },
  { code: "0100", name: "EOR", compares: "TEQ" },
  { code: "1000", name: "ADD", compares: "CMN", stack: true },
  { code: "1010", name: "ADC" },
  { code: "1011", name: "SBC" },
  { code: "1101", name: "SUB", compares: "CMP", stack: true },
  { code: "1110", name: "RSB" },
];

const IMMEDIATE_OPEN = ["i=256", "i=512", "i=768"];

function dataProcessing(): Encoding[] {
  return DATA.flatMap(({ code, name, compares, moves, stack }): Encoding[] => {
    const rows: Encoding[] = [];
    const register = "(0) iii dddd ii tt mmmm";
    const first = stack ? ["n=15"] : bad("n");
    if (compares !== undefined) {
      rows.push({
        name: `${compares} T`,
        bits: `1110 101 ${code} 1 nnnn (0) iii 1111 ii tt mmmm`,
        open: [...first, ...bad("m")],
      }, {
        name: `${compares} immediate T`,
        bits: `1111 0 i 0 ${code} 1 nnnn 0 iii 1111 iiiiiiii`,
        open: [...first, ...IMMEDIATE_OPEN],
      });
    }
    if (moves !== undefined) {
      const copies = moves === "MOV";
      rows.push({
        name: `${moves} T`,
        bits: `1110 101 ${code} S 1111 ${register}`,
        open: copies
          ? ["d=15", "m=15", "d=13 m=13", "S=1 d=13", "S=1 m=13", "i+t>0 d=13", "i+t>0 m=13"]
          : bad("d", "m"),
      }, {
        name: `${moves} immediate T`,
        bits: `1111 0 i 0 ${code} S 1111 0 iii dddd iiiiiiii`,
        open: [...bad("d"), ...IMMEDIATE_OPEN],
      });
    }
    const onStack = ["n!=13 d=13", "n=13 d=13 t!=0", "n=13 d=13 i>3"];
    rows.push({
      name: `${name} T`,
      bits: `1110 101 ${code} S nnnn ${register}`,
      open: ["d=15", ...first, ...bad("m"), ...stack ? onStack : ["d=13"]],
    }, {
      name: `${name} immediate T`,
      bits: `1111 0 i 0 ${code} S nnnn 0 iii dddd iiiiiiii`,
      open: ["d=15", ...first, ...stack ? ["n!=13 d=13"] : ["d=13"], ...IMMEDIATE_OPEN],
    });
    return rows;
  });
}

/** A6.3.7 to A6.3.10: single loads and stores. */
function loadsAndStores(): Encoding[] {
  const sizes = [["B", "00"], ["H", "01"], ["", "10"]];
  const stores = sizes.flatMap(([size, code]): Encoding[] => {
    const head = `1111 1000 0 ${code} 0`;
    const t = size === "" ? ["t=15"] : bad("t");
    return [
      {
        name: `STR${size} PC`,
        bits: `1111 1000 x ${code} 0 1111 xxxx xxxx xxxx xxxx`,
        apart: STORE,
      },
      {
        name: `STR${size} T3`,
        bits: `1111 1000 1 ${code} 0 nnnn tttt iiiiiiiiiiii`,
        open: t,
        base: "n",
      },
      { name: `STR${size}T`, bits: `${head} nnnn tttt 1110 iiiiiiii`, open: bad("t"), base: "n" },
      { name: `STR${size} undefined`, bits: `${head} nnnn tttt 10 U 0 iiiiiiii` },
      {
        name: `STR${size} T4`,
        bits: `${head} nnnn tttt 1 P U W iiiiiiii`,
        open: [...t, "W=1 n=t"],
        base: "n",
      },
      {
        name: `STR${size} register T2`,
        bits: `${head} nnnn tttt 000000 ii mmmm`,
        open: [...t, ...bad("m")],
        base: "n",
        index: "m",
      },
    ];
  });
  const kinds = [["B", "0", "00"], ["H", "0", "01"], ["SB", "1", "00"], ["SH", "1", "01"], [
    "",
    "0",
    "10",
  ]];
  const loads = kinds.flatMap(([kind, sign, code]): Encoding[] => {
    const word = kind === "";
    const head = `1111 100 ${sign} 0 ${code} 1`, wide = `1111 100 ${sign} 1 ${code} 1`;
    const t = word ? ["t=15 itNotLast"] : ["t=13"];
    return [
      {
        name: `LDR${kind} literal`,
        bits: `1111 100 ${sign} U ${code} 1 1111 tttt iiiiiiiiiiii`,
        open: t,
      },
      { name: `LDR${kind} T3`, bits: `${wide} nnnn tttt iiiiiiiiiiii`, open: t, base: "n" },
      { name: `LDR${kind}T`, bits: `${head} nnnn tttt 1110 iiiiiiii`, open: bad("t"), base: "n" },
      { name: `LDR${kind} undefined`, bits: `${head} nnnn tttt 10 U 0 iiiiiiii` },
      {
        name: `LDR${kind} offset T4`,
        bits: `${head} nnnn tttt 1100 iiiiiiii`,
        open: t,
        base: "n",
      },
      {
        name: `LDR${kind} T4`,
        bits: `${head} nnnn tttt 1 P U 1 iiiiiiii`,
        open: [...t, "n=t", ...word ? [] : ["t=15"]],
        base: "n",
      },
      {
        name: `LDR${kind} register T2`,
        bits: `${head} nnnn tttt 000000 ii mmmm`,
        open: [...t, ...bad("m")],
        base: "n",
        index: "m",
      },
    ];
  });
  return [...stores, ...loads];
}

// deno-fmt-ignore
/** A6.3.5, A6.3.6. */
const BLOCKS: readonly Encoding[] = [
  { name: "SRS T",  bits: "1110 1000 00 W 0 (1101 1100 0000 000) mmmmm", open: ["user", "noSpsr", "m!=19"], base: "sp", aligned: 4, partial: true },
  { name: "SRS T IA",  bits: "1110 1001 10 W 0 (1101 1100 0000 000) mmmmm", open: ["user", "noSpsr", "m!=19"], base: "sp", aligned: 4, partial: true },
  { name: "RFE T",  bits: "1110 1000 00 W 1 nnnn (1100 0000 0000 0000)", open: ["n=15", "user", "itNotLast"], base: "n", aligned: 4 },
  { name: "RFE T IA", bits: "1110 1001 10 W 1 nnnn (1100 0000 0000 0000)", open: ["n=15", "user", "itNotLast"], base: "n", aligned: 4 },
  ...["1000 10", "1001 00"].flatMap((code): Encoding[] => [
    { name: "STM T2", bits: `1110 ${code} W 0 nnnn (0) r (0) rrrrrrrrrrrrr`, open: ["n=15", "|r|<2", "W=1 n<13 n in r", "W=1 n=14 13 in r"], base: "n", aligned: 4, partial: true },
    { name: "LDM T2", bits: `1110 ${code} W 1 nnnn r r (0) rrrrrrrrrrrrr`, open: ["n=15", "|r|<2", "14 in r 13 in r", "14 in r itNotLast", "W=1 n<13 n in r", "W=1 n=14 13 in r"], base: "n", aligned: 4, partial: true },
  ]),
  { name: "STREX T", bits: "1110 1000 0100 nnnn tttt dddd iiiiiiii", open: [...bad("d", "t"), "n=15", "d=n", "d=t"], base: "n", aligned: 4 },
  { name: "LDREX T", bits: "1110 1000 0101 nnnn tttt (1111) iiiiiiii", open: [...bad("t"), "n=15"], base: "n", aligned: 4 },
  { name: "STREXB T", bits: "1110 1000 1100 nnnn tttt (1111) 0100 dddd", open: [...bad("d", "t"), "n=15", "d=n", "d=t"], base: "n" },
  { name: "STREXH T", bits: "1110 1000 1100 nnnn tttt (1111) 0101 dddd", open: [...bad("d", "t"), "n=15", "d=n", "d=t"], base: "n", aligned: 2 },
  { name: "STREXD T", bits: "1110 1000 1100 nnnn tttt ssss 0111 dddd", open: [...bad("d", "t", "s"), "n=15", "d=n", "d=t", "d=s"], base: "n", aligned: 8 },
  { name: "TBB",    bits: "1110 1000 1101 nnnn (1111 0000) 000 H mmmm", open: ["n=13", ...bad("m"), "itNotLast"], base: "n", index: "m" },
  { name: "LDREXB T", bits: "1110 1000 1101 nnnn tttt (1111) 0100 (1111)", open: [...bad("t"), "n=15"], base: "n" },
  { name: "LDREXH T", bits: "1110 1000 1101 nnnn tttt (1111) 0101 (1111)", open: [...bad("t"), "n=15"], base: "n", aligned: 2 },
  { name: "LDREXD T", bits: "1110 1000 1101 nnnn tttt ssss 0111 (1111)", open: [...bad("t", "s"), "n=15", "t=s"], base: "n", aligned: 8 },
  { name: "exclusive space", bits: "1110 1000 110 x xxxx xxxx xxxx xxxx xxxx" },
  { name: "STRD T", bits: "1110 100 P U 1 W 0 nnnn tttt ssss iiiiiiii", open: [...bad("t", "s"), "n=15", "W=1 n=t", "W=1 n=s"], base: "n", aligned: 4, partial: true },
  { name: "LDRD T", bits: "1110 100 P U 1 W 1 nnnn tttt ssss iiiiiiii", open: [...bad("t", "s"), "t=s", "W=1 n=15", "W=1 n=t", "W=1 n=s"], base: "n", aligned: 4, partial: true },
];

// deno-fmt-ignore
/** A6.3.3: plain binary immediates. */
const PLAIN: readonly Encoding[] = [
  { name: "ADDW",   bits: "1111 0 i 10 0000 nnnn 0 iii dddd iiiiiiii", open: ["d=15", "d=13 n!=13"] },
  { name: "SUBW",   bits: "1111 0 i 10 1010 nnnn 0 iii dddd iiiiiiii", open: ["d=15", "d=13 n!=13"] },
  { name: "MOVW T", bits: "1111 0 i 10 0100 iiii 0 iii dddd iiiiiiii", open: bad("d") },
  { name: "MOVT T", bits: "1111 0 i 10 1100 iiii 0 iii dddd iiiiiiii", open: bad("d") },
  { name: "SSAT16 T", bits: "1111 0(0)11 0010 nnnn 0 000 dddd 00 (00) ssss", open: bad("d", "n") },
  { name: "USAT16 T", bits: "1111 0(0)11 1010 nnnn 0 000 dddd 00 (00) ssss", open: bad("d", "n") },
  { name: "SSAT T", bits: "1111 0(0)11 00h0 nnnn 0 iii dddd ii (0) sssss", open: bad("d", "n") },
  { name: "USAT T", bits: "1111 0(0)11 10h0 nnnn 0 iii dddd ii (0) sssss", open: bad("d", "n") },
  { name: "SBFX T", bits: "1111 0(0)11 0100 nnnn 0 lll dddd ll (0) wwwww", open: [...bad("d", "n"), "l+w>31"] },
  { name: "BFI T",  bits: "1111 0(0)11 0110 nnnn 0 lll dddd ll (0) wwwww", open: [...bad("d"), "n=13", "w<l"] },
  { name: "UBFX T", bits: "1111 0(0)11 1100 nnnn 0 lll dddd ll (0) wwwww", open: [...bad("d", "n"), "l+w>31"] },
];

// deno-fmt-ignore
/** A6.3.4: branches and miscellaneous control. */
const CONTROL: readonly Encoding[] = [
  { name: "MSR T",  bits: "1111 0011 100 R nnnn 10(0)0 kkkk (0000 0000)", open: [...bad("n"), "k=0", "R=1 noSpsr"] },
  { name: "hint T", bits: "1111 0011 1010 (1111) 10(0)0 (0)000 hhhhhhhh" },
  { name: "CPS T",  bits: "1111 0011 1010 (1111) 10(0)0 (0) oo M A I F mmmmm", open: ["it", "o=1", "o=0 A+I+F>0", "o=2 A+I+F=0", "o=3 A+I+F=0", "M=0 m>0", "M=1 m!=19"] },
  { name: "ENTERX", bits: "1111 0011 1011 (1111) 10(0)0 (1111) 000 x (1111)", apart: THUMBEE },
  { name: "CLREX T", bits: "1111 0011 1011 (1111) 10(0)0 (1111) 0010 (1111)" },
  { name: "barrier T", bits: "1111 0011 1011 (1111) 10(0)0 (1111) 01 bb oooo" , open: ["b=3"] },
  { name: "control space", bits: "1111 0011 1011 xxxx 10x0 xxxx xxxx xxxx", open: ["0=0"] },
  { name: "BXJ T",  bits: "1111 0011 1100 mmmm 10(0)0 (1111 0000 0000)", open: [...bad("m"), "itNotLast"] },
  { name: "SUBS PC LR T", bits: "1111 0011 1101 (1110) 10(0)0 (1111) iiiiiiii", open: ["noSpsr", "itNotLast"] },
  { name: "MRS T",  bits: "1111 0011 111 R (1111) 10(0)0 dddd (0000 0000)", open: [...bad("d"), "R=1 noSpsr"] },
  { name: "SMC T",  bits: "1111 0111 1111 iiii 1000 (0000 0000 0000)", apart: MONITOR },
  { name: "UDF T2", bits: "1111 0111 1111 iiii 1010 iiiiiiiiiiii" },
  { name: "control undefined", bits: "1111 0 x111 xxx xxxx 10 x 0 xxxx xxxx xxxx" },
  { name: "B T3",   bits: "1111 0 s cccc iiiiii 10 j 0 k iiiiiiiiiii", open: ["it"] },
  { name: "B T4",   bits: "1111 0 s iiiiiiiiii 10 j 1 k iiiiiiiiiii", open: ["itNotLast"] },
  { name: "BL T",   bits: "1111 0 s iiiiiiiiii 11 j 1 k iiiiiiiiiii", open: ["itNotLast"] },
  { name: "BLX T",  bits: "1111 0 s iiiiiiiiii 11 j 0 k iiiiiiiiii 0", open: ["itNotLast"] },
  { name: "BLX T undefined", bits: "1111 0 s iiiiiiiiii 11 j 0 k iiiiiiiiii 1" },
];

// deno-fmt-ignore
/** A6.3.12 to A6.3.17: data processing of registers, multiplies. */
const REGISTERS: readonly Encoding[] = [
  { name: "PKH T",  bits: "1110 1010 1100 nnnn (0) iii dddd ii t 0 mmmm", open: bad("d", "n", "m") },
  { name: "shift T", bits: "1111 1010 0tt S nnnn 1111 dddd 0000 mmmm", open: bad("d", "n", "m") },
  { name: "XTAH T", bits: "1111 1010 000 u nnnn 1111 dddd 1 (0) rr mmmm", open: [...bad("d", "m"), "n=13"] },
  { name: "XTAB16 T", bits: "1111 1010 001 u nnnn 1111 dddd 1 (0) rr mmmm", open: [...bad("d", "m"), "n=13"] },
  { name: "XTAB T", bits: "1111 1010 010 u nnnn 1111 dddd 1 (0) rr mmmm", open: [...bad("d", "m"), "n=13"] },
  { name: "parallel T", bits: "1111 1010 1 ooo nnnn 1111 dddd 0 u qq mmmm", open: bad("d", "n", "m") },
  { name: "QADD T", bits: "1111 1010 1000 nnnn 1111 dddd 10 oo mmmm", open: bad("d", "n", "m") },
  { name: "REV T",  bits: "1111 1010 1001 nnnn 1111 dddd 10 oo mmmm", open: [...bad("d", "m"), "n!=m"] },
  { name: "SEL T",  bits: "1111 1010 1010 nnnn 1111 dddd 10 00 mmmm", open: bad("d", "n", "m") },
  { name: "CLZ T",  bits: "1111 1010 1011 nnnn 1111 dddd 10 00 mmmm", open: [...bad("d", "m"), "n!=m"] },
  { name: "MLA T",  bits: "1111 1011 0000 nnnn aaaa dddd 0000 mmmm", open: [...bad("d", "n", "m"), "a=13"] },
  { name: "MLS T",  bits: "1111 1011 0000 nnnn aaaa dddd 0001 mmmm", open: bad("d", "n", "m", "a") },
  { name: "SMLAxy T", bits: "1111 1011 0001 nnnn aaaa dddd 00 N M mmmm", open: [...bad("d", "n", "m"), "a=13"] },
  { name: "SMLAD T", bits: "1111 1011 0010 nnnn aaaa dddd 000 x mmmm", open: [...bad("d", "n", "m"), "a=13"] },
  { name: "SMLAW T", bits: "1111 1011 0011 nnnn aaaa dddd 000 M mmmm", open: [...bad("d", "n", "m"), "a=13"] },
  { name: "SMLSD T", bits: "1111 1011 0100 nnnn aaaa dddd 000 x mmmm", open: [...bad("d", "n", "m"), "a=13"] },
  { name: "SMMLA T", bits: "1111 1011 0101 nnnn aaaa dddd 000 r mmmm", open: [...bad("d", "n", "m"), "a=13"] },
  { name: "SMMLS T", bits: "1111 1011 0110 nnnn aaaa dddd 000 r mmmm", open: bad("d", "n", "m", "a") },
  { name: "USADA8 T", bits: "1111 1011 0111 nnnn aaaa dddd 0000 mmmm", open: [...bad("d", "n", "m"), "a=13"] },
  { name: "SMULL T", bits: "1111 1011 1000 nnnn llll hhhh 0000 mmmm", open: [...bad("h", "l", "n", "m"), "h=l"] },
  { name: "UMULL T", bits: "1111 1011 1010 nnnn llll hhhh 0000 mmmm", open: [...bad("h", "l", "n", "m"), "h=l"] },
  { name: "SMLAL T", bits: "1111 1011 1100 nnnn llll hhhh 0000 mmmm", open: [...bad("h", "l", "n", "m"), "h=l"] },
  { name: "SMLALxy T", bits: "1111 1011 1100 nnnn llll hhhh 10 N M mmmm", open: [...bad("h", "l", "n", "m"), "h=l"] },
  { name: "SMLALD T", bits: "1111 1011 1100 nnnn llll hhhh 110 x mmmm", open: [...bad("h", "l", "n", "m"), "h=l"] },
  { name: "SMLSLD T", bits: "1111 1011 1101 nnnn llll hhhh 110 x mmmm", open: [...bad("h", "l", "n", "m"), "h=l"] },
  { name: "UMLAL T", bits: "1111 1011 1110 nnnn llll hhhh 0000 mmmm", open: [...bad("h", "l", "n", "m"), "h=l"] },
  { name: "UMAAL T", bits: "1111 1011 1110 nnnn llll hhhh 0110 mmmm", open: [...bad("h", "l", "n", "m"), "h=l"] },
];

// deno-fmt-ignore
const COPROCESSORS: readonly Encoding[] = [
  { name: "NEON memory T", bits: "1111 1001 xxx 0 xxxx xxxx xxxx xxxx xxxx", apart: SIMD },
  { name: "NEON data T", bits: "111 x 1111 xxxx xxxx xxxx xxxx xxxx xxxx", apart: SIMD },
  { name: "VFP T",  bits: "111 x 11 xxxxxx xxxx xxxx 101 x xxxx xxxx", apart: SIMD },
  { name: "p14, p15 T", bits: "111 x 11 xxxxxx xxxx xxxx 111 x xxxx xxxx", apart: COPROCESSOR },
];

/** The first that matches is meant. */
export const THUMB32_ENCODINGS: readonly Encoding[] = [
  ...COPROCESSORS,
  ...REGISTERS,
  ...PLAIN,
  ...CONTROL,
  ...BLOCKS,
  ...dataProcessing(),
  ...loadsAndStores(),
];
