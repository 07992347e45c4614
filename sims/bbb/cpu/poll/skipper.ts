/**
 * Lets time jump while a guest polls, exactly: state, time and counts are then what they would be had
 * each round been executed.
 *
 * When many device reads have come without a write, four rounds of the loop are executed one
 * instruction at a time with a {@link Shadow} beside them. The first three tell how registers and
 * memory differ from round to round: not at all, by a constant, or with a counter that was read (TCRR
 * of a timer). The fourth proves it: starting from such a state, it ends in one of the same form, so
 * all further rounds do, as long as each condition comes out as it did. How long that is, is then
 * computed; and all those rounds are made up for at once.
 */
import type { Bus, Counting } from "../../bus.ts";
import type { Core } from "../core.ts";
import { STATE } from "../layout.ts";
import { PSR, WORD } from "../psr.ts";
import { holds, type Span } from "./guard.ts";
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
import { GIVE_UP, GiveUp, Shadow } from "./shadow.ts";

/** The bus, as far as polls are concerned. Who observes accesses wants to see each. */
export type PolledBus = Pick<Bus, "at" | "observer">;

export interface SkipperParts {
  readonly core: Core;
  readonly bus: Partial<PolledBus>;
  /** What devices saw at the last access. */
  readonly clock: { now(): number };
}

/** Reads without a write before the first look, and at most as many after looks in vain. */
const PATIENCE = 32;
const MOST_PATIENCE = 2048;
const ROUND_INSTRUCTIONS = 400;
/** Fewer rounds than this are not worth the look. */
const WORTH_NS = 5_000;
const BUDGET = STATE.BUDGET >>> 2;
const SP = 13, LR = 14, PC = 15;

/** A device read of a round. */
interface Reading {
  readonly t: number;
  readonly pa: number;
  readonly counting: Counting;
}

interface Round {
  readonly last: Round | undefined;
  readonly shadow: Shadow;
  readonly readings: readonly Reading[];
  readonly instructions: number;
  readonly ns: number;
  /** By how much the round may be moved into the future, as far as what was read is concerned. */
  readonly roomNs: number;
}

export class Skipper {
  /** False: every round is executed, as those want it who trace accesses. */
  enabled = true;
  /** A look is due: at the next instruction boundary, call {@link look}. */
  due = false;
  /** Rounds and nanoseconds that were not executed. */
  skippedRounds = 0;
  skippedNs = 0;
  readonly #core: Core;
  readonly #bus: Partial<PolledBus>;
  readonly #clock: { now(): number };
  #patience = PATIENCE;
  #left = PATIENCE;

  constructor({ core, bus, clock }: SkipperParts) {
    this.#core = core;
    this.#bus = bus;
    this.#clock = clock;
  }

  /** A device was read. */
  noteRead(): void {
    if (--this.#left > 0) return;
    this.#left = this.#patience;
    if (!this.enabled || this.#bus.observer !== undefined) return;
    this.due = true;
    this.#core.countdown.stop();
  }

  /** A device was written: what was read before says nothing any more. */
  noteWrite(): void {
    this.#left = this.#patience;
  }

  /** At an instruction boundary within a run: executes some rounds, and makes up for many. */
  look(): void {
    this.due = false;
    if (this.#core.i32[BUDGET]! < WORTH_NS || this.#core.i32[WORD.IT] !== 0) return;
    try {
      this.#patience = this.#skip() ? PATIENCE : Math.min(2 * this.#patience, MOST_PATIENCE);
    } catch (error) {
      if (!(error instanceof GiveUp)) throw error;
      this.#patience = Math.min(2 * this.#patience, MOST_PATIENCE);
    }
    this.#left = this.#patience;
  }

  /** Whether any round was skipped. @throws GiveUp */
  #skip(): boolean {
    this.#goToRead();
    const first = this.#round(undefined);
    const second = this.#round(first);
    const before = this.#constants(second);
    const third = this.#round(second);
    const after = this.#constants(third);
    const steps = differences(before, after);
    const fourth = this.#round(third, steps);
    prove(fourth, { third, steps, before: after, after: this.#constants(fourth) });
    const rounds = this.#roundsAhead(fourth);
    if (rounds < 1) return false;
    this.#makeUp(fourth, rounds);
    return true;
  }

  /**
   * Executes on to an instruction that reads a device: where rounds begin and end, what they have
   * left behind of earlier readings is oldest, but not older than {@link Linear} can say.
   *
   * @throws GiveUp
   */
  #goToRead(): void {
    const { i32, countdown } = this.#core;
    let read = false;
    const shadow = new Shadow(this.#core, () => {
      read = true;
      return undefined;
    });
    let start: number | undefined;
    for (let n = 0; n < ROUND_INSTRUCTIONS; n++) {
      if (countdown.expired) throw GIVE_UP;
      const pc = i32[PC]!;
      if (pc === start) return;
      shadow.step();
      if (read) start ??= pc;
    }
    throw GIVE_UP;
  }

  /** Executes from here until here again. @throws GiveUp */
  #round(last: Round | undefined, steps?: ReadonlyMap<number, number>): Round {
    const { i32, countdown } = this.#core;
    const readings: Reading[] = [];
    let roomNs = Infinity;
    const shadow = new Shadow(this.#core, (pa, width) => {
      const { linear, untilNs, reading } = this.#read(pa, width, readings.length);
      if (reading) readings.push(reading);
      roomNs = Math.min(roomNs, untilNs - this.#clock.now());
      return linear;
    });
    if (last) begin(shadow, last.shadow, steps);
    const [sp, lr, pc] = [i32[SP], i32[LR], i32[PC]];
    const thumb = i32[WORD.CPSR]! & PSR.T;
    const since = countdown.now();
    for (let instructions = 1; instructions <= ROUND_INSTRUCTIONS; instructions++) {
      if (countdown.expired) throw GIVE_UP;
      shadow.step();
      if (
        i32[PC] === pc && i32[SP] === sp && i32[LR] === lr && (i32[WORD.CPSR]! & PSR.T) === thumb
      ) {
        return { last, shadow, readings, instructions, ns: countdown.now() - since, roomNs };
      }
    }
    throw GIVE_UP;
  }

  /** What was just read. @throws GiveUp when nothing is known of it */
  #read(pa: number, width: number, n: number): {
    readonly linear: Linear;
    readonly untilNs: number;
    readonly reading?: Reading;
  } {
    const now = this.#clock.now();
    const region = this.#bus.at?.(pa);
    if (!region) throw GIVE_UP;
    const offset = (pa >>> 0) - region.base;
    const steady = region.device.steadyUntil?.(offset) ?? now;
    if (steady > now) return { linear: undefined, untilNs: steady };
    const counting = region.device.counting?.(offset);
    if (!counting || width !== 4 || n >= READINGS) throw GIVE_UP;
    return {
      linear: symbol(NOW + n),
      untilNs: counting.untilNs,
      reading: { t: now, pa, counting },
    };
  }

  /**
   * Everything that may change, without what changes with readings: by register, or 16 + byte offset.
   * Words that only the round before stored to are among it.
   */
  #constants({ shadow, readings, last }: Round): Map<number, number> {
    const constants = new Map<number, number>();
    const note = (place: number, value: number, linear: Linear) => {
      for (let n = 0; linear && n < READINGS; n++) {
        value -= product(linear[NOW + n]!, readings[n]) +
          product(linear[BEFORE + n]!, last?.readings[n]);
      }
      constants.set(place, value | 0);
    };
    const { i32 } = this.#core;
    shadow.registers.forEach((linear, r) => note(r, i32[r]!, linear));
    for (const host of [...shadow.stored, ...last?.shadow.stored ?? []]) {
      note(16 + host, i32[host >>> 2]!, shadow.memory.get(host));
    }
    return constants;
  }

  /** For how many more rounds all is as it was in `round`, and none of them ends the run. */
  #roundsAhead(round: Round): number {
    const { ns, roomNs, readings, shadow: { guards } } = round;
    checkReadings(round);
    const left = this.#core.i32[BUDGET]!;
    // The round behind those that are skipped is executed: it sets the flags.
    let most = Math.floor((left - 1) / ns) - 1;
    if (roomNs !== Infinity) most = Math.min(most, Math.ceil(roomNs / ns) - 1);
    if (most * ns < WORTH_NS) return 0;
    return largest(most, (rounds) => {
      const span = spanOf(readings, ns, rounds);
      return guards.every((guard) => holds(guard, span));
    });
  }

  #makeUp({ shadow, readings, instructions, ns }: Round, rounds: number): void {
    const { i32, memory, countdown } = this.#core;
    const later = (value: number, linear: Linear) => {
      if (linear === undefined) return value;
      value += Math.imul(linear[ROUND]!, rounds);
      for (const [n, { t, counting: { at } }] of readings.entries()) {
        value += Math.imul(linear[NOW + n]!, at(t + rounds * ns) - at(t));
        value += Math.imul(linear[BEFORE + n]!, at(t + (rounds - 1) * ns) - at(t - ns));
      }
      return value | 0;
    };
    shadow.registers.forEach((linear, r) => i32[r] = later(i32[r]!, linear));
    for (const [host, linear] of shadow.memory) {
      memory.markDirty(host);
      i32[host >>> 2] = later(i32[host >>> 2]!, linear);
    }
    countdown.charge(rounds * instructions);
    countdown.chargeAccess(rounds * (ns - instructions));
    this.skippedRounds += rounds;
    this.skippedNs += rounds * ns;
  }
}

/** A reading so many times. */
function product(factor: number, reading: Reading | undefined): number {
  return reading ? Math.imul(factor, reading.counting.at(reading.t)) : 0;
}

/** A round begins as the last one ended. */
function begin(shadow: Shadow, last: Shadow, steps?: ReadonlyMap<number, number>): void {
  last.registers.forEach((linear, r) =>
    shadow.registers[r] = nextRound(linear, steps?.get(r) ?? 0)
  );
  const words = new Set([...last.memory.keys(), ...last.stored]);
  for (const host of words) {
    const linear = nextRound(last.memory.get(host), steps?.get(16 + host) ?? 0);
    if (linear) shadow.memory.set(host, linear);
  }
}

/** By how much each constant rises in a round. */
function differences(
  before: ReadonlyMap<number, number>,
  after: ReadonlyMap<number, number>,
): Map<number, number> {
  const steps = new Map<number, number>();
  for (const [place, value] of after) steps.set(place, value - (before.get(place) ?? value) | 0);
  return steps;
}

/** @throws GiveUp unless the last round ended in the form in which it began */
function prove(
  fourth: Round,
  { third, steps, before, after }: {
    readonly third: Round;
    readonly steps: ReadonlyMap<number, number>;
    readonly before: ReadonlyMap<number, number>;
    readonly after: ReadonlyMap<number, number>;
  },
): void {
  for (const [place, value] of after) {
    const is = linearAt(fourth.shadow, place), was = linearAt(third.shadow, place);
    const step = is?.[ROUND] ?? 0;
    const form = combine(is, -step, symbol(ROUND));
    if (!before.has(place) || step !== (steps.get(place) ?? 0)) throw GIVE_UP;
    if (looksFarBack(form) || !equal(form, was)) throw GIVE_UP;
    if ((before.get(place)! + step | 0) !== value) throw GIVE_UP;
  }
  for (const host of fourth.shadow.memory.keys()) if (!after.has(16 + host)) throw GIVE_UP;
}

function linearAt({ registers, memory }: Shadow, place: number): Linear {
  return place < 16 ? registers[place] : memory.get(place - 16);
}

/** @throws GiveUp unless all readings, from two rounds before, are of one counter, a round apart */
function checkReadings({ readings, instructions, ns, last }: Round): void {
  for (let round = last, ago = 1; ago <= 2; ago++, round = round.last) {
    if (!round || round.instructions !== instructions || round.ns !== ns) throw GIVE_UP;
    if (readings.length !== round.readings.length) throw GIVE_UP;
    for (const [n, { t, pa }] of readings.entries()) {
      const before = round.readings[n]!;
      if (pa !== readings[0]!.pa || pa !== before.pa || t - before.t !== ago * ns) throw GIVE_UP;
    }
  }
}

/** Rounds from this one, which was executed, on. */
function spanOf(readings: readonly Reading[], ns: number, rounds: number): Span {
  const times: number[] = [];
  for (const [n, { t }] of readings.entries()) {
    for (let ago = 0; ago <= 2; ago++) times[NOW + n - ago * READINGS] = t - ago * ns;
  }
  return { rounds, ns, times, counting: readings[0]?.counting };
}

/** The largest number up to `most` for which `good` is true, if it is so for all smaller ones. */
function largest(most: number, good: (n: number) => boolean): number {
  let low = 0, high = most;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (good(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}
