/** A round of a loop, as a shadow has followed it, and when it stands for all rounds that follow. */
import type { Counting } from "../../bus.ts";
import type { Core } from "../core.ts";
import type { Span } from "./guard.ts";
import {
  BEFORE,
  combine,
  equal,
  type Linear,
  looksFarBack,
  nextRound,
  NOW,
  READINGS,
  ROUND,
  symbol,
} from "./linear.ts";
import { GIVE_UP } from "./give_up.ts";
import type { RoundResult, RoundState } from "./round_state.ts";

/** A read of a device. */
export interface Read {
  readonly pa: number;
  readonly t: number;
  /** What a counter was at: then it is a reading. Undefined: it gave what is steady. */
  readonly count: number | undefined;
}

export interface Round extends RoundResult {
  readonly last?: Round;
  readonly reads: readonly Read[];
  /** Of the last reading. */
  readonly counting: Counting | undefined;
  readonly instructions: number;
  readonly ns: number;
  /** By how much the round may be moved into the future, as far as what was read is concerned. */
  readonly roomNs: number;
}

/** A round whose form held for further rounds. */
export interface Plan extends Round {
  /** Where it begins: address, and 1 for Thumb. */
  readonly start: number;
  /** By how much each constant rises in a round. */
  readonly steps: ReadonlyMap<number, number>;
}

/** By register, or 16 + byte offset of a word of memory. */
export type Constants = ReadonlyMap<number, number>;

/** A round begins as the last one ended. */
export function begin(state: RoundState, last: Round, steps?: Constants): void {
  last.registers.forEach((linear, r) => state.registers[r] = nextRound(linear, steps?.get(r) ?? 0));
  for (const host of new Set([...last.memory.keys(), ...last.stored])) {
    const linear = nextRound(last.memory.get(host), steps?.get(16 + host) ?? 0);
    if (linear) state.memory.set(host, linear);
  }
}

/**
 * Everything that may change, as it is now, at the end of the round, without what changes with
 * readings. Words that only the round before stored to are among it.
 */
export function constants({ i32 }: Core, round: Round): Constants {
  const { registers, memory, stored, last } = round;
  const now = readingsOf(round), before = last ? readingsOf(last) : [];
  const found = new Map<number, number>();
  const note = (place: number, value: number, linear: Linear) => {
    for (let n = 0; linear && n < READINGS; n++) {
      value -= product(linear[NOW + n]!, now[n]) + product(linear[BEFORE + n]!, before[n]);
    }
    found.set(place, value | 0);
  };
  registers.forEach((linear, r) => note(r, i32[r]!, linear));
  for (const host of stored) note(16 + host, i32[host >>> 2]!, memory.get(host));
  for (const host of last?.stored ?? []) note(16 + host, i32[host >>> 2]!, memory.get(host));
  return found;
}

export function readingsOf({ reads }: Round): readonly Read[] {
  return reads.filter(({ count }) => count !== undefined);
}

/** A reading so many times. */
function product(factor: number, reading: Read | undefined): number {
  if (factor === 0) return 0;
  if (!reading) throw GIVE_UP;
  return Math.imul(factor, reading.count!);
}

/** By how much each constant rises in a round. */
export function differences(before: Constants, after: Constants): Constants {
  const steps = new Map<number, number>();
  for (const [place, value] of after) steps.set(place, value - (before.get(place) ?? value) | 0);
  return steps;
}

/**
 * @param before constants when the round began, `after` when it ended
 * @throws GiveUp unless the round ended in the form in which it began
 */
export function prove(
  round: Round,
  { steps, before, after }: {
    readonly steps: Constants;
    readonly before: Constants;
    readonly after: Constants;
  },
): void {
  for (const [place, value] of after) {
    const is = linearAt(round, place), was = linearAt(round.last!, place);
    const step = is?.[ROUND] ?? 0;
    const form = step === 0 ? is : combine(is, -step, symbol(ROUND));
    if (!before.has(place) || step !== (steps.get(place) ?? 0)) throw GIVE_UP;
    if (looksFarBack(form) || !equal(form, was)) throw GIVE_UP;
    if ((before.get(place)! + step | 0) !== value) throw GIVE_UP;
  }
  for (const host of round.memory.keys()) if (!after.has(16 + host)) throw GIVE_UP;
}

function linearAt({ registers, memory }: Round, place: number): Linear {
  return place < 16 ? registers[place] : memory.get(place - 16);
}

/** @throws GiveUp unless all readings, from two rounds before, are of one counter, a round apart */
export function checkReadings(round: Round): void {
  const readings = readingsOf(round);
  for (let other = round.last, ago = 1; ago <= 2; ago++, other = other.last) {
    if (!other) throw GIVE_UP;
    const before = readingsOf(other);
    if (before.length !== readings.length) throw GIVE_UP;
    for (const [n, { t, pa }] of readings.entries()) {
      const earlier = before[n]!;
      if (pa !== readings[0]!.pa || pa !== earlier.pa) throw GIVE_UP;
      if (t - earlier.t !== ago * round.ns) throw GIVE_UP;
      // Otherwise it has overflowed since, and was loaded.
      if ((round.counting!.at(earlier.t) | 0) !== (earlier.count! | 0)) throw GIVE_UP;
    }
  }
}

/** Rounds from this one, which was executed, on. */
export function spanOf(round: Round, rounds: number): Span {
  const readings = readingsOf(round);
  const times: number[] = [];
  for (const [n, { t }] of readings.entries()) {
    for (let ago = 0; ago <= 2; ago++) times[NOW + n - ago * READINGS] = t - ago * round.ns;
  }
  return { rounds, ns: round.ns, times, counting: round.counting };
}
