/**
 * VFP and Advanced SIMD, coarsely (ARM ARM A7.4 to A7.9), in their ARM form: which bits make an
 * instruction is for the two CPUs to agree on; here is what the manual leaves open.
 */

import type { Encoding } from "./encoding.ts";

const LOOSE = "unicorn does not look at all bits of what is UNDEFINED (tables A7-9 and A7-10)";
const HALF = "unicorn takes half-precision conversions for undefined or not, as it likes";

// deno-fmt-ignore
export const SIMD_ENCODINGS: readonly Encoding[] = [
  { name: "VTBL", bits: "1111 0011 1d11 nnnn dddd 10ll NoM0 mmmm", open: ["n+16N+l>31"] },
  { name: "VTRN…", bits: "1111 0011 1D11 ss10 dddd 000o oQM0 mmmm", open: ["d+16D=m+16M"] },
  { name: "NEON misc", weight: 25, bits: "1111 0011 1D11 ssAA dddd 0BBB BQM0 mmmm" },
  { name: "VEXT", bits: "1111 0010 1D11 nnnn dddd iiii NQM0 mmmm" },
  { name: "VDUP", bits: "1111 0011 1D11 iiii dddd 1100 0QM0 mmmm" },
  { name: "NEON immediate", weight: 4, bits: "1111 001i 1D00 0iii dddd cccc 0Qo1 iiii", open: ["c=0 i=256"] },
  { name: "NEON shift", weight: 20, bits: "1111 001u 1Dii iiii dddd AAAA lQM1 mmmm" },
  { name: "VQDMULL unsigned", bits: "1111 0011 1Dss nnnn dddd 1101 N0M0 mmmm", apart: LOOSE },
  { name: "VMUL float size", bits: "1111 0011 0D1t nnnn dddd 1101 NQM1 mmmm", apart: LOOSE },
  { name: "NEON scalar", weight: 12, bits: "1111 001Q 1Dss nnnn dddd AAAA N1M0 mmmm" },
  { name: "NEON long", weight: 12, bits: "1111 001u 1Dss nnnn dddd AAAA N0M0 mmmm" },
  { name: "NEON same", weight: 40, bits: "1111 001u 0Dss nnnn dddd AAAA NQMB mmmm" },
  ...elements(),
  { name: "VMRS APSR", bits: "cccc 1110 1111 0001 1111 1010 (000) 1 (0000)" },
  { name: "VMRS FPSCR", bits: "cccc 1110 1111 0001 tttt 1010 (000) 1 (0000)" },
  { name: "VMSR FPSCR", bits: "cccc 1110 1110 0001 tttt 1010 (000) 1 (0000)", open: ["t=15"] },
  { name: "VMRS", bits: "cccc 1110 111x nnnn tttt 1010 (000) 1 (0000)", apart: "identification registers are those of another revision" },
  { name: "VMOV single", bits: "cccc 1110 000o nnnn tttt 1010 N (00) 1 (0000)", open: ["t=15"] },
  { name: "VDUP core", bits: "cccc 1110 1bQ0 dddd tttt 1011 D0e1 (0000)", open: ["t=15"] },
  { name: "VMOV scalar", bits: "cccc 1110 xxxx nnnn tttt 1011 Nxx1 (0000)", open: ["t=15"] },
  { name: "VMOV two singles", bits: "cccc 1100 010o uuuu tttt 1010 00M1 mmmm", open: ["t=15", "u=15", "m=15 M=1", "o=1 t=u"] },
  { name: "VMOV double", bits: "cccc 1100 010o uuuu tttt 1011 00M1 mmmm", open: ["t=15", "u=15", "o=1 t=u"] },
  { name: "VSTR", bits: "cccc 1101 UD00 nnnn dddd 101z iiii iiii", base: "n", aligned: 4, partial: true },
  { name: "VLDR", bits: "cccc 1101 UD01 nnnn dddd 101z iiii iiii", base: "n", aligned: 4, partial: true },
  { name: "VLDM single", weight: 10, bits: "cccc 110P UDWL nnnn dddd 1010 0iii iiii", open: ["n=15 W=1", "n=15 L=0", "i=0", "i+d+d+D>32", "P=0 U=0", "P=1 U=1 W=1", "P=1 W=0"], base: "n", aligned: 4, partial: true },
  { name: "VLDM double", weight: 10, bits: "cccc 110P UDWL nnnn dddd 1011 0iii iiii", open: ["n=15 W=1", "n=15 L=0", "i=0", "i=1", "i>33", "i+2d+32D>65", "P=0 U=0", "P=1 U=1 W=1", "P=1 W=0"], base: "n", aligned: 4, partial: true },
  { name: "VLDM long", bits: "cccc 110P UDWL nnnn dddd 101z 1iii iiii", open: ["0=0"] },
  { name: "VCVT half", bits: "cccc 1110 1D11 001x dddd 101z x1x0 xxxx", apart: HALF },
  { name: "VFP immediate", bits: "cccc 1110 1D11 iiii dddd 101z (0)0(0)0 iiii" },
  { name: "VCMP zero", bits: "cccc 1110 1D11 0101 dddd 101z E1 (0) 0 (0000)" },
  { name: "VCVT fixed", weight: 3, bits: "cccc 1110 1D11 1t1u dddd 101z 0 1j0 iiii", open: ["2i+j>16"] },
  { name: "VCVT from fixed", bits: "cccc 1110 1D11 101u dddd 101z 11j0 iiii" },
  { name: "VFP misc", weight: 12, bits: "cccc 1110 1D11 oooo dddd 101z p1M0 mmmm" },
  { name: "VFP data", weight: 15, bits: "cccc 1110 oDoo nnnn dddd 101z NoM0 mmmm" },
];

/** Registers do not go past D31. */
function elements(): Encoding[] {
  const types = [[7, 1], [10, 2], [6, 3], [2, 4], [8, 2], [9, 3], [3, 4], [4, 3], [5, 5], [0, 4], [
    1,
    7,
  ]] as const;
  const multiple = types.map(([type, span]): Encoding => ({
    name: "VLDn multiple",
    bits: `1111 0100 0Dl0 nnnn dddd ${type.toString(2).padStart(4, "0")} ssaa mmmm`,
    open: ["n=15", `d+16D>${32 - span}`],
    base: "n",
    aligned: 32,
    partial: true,
  }));
  const single = [0, 1, 2, 3].flatMap((n): Encoding[] => {
    const bits = n.toString(2).padStart(2, "0");
    return [{
      name: "VLDn all lanes",
      bits: `1111 0100 1D10 nnnn dddd 11${bits} ssTa mmmm`,
      open: ["n=15", n === 0 ? "d+16D+T>31" : `d+16D+${n}T>${31 - n}`],
      base: "n",
      aligned: 32,
      partial: true,
    }, {
      name: "VLDn one lane",
      bits: `1111 0100 1Dl0 nnnn dddd ss${bits} iiii mmmm`,
      // The registers may be two apart.
      open: ["n=15", `d+16D>${31 - 2 * n}`],
      base: "n",
      aligned: 32,
      partial: true,
    }];
  });
  const rest = { name: "NEON memory", bits: "1111 0100 xxx0 xxxx xxxx xxxx xxxx xxxx" };
  return [...multiple, ...single, { ...rest, open: ["0=0"] }];
}
