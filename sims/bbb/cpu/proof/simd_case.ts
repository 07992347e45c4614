/** Cases for VFP and Advanced SIMD: instructions, extension registers and FPSCR. */

import { Random } from "hil/time/mod.ts";
import { addressOf, type Case, EncodingSet, itLength, skipped, tame } from "./case.ts";
import type { Compiled } from "./encoding.ts";
import type { Extra } from "./compare.ts";
import { STATE } from "../layout.ts";
import { SIMD_ENCODINGS } from "./encodings_simd.ts";
import type { Ours } from "./ours.ts";
import { hex, itOf, randomState, randomWord, situationOf } from "./state.ts";
import type { Unicorn } from "./unicorn.ts";

const SET = new EncodingSet("arm", SIMD_ENCODINGS);
const DRAWS = SET.all.flatMap((one) => new Array<Compiled>(one.encoding.weight ?? 1).fill(one));
/** NZCV, QC, DN, FZ, RMode, exceptions: what both have. */
const COMPARED = 0xfbc0_009f | 0;
const RMODE = 0x00c0_0000;
const DRAWN = 0xfbc0_009f | 0;

export function makeSimdCase(seed: string, index: number): Case {
  const random = new Random(`${seed}/simd/${index}`);
  const chosen = DRAWS[random.below(DRAWS.length)]!;
  let arm = chosen.make(random.next());
  // Registers mostly even, as Q registers want; Q, N, D and M are in bits 6, 7, 22 and 5.
  if (random.chance(0.5)) arm = (arm & ~0x0001_1001) >>> 0;
  if (!chosen.matches(arm)) arm = chosen.make(random.next());
  if (chosen.encoding.bits.startsWith("cccc")) {
    const condition = random.chance(0.85) ? 14 : random.below(14);
    arm = ((arm & 0x0fff_ffff) | condition << 28) >>> 0;
  }
  const compiled = SET.find(arm)!;
  const fields = compiled.fields(arm);
  const thumb = random.chance(0.4);
  const word = thumb ? toThumb(arm) : arm;
  const set = thumb ? "thumb32" : "arm";
  const before = randomState(random, thumb);
  if (thumb && random.chance(0.8)) before.cpsr = (before.cpsr & ~0x0600_fc00) >>> 0;
  const address = addressOf(index, thumb && (random.next() & 1) === 1);
  before.r[15] = address;
  tame(compiled.encoding, fields, before, random);
  const situation = situationOf(before);
  const skip = skipped(compiled, arm, fields, situation);
  const steps = Math.max(1, itLength(itOf(before.cpsr) & 15));
  return { seed, index, set, word, address, steps, before, compiled, fields, situation, skip };
}

function toThumb(arm: number): number {
  const top = arm >>> 24;
  if (top >>> 1 === 0x79) return ((arm & 0x00ff_ffff) | 0xef00_0000 | (top & 1) << 28) >>> 0;
  if (top === 0xf4) return ((arm & 0x00ff_ffff) | 0xf900_0000) >>> 0;
  return ((arm & 0x0fff_ffff) | 0xe000_0000) >>> 0;
}

/** The extension registers of both CPUs. */
export class ExtensionRegisters implements Extra {
  readonly #unicorn: Unicorn;
  readonly #ours: Uint32Array;
  readonly #words: Int32Array;
  readonly #before = new Uint32Array(65);

  constructor(ours: Ours, unicorn: Unicorn) {
    this.#unicorn = unicorn;
    this.#words = ours.memory.i32;
    this.#ours = ours.memory.u32.subarray(STATE.VFP >>> 2, (STATE.VFP >>> 2) + 64);
  }

  prepare({ seed, index, compiled, fields }: Case): void {
    const random = new Random(`${seed}/registers/${index}`);
    const { vfp } = this.#unicorn;
    fill(vfp, random);
    vfp[64] = random.chance(0.3) ? 0x10 : random.next() & DRAWN;
    // Short vectors, as long as a bank lets them be. Unicorn errs where every second
    // single register is meant, and with one operand of double precision: not compared.
    const unary = compiled?.encoding.name === "VFP misc" && fields.z === 1;
    if (!unary && random.chance(0.1)) {
      const [stride, most] = fields.z === 0 ? [0, 8] : random.chance(0.5) ? [0, 4] : [3, 2];
      vfp[64]! |= stride << 20 | random.below(most) << 16;
      if ((vfp[64]! & 7 << 16) === 0) vfp[64]! &= ~(3 << 20);
    }
    // From fixed point is always to nearest (A8.8.308), which unicorn forgets.
    if (compiled?.encoding.name === "VCVT from fixed") vfp[64]! &= ~RMODE;
    vfp[65] = 0;
    this.#unicorn.writeVfp();
    this.#ours.set(vfp.subarray(0, 64));
    this.#words[STATE.FPSCR >>> 2] = vfp[64]!;
    this.#words[STATE.FPEXC >>> 2] = 1 << 30;
    this.#before.set(vfp.subarray(0, 65));
  }

  differences(): string[] {
    this.#unicorn.readVfp();
    const { vfp } = this.#unicorn;
    const what: string[] = [];
    for (let d = 0; d < 32; d++) {
      const [low, high] = [2 * d, 2 * d + 1];
      if (this.#ours[low] === vfp[low] && this.#ours[high] === vfp[high]) continue;
      what.push(
        `D${d} ${hex(this.#ours[high]!)}_${hex(this.#ours[low]!)}, but ` +
          `${hex(vfp[high]!)}_${hex(vfp[low]!)} (was ` +
          `${hex(this.#before[high]!)}_${hex(this.#before[low]!)})`,
      );
    }
    const fpscr = this.#words[STATE.FPSCR >>> 2]!;
    if (((fpscr ^ vfp[64]!) & COMPARED) !== 0) {
      what.push(`FPSCR ${hex(fpscr)}, but ${hex(vfp[64]!)} (was ${hex(this.#before[64]!)})`);
    }
    return what;
  }
}

const SINGLES = [0, 0x8000_0000, 0x3f80_0000, 0xbf80_0000, 0x7f80_0000, 0xff80_0000, 0x7fc0_0000];
const MORE = [0x7f80_0001, 0x0000_0001, 0x8070_0000, 0x0080_0000, 0x7f7f_ffff, 0x4f00_0000];

/** Integers, single and double precision numbers: usual ones, edges, NaNs and denormals. */
function fill(words: Uint32Array, random: Random): void {
  for (let d = 0; d < 32; d++) {
    const kind = random.below(4);
    if (kind === 0) {
      words[2 * d] = randomWord(random);
      words[2 * d + 1] = randomWord(random);
    } else if (kind < 3) {
      words[2 * d] = single(random);
      words[2 * d + 1] = single(random);
    } else {
      words[2 * d] = random.chance(0.5) ? 0 : random.next();
      const high = single(random);
      // As the upper half of a double: the exponent three bits wider.
      const exponent = high >>> 23 & 0xff;
      const wide = exponent === 0xff ? 0x7ff : exponent === 0 ? 0 : exponent + 1023 - 127;
      words[2 * d + 1] = ((high & 0x8000_0000) | wide << 20 | (high >>> 3 & 0xf_ffff)) >>> 0;
    }
  }
}

function single(random: Random): number {
  const word = random.next();
  switch (random.below(4)) {
    case 0:
      return SINGLES[word % SINGLES.length]!;
    case 1:
      return random.chance(0.5) ? MORE[word % MORE.length]! : word;
    default: {
      // Near 1, some with few bits.
      const exponent = 127 - 12 + random.below(48);
      const fraction = random.chance(0.3) ? word & 0x70_0000 : word & 0x7f_ffff;
      return ((word & 0x8000_0000) | exponent << 23 | fraction) >>> 0;
    }
  }
}
