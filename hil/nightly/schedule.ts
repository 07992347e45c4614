/**
 * What a night runs, pass by pass. The first pass has everything once, with the night's seed; then
 * passes of everything and passes of what is in trouble take turns, each with a new seed. Everything
 * that is drawn comes from the night's seed: the same one gives the same seeds in the same order.
 */
import { Random } from "../time/mod.ts";

/** What earlier nights and runs tell. All by id. */
export interface Memory {
  readonly failed: ReadonlySet<string>;
  readonly flaky: ReadonlySet<string>;
  /** Not run when the last night's time was over. */
  readonly unreached: ReadonlySet<string>;
  /** How long each took, in whole nanoseconds. */
  readonly durations: ReadonlyMap<string, number>;
}

export interface PassPlan {
  /** From 1. */
  readonly number: number;
  readonly kind: "all" | "troubled";
  readonly seed: number;
  readonly repeat: number;
  readonly ids: ReadonlySet<string>;
}

/** How many seeds each scenario in trouble has in a pass of its own. */
const SEEDS_OF_TROUBLED = 3;

export class Schedule {
  readonly #random: Random;
  readonly #longest: Map<string, number>;
  #number = 0;

  constructor(
    private readonly seed: number,
    private readonly ids: readonly string[],
    private readonly memory: Memory,
  ) {
    this.#random = new Random(seed);
    this.#longest = new Map(memory.durations);
  }

  /**
   * The next pass; undefined when nothing that may still run ends within what is left.
   *
   * @param may whether a scenario may still run
   * @param troubled ids of those that failed or were flaky tonight
   */
  next(
    leftNs: number,
    { may, troubled }: { may: (id: string) => boolean; troubled: readonly string[] },
  ): PassPlan | undefined {
    const fit = this.ids.filter((id) => may(id) && this.fits(id, leftNs));
    if (this.#number > 0 && fit.length === 0) return undefined;
    const number = ++this.#number;
    if (number === 1) {
      return { number, kind: "all", seed: this.seed, repeat: 1, ids: new Set(this.ids) };
    }
    const { failed, flaky } = this.memory;
    const focus = number % 2 === 0
      ? fit.filter((id) => failed.has(id) || flaky.has(id) || troubled.includes(id))
      : [];
    const seed = this.#random.next();
    return focus.length > 0
      ? { number, kind: "troubled", seed, repeat: SEEDS_OF_TROUBLED, ids: new Set(focus) }
      : { number, kind: "all", seed, repeat: 1, ids: new Set(fit) };
  }

  /** The smaller, the sooner: failures of the last nights, flaky ones, those not reached, others. */
  rank(id: string): number {
    const { failed, flaky, unreached } = this.memory;
    const found = [failed, flaky, unreached].findIndex((ids) => ids.has(id));
    return found < 0 ? 3 : found;
  }

  /**
   * Whether a scenario can end within what is left, by the longest that it took. One that nobody has
   * seen end fits as long as there is time at all.
   */
  fits(id: string, leftNs: number): boolean {
    return leftNs > 0 && (this.#longest.get(id) ?? 0) <= leftNs;
  }

  longestNs(id: string): number | undefined {
    return this.#longest.get(id);
  }

  ended(id: string, durationNs: number): void {
    this.#longest.set(id, Math.max(durationNs, this.#longest.get(id) ?? 0));
  }
}
