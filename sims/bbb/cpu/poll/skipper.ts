/**
 * Lets time jump while a guest polls, exactly: state, time and counts are then what they would be had
 * each round been executed.
 *
 * When many device reads have come without a write, rounds of the loop are executed one instruction
 * at a time with a {@link Shadow} beside them. Some tell how registers and memory differ from round
 * to round: not at all, by a constant, or with a counter that was read (TCRR of a timer). The last
 * proves it: starting from such a state, it ends in one of the same form, so all further rounds do, as
 * long as each condition comes out as it did. How long that is, is then computed; and all those
 * rounds are made up for at once. A form that was found is tried first when the loop is met again:
 * then one round is enough, for it proves what it needs anew.
 */
import type { Bus, Counting } from "../../bus.ts";
import type { Core } from "../core.ts";
import { step } from "../interpreter_step.ts";
import { STATE } from "../layout.ts";
import { PSR, WORD } from "../psr.ts";
import { GIVE_UP, GiveUp } from "./give_up.ts";
import { holds } from "./guard.ts";
import { BEFORE, type Linear, NOW, READINGS, ROUND, symbol } from "./linear.ts";
import { ReadLog } from "./read_log.ts";
import {
  begin,
  checkReadings,
  constants,
  differences,
  type Plan,
  prove,
  type Read,
  readingsOf,
  type Round,
  spanOf,
} from "./round.ts";
import { Shadow } from "./shadow.ts";

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
/** Less time than this is not worth the look. */
const WORTH_NS = 5_000;
/** Loops that are remembered. */
const MOST_PLANS = 256;
const BUDGET = STATE.BUDGET >>> 2;
const SP = 13, LR = 14, PC = 15;

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
  readonly #log = new ReadLog();
  /** By where a look began. */
  readonly #plans = new Map<number, Plan>();
  #patience = PATIENCE;
  #left = PATIENCE;

  constructor({ core, bus, clock }: SkipperParts) {
    this.#core = core;
    this.#bus = bus;
    this.#clock = clock;
  }

  /** A device was read. */
  noteRead(pa: number, value: number): void {
    this.#log.note(pa, this.#clock.now(), value);
    if (--this.#left > 0) return;
    this.#left = this.#patience;
    if (!this.enabled || this.#bus.observer !== undefined) return;
    this.due = true;
    this.#core.countdown.stop();
  }

  /** A device was written: what was read before says nothing any more. */
  noteWrite(): void {
    this.#left = this.#patience;
    this.#log.clear();
  }

  /** Another state was loaded. */
  forget(): void {
    this.due = false;
    this.noteWrite();
  }

  /** At an instruction boundary within a run: executes some rounds, and makes up for many. */
  look(): void {
    this.due = false;
    const { i32 } = this.#core;
    if (i32[BUDGET]! < WORTH_NS || i32[WORD.IT] !== 0 || (i32[WORD.CPSR]! & PSR.E) !== 0) return;
    const key = this.#place;
    const skipped = attempt(() => this.#skip(this.#again(key))) ??
      attempt(() => this.#skip(this.#learn(key))) ?? false;
    this.#patience = skipped ? PATIENCE : Math.min(2 * this.#patience, MOST_PATIENCE);
    this.#left = this.#patience;
  }

  /** Whether any round after this one was skipped. */
  #skip(round: Round): boolean {
    const rounds = this.#roundsAhead(round);
    if (rounds > 0) this.#makeUp(round, rounds);
    return rounds > 0;
  }

  /** The address of the next instruction, and the instruction set. */
  get #place(): number {
    return this.#core.i32[PC]! | (this.#core.thumb ? 1 : 0);
  }

  /** A round that proves a form that was found before. @throws GiveUp */
  #again(key: number): Round {
    const plan = this.#plans.get(key);
    if (!plan) throw GIVE_UP;
    for (let n = 0; this.#place !== plan.start; n++) {
      if (n >= plan.instructions || this.#core.countdown.expired) throw GIVE_UP;
      step(this.#core);
    }
    const count = plan.reads.length;
    const older = this.#logged(plan, 2 * count);
    const third: Round = {
      ...plan,
      reads: this.#logged(plan, count),
      last: { ...plan, reads: older },
    };
    return this.#proof(third, plan.steps);
  }

  /** The reads of a round, the first of which is so many ago, as if they were of that plan. */
  #logged({ reads }: Plan, ago: number): Read[] {
    return reads.map(({ pa, count }, n) => {
      const read = this.#log.find(pa, ago - n);
      if (!read) throw GIVE_UP;
      return { pa, t: read.t, count: count === undefined ? undefined : read.value };
    });
  }

  /** A round that proves a form that others have shown; it is remembered. @throws GiveUp */
  #learn(key: number): Round {
    this.#goToRead();
    const start = this.#place;
    const second = this.#round(this.#round(undefined));
    const before = constants(this.#core, second);
    const third = this.#round(second);
    const steps = differences(before, constants(this.#core, third));
    const fourth = this.#proof(third, steps);
    if (this.#plans.size >= MOST_PLANS) this.#plans.clear();
    this.#plans.set(key, { ...third, start, steps });
    return fourth;
  }

  #proof(last: Round, steps: ReadonlyMap<number, number>): Round {
    const before = constants(this.#core, last);
    const round = this.#round(last, steps);
    prove(round, { steps, before, after: constants(this.#core, round) });
    checkReadings(round);
    return round;
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
    const shadow = new Shadow(this.#core, (pa, width) => {
      read = true;
      return this.#read(pa, width, 0).counting && symbol(NOW);
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
    const reads: Read[] = [];
    let roomNs = Infinity, readings = 0, counting: Counting | undefined;
    const shadow = new Shadow(this.#core, (pa, width) => {
      const t = this.#clock.now();
      const read = this.#read(pa, width, readings);
      roomNs = Math.min(roomNs, read.untilNs - t);
      counting = read.counting ?? counting;
      reads.push({ pa, t, count: read.counting?.at(t) });
      return read.counting && symbol(NOW + readings++);
    });
    if (last) begin(shadow.state, last, steps);
    const [sp, lr, pc] = [i32[SP], i32[LR], i32[PC]];
    const thumb = i32[WORD.CPSR]! & PSR.T;
    const since = countdown.now();
    for (let instructions = 1; instructions <= ROUND_INSTRUCTIONS; instructions++) {
      if (countdown.expired) throw GIVE_UP;
      shadow.step();
      if (
        i32[PC] === pc && i32[SP] === sp && i32[LR] === lr && (i32[WORD.CPSR]! & PSR.T) === thumb
      ) {
        const { registers, memory, stored, guards } = shadow.state;
        const ns = countdown.now() - since;
        return {
          registers,
          memory,
          stored,
          guards,
          last,
          reads,
          counting,
          instructions,
          ns,
          roomNs,
        };
      }
    }
    throw GIVE_UP;
  }

  /** What was just read, after `n` readings: how it counts, or else that it is steady, and until when. */
  #read(pa: number, width: number, n: number): {
    readonly counting?: Counting;
    readonly untilNs: number;
  } {
    const now = this.#clock.now();
    const region = this.#bus.at?.(pa);
    // What faults is not steady.
    if (!region || region.clock?.running === false || (pa & (width - 1)) !== 0) throw GIVE_UP;
    const offset = (pa >>> 0) - region.base;
    const untilNs = region.device.steadyUntil?.(offset) ?? now;
    if (untilNs > now) return { untilNs };
    const counting = region.device.counting?.(offset);
    if (!counting || width !== 4 || n >= READINGS) throw GIVE_UP;
    return { counting, untilNs: counting.untilNs };
  }

  /** For how many more rounds all is as it was in `round`, and none of them ends the run. */
  #roundsAhead(round: Round): number {
    const { ns, roomNs, guards } = round;
    // The round behind those that are skipped is executed: it sets the flags.
    let most = Math.floor((this.#core.i32[BUDGET]! - 1) / ns) - 1;
    if (roomNs !== Infinity) most = Math.min(most, Math.ceil(roomNs / ns) - 1);
    if (most * ns < WORTH_NS) return 0;
    // What holds for all these rounds holds for fewer.
    const all = spanOf(round, most);
    const limits = guards.filter((guard) => !holds(guard, all));
    if (limits.length === 0) return most;
    return largest(most - 1, (rounds) => {
      const span = spanOf(round, rounds);
      return limits.every((guard) => holds(guard, span));
    });
  }

  #makeUp(round: Round, rounds: number): void {
    const { i32, memory, countdown } = this.#core;
    const { registers, counting, instructions, ns } = round;
    const readings = readingsOf(round);
    const advance = (t: number) => counting!.at(t + rounds * ns) - counting!.at(t);
    const later = (value: number, linear: Linear) => {
      if (linear === undefined) return value;
      value += Math.imul(linear[ROUND]!, rounds);
      for (const [n, { t }] of readings.entries()) {
        if (linear[NOW + n] !== 0) value += Math.imul(linear[NOW + n]!, advance(t));
        if (linear[BEFORE + n] !== 0) value += Math.imul(linear[BEFORE + n]!, advance(t - ns));
      }
      return value | 0;
    };
    registers.forEach((linear, r) => i32[r] = later(i32[r]!, linear));
    for (const [host, linear] of round.memory) {
      memory.markDirty(host);
      i32[host >>> 2] = later(i32[host >>> 2]!, linear);
    }
    countdown.charge(rounds * instructions);
    countdown.chargeAccess(rounds * (ns - instructions));
    this.#log.clear();
    this.skippedRounds += rounds;
    this.skippedNs += rounds * ns;
  }
}

/** What it gives; undefined when it has given up. */
function attempt<T>(what: () => T): T | undefined {
  try {
    return what();
  } catch (error) {
    if (error instanceof GiveUp) return undefined;
    throw error;
  }
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
