/**
 * What a round relied on: conditions that came out as they did because of values that change. For
 * how many rounds they go on to is found with intervals, so that it errs only by too few.
 */
import type { Counting } from "../../bus.ts";
import { type Affine, combine, constant, type Linear, OLDER, ROUND, SYMBOLS } from "./linear.ts";

/** What flags were set from: a + b + carry, a - b - (1 - carry), or (N and Z alone) a. */
export interface FlagSource {
  readonly kind: "add" | "subtract" | "value";
  readonly a: Affine;
  readonly b: Affine;
  readonly carry: number;
  /** What becomes of the result. */
  readonly linear: Linear;
}

export function add(a: Affine, b: Affine, carry: number): FlagSource {
  return { kind: "add", a, b, carry, linear: combine(a.linear, 1, b.linear) };
}

export function subtract(a: Affine, b: Affine, carry: number): FlagSource {
  return { kind: "subtract", a, b, carry, linear: combine(a.linear, -1, b.linear) };
}

export function valueOf(a: Affine): FlagSource {
  return { kind: "value", a, b: constant(0), carry: 0, linear: a.linear };
}

/** A condition (bits 3:1 of its encoding) that was, or was not, met. */
export interface Guard {
  readonly source: FlagSource;
  readonly condition: number;
  readonly met: boolean;
}

/** Rounds 0, which was executed, to `rounds`. */
export interface Span {
  readonly rounds: number;
  /** A round takes so long. */
  readonly ns: number;
  /** By symbol, when that reading of round 0 was. */
  readonly times: readonly number[];
  /** What was read. */
  readonly counting: Pick<Counting, "at" | "ticks" | "ns"> | undefined;
}

type Interval = readonly [low: number, high: number];

const WORD = 2 ** 32;
const HALF = 2 ** 31;

/** Whether a guard holds in all rounds of the span. */
export function holds({ source, condition, met }: Guard, span: Span): boolean {
  const { kind, a, b, carry } = source;
  const change = range(source.linear, span);
  const exact = (signed: boolean) => {
    const [x, y] = signed ? [a.value | 0, b.value | 0] : [a.value >>> 0, b.value >>> 0];
    const sum = kind === "subtract" ? x - y - (1 - carry) : x + y + carry;
    return kind === "value" ? shifted(change, x) : shifted(change, sum);
  };
  switch (condition) {
    case 0: // EQ
      return met ? constantly(exact(false)) : neverZero(exact(false));
    case 1: // CS
      if (!within(a, span, 0) || !within(b, span, 0)) return false;
      return sided(exact(false), met, kind === "add" ? WORD : 0);
    case 2: // MI
      return sameBlock(exact(false), HALF);
    case 4: // HI
      return kind === "subtract" && within(a, span, 0) && within(b, span, 0) &&
        sided(exact(false), met, 1);
    case 5: // GE
      return kind === "subtract" && within(a, span, HALF) && within(b, span, HALF) &&
        sided(exact(true), met, 0);
    case 6: // GT
      return kind === "subtract" && within(a, span, HALF) && within(b, span, HALF) &&
        sided(exact(true), met, 1);
  }
  return false; // VS
}

/** What a linear part can add to what it was in round 0. */
function range(linear: Linear, { rounds, ns, times, counting }: Span): Interval {
  if (linear === undefined) return [0, 0];
  let sum = between([0, 0], linear[ROUND]!, [0, rounds]);
  // The first reading's advance, and how far each other one is ahead of the one before it: a counter
  // that goes evenly is, over any such time, one of two neighbouring numbers ahead.
  let rest = linear.reduce((total, factor) => total + factor, -linear[ROUND]!);
  let last: number | undefined;
  for (let n = OLDER; counting && n < SYMBOLS; n++) {
    if (linear[n] === 0) continue;
    const t = times[n]!, was = counting.at(t);
    if (last === undefined) sum = between(sum, rest, [0, counting.at(t + rounds * ns) - was]);
    else {
      const ticks = (t - last) * counting.ticks / counting.ns, ahead = was - counting.at(last);
      sum = between(sum, rest, [Math.floor(ticks) - ahead, Math.ceil(ticks) - ahead]);
    }
    rest -= linear[n]!;
    last = t;
  }
  return sum;
}

/** `sum + factor * interval`. */
function between(sum: Interval, factor: number, [low, high]: Interval): Interval {
  const ends = [factor * low, factor * high];
  return [sum[0] + Math.min(...ends), sum[1] + Math.max(...ends)];
}

function shifted([low, high]: Interval, by: number): Interval {
  return [low + by, high + by];
}

/** Whether a value, from -offset on, never leaves 32 bits. */
function within({ value, linear }: Affine, span: Span, offset: number): boolean {
  const [low, high] = shifted(range(linear, span), offset === 0 ? value >>> 0 : value | 0);
  return low >= -offset && high < WORD - offset;
}

/** Whether the interval is on one side: at least `bound`, or below it. */
function sided([low, high]: Interval, atLeast: boolean, bound: number): boolean {
  return atLeast ? low >= bound : high < bound;
}

function constantly([low, high]: Interval): boolean {
  return low === high;
}

function neverZero([low, high]: Interval): boolean {
  return Math.ceil(low / WORD) * WORD > high;
}

function sameBlock([low, high]: Interval, size: number): boolean {
  return Math.floor(low / size) === Math.floor(high / size);
}
