/** Cases: one instruction and the state it meets, from a seed and an index alone. */

import { Random } from "hil/time/mod.ts";
import { Compiled, type Encoding, type Fields, type Situation } from "./encoding.ts";
import { ARM_ENCODINGS } from "./encodings_arm.ts";
import { THUMB16_ENCODINGS } from "./encodings_thumb16.ts";
import { THUMB32_ENCODINGS } from "./encodings_thumb32.ts";
import { itOf, PLACE, randomState, situationOf, type State } from "./state.ts";

export type InstructionSet = "arm" | "thumb16" | "thumb32";

export interface Case {
  readonly seed: string;
  readonly index: number;
  readonly set: InstructionSet;
  /** Of Thumb-2, the first halfword on top. */
  readonly word: number;
  readonly address: number;
  /**
   * Instructions to execute: unicorn does not stop in an IT block, so what is left of one goes with
   * the instruction, as fillers that each condition shows in.
   */
  readonly steps: number;
  /** R15 is the address. */
  readonly before: State;
  readonly compiled: Compiled | undefined;
  readonly fields: Fields;
  readonly situation: Situation;
  /** Why there is nothing to compare; undefined when there is. */
  readonly skip: string | undefined;
}

/** Distance of one case's code from the next. */
export const SLOT = 16;
const SLOTS = PLACE.CODE_SIZE / SLOT;
/** Code is put away from the edges, so that literals are found. */
const EDGE_SLOTS = 512;

/** An instruction set's encodings, looked up by the first that matches. */
export class EncodingSet {
  readonly all: readonly Compiled[];
  readonly #byKey = new Map<number, readonly Compiled[]>();
  readonly #shift: number;

  constructor(readonly name: InstructionSet, encodings: readonly Encoding[]) {
    this.all = encodings.map((encoding) => new Compiled(encoding));
    this.#shift = name === "thumb16" ? 8 : 20;
  }

  find(word: number): Compiled | undefined {
    const key = word >>> this.#shift;
    let candidates = this.#byKey.get(key);
    if (candidates === undefined) {
      candidates = this.all.filter(({ mask, value }) => {
        return (((key << this.#shift) ^ value) & (mask >>> this.#shift << this.#shift)) === 0;
      });
      this.#byKey.set(key, candidates);
    }
    return candidates.find((one) => one.matches(word));
  }
}

export const SETS: Readonly<Record<InstructionSet, EncodingSet>> = {
  arm: new EncodingSet("arm", ARM_ENCODINGS),
  thumb16: new EncodingSet("thumb16", THUMB16_ENCODINGS),
  thumb32: new EncodingSet("thumb32", THUMB32_ENCODINGS),
};
const NAMES = ["arm", "arm", "thumb16", "thumb32"] as const;

/** Share of words that are any bits, whatever they mean. */
const ARBITRARY = 0.15;

export function makeCase(seed: string, index: number): Case {
  const random = new Random(`${seed}/${index}`);
  const set = NAMES[random.next() & 3]!;
  const word = random.chance(ARBITRARY) ? arbitrary(random, set) : chosen(random, set);
  return caseOf({ seed, index, set, word, before: randomState(random, set !== "arm"), random });
}

/** The case of a given word in a given state; the state is made fit for it. */
export function caseOf(
  { seed, index, set, word, before, random }: {
    readonly seed: string;
    readonly index: number;
    readonly set: InstructionSet;
    readonly word: number;
    readonly before: State;
    readonly random: Random;
  },
): Case {
  const compiled = SETS[set].find(word);
  const fields = compiled?.fields(word) ?? {};
  const address = addressOf(index, set !== "arm" && (random.next() & 1) === 1);
  before.r[15] = address;
  if (compiled !== undefined) tame(compiled.encoding, fields, before, random);
  const situation = situationOf(before);
  const skip = compiled === undefined ? undefined : skipped(compiled, word, fields, situation);
  const it = compiled?.encoding.name === "IT" ? word & 15 : itOf(before.cpsr) & 15;
  const steps = compiled?.encoding.name === "IT" ? 1 + itLength(it) : Math.max(1, itLength(it));
  return { seed, index, set, word, address, steps, before, compiled, fields, situation, skip };
}

/** Each case has its own place, so that literals differ. */
export function addressOf(index: number, halfword: boolean): number {
  const slot = EDGE_SLOTS + index % (SLOTS - 2 * EDGE_SLOTS);
  return PLACE.CODE + SLOT * slot + (halfword ? 2 : 0);
}

/** Instructions that an ITSTATE[3:0] governs. */
export function itLength(mask: number): number {
  return mask === 0 ? 0 : 4 - (31 - Math.clz32(mask & -mask));
}

function arbitrary(random: Random, set: InstructionSet): number {
  const word = random.next();
  if (set === "arm") return word;
  if (set === "thumb32") return thumb32(word);
  const narrow = word & 0xffff;
  return narrow >= 0xe800 ? narrow & 0x7fff : narrow;
}

/** Puts 11101, 11110 or 11111 on top. */
function thumb32(word: number): number {
  const top = word >>> 27 & 3;
  return ((word & 0x07ff_ffff) | (top === 0 ? 0b11110 : 0b11100 | top) << 27) >>> 0;
}

function chosen(random: Random, set: InstructionSet): number {
  const { all } = SETS[set];
  const compiled = all[random.below(all.length)]!;
  let word = compiled.make(random.next());
  const hasCondition = set === "arm" && compiled.encoding.bits.startsWith("cccc");
  if (hasCondition) {
    const condition = random.chance(0.7) ? 14 : random.below(14);
    word = ((word & 0x0fff_ffff) | condition << 28) >>> 0;
  }
  return word;
}

/** Points the base at the scratch, mostly aligned, and keeps the index small. */
export function tame(encoding: Encoding, fields: Fields, { r }: State, random: Random): void {
  if (encoding.base === undefined) return;
  if (encoding.index !== undefined && random.chance(0.9)) {
    const small = random.next() & 0x3f;
    r[fields[encoding.index]!] = random.chance(0.2) ? -small : small;
  }
  const base = encoding.base === "sp" ? 13 : fields[encoding.base]!;
  if (base === 15 || random.chance(0.03)) return;
  const alignment = random.chance(0.85) ? Math.max(4, encoding.aligned ?? 4) : 1;
  const offset = PLACE.SCRATCH_SIZE / 4 + random.below(PLACE.SCRATCH_SIZE / 2);
  r[base] = PLACE.SCRATCH + offset - offset % alignment;
}

export function skipped(
  compiled: Compiled,
  word: number,
  fields: Fields,
  situation: Situation,
): string | undefined {
  const { apart, base, name } = compiled.encoding;
  if (apart !== undefined) return apart;
  const open = compiled.open(word, fields, situation);
  if (open !== undefined) return `UNPREDICTABLE: ${open}`;
  if (name === "STM user registers" && (fields.r! & 0x6000) !== 0) {
    return "registers of another mode are as an earlier case left them";
  }
  if (base !== undefined && fields[base] === 15 && name.startsWith("STR")) {
    return "stores among the code";
  }
  return undefined;
}

/** The condition that a case's instruction runs under. */
export function conditionOf({ set, word, before }: Case): number {
  if (set === "arm") return word >>> 28;
  const it = itOf(before.cpsr);
  return (it & 15) === 0 ? 14 : it >>> 4;
}
