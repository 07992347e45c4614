/**
 * Encodings as the ARM Architecture Reference Manual (DDI 0406C) draws them, for tests: what makes
 * random instructions of a class, and what says which of them the manual leaves UNPREDICTABLE. Kept
 * apart from the CPU's own decode tables, so that one slip of the pen is not in both.
 *
 * Bits read from the left: `0` and `1`, `(0)` and `(1)` for what should be so (UNPREDICTABLE if
 * not), a letter for a field. A field may be in pieces: they are joined, the left one on top.
 */

/** Values of an instruction's fields by letter. */
export type Fields = Readonly<Record<string, number>>;

export interface Encoding {
  readonly name: string;
  readonly bits: string;
  /**
   * When the result is UNPREDICTABLE: each text is a conjunction of `a=b`, `a!=b`, `a<b`, `a>b`
   * (fields, multiples `16a`, sums, bits counted `|a|`, or numbers), `a in b` (bit a of b is set),
   * `a behind b` (so is a lower one) and words of the {@link Situation}.
   */
  readonly open?: readonly string[];
  /** Field of the base register, when memory is touched: states then point it at the scratch. */
  readonly base?: string;
  /** Field of a register that is added to the base. */
  readonly index?: string;
  /** Bytes that its addresses must be aligned to whatever SCTLR.A is (A3.2.1). */
  readonly aligned?: number;
  /** The registers that an abort leaves UNKNOWN, as the transfer may have been done in part. */
  readonly partial?: boolean;
  /** How often it is drawn, against 1: for rows that hold many instructions. */
  readonly weight?: number;
  /** Not compared at all, and why. */
  readonly apart?: string;
}

/** What an instruction's meaning depends on besides its bits. */
export interface Situation {
  /** The mode has no SPSR (User, System). */
  readonly noSpsr: boolean;
  readonly user: boolean;
  /** In an IT block; and not its last instruction. */
  readonly it: boolean;
  readonly itNotLast: boolean;
  /** Its address is not a multiple of 4. */
  readonly halfword: boolean;
}

/** An encoding ready to match and make. */
export class Compiled {
  readonly width: 16 | 32;
  readonly mask: number;
  readonly value: number;
  readonly #should: { readonly mask: number; readonly value: number };
  readonly #fields: readonly (readonly [string, readonly Piece[]])[];
  readonly #open: readonly (readonly [string, Test])[];

  constructor(readonly encoding: Encoding) {
    const parsed = parse(encoding.bits);
    this.width = parsed.width;
    this.mask = parsed.mask;
    this.value = parsed.value;
    this.#should = { mask: parsed.shouldMask, value: parsed.shouldValue };
    this.#fields = [...parsed.fields];
    const letters = new Set(parsed.fields.keys());
    this.#open = (encoding.open ?? []).map((text) => [text, conjunction(text, letters)]);
  }

  matches(word: number): boolean {
    return (word & this.mask) === this.value;
  }

  fields(word: number): Fields {
    const fields: Record<string, number> = {};
    for (const [letter, pieces] of this.#fields) {
      let value = 0;
      for (const { shift, size } of pieces) {
        value = (value << size) | ((word >>> shift) & (2 ** size - 1));
      }
      fields[letter] = value;
    }
    return fields;
  }

  /** Bits of a field; 0: there is none. */
  size(letter: string): number {
    const pieces = this.#fields.find(([name]) => name === letter)?.[1] ?? [];
    return pieces.reduce((total, { size }) => total + size, 0);
  }

  /** `word` with a field set. */
  put(word: number, letter: string, value: number): number {
    let rest = value, result = word;
    const pieces = this.#fields.find(([name]) => name === letter)?.[1] ?? [];
    for (const { shift, size } of pieces.toReversed()) {
      const mask = 2 ** size - 1;
      result = (result & ~(mask << shift)) | (rest & mask) << shift;
      rest >>>= size;
    }
    return result >>> 0;
  }

  /** Random bits made to fit, what should be so being so. */
  make(random: number): number {
    const word = (random & ~this.mask) | this.value;
    const proper = ((word & ~this.#should.mask) | this.#should.value) >>> 0;
    return this.width === 16 ? proper & 0xffff : proper;
  }

  /** Why the manual leaves `word` open; undefined when it does not. */
  open(word: number, fields: Fields, situation: Situation): string | undefined {
    if ((word & this.#should.mask) !== this.#should.value) return "bits that should be 0 or 1";
    for (const [text, test] of this.#open) if (test(fields, situation)) return text;
    return undefined;
  }
}

interface Piece {
  readonly shift: number;
  readonly size: number;
}

function parse(bits: string) {
  const tokens = bits.replaceAll(" ", "").match(/\([01]+\)|[01A-Za-z]/g) ?? [];
  const each = tokens.flatMap((t) => t[0] === "(" ? [...t.slice(1, -1)].map((b) => `(${b})`) : [t]);
  const width = each.length;
  if (width !== 16 && width !== 32) {
    throw new Error(`Cannot read encoding "${bits}": it has ${width} bits; write 16 or 32`);
  }
  let mask = 0, value = 0, shouldMask = 0, shouldValue = 0;
  const fields = new Map<string, Piece[]>();
  each.forEach((token, i) => {
    const shift = width - 1 - i;
    const bit = 2 ** shift;
    if (token === "0" || token === "1") {
      mask += bit;
      if (token === "1") value += bit;
    } else if (token[0] === "(") {
      shouldMask += bit;
      if (token[1] === "1") shouldValue += bit;
    } else {
      const pieces = fields.get(token) ?? [];
      const last = pieces.at(-1);
      if (last !== undefined && each[i - 1] === token) {
        pieces[pieces.length - 1] = { shift, size: last.size + 1 };
      } else pieces.push({ shift, size: 1 });
      fields.set(token, pieces);
    }
  });
  return {
    width: width as 16 | 32,
    mask: mask | 0,
    value: value | 0,
    shouldMask: shouldMask | 0,
    shouldValue: shouldValue | 0,
    fields,
  };
}

type Test = (fields: Fields, situation: Situation) => boolean;
type Value = (fields: Fields) => number;

function conjunction(text: string, letters: ReadonlySet<string>): Test {
  const tests = text.replaceAll(" in ", "@").replaceAll(" behind ", "~").split(" ").map((part) =>
    condition(part, letters)
  );
  return (fields, situation) => tests.every((test) => test(fields, situation));
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "=": (a, b) => a === b,
  "!=": (a, b) => a !== b,
  "<": (a, b) => a < b,
  ">": (a, b) => a > b,
  "@": (a, b) => ((b >>> a) & 1) === 1,
  "~": (a, b) => ((b >>> a) & 1) === 1 && (b & (2 ** a - 1)) !== 0,
};

function condition(part: string, letters: ReadonlySet<string>): Test {
  const match = /^(.+?)(!=|=|<|>|@|~)(.+)$/.exec(part);
  if (match === null) {
    const word = part as keyof Situation;
    return (_, situation) => situation[word];
  }
  const [, left, compare, right] = match;
  const a = sum(left!, letters), b = sum(right!, letters);
  const test = COMPARE[compare!]!;
  return (fields) => test(a(fields), b(fields));
}

function sum(text: string, letters: ReadonlySet<string>): Value {
  const terms = text.split("+").map((term): Value => {
    if (/^\d+$/.test(term)) return () => Number(term);
    const multiple = /^(\d+)([A-Za-z])$/.exec(term);
    if (multiple !== null && letters.has(multiple[2]!)) {
      return (fields) => Number(multiple[1]) * fields[multiple[2]!]!;
    }
    const counted = /^\|(.)\|$/.exec(term)?.[1];
    if (counted !== undefined) return (fields) => ones(fields[counted]!);
    if (!letters.has(term)) throw new Error(`Cannot read condition "${text}": no field "${term}"`);
    return (fields) => fields[term]!;
  });
  return (fields) => terms.reduce((total, term) => total + term(fields), 0);
}

function ones(value: number): number {
  let count = 0;
  for (; value !== 0; value &= value - 1) count++;
  return count;
}
