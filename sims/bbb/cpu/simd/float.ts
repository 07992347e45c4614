/**
 * IEEE 754 arithmetic as ARM does it (ARM ARM DDI 0406C, section A2.7): each rounding mode, flush to
 * zero, default NaN, and the cumulative exceptions, exactly. Integers do the work, of any length;
 * where only a value can come of it, the caller takes the host's own arithmetic instead.
 *
 * Numbers are given as their bits, in a bigint.
 */

export interface Format {
  readonly width: 32 | 64;
  /** Bits of the fraction. */
  readonly fraction: number;
  readonly bias: number;
  readonly sign: bigint;
  readonly infinity: bigint;
  /** The bit that makes a NaN quiet. */
  readonly quiet: bigint;
  readonly defaultNaN: bigint;
}

function format(width: 32 | 64, fraction: number): Format {
  const exponent = width - 1 - fraction;
  const infinity = ((1n << BigInt(exponent)) - 1n) << BigInt(fraction);
  const quiet = 1n << BigInt(fraction - 1);
  return {
    width,
    fraction,
    bias: 2 ** (exponent - 1) - 1,
    sign: 1n << BigInt(width - 1),
    infinity,
    quiet,
    defaultNaN: infinity | quiet,
  };
}

export const SINGLE = format(32, 23);
export const DOUBLE = format(64, 52);

/** Cumulative exception bits of FPSCR. */
export const FLAG = {
  INVALID: 0x01,
  DIVISION_BY_ZERO: 0x02,
  OVERFLOW: 0x04,
  UNDERFLOW: 0x08,
  INEXACT: 0x10,
  INPUT_DENORMAL: 0x80,
} as const;

/** FPSCR.RMode. */
export const ROUND = { NEAREST: 0, UP: 1, DOWN: 2, ZERO: 3 } as const;

/** Comparison results as FPSCR.NZCV. */
export const ORDER = { LESS: 8, EQUAL: 6, GREATER: 2, UNORDERED: 3 } as const;

type Kind = "finite" | "infinite" | "quiet" | "signalling";

/** A finite one is `mantissa * 2 ** exponent`. */
interface Unpacked {
  readonly kind: Kind;
  readonly negative: boolean;
  readonly mantissa: bigint;
  readonly exponent: number;
}

export class FloatUnit {
  rounding: number = ROUND.NEAREST;
  flushToZero = false;
  defaultNaN = false;
  /** Exceptions since someone cleared them. */
  flags = 0;

  add(f: Format, a: bigint, b: bigint): bigint {
    const x = this.#unpack(f, a), y = this.#unpack(f, b);
    return this.#nan(f, x, a, y, b) ?? this.#sum(f, x, y);
  }

  sub(f: Format, a: bigint, b: bigint): bigint {
    const x = this.#unpack(f, a), y = this.#unpack(f, b);
    return this.#nan(f, x, a, y, b) ?? this.#sum(f, x, { ...y, negative: !y.negative });
  }

  mul(f: Format, a: bigint, b: bigint): bigint {
    const x = this.#unpack(f, a), y = this.#unpack(f, b);
    const nan = this.#nan(f, x, a, y, b);
    if (nan !== undefined) return nan;
    const negative = x.negative !== y.negative;
    if (x.kind === "infinite" || y.kind === "infinite") {
      if (isZero(x) || isZero(y)) return this.#invalid(f);
      return signed(f, negative, f.infinity);
    }
    return this.#round(f, {
      negative,
      mantissa: x.mantissa * y.mantissa,
      exponent: x.exponent + y.exponent,
    });
  }

  div(f: Format, a: bigint, b: bigint): bigint {
    const x = this.#unpack(f, a), y = this.#unpack(f, b);
    const nan = this.#nan(f, x, a, y, b);
    if (nan !== undefined) return nan;
    const negative = x.negative !== y.negative;
    if (x.kind === "infinite") {
      return y.kind === "infinite" ? this.#invalid(f) : signed(f, negative, f.infinity);
    }
    if (y.kind === "infinite") return signed(f, negative, 0n);
    if (isZero(y)) {
      if (isZero(x)) return this.#invalid(f);
      this.flags |= FLAG.DIVISION_BY_ZERO;
      return signed(f, negative, f.infinity);
    }
    // Both have at most fraction + 1 bits: the quotient gets at least fraction + 3.
    const more = 2 * f.fraction + 4;
    const numerator = x.mantissa << BigInt(more);
    const mantissa = numerator / y.mantissa;
    const sticky = mantissa * y.mantissa !== numerator;
    return this.#round(f, { negative, mantissa, exponent: x.exponent - y.exponent - more }, sticky);
  }

  sqrt(f: Format, a: bigint): bigint {
    const x = this.#unpack(f, a);
    const nan = this.#nan(f, x, a);
    if (nan !== undefined) return nan;
    if (isZero(x)) return signed(f, x.negative, 0n);
    if (x.negative) return this.#invalid(f);
    if (x.kind === "infinite") return f.infinity;
    // An even exponent, and bits enough that the root has fraction + 3.
    let more = 2 * f.fraction + 8;
    if ((x.exponent - more) % 2 !== 0) more++;
    const square = x.mantissa << BigInt(more);
    const mantissa = root(square);
    const sticky = mantissa * mantissa !== square;
    const exponent = (x.exponent - more) / 2;
    return this.#round(f, { negative: false, mantissa, exponent }, sticky);
  }

  /** FPCompare: {@link ORDER}. `signals`: a quiet NaN is invalid too (VCMPE). */
  compare(f: Format, a: bigint, b: bigint, signals: boolean): number {
    const x = this.#unpack(f, a), y = this.#unpack(f, b);
    if (isNaN(x) || isNaN(y)) {
      if (signals || x.kind === "signalling" || y.kind === "signalling") {
        this.flags |= FLAG.INVALID;
      }
      return ORDER.UNORDERED;
    }
    const order = rank(x, y);
    return order < 0 ? ORDER.LESS : order > 0 ? ORDER.GREATER : ORDER.EQUAL;
  }

  max(f: Format, a: bigint, b: bigint): bigint {
    return this.#extreme(f, a, b, 1);
  }

  min(f: Format, a: bigint, b: bigint): bigint {
    return this.#extreme(f, a, b, -1);
  }

  /** Between single and double precision. */
  convert(from: Format, to: Format, a: bigint): bigint {
    const x = this.#unpack(from, a);
    if (isNaN(x)) {
      if (x.kind === "signalling") this.flags |= FLAG.INVALID;
      if (this.defaultNaN) return to.defaultNaN;
      const by = BigInt(to.fraction - from.fraction);
      const payload = a & (from.quiet - 1n);
      const moved = by > 0n ? payload << by : payload >> -by;
      return signed(to, x.negative, to.defaultNaN | moved);
    }
    if (x.kind === "infinite") return signed(to, x.negative, to.infinity);
    return this.#round(to, x);
  }

  /** An integer of `fractionBits` bits behind the point. */
  fromFixed(f: Format, value: bigint, fractionBits: number): bigint {
    const negative = value < 0n;
    const mantissa = negative ? -value : value;
    return this.#round(f, { negative, mantissa, exponent: -fractionBits });
  }

  /** FPToFixed: saturates to [low, high]; NaN gives 0. */
  toFixed(
    f: Format,
    a: bigint,
    { fractionBits, low, high, rounding }: {
      readonly fractionBits: number;
      readonly low: bigint;
      readonly high: bigint;
      readonly rounding: number;
    },
  ): bigint {
    const x = this.#unpack(f, a);
    if (isNaN(x)) {
      this.flags |= FLAG.INVALID;
      return 0n;
    }
    if (x.kind === "infinite") {
      this.flags |= FLAG.INVALID;
      return x.negative ? low : high;
    }
    const { quotient, inexact } = shifted(x, x.exponent + fractionBits, rounding, false);
    const value = x.negative ? -quotient : quotient;
    if (value < low || value > high) {
      this.flags |= FLAG.INVALID;
      return value < low ? low : high;
    }
    if (inexact) this.flags |= FLAG.INEXACT;
    return value;
  }

  /** A denormal that is flushed to a zero of its sign; anything else as it is. */
  flushed(f: Format, a: bigint): bigint {
    return isZero(this.#unpack(f, a)) ? a & f.sign : a;
  }

  #extreme(f: Format, a: bigint, b: bigint, sign: 1 | -1): bigint {
    const x = this.#unpack(f, a), y = this.#unpack(f, b);
    const nan = this.#nan(f, x, a, y, b);
    if (nan !== undefined) return nan;
    if (isZero(x) && isZero(y)) {
      const negative = sign > 0 ? x.negative && y.negative : x.negative || y.negative;
      return signed(f, negative, 0n);
    }
    const chosen = sign * rank(x, y) >= 0 ? a : b;
    const zero = chosen === a ? isZero(x) : isZero(y);
    return zero ? chosen & f.sign : chosen;
  }

  #sum(f: Format, x: Unpacked, y: Unpacked): bigint {
    if (x.kind === "infinite" || y.kind === "infinite") {
      if (x.kind === y.kind && x.negative !== y.negative) return this.#invalid(f);
      return signed(f, x.kind === "infinite" ? x.negative : y.negative, f.infinity);
    }
    if (isZero(x) && isZero(y) && x.negative === y.negative) return signed(f, x.negative, 0n);
    const exponent = Math.min(x.exponent, y.exponent);
    const sum = aligned(x, exponent) + aligned(y, exponent);
    if (sum === 0n) return signed(f, this.rounding === ROUND.DOWN, 0n);
    const negative = sum < 0n;
    return this.#round(f, { negative, mantissa: negative ? -sum : sum, exponent });
  }

  #unpack(f: Format, bits: bigint): Unpacked {
    const negative = (bits & f.sign) !== 0n;
    const fraction = bits & ((1n << BigInt(f.fraction)) - 1n);
    const biased = Number((bits & f.infinity) >> BigInt(f.fraction));
    if ((bits & f.infinity) === f.infinity) {
      const kind = fraction === 0n
        ? "infinite"
        : (fraction & f.quiet) !== 0n
        ? "quiet"
        : "signalling";
      return { kind, negative, mantissa: fraction, exponent: 0 };
    }
    const exponent = Math.max(biased, 1) - f.bias - f.fraction;
    if (biased !== 0) {
      return {
        kind: "finite",
        negative,
        mantissa: fraction | (1n << BigInt(f.fraction)),
        exponent,
      };
    }
    if (fraction === 0n || !this.flushToZero) {
      return { kind: "finite", negative, mantissa: fraction, exponent };
    }
    this.flags |= FLAG.INPUT_DENORMAL;
    return { kind: "finite", negative, mantissa: 0n, exponent };
  }

  /** FPProcessNaNs: the result if an operand is a NaN. Signalling ones go first. */
  #nan(f: Format, x: Unpacked, a: bigint, y?: Unpacked, b?: bigint): bigint | undefined {
    let found: bigint | undefined;
    if (x.kind === "signalling") found = a;
    else if (y?.kind === "signalling") found = b;
    if (found !== undefined) this.flags |= FLAG.INVALID;
    else if (x.kind === "quiet") found = a;
    else if (y?.kind === "quiet") found = b;
    if (found === undefined) return undefined;
    return this.defaultNaN ? f.defaultNaN : found | f.quiet;
  }

  #invalid(f: Format): bigint {
    this.flags |= FLAG.INVALID;
    return f.defaultNaN;
  }

  /** FPRound; `sticky`: the value is a little more, less than a unit of the mantissa. */
  #round(
    f: Format,
    value: Pick<Unpacked, "negative" | "mantissa" | "exponent">,
    sticky = false,
  ): bigint {
    const { negative, mantissa, exponent } = value;
    if (mantissa === 0n) return signed(f, negative, 0n);
    const top = exponent + bitLength(mantissa) - 1;
    const lowest = 1 - f.bias;
    const tiny = top < lowest;
    if (tiny && this.flushToZero) {
      this.flags |= FLAG.UNDERFLOW;
      return signed(f, negative, 0n);
    }
    const unit = Math.max(top, lowest) - f.fraction;
    const { quotient, inexact } = shifted(value, exponent - unit, this.rounding, sticky);
    // A hidden bit, and a carry out of the rounding, go into the exponent by themselves.
    const bits = tiny ? quotient : (BigInt(top + f.bias - 1) << BigInt(f.fraction)) + quotient;
    if (bits >= f.infinity) return this.#overflow(f, negative);
    if (inexact) this.flags |= tiny ? FLAG.UNDERFLOW | FLAG.INEXACT : FLAG.INEXACT;
    return signed(f, negative, bits);
  }

  #overflow(f: Format, negative: boolean): bigint {
    this.flags |= FLAG.OVERFLOW | FLAG.INEXACT;
    const away = this.rounding === ROUND.NEAREST ||
      this.rounding === (negative ? ROUND.DOWN : ROUND.UP);
    return signed(f, negative, away ? f.infinity : f.infinity - 1n);
  }
}

function signed(f: Format, negative: boolean, bits: bigint): bigint {
  return negative ? bits | f.sign : bits;
}

function isZero({ kind, mantissa }: Unpacked): boolean {
  return kind === "finite" && mantissa === 0n;
}

function isNaN({ kind }: Unpacked): boolean {
  return kind === "quiet" || kind === "signalling";
}

/** The signed mantissa of a finite number at an exponent that is not larger than its own. */
function aligned({ negative, mantissa, exponent }: Unpacked, at: number): bigint {
  const moved = mantissa << BigInt(exponent - at);
  return negative ? -moved : moved;
}

/** Below, at or above 0 as x is to y. Neither is a NaN. */
function rank(x: Unpacked, y: Unpacked): number {
  const infinite = (z: Unpacked) => z.kind !== "infinite" ? 0 : z.negative ? -1 : 1;
  if (infinite(x) !== 0 || infinite(y) !== 0) return infinite(x) - infinite(y);
  const exponent = Math.min(x.exponent, y.exponent);
  const a = aligned(x, exponent), b = aligned(y, exponent);
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The mantissa times 2 ** `by`, rounded to an integer. */
function shifted(
  { negative, mantissa }: Pick<Unpacked, "negative" | "mantissa">,
  by: number,
  rounding: number,
  sticky: boolean,
): { quotient: bigint; inexact: boolean } {
  if (by >= 0) {
    const quotient = mantissa << BigInt(by);
    return { quotient, inexact: false };
  }
  const down = BigInt(-by);
  const quotient = mantissa >> down;
  const rest = mantissa - (quotient << down);
  const inexact = rest !== 0n || sticky;
  const half = 1n << (down - 1n);
  const up = rounding === ROUND.NEAREST
    ? rest > half || (rest === half && (sticky || (quotient & 1n) === 1n))
    : inexact && rounding === (negative ? ROUND.DOWN : ROUND.UP);
  return { quotient: up ? quotient + 1n : quotient, inexact };
}

function bitLength(value: bigint): number {
  return value.toString(16).length * 4 - Math.clz32(parseInt(value.toString(16)[0]!, 16)) + 28;
}

/** The integer part of the square root. */
function root(value: bigint): bigint {
  let x = 1n << BigInt((bitLength(value) + 1) >> 1);
  for (;;) {
    const next = (x + value / x) >> 1n;
    if (next >= x) return x;
    x = next;
  }
}
