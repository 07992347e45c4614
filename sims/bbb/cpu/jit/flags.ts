/**
 * N, Z, C and V in translated code. C and V are not computed where they are set, but where they
 * are used, which is seldom: locals x, y and r keep a difference x - y - (0 or 1) = r that leaves
 * them as they are. C is then the sign of {@linkcode pushCarryWord}, V that of
 * {@linkcode pushOverflowWord} (a sum x + b is the difference x - ~b - 1). N is the sign of n, Z is
 * set when z is 0.
 */
import type { RegionWriter } from "./writer.ts";

/** Pushes a word whose sign is C. */
export function pushCarryWord(w: RegionWriter): void {
  pushBorrowWord(w);
  w.code.i32(-1).op("xor");
}

/** The sign of (~x & y) | (~(x ^ y) & r). */
function pushBorrowWord({ code, flags: { x, y, r } }: RegionWriter): void {
  code.get(x).i32(-1).op("xor").get(y).op("and");
  code.get(x).get(y).op("xor").i32(-1).op("xor").get(r).op("and", "or");
}

/** Pushes a word whose sign is V. */
export function pushOverflowWord({ code, flags: { x, y, r } }: RegionWriter): void {
  code.get(x).get(y).op("xor").get(x).get(r).op("xor", "and");
}

/** Pushes C, 0 or 1. */
export function pushCarry(w: RegionWriter): void {
  const { code, flags: { x, y } } = w;
  w.useFlags();
  if (w.compared) code.get(x).get(y).op("ge_u");
  else {
    pushCarryWord(w);
    code.i32(31).op("shr_u");
  }
}

/** x, y and r are set: pops r, and N and Z are those of it. */
export function setFlagsOfDifference(w: RegionWriter, { compared }: { compared: boolean }): void {
  w.writeFlags();
  w.code.tee(w.flags.r).tee(w.flags.n).set(w.flags.z);
  w.compared = compared;
}

/** Pops a value that N and Z are of; C and V stay. */
export function setSignAndZero(w: RegionWriter): void {
  w.writeFlags();
  w.code.tee(w.flags.n).set(w.flags.z);
  w.compared = false;
}

/** C becomes the sign of local `carry`; V stays. */
export function setCarry(w: RegionWriter, carry: number): void {
  const { code, flags: { x, y, r } } = w;
  w.writeFlags();
  pushOverflowWord(w);
  code.get(carry).i32(-1).op("xor").tee(y).tee(r).op("xor").set(x);
  w.compared = false;
}

type Push = (w: RegionWriter) => void;

/** Conditions of flags whose origin is not known: EQ, CS, MI, VS, HI, GE, GT. */
const GENERIC: readonly Push[] = [
  ({ code, flags }) => code.get(flags.z).op("eqz"),
  (w) => {
    pushBorrowWord(w);
    w.code.i32(0).op("ge_s");
  },
  ({ code, flags }) => code.get(flags.n).i32(0).op("lt_s"),
  (w) => {
    pushOverflowWord(w);
    w.code.i32(0).op("lt_s");
  },
  (w) => {
    pushBorrowWord(w);
    w.code.i32(0).op("ge_s").get(w.flags.z).i32(0).op("ne", "and");
  },
  (w) => pushSignsAgree(w),
  (w) => {
    pushSignsAgree(w);
    w.code.get(w.flags.z).i32(0).op("ne", "and");
  },
];

function pushSignsAgree(w: RegionWriter): void {
  pushOverflowWord(w);
  w.code.get(w.flags.n).op("xor").i32(0).op("ge_s");
}

/** What to compare x and y by after a comparison, and for the inverse: EQ, CS, …, HI, GE, GT. */
const COMPARED = [
  ["eq", "ne"],
  ["ge_u", "lt_u"],
  undefined,
  undefined,
  ["gt_u", "le_u"],
  ["ge_s", "lt_s"],
  ["gt_s", "le_s"],
] as const;

/** Pushes whether a condition (below AL) holds: not 0 if it does. */
export function pushCondition(w: RegionWriter, cond: number): void {
  w.useFlags();
  const inverse = cond & 1;
  const compare = w.compared ? COMPARED[cond >> 1] : undefined;
  if (compare) {
    w.code.get(w.flags.x).get(w.flags.y).op(compare[inverse]!);
    return;
  }
  GENERIC[cond >> 1]!(w);
  if (inverse) w.code.op("eqz");
}
