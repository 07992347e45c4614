/**
 * The past of a board, to go back to: snapshots at intervals and what came in from outside between
 * them. Any instruction since the first snapshot is reached by restoring the one before it and
 * executing again, which does the same to the bit.
 */
import { loadParts, type Part, type PartStates, saveParts } from "sims/engine/mod.ts";
import type { Board, BoardSnapshot } from "../board.ts";

export interface HistoryOptions {
  /** Between snapshots, on the board's clock. Default 5 ms. */
  readonly intervalNs?: number;
  /** What goes back with the board: the cables that are on it. */
  readonly parts?: readonly Part[];
  /** Kept at most; when there are more, every second one of the older half goes. Default 64. */
  readonly kept?: number;
}

interface Moment {
  readonly instructions: number;
  readonly snapshot: BoardSnapshot;
  readonly parts: PartStates;
}

interface Input {
  readonly t: number;
  readonly apply: () => void;
}

const INTERVAL_NS = 5_000_000;
/** Looked at a time while nothing is executed. */
const IDLE_NS = 1_000_000;
const KEPT = 64;
/** So close to the instruction that is looked for, one after the other is executed. */
const NEAR_NS = 20_000;

export class History {
  /** Whether the past happens again: what comes out of the board has come out before. */
  replaying = false;
  readonly #board: Board;
  readonly #intervalNs: number;
  readonly #kept: number;
  readonly #parts: readonly Part[];
  #moments: Moment[] = [];
  #inputs: Input[] = [];

  constructor(board: Board, options: HistoryOptions = {}) {
    const { intervalNs = INTERVAL_NS, kept = KEPT, parts = [] } = options;
    this.#board = board;
    this.#parts = parts;
    this.#intervalNs = intervalNs;
    this.#kept = kept;
    this.#take();
  }

  /** Of the oldest moment that can be reached. */
  get begin(): number {
    return this.#moments[0]!.instructions;
  }

  /** Something comes in from outside, now: `apply` does it, and does it again in a replay. */
  input(apply: () => void): void {
    this.#forgetFuture();
    this.#inputs.push({ t: this.#board.clock.now(), apply });
    apply();
  }

  /** What somebody has changed by hand, or done without being watched, makes another future. */
  changed(): void {
    this.#forgetFuture();
    this.#take();
  }

  /** Goes forward until `done`, at most to `untilNs`. @returns whether it was done */
  forward(done: () => boolean, untilNs: number): boolean {
    const { clock } = this.#board;
    while (clock.now() < untilNs) {
      const next = this.#moments.at(-1)!.snapshot.t + this.#intervalNs;
      const until = Math.min(untilNs, Math.max(next, clock.now() + 1));
      if (clock.runUntil(done, until)) return true;
      if (clock.now() >= next) this.#take();
    }
    return false;
  }

  /** Goes back to before the instruction with that number. */
  goTo(instructions: number): void {
    const from = this.#moments.findLast((moment) => moment.instructions <= instructions);
    if (!from) {
      throw new RangeError(`Cannot go back to instruction ${instructions}: it is forgotten`);
    }
    this.#replayed(from, () => {
      const { clock, cpu } = this.#board;
      // An instruction takes a nanosecond at least, so this cannot go too far.
      for (;;) {
        const left = instructions - cpu.instructions;
        if (left <= NEAR_NS) break;
        clock.runTo(clock.now() + left - NEAR_NS);
      }
      while (cpu.instructions < instructions) stepBoard(this.#board);
    });
  }

  /**
   * The last time before now that the CPU was at one of these addresses.
   *
   * @returns the number of the instruction there; undefined when it was at none
   */
  lastAt(addresses: ReadonlySet<number>): number | undefined {
    const { cpu } = this.#board;
    let end = cpu.instructions;
    for (const moment of this.#moments.toReversed()) {
      if (moment.instructions >= end) continue;
      let last: number | undefined;
      this.#replayed(moment, () => {
        while (cpu.instructions < end) {
          if (addresses.has(cpu.pc)) last = cpu.instructions;
          stepBoard(this.#board);
        }
      });
      if (last !== undefined) return last;
      end = moment.instructions;
    }
    return undefined;
  }

  #replayed(from: Moment, work: () => void): void {
    const { clock } = this.#board;
    this.#board.restore(from.snapshot);
    loadParts(this.#parts.filter(({ name }) => name in from.parts), from.parts);
    for (const { t, apply } of this.#inputs) if (t >= from.snapshot.t) clock.at(t, apply);
    this.replaying = true;
    try {
      work();
    } finally {
      this.replaying = false;
    }
  }

  #take(): void {
    this.#moments.push({
      instructions: this.#board.cpu.instructions,
      snapshot: this.#board.snapshot(),
      parts: saveParts(this.#parts),
    });
    if (this.#moments.length <= this.#kept) return;
    const old = this.#kept >> 1;
    this.#moments = this.#moments.filter((_, n) => n === 0 || n >= old || n % 2 === 0);
  }

  #forgetFuture(): void {
    const now = this.#board.clock.now();
    const { instructions } = this.#board.cpu;
    this.#moments = this.#moments.filter((moment) => moment.instructions <= instructions);
    this.#inputs = this.#inputs.filter(({ t }) => t <= now);
  }
}

/** One instruction. While none can be executed, time passes: power is off, or the CPU waits. */
export function stepBoard(board: Board): void {
  const { clock, cpu } = board;
  const before = cpu.instructions;
  while (cpu.instructions === before) {
    const executes = board.powered && !board.rom.working && !cpu.core.waiting;
    if (executes) cpu.step();
    clock.runTo(Math.min(clock.nextAlarmNs(), clock.now() + (executes ? 0 : IDLE_NS)));
  }
}
