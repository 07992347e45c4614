/**
 * Encodings as the ARM Architecture Reference Manual draws them (DDI 0406C, chapters A5, A6, A8):
 * "cccc 000 oooo S nnnn dddd iiiii yy 0 mmmm". 0 and 1 are fixed, a letter is a bit of the field of
 * that name (all bits of one letter, from the left, are one number), - is not looked at.
 */
import type { Instruction } from "./instruction.ts";

/** The fields of an encoding, by letter. Those that it lacks keep what they had: never look there. */
export type Fields = { [letter in Letter]: number };

// deno-fmt-ignore
type Letter =
  | "a" | "b" | "c" | "d" | "e" | "f" | "g" | "h" | "i" | "j" | "k" | "l" | "m" | "n" | "o" | "p"
  | "q" | "r" | "s" | "t" | "u" | "v" | "w" | "x" | "y" | "z"
  | "H" | "J" | "K" | "L" | "P" | "R" | "S" | "U" | "W";

/** What is known of an instruction besides its bits. */
export interface Place {
  /** Its address in its page of 4 KiB. */
  readonly offset: number;
  /** It stands in an IT block. */
  readonly governed: boolean;
}

/** Makes the record of an encoding; undefined: this row does not fit after all, look further. */
export type Build = (fields: Fields, place: Place, raw: number) => Instruction | undefined;
export type Row = readonly [pattern: string, build: Build];

interface Extract {
  readonly letter: Letter;
  /** Run of bits: down by `from`, `width` wide, then up by `to`. */
  readonly from: number;
  readonly mask: number;
  readonly to: number;
}

interface Encoding {
  readonly mask: number;
  readonly value: number;
  readonly extracts: readonly Extract[];
  readonly build: Build;
}

/** A table of encodings; the first that fits is taken. `keyMask`: bits by which it is looked up. */
export class Encodings {
  readonly #all: readonly Encoding[];
  readonly #byKey = new Map<number, readonly Encoding[]>();
  readonly #fields = {} as Fields;

  constructor(readonly width: 16 | 32, readonly keyMask: number, rows: readonly Row[]) {
    this.#all = rows.map(([pattern, build]) => encodingOf(pattern, width, build));
  }

  decode(raw: number, place: Place): Instruction | undefined {
    const key = raw & this.keyMask;
    let found = this.#byKey.get(key);
    if (!found) this.#byKey.set(key, found = this.#candidates(key));
    for (const encoding of found) {
      if ((raw & encoding.mask) !== encoding.value) continue;
      for (const { letter, from, mask, to } of encoding.extracts) {
        if (to < 0) this.#fields[letter] = (raw >>> from) & mask;
        else this.#fields[letter] |= ((raw >>> from) & mask) << to;
      }
      const instruction = encoding.build(this.#fields, place, raw);
      if (instruction) return instruction;
    }
    return undefined;
  }

  #candidates(key: number): Encoding[] {
    return this.#all.filter(({ mask, value }) => ((key ^ value) & mask & this.keyMask) === 0);
  }
}

/** @throws SyntaxError when the pattern has not `width` bits, which is a defect of the table */
function encodingOf(pattern: string, width: number, build: Build): Encoding {
  const bits = pattern.replaceAll(" ", "");
  if (bits.length !== width) {
    throw new SyntaxError(
      `Cannot read encoding "${pattern}": it has ${bits.length} bits; write ${width}`,
    );
  }
  let mask = 0, value = 0;
  const runs = new Map<Letter, { from: number; size: number }[]>();
  for (let at = 0; at < width; at++) {
    const bit = width - 1 - at;
    const letter = bits[at]!;
    if (letter === "0" || letter === "1") {
      mask |= 1 << bit;
      value |= Number(letter) << bit;
    } else if (letter !== "-") {
      const of = runs.get(letter as Letter) ?? [];
      const last = of.at(-1);
      if (last && last.from === bit + 1) last.from--, last.size++;
      else of.push({ from: bit, size: 1 });
      runs.set(letter as Letter, of);
    }
  }
  return { mask, value, build, extracts: [...runs].flatMap(extractsOf) };
}

/** The first run sets the field (to: -1), so it must be the lowest; the others are put above it. */
function extractsOf([letter, runs]: [Letter, { from: number; size: number }[]]): Extract[] {
  let to = 0;
  return runs.toReversed().map(({ from, size }) => {
    const extract = { letter, from, mask: 2 ** size - 1, to: to || -1 };
    to += size;
    return extract;
  });
}
