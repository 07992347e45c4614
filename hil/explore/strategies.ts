/**
 * How to choose so that bugs show. All draw from a seed. Where a choice has no candidates each of
 * them draws as {@link random} does.
 */
import { Random } from "hil/time/mod.ts";
import type { Choice, Chooser } from "./choice.ts";

/** Each way as likely as the others, or the quiet one as often as the choice's rate says. */
export function random(seed: number): Chooser {
  const chance = new Random(seed);
  return { choose: (choice) => drawn(chance, choice) };
}

function drawn(chance: Random, { ways, rate }: Choice): number {
  if (ways === 1) return 0;
  if (rate === undefined) return chance.below(ways);
  if (!chance.chance(rate)) return 0;
  return ways === 2 ? 1 : 1 + chance.below(ways - 1);
}

export interface PctOptions {
  /** How many orderings a bug needs to show: one fewer than the priority changes. Default 3. */
  readonly depth?: number;
  /** Choices with candidates in a run, at least about. Default 1,000. */
  readonly length?: number;
}

/**
 * Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi, Nagarakatte, "A randomized
 * scheduler with probabilistic guarantees of finding bugs", 2010): who has the highest priority
 * goes; at `depth - 1` places drawn beforehand the one who would go falls below all others. A bug
 * of that depth among n threads and k choices shows with probability 1 / (n k^(depth - 1)) or more.
 */
export function pct(seed: number, options: PctOptions = {}): Chooser {
  return new Pct(seed, options);
}

class Pct implements Chooser {
  readonly #chance: Random;
  readonly #priorities: Priorities = [];
  /** The priority, below all first ones, that is given at each of the places. */
  readonly #changes = new Map<number, number>();
  #at = 0;

  constructor(seed: number, { depth = 3, length = 1000 }: PctOptions) {
    const isPossible = Number.isInteger(depth) && depth >= 1 && depth <= length;
    if (!isPossible) {
      throw new RangeError(
        `Cannot change priorities for depth "${depth}": a run of ${length} choices has room for ` +
          `depth 1 to ${length}; give another depth or length`,
      );
    }
    this.#chance = new Random(seed);
    while (this.#changes.size < depth - 1) {
      this.#changes.set(this.#chance.below(length), -1 - this.#changes.size);
    }
  }

  choose(choice: Choice): number {
    const { candidates } = choice;
    if (!candidates) return drawn(this.#chance, choice);
    const way = this.#highest(candidates);
    const change = this.#changes.get(this.#at++);
    if (change === undefined) return way;
    this.#priorities[candidates[way]!] = change;
    return this.#highest(candidates);
  }

  #highest(candidates: readonly number[]): number {
    return highest(this.#priorities, candidates, this.#chance);
  }
}

/** By candidate. */
type Priorities = (number | undefined)[];

/** The candidate of highest priority; one that has none draws one first. */
function highest(
  priorities: Priorities,
  candidates: readonly number[],
  chance: Random,
): number {
  let best = 0;
  let most = -Infinity;
  for (let way = 0; way < candidates.length; way++) {
    const priority = priorities[candidates[way]!] ??= chance.next();
    if (priority <= most) continue;
    most = priority;
    best = way;
  }
  return best;
}

/**
 * Partial order sampling (Yuan, Yang, Gu, "Partial order aware concurrency sampling", 2018): each
 * step of each candidate has a priority of its own; after a step, those who were about to touch the
 * same thing draw again. Where a choice does not say what is touched, no two steps are known to
 * race and only who went draws again, which is the paper's BasicPOS.
 */
export function pos(seed: number): Chooser {
  return new Pos(seed);
}

class Pos implements Chooser {
  readonly #chance: Random;
  readonly #priorities: Priorities = [];

  constructor(seed: number) {
    this.#chance = new Random(seed);
  }

  choose(choice: Choice): number {
    const { candidates, touches } = choice;
    if (!candidates) return drawn(this.#chance, choice);
    const way = highest(this.#priorities, candidates, this.#chance);
    this.#priorities[candidates[way]!] = undefined;
    const touched = touches?.[way] ?? -1;
    if (touched < 0) return way;
    for (let other = 0; other < candidates.length; other++) {
      if (touches![other] === touched) this.#priorities[candidates[other]!] = undefined;
    }
    return way;
  }
}

export interface StarveOptions {
  /** Who waits; otherwise one is drawn, and another one each time that patience ends. */
  readonly victim?: number;
  /** How often the victim is passed over before it goes once: so that all must end. Default 200. */
  readonly patience?: number;
}

/** An adversary: the victim waits as long as anybody else can go; the others go at random. */
export function starve(seed: number, options: StarveOptions = {}): Chooser {
  return new Starve(seed, options);
}

class Starve implements Chooser {
  readonly #chance: Random;
  readonly #isFixed: boolean;
  readonly #patience: number;
  #victim: number | undefined;
  #passedOver = 0;

  constructor(seed: number, { victim, patience = 200 }: StarveOptions) {
    this.#chance = new Random(seed);
    this.#victim = victim;
    this.#isFixed = victim !== undefined;
    this.#patience = patience;
  }

  choose(choice: Choice): number {
    const { candidates } = choice;
    if (!candidates) return drawn(this.#chance, choice);
    this.#victim ??= candidates[this.#chance.below(candidates.length)]!;
    const own = candidates.indexOf(this.#victim);
    if (own < 0) return drawn(this.#chance, choice);
    if (candidates.length === 1) return this.#letGo(own);
    if (++this.#passedOver > this.#patience) {
      if (!this.#isFixed) this.#victim = candidates[this.#chance.below(candidates.length)]!;
      return this.#letGo(own);
    }
    const way = drawn(this.#chance, choice);
    if (way !== own) return way;
    const other = this.#chance.below(candidates.length - 1);
    return other < own ? other : other + 1;
  }

  #letGo(own: number): number {
    this.#passedOver = 0;
    return own;
  }
}

/** Those that need a seed alone, by name. */
export const STRATEGIES: Readonly<Record<string, (seed: number) => Chooser>> = {
  random,
  pct: (seed) => pct(seed),
  pos,
  starve: (seed) => starve(seed),
};
