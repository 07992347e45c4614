/**
 * Tables of encodings as the manual draws them: 0 and 1 are fixed, a letter is a bit of the field of
 * that name (its bits from the left are one number), x is not looked at.
 */

/** Values of fields by letter; those that a row lacks are 0. */
export type Fields = Readonly<Record<string, number>>;

/** What an instruction does when it is executed. */
export type Action = () => void;

/** Makes the action of an encoding; undefined: it is UNDEFINED. */
export type Build<Machine> = (fields: Fields, machine: Machine) => Action | undefined;
export type Row<Machine> = readonly [bits: string, build: Build<Machine>];

interface Encoding<Machine> {
  readonly mask: number;
  readonly value: number;
  /** Letter and place of each bit, from the left. */
  readonly bits: readonly (readonly [letter: string, shift: number])[];
  readonly build: Build<Machine>;
}

/** The first row that fits is meant. */
export class Table<Machine> {
  readonly #encodings: readonly Encoding<Machine>[];

  constructor(rows: readonly Row<Machine>[]) {
    this.#encodings = rows.map(([bits, build]) => encodingOf(bits, build));
  }

  /** Undefined: no row fits, or what fits is UNDEFINED. */
  decode(word: number, machine: Machine): Action | undefined {
    for (const { mask, value, bits, build } of this.#encodings) {
      if ((word & mask) !== value) continue;
      const fields: Record<string, number> = { ...NO_FIELDS };
      for (const [letter, shift] of bits) {
        fields[letter] = fields[letter]! << 1 | (word >>> shift & 1);
      }
      return build(fields, machine);
    }
    return undefined;
  }
}

const NO_FIELDS: Fields = Object.fromEntries(
  [..."abcdefghijklmnopqrstuvwzABCDEFGHIJKLMNOPQRSTUVW"].map((letter) => [letter, 0]),
);

/** @throws SyntaxError when the row has not 32 bits, which is a defect of the table */
function encodingOf<Machine>(text: string, build: Build<Machine>): Encoding<Machine> {
  const each = [...text.replaceAll(" ", "")];
  if (each.length !== 32) {
    throw new SyntaxError(`Cannot read encoding "${text}": it has ${each.length} bits; write 32`);
  }
  let mask = 0, value = 0;
  const bits: (readonly [string, number])[] = [];
  each.forEach((letter, i) => {
    const shift = 31 - i;
    if (letter === "0" || letter === "1") {
      mask |= 1 << shift;
      value |= Number(letter) << shift;
    } else if (letter !== "x") bits.push([letter, shift]);
  });
  return { mask, value, bits, build };
}
