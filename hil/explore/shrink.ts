/** Makes a failing decision log small: as short and with as many quiet choices as still fails. */
import { setImmediate } from "node:timers/promises";
import { ddmin, type Verdict } from "./ddmin.ts";
import type { DecisionLog } from "./log.ts";

export interface ShrinkProgress {
  readonly tries: number;
  /** Of the best log so far: those that are not quiet. */
  readonly decisions: number;
  readonly length: number;
}

export interface ShrinkOptions {
  /** Told after each smaller one. */
  readonly progress?: (progress: ShrinkProgress) => void;
  /** Asked before each try: true ends the work with the best so far. */
  readonly stop?: () => boolean;
  /** Ends it with the best so far; the host gets a turn every {@link TURN} tries. */
  readonly signal?: AbortSignal;
}

export interface Shrunk {
  /** Without what was asked: it is followed as far as it makes sense. Record it to have that. */
  readonly log: DecisionLog;
  readonly tries: number;
  /** Not stopped: of what is left nothing can be quiet by itself. */
  readonly complete: boolean;
}

/** Tries between two turns of the host's event loop. */
const TURN = 64;

/** Ends the search from within. */
class Stopped extends Error {}

/**
 * Deterministic when `fails` is.
 *
 * @param fails runs the log (`replay` follows it) and says whether it fails in the same way
 * @throws Error when the log itself does not fail
 * @example `const { log } = await shrink(found.log, (log) => run(replay(log)) === "torn")`
 */
export async function shrink(
  log: DecisionLog,
  fails: (log: DecisionLog) => Verdict,
  options: ShrinkOptions = {},
): Promise<Shrunk> {
  const search = new Search(log, fails, options);
  if (!(await search.fails(search.best))) {
    throw new Error(
      `Cannot shrink the decision log of seed "${log.seed}": it does not fail when it is run ` +
        `again; make the run depend on its choices alone`,
    );
  }
  let complete = true;
  try {
    await search.quieten();
    await search.lower();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    complete = false;
  }
  return { log: search.log(search.best), tries: search.tries, complete };
}

class Search {
  /** Decisions that fail, without quiet ones at the end. */
  best: readonly number[];
  tries = 0;

  constructor(
    private readonly original: DecisionLog,
    private readonly verdict: (log: DecisionLog) => Verdict,
    private readonly options: ShrinkOptions,
  ) {
    this.best = trimmed(original.decisions);
  }

  log(decisions: readonly number[]): DecisionLog {
    const { seed, strategy } = this.original;
    return { version: 1, seed, strategy, decisions };
  }

  async fails(decisions: readonly number[]): Promise<boolean> {
    const { stop, signal } = this.options;
    if (this.tries > 0 && (signal?.aborted || stop?.())) throw new Stopped();
    if (++this.tries % TURN === 0) await setImmediate();
    return await this.verdict(this.log(decisions));
  }

  /** Makes as many quiet as can be; the others keep their places. Quiet ones at the end are cut. */
  async quieten(): Promise<void> {
    const from = this.best;
    const loud = [...from.keys()].filter((at) => from[at] !== 0);
    await ddmin(
      loud,
      (some) => this.fails(only(from, some)),
      (some) => this.#keep(only(from, some)),
    );
  }

  /** Way 1 in the place of a later one. */
  async lower(): Promise<void> {
    for (let at = 0; at < this.best.length; at++) {
      if (this.best[at]! < 2) continue;
      const some = this.best.with(at, 1);
      if (await this.fails(some)) this.#keep(some);
    }
  }

  #keep(decisions: readonly number[]): void {
    this.best = trimmed(decisions);
    const loud = this.best.filter((way) => way !== 0).length;
    this.options.progress?.({ tries: this.tries, decisions: loud, length: this.best.length });
  }
}

function only(decisions: readonly number[], places: readonly number[]): readonly number[] {
  const some = new Array<number>(decisions.length).fill(0);
  for (const at of places) some[at] = decisions[at]!;
  return trimmed(some);
}

function trimmed(decisions: readonly number[]): readonly number[] {
  return decisions.slice(0, decisions.findLastIndex((way) => way !== 0) + 1);
}
