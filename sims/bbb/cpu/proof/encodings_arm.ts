/** The encodings of the ARM instruction set, in the order of ARM ARM A5.1 to A5.7. */

import type { Encoding } from "./encoding.ts";

const COPROCESSOR = "system registers are compared by the tests of CP15";
const SIMD = "VFP and Advanced SIMD are compared by their own tests";
const MONITOR = "SMC calls the secure monitor, which unicorn lacks";

/** A5.2.1 to A5.2.3: sixteen opcodes with three kinds of second operand. */
function dataProcessing(): Encoding[] {
  const names = "AND EOR SUB RSB ADD ADC SBC RSC TST TEQ CMP CMN ORR MOV BIC MVN".split(" ");
  return names.flatMap((name, opcode) => {
    const code = opcode.toString(2).padStart(4, "0");
    const compares = opcode >= 8 && opcode < 12, moves = opcode === 13 || opcode === 15;
    const s = compares ? "1" : "S";
    const n = moves ? "(0000)" : "nnnn", d = compares ? "(0000)" : "dddd";
    const returns = compares ? [] : ["d=15 S=1 noSpsr"];
    const never = [...moves ? [] : ["n=15"], ...compares ? [] : ["d=15"], "m=15", "s=15"];
    return [
      {
        name: `${name} register`,
        bits: `cccc 000 ${code} ${s} ${n} ${d} iiiii tt 0 mmmm`,
        open: returns,
      },
      {
        name: `${name} register-shifted`,
        bits: `cccc 000 ${code} ${s} ${n} ${d} ssss 0 tt 1 mmmm`,
        open: never,
      },
      {
        name: `${name} immediate`,
        bits: `cccc 001 ${code} ${s} ${n} ${d} iiiiiiiiiiii`,
        open: returns,
      },
    ];
  });
}

/** A5.2.8, A5.2.9: halfwords, signed bytes and doublewords; index by register or constant. */
function extraLoadsAndStores(): Encoding[] {
  const rows = [["STRH", "0", "01"], ["LDRH", "1", "01"], ["LDRSB", "1", "10"], [
    "LDRSH",
    "1",
    "11",
  ]];
  const single = rows.flatMap(([name, load, code]): Encoding[] => [
    {
      name: `${name}T`,
      bits: `cccc 000 0 U 0 1 ${load} nnnn tttt (0000) 1 ${code} 1 mmmm`,
      open: ["n=15", "t=15", "m=15", "n=t"],
      base: "n",
      index: "m",
    },
    {
      name: `${name}T immediate`,
      bits: `cccc 000 0 U 1 1 ${load} nnnn tttt iiii 1 ${code} 1 iiii`,
      open: ["n=15", "t=15", "n=t"],
      base: "n",
    },
    {
      name: `${name} register`,
      bits: `cccc 000 P U 0 W ${load} nnnn tttt (0000) 1 ${code} 1 mmmm`,
      open: ["t=15", "m=15", "P=0 n=15", "W=1 n=15", "P=0 n=t", "W=1 n=t"],
      base: "n",
      index: "m",
    },
    {
      name: `${name} immediate`,
      bits: `cccc 000 P U 1 W ${load} nnnn tttt iiii 1 ${code} 1 iiii`,
      open: ["t=15", "P=0 n=15", "W=1 n=15", "P=0 n=t", "W=1 n=t"],
      base: "n",
    },
  ]);
  const dual = [["LDRD", "10"], ["STRD", "11"]].flatMap(([name, code]): Encoding[] => {
    const open = [
      "T=1",
      "t=7",
      "P=0 W=1",
      ...["P=0 n=15", "W=1 n=15", "P=0 n=t+t", "W=1 n=t+t", "P=0 n=t+t+1", "W=1 n=t+t+1"],
    ];
    const loadsIndex = name === "LDRD" ? ["m=t+t", "m=t+t+1"] : [];
    return [
      {
        name: `${name} register`,
        bits: `cccc 000 P U 0 W 0 nnnn tttT (0000) 1 ${code} 1 mmmm`,
        open: [...open, "m=15", ...loadsIndex],
        base: "n",
        index: "m",
        aligned: 4,
        partial: true,
      },
      {
        name: `${name} immediate`,
        bits: `cccc 000 P U 1 W 0 nnnn tttT iiii 1 ${code} 1 iiii`,
        open,
        base: "n",
        aligned: 4,
        partial: true,
      },
    ];
  });
  return [...single, ...dual];
}

/** A5.3: LDR, STR, LDRB, STRB. */
function loadsAndStores(): Encoding[] {
  const back = ["P=0 n=15", "W=1 n=15", "P=0 n=t", "W=1 n=t"];
  return [["STR", "0", "0"], ["LDR", "0", "1"], ["STRB", "1", "0"], ["LDRB", "1", "1"]].flatMap(
    ([name, byte, load]): Encoding[] => {
      const t = byte === "1" ? ["t=15"] : [];
      const translated = [...t, "n=15", "n=t", ...name === "LDR" ? ["t=15"] : []];
      const index = "iiiii ss 0 mmmm";
      return [
        {
          name: `${name}T immediate`,
          bits: `cccc 010 0 U ${byte} 1 ${load} nnnn tttt iiiiiiiiiiii`,
          open: translated,
          base: "n",
        },
        {
          name: `${name}T register`,
          bits: `cccc 011 0 U ${byte} 1 ${load} nnnn tttt ${index}`,
          open: [...translated, "m=15"],
          base: "n",
          index: "m",
        },
        {
          name: `${name} immediate`,
          bits: `cccc 010 P U ${byte} W ${load} nnnn tttt iiiiiiiiiiii`,
          open: [...t, ...back],
          base: "n",
        },
        {
          name: `${name} register`,
          bits: `cccc 011 P U ${byte} W ${load} nnnn tttt ${index}`,
          open: [...t, ...back, "m=15"],
          base: "n",
          index: "m",
        },
      ];
    },
  );
}

// deno-fmt-ignore
/** A5.2.5 to A5.2.7: multiplies. */
const MULTIPLIES: readonly Encoding[] = [
  { name: "MUL",    bits: "cccc 0000 000 S dddd (0000) mmmm 1001 nnnn", open: ["d=15", "m=15", "n=15"] },
  { name: "MLA",    bits: "cccc 0000 001 S dddd aaaa mmmm 1001 nnnn", open: ["d=15", "a=15", "m=15", "n=15"] },
  { name: "UMAAL",  bits: "cccc 0000 010 0 hhhh llll mmmm 1001 nnnn", open: ["h=15", "l=15", "m=15", "n=15", "h=l"] },
  { name: "MLS",    bits: "cccc 0000 011 0 dddd aaaa mmmm 1001 nnnn", open: ["d=15", "a=15", "m=15", "n=15"] },
  { name: "UMULL",  bits: "cccc 0000 100 S hhhh llll mmmm 1001 nnnn", open: ["h=15", "l=15", "m=15", "n=15", "h=l"] },
  { name: "UMLAL",  bits: "cccc 0000 101 S hhhh llll mmmm 1001 nnnn", open: ["h=15", "l=15", "m=15", "n=15", "h=l"] },
  { name: "SMULL",  bits: "cccc 0000 110 S hhhh llll mmmm 1001 nnnn", open: ["h=15", "l=15", "m=15", "n=15", "h=l"] },
  { name: "SMLAL",  bits: "cccc 0000 111 S hhhh llll mmmm 1001 nnnn", open: ["h=15", "l=15", "m=15", "n=15", "h=l"] },
  { name: "QADD…",  bits: "cccc 0001 0 oo 0 nnnn dddd (0000) 0101 mmmm", open: ["d=15", "m=15", "n=15"] },
  { name: "SMLAxy", bits: "cccc 0001 0000 dddd aaaa mmmm 1 M N 0 nnnn", open: ["d=15", "a=15", "m=15", "n=15"] },
  { name: "SMLAWy", bits: "cccc 0001 0010 dddd aaaa mmmm 1 M 0 0 nnnn", open: ["d=15", "a=15", "m=15", "n=15"] },
  { name: "SMULWy", bits: "cccc 0001 0010 dddd (0000) mmmm 1 M 1 0 nnnn", open: ["d=15", "m=15", "n=15"] },
  { name: "SMLALxy", bits: "cccc 0001 0100 hhhh llll mmmm 1 M N 0 nnnn", open: ["h=15", "l=15", "m=15", "n=15", "h=l"] },
  { name: "SMULxy", bits: "cccc 0001 0110 dddd (0000) mmmm 1 M N 0 nnnn", open: ["d=15", "m=15", "n=15"] },
];

// deno-fmt-ignore
/** A5.2.10: SWP and exclusives. */
const SYNCHRONIZATION: readonly Encoding[] = [
  { name: "SWP",    bits: "cccc 0001 0000 nnnn tttt (0000) 1001 mmmm", open: ["t=15", "m=15", "n=15", "n=t", "n=m"], base: "n", aligned: 4 },
  { name: "SWPB",   bits: "cccc 0001 0100 nnnn tttt (0000) 1001 mmmm", open: ["t=15", "m=15", "n=15", "n=t", "n=m"], base: "n" },
  { name: "STREX",  bits: "cccc 0001 1000 nnnn dddd (1111) 1001 tttt", open: ["d=15", "t=15", "n=15", "d=n", "d=t"], base: "n", aligned: 4 },
  { name: "LDREX",  bits: "cccc 0001 1001 nnnn tttt (1111) 1001 (1111)", open: ["t=15", "n=15"], base: "n", aligned: 4 },
  { name: "STREXD", bits: "cccc 0001 1010 nnnn dddd (1111) 1001 tttT", open: ["d=15", "T=1", "t=7", "n=15", "d=n", "d=t+t", "d=t+t+1"], base: "n", aligned: 8 },
  { name: "LDREXD", bits: "cccc 0001 1011 nnnn tttT (1111) 1001 (1111)", open: ["T=1", "t=7", "n=15"], base: "n", aligned: 8 },
  { name: "STREXB", bits: "cccc 0001 1100 nnnn dddd (1111) 1001 tttt", open: ["d=15", "t=15", "n=15", "d=n", "d=t"], base: "n" },
  { name: "LDREXB", bits: "cccc 0001 1101 nnnn tttt (1111) 1001 (1111)", open: ["t=15", "n=15"], base: "n" },
  { name: "STREXH", bits: "cccc 0001 1110 nnnn dddd (1111) 1001 tttt", open: ["d=15", "t=15", "n=15", "d=n", "d=t"], base: "n", aligned: 2 },
  { name: "LDREXH", bits: "cccc 0001 1111 nnnn tttt (1111) 1001 (1111)", open: ["t=15", "n=15"], base: "n", aligned: 2 },
];

// deno-fmt-ignore
/** A5.2.11, A5.2.12: status registers, hints, miscellaneous. */
const MISCELLANEOUS: readonly Encoding[] = [
  { name: "MOVW",   bits: "cccc 0011 0000 iiii dddd iiiiiiiiiiii", open: ["d=15"] },
  { name: "MOVT",   bits: "cccc 0011 0100 iiii dddd iiiiiiiiiiii", open: ["d=15"] },
  { name: "hint",   bits: "cccc 0011 0010 0000 (1111) (0000) hhhhhhhh" },
  { name: "MSR immediate", bits: "cccc 0011 0 R 10 kkkk (1111) iiiiiiiiiiii", open: ["k=0", "R=1 noSpsr"] },
  { name: "MRS",    bits: "cccc 0001 0 R 00 (1111) dddd (0)(0)0(0) 0000 (0000)", open: ["d=15", "R=1 noSpsr"] },
  { name: "MSR register", bits: "cccc 0001 0 R 10 kkkk (1111) (0)(0)0(0) 0000 nnnn", open: ["k=0", "n=15", "R=1 noSpsr"] },
  { name: "BX",     bits: "cccc 0001 0010 (1111 1111 1111) 0001 mmmm" },
  { name: "BXJ",    bits: "cccc 0001 0010 (1111 1111 1111) 0010 mmmm", open: ["m=15"] },
  { name: "BLX register", bits: "cccc 0001 0010 (1111 1111 1111) 0011 mmmm", open: ["m=15"] },
  { name: "CLZ",    bits: "cccc 0001 0110 (1111) dddd (1111) 0001 mmmm", open: ["d=15", "m=15"] },
  { name: "BKPT",   bits: "cccc 0001 0010 iiii iiii iiii 0111 iiii", open: ["c!=14"] },
  { name: "SMC",    bits: "cccc 0001 0110 (0000 0000 0000) 0111 iiii", apart: MONITOR },
];

// deno-fmt-ignore
/** A5.4: media. */
const MEDIA: readonly Encoding[] = [
  { name: "parallel", bits: "cccc 0110 0 ooo nnnn dddd (1111) qqq 1 mmmm", open: ["d=15", "m=15", "n=15"] },
  { name: "PKH",    bits: "cccc 0110 1000 nnnn dddd iiiii t 01 mmmm", open: ["d=15", "m=15", "n=15"] },
  { name: "SSAT",   bits: "cccc 0110 101 sssss dddd iiiii h 01 nnnn", open: ["d=15", "n=15"] },
  { name: "USAT",   bits: "cccc 0110 111 sssss dddd iiiii h 01 nnnn", open: ["d=15", "n=15"] },
  { name: "SSAT16", bits: "cccc 0110 1010 ssss dddd (1111) 0011 nnnn", open: ["d=15", "n=15"] },
  { name: "USAT16", bits: "cccc 0110 1110 ssss dddd (1111) 0011 nnnn", open: ["d=15", "n=15"] },
  { name: "XTAB16", bits: "cccc 0110 1 u 00 nnnn dddd rr (00) 0111 mmmm", open: ["d=15", "m=15"] },
  { name: "XTAB",   bits: "cccc 0110 1 u 10 nnnn dddd rr (00) 0111 mmmm", open: ["d=15", "m=15"] },
  { name: "XTAH",   bits: "cccc 0110 1 u 11 nnnn dddd rr (00) 0111 mmmm", open: ["d=15", "m=15"] },
  { name: "SEL",    bits: "cccc 0110 1000 nnnn dddd (1111) 1011 mmmm", open: ["d=15", "m=15", "n=15"] },
  { name: "REV",    bits: "cccc 0110 1011 (1111) dddd (1111) 0011 mmmm", open: ["d=15", "m=15"] },
  { name: "REV16",  bits: "cccc 0110 1011 (1111) dddd (1111) 1011 mmmm", open: ["d=15", "m=15"] },
  { name: "RBIT",   bits: "cccc 0110 1111 (1111) dddd (1111) 0011 mmmm", open: ["d=15", "m=15"] },
  { name: "REVSH",  bits: "cccc 0110 1111 (1111) dddd (1111) 1011 mmmm", open: ["d=15", "m=15"] },
  { name: "SMLAD",  bits: "cccc 0111 0000 dddd aaaa mmmm 0 o x 1 nnnn", open: ["d=15", "m=15", "n=15"] },
  { name: "SMLALD", bits: "cccc 0111 0100 hhhh llll mmmm 0 o x 1 nnnn", open: ["h=15", "l=15", "m=15", "n=15", "h=l"] },
  { name: "SMMLA",  bits: "cccc 0111 0101 dddd aaaa mmmm 00 r 1 nnnn", open: ["d=15", "m=15", "n=15"] },
  { name: "SMMLS",  bits: "cccc 0111 0101 dddd aaaa mmmm 11 r 1 nnnn", open: ["d=15", "a=15", "m=15", "n=15"] },
  { name: "USADA8", bits: "cccc 0111 1000 dddd aaaa mmmm 0001 nnnn", open: ["d=15", "m=15", "n=15"] },
  { name: "SBFX",   bits: "cccc 0111 101 wwwww dddd lllll 101 nnnn", open: ["d=15", "n=15", "l+w>31"] },
  { name: "BFI",    bits: "cccc 0111 110 wwwww dddd lllll 001 nnnn", open: ["d=15", "w<l"] },
  { name: "UBFX",   bits: "cccc 0111 111 wwwww dddd lllll 101 nnnn", open: ["d=15", "n=15", "l+w>31"] },
  { name: "UDF",    bits: "1110 0111 1111 iiii iiii iiii 1111 iiii" },
];

// deno-fmt-ignore
/** A5.5: branches and block transfers. */
const BLOCKS: readonly Encoding[] = [
  { name: "LDM user registers", bits: "cccc 100 P U 1 (0) 1 nnnn 0 rrrrrrrrrrrrrrr", open: ["n=15", "r=0", "noSpsr"], base: "n", aligned: 4, partial: true },
  { name: "LDM exception return", bits: "cccc 100 P U 1 W 1 nnnn 1 rrrrrrrrrrrrrrr", open: ["n=15", "noSpsr", "W=1 n in r"], base: "n", aligned: 4, partial: true },
  { name: "STM user registers", bits: "cccc 100 P U 1 (0) 0 nnnn rrrrrrrrrrrrrrrr", open: ["n=15", "r=0", "noSpsr"], base: "n", aligned: 4, partial: true },
  { name: "LDM",    bits: "cccc 100 P U 0 W 1 nnnn rrrrrrrrrrrrrrrr", open: ["n=15", "r=0", "W=1 n in r"], base: "n", aligned: 4, partial: true },
  { name: "STM",    bits: "cccc 100 P U 0 W 0 nnnn rrrrrrrrrrrrrrrr", open: ["n=15", "r=0", "W=1 n behind r"], base: "n", aligned: 4, partial: true },
  { name: "B",      bits: "cccc 1010 iiiiiiii iiiiiiii iiiiiiii" },
  { name: "BL",     bits: "cccc 1011 iiiiiiii iiiiiiii iiiiiiii" },
  { name: "SVC",    bits: "cccc 1111 iiiiiiii iiiiiiii iiiiiiii" },
];

// deno-fmt-ignore
/** A5.6, A7: coprocessors. */
const COPROCESSORS: readonly Encoding[] = [
  { name: "VFP data", bits: "cccc 1110 xxxx xxxx xxxx 101 x xxxx xxxx", apart: SIMD },
  { name: "VFP memory", bits: "cccc 110 xxxxx xxxx xxxx 101 x xxxx xxxx", apart: SIMD },
  { name: "MCR p14, p15", bits: "cccc 1110 xxxx xxxx xxxx 111 x xxx 1 xxxx", apart: COPROCESSOR },
  { name: "CDP p14, p15", bits: "cccc 1110 xxxx xxxx xxxx 111 x xxx 0 xxxx", apart: COPROCESSOR },
  { name: "LDC p14, p15", bits: "cccc 110 xxxxx xxxx xxxx 111 x xxxx xxxx", apart: COPROCESSOR },
];

// deno-fmt-ignore
/** A5.7: the unconditional space. */
const UNCONDITIONAL: readonly Encoding[] = [
  { name: "CPS",    bits: "1111 0001 0000 oo M 0 (0000 000) A I F 0 mmmmm", open: ["o=0 M=0", "o=1", "o=2 A+I+F=0", "o=3 A+I+F=0", "o=0 A+I+F>0", "M=0 m>0", "M=1 m!=19"] },
  { name: "SETEND", bits: "1111 0001 0000 (000) 1 (000000) e (0) 0000 (0000)" },
  { name: "NEON data", bits: "1111 001 x xxxx xxxx xxxx xxxx xxxx xxxx", apart: SIMD },
  { name: "NEON memory", bits: "1111 0100 xxx 0 xxxx xxxx xxxx xxxx xxxx", apart: SIMD },
  { name: "PLI immediate", bits: "1111 0100 U 101 nnnn (1111) iiiiiiiiiiii" },
  { name: "PLD literal", bits: "1111 0101 U (1) 01 1111 (1111) iiiiiiiiiiii" },
  { name: "PLD immediate", bits: "1111 0101 U R 01 nnnn (1111) iiiiiiiiiiii" },
  { name: "memory hint 1", bits: "1111 0100 U 001 nnnn xxxx xxxxxxxxxxxx" },
  { name: "CLREX",  bits: "1111 0101 0111 (1111) (1111) (0000) 0001 (1111)" },
  { name: "barrier", bits: "1111 0101 0111 (1111) (1111) (0000) 01 bb oooo", open: ["b=3"] },
  { name: "UNPREDICTABLE space", bits: "1111 0101 x x11 xxxx xxxx xxxx xxxx xxxx", open: ["0=0"] },
  { name: "UNPREDICTABLE space 2", bits: "1111 0100 x x11 xxxx xxxx xxxx xxxx xxxx", open: ["0=0"] },
  { name: "PLI register", bits: "1111 0110 U 101 nnnn (1111) iiiii tt 0 mmmm", open: ["m=15"] },
  { name: "memory hint 2", bits: "1111 0110 U 001 nnnn xxxx iiiii tt 0 mmmm", open: ["m=15"] },
  { name: "PLD register", bits: "1111 0111 U R 01 nnnn (1111) iiiii tt 0 mmmm", open: ["m=15", "R=0 n=15"] },
  { name: "UNPREDICTABLE space 3", bits: "1111 011 x x x11 xxxx xxxx xxxx xxx 0 xxxx", open: ["0=0"] },
  { name: "SRS",    bits: "1111 100 P U 1 W 0 (1101) (0000 0101 000) mmmmm", open: ["user", "noSpsr", "m!=19"], base: "sp", aligned: 4, partial: true },
  { name: "RFE",    bits: "1111 100 P U 0 W 1 nnnn (0000 1010 0000 0000)", open: ["n=15", "user"], base: "n", aligned: 4 },
  { name: "BLX immediate", bits: "1111 101 H iiiiiiii iiiiiiii iiiiiiii" },
  { name: "MRC2 p14, p15", bits: "1111 1110 xxxx xxxx xxxx 111 x xxxx xxxx", apart: COPROCESSOR },
  { name: "LDC2 p14, p15", bits: "1111 110 xxxxx xxxx xxxx 111 x xxxx xxxx", apart: COPROCESSOR },
  { name: "unconditional VFP", bits: "1111 11 xxxxxx xxxx xxxx 101 x xxxx xxxx", apart: SIMD },
];

/** The first that matches is meant: those of condition 1111 go first, then narrow before wide. */
export const ARM_ENCODINGS: readonly Encoding[] = [
  ...UNCONDITIONAL,
  { name: "unallocated unconditional", bits: "1111 xxxx xxxx xxxx xxxx xxxx xxxx xxxx" },
  ...MULTIPLIES,
  ...SYNCHRONIZATION,
  ...MISCELLANEOUS,
  ...extraLoadsAndStores(),
  ...dataProcessing(),
  ...MEDIA,
  ...loadsAndStores(),
  ...BLOCKS,
  ...COPROCESSORS,
];
