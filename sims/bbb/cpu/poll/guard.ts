/**
 * What a round relied on: conditions that came out as they did because of values that change. For
 * how many rounds they go on to is found with intervals, so that it errs only by too few.
 */
import { type Affine, BEFORE, combine, type Linear, NOW, READINGS, ROUND } from "./linear.ts";

/** What flags were set from: a + b + carry, a - b - (1 - carry), or (N and Z alone) a. */
export interface FlagSource {
  readonly kind: "add" | "subtract" | "value";
  readonly a: Affine;
  readonly b: Affine;
  readonly carry: number;
}

/** A condition (bits 3:1 of its encoding) that was, or was not, met. */
export interface Guard {
  readonly source: FlagSource;
  readonly condition: number;
  readonly met: boolean;
}

/** How far each symbol can be from where it is in round 0, in rounds 0 to some last one. */
export interface Span {
  readonly rounds: number;
  /** The counter's advance over those rounds. */
  readonly advance: number;
  /** By symbol, for readings: the least and the most that it is ahead of the round's first symbol. */
  readonly ahead: readonly (readonly [low: number, high: number])[];
  /** The same in round 0. */
  readonly aheadAtFirst: readonly number[];
}

type Interval = readonly [low: number, high: number];

const WORD = 2 ** 32;
const HALF = 2 ** 31;

/** Whether a guard holds in all rounds of the span. */
export function holds({ source, condition, met }: Guard, span: Span): boolean {
  const { kind, a, b, carry } = source;
  const sign = kind === "subtract" ? -1 : 1;
  const change = range(combine(a.linear, sign, b.linear), span);
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

/** What a linear part can add. */
function range(linear: Linear, span: Span): Interval {
  if (linear === undefined) return [0, 0];
  const perRound = linear[ROUND]! * span.rounds;
  let sum = 0, low = 0, high = 0;
  for (let n = BEFORE; n < NOW + READINGS; n++) {
    const coefficient = linear[n]!;
    if (coefficient === 0) continue;
    sum += coefficient;
    const [least, most] = span.ahead[n]!;
    const first = span.aheadAtFirst[n]!;
    const ends = [coefficient * (least - first), coefficient * (most - first)];
    low += Math.min(...ends);
    high += Math.max(...ends);
  }
  const advance = sum * span.advance;
  return [
    low + Math.min(0, perRound) + Math.min(0, advance),
    high + Math.max(0, perRound) + Math.max(0, advance),
  ];
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
