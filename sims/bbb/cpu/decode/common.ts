/** Encodings that ARM and Thumb share from bit 27 down (chapters A5.4 and A7.6). */
import { Op } from "../op.ts";
import type { Instruction } from "./instruction.ts";

export function simd(raw: number): Instruction {
  return { op: Op.SIMD, immediate: raw };
}

/**
 * A5.6. Only with a condition (in Thumb, 1110 on top): the second encodings, MCR2 and so on, are
 * undefined for every coprocessor that the Cortex-A8 has.
 */
export function coprocessor(raw: number): Instruction | undefined {
  const number = raw >>> 8 & 15;
  if (number === 10 || number === 11) return { op: Op.SIMD, immediate: raw };
  const op = coprocessorOp(raw);
  return op === undefined ? undefined : { op, immediate: raw };
}

function coprocessorOp(raw: number): number | undefined {
  const load = (raw >>> 20 & 1) === 1;
  if ((raw >>> 24 & 15) === 14) {
    return (raw >>> 4 & 1) === 0 ? Op.CDP : load ? Op.MRC : Op.MCR;
  }
  switch (raw >>> 20 & 0xff) {
    case 0xc0:
    case 0xc1:
      return undefined;
    case 0xc4:
      return Op.MCRR;
    case 0xc5:
      return Op.MRRC;
  }
  return load ? Op.LDC : Op.STC;
}

/** `u`: S 1, Q 2, SH 3, U 5, UQ 6, UH 7. */
export function parallel(
  u: number,
  operation: number,
  registers: { rd: number; rn: number; rm: number },
): Instruction | undefined {
  if ((u & 3) === 0) return undefined;
  return { op: Op.PARALLEL, ...registers, immediate: u << 3 | operation };
}

/** `op` is the form that adds Rn; with Rn 15 it is the one that does not. */
export function extend(
  op: number | undefined,
  rotation: number,
  { d, n, m }: { d: number; n: number; m: number },
): Instruction | undefined {
  if (op === undefined) return undefined;
  const amount = 8 * rotation;
  if (n === 15) return { op: op - Op.SXTAB + Op.SXTB, rd: d, rm: m, amount };
  return { op, rd: d, rn: n, rm: m, amount };
}
