/**
 * Stand-ins: for each value another one of the same length and shape, the same one each time. They
 * come from a count, in the order in which values are met: nothing of a value is in its stand-in
 * but its shape.
 */
const LOWER = "xyzabcdefghijklmnopqrstuvw", UPPER = LOWER.toUpperCase(), DIGIT = "0123456789";
const HEX_LOWER = "abcdef", HEX_UPPER = HEX_LOWER.toUpperCase();
/** Characters of two, three and four bytes of UTF-8, from a code point on. */
const WIDE = [[0x7ff, 0xe0, 23], [0xffff, 0x4e00, 5000], [Infinity, 0x1f600, 60]] as const;
/** What an encoded value may end with before its padding, RFC 4648, section 3.5. */
const BEFORE_PADDING = { "=": "AEcg048", "==": "AQgw" } as const;

type Alphabet = readonly string[];

export class StandIns {
  readonly #of = new Map<string, string>();
  readonly #taken = new Set<string>();
  readonly #avoided = new Set<string>();
  readonly #counts = new Map<string, number>();

  /** @param spellings of a value: a stand-in may share none with what is to be avoided */
  constructor(private readonly spellings: (value: string) => readonly string[]) {}

  /** Distinct values that have one. */
  get size(): number {
    return this.#of.size;
  }

  /** Never to be a stand-in: a secret itself. */
  avoid(value: string): void {
    for (const spelling of this.spellings(value)) this.#avoided.add(spelling);
  }

  of(value: string): string {
    let found = this.#of.get(value);
    if (found === undefined) {
      found = this.#make(value);
      this.#of.set(value, found);
      this.#taken.add(found);
    }
    return found;
  }

  #make(value: string): string {
    const alphabets = alphabetsOf(value);
    const shape = alphabets.map(([first]) => first).join("");
    const most = alphabets.reduce((product, { length }) => Math.min(1e9, product * length), 1);
    for (let count = this.#counts.get(shape) ?? 0; count < most; count++) {
      const made = numeral(count, alphabets);
      this.#counts.set(shape, count + 1);
      if (made === value || this.#taken.has(made)) continue;
      if (!this.spellings(made).some((spelling) => this.#avoided.has(spelling))) return made;
    }
    // More values than the shape has stand-ins, such as "a" and "b": they share one.
    const first = numeral(0, alphabets);
    return first === value ? numeral(1, alphabets) : first;
  }
}

/** What each character may become; punctuation stays. */
function alphabetsOf(value: string): Alphabet[] {
  const hex = /^[0-9a-f-]{8,}$|^[0-9A-F-]{8,}$/.test(value);
  const characters = [...value];
  const padding = value.match(/=*$/)![0];
  const lastCoded = characters.length - padding.length - 1;
  return characters.map((character, at): Alphabet => {
    const alphabet = classOf(character, hex);
    if (at !== lastCoded || (padding !== "=" && padding !== "==")) return alphabet;
    const may = alphabet.filter((one) => BEFORE_PADDING[padding].includes(one));
    return may.length > 0 ? may : [character];
  });
}

function classOf(character: string, hex: boolean): Alphabet {
  if (/[0-9]/.test(character)) return [...DIGIT];
  if (/[a-z]/.test(character)) return [...(hex ? HEX_LOWER : LOWER)];
  if (/[A-Z]/.test(character)) return [...(hex ? HEX_UPPER : UPPER)];
  const code = character.codePointAt(0)!;
  if (code < 0x80) return [character];
  const [, from, count] = WIDE.find(([last]) => code <= last)!;
  return Array.from({ length: count }, (_, i) => String.fromCodePoint(from + i));
}

/** What values of that shape have in common. */
export function shapeOf(value: string): string {
  return alphabetsOf(value).map(([first]) => first).join("");
}

/** How many stand-ins of its shape come before a text, if it is one: those are the first ones. */
export function standInNumber(text: string): number {
  const alphabets = alphabetsOf(text);
  return [...text].reduce(
    (count, character, at) => count * alphabets[at]!.length + alphabets[at]!.indexOf(character),
    0,
  );
}

/** A number in the alphabets as its digits, the last one counting fastest. */
function numeral(count: number, alphabets: readonly Alphabet[]): string {
  let left = count;
  return alphabets.toReversed().map((alphabet) => {
    const digit = alphabet[left % alphabet.length]!;
    left = Math.floor(left / alphabet.length);
    return digit;
  }).reverse().join("");
}
