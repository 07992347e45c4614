/**
 * The smallest over many seeds: chance decides what a schedule takes to go wrong. What cannot be left
 * out under the recorded seed often can under another one; and where nothing can, one call in the
 * place of another can have less happen.
 */
import type { Script } from "../typescript/mod.ts";
import { smallerNeeds } from "./arguments.ts";
import { parentsOf, unwrapped, without } from "./edit.ts";
import { exchanges, type Kinds, kindsOf } from "./exchange.ts";
import { shrink, type ShrinkOptions, type Shrunk } from "./shrink.ts";

export interface SeedOptions extends Omit<ShrinkOptions, "size"> {
  /** The first one, under which the script fails. */
  readonly seed: number;
  /**
   * How many are tried for each thing that could be left out. Asked when nothing can be under the
   * first: it is known then what a try costs.
   */
  readonly others: () => number;
  /** The same for each call that could be in the place of another: there are many. Default: none. */
  readonly exchanged?: () => number;
  /** How large what happens is, when a script runs under a seed. */
  readonly size: (script: Script, seed: number) => Promise<number>;
}

export interface ShrunkUnder extends Shrunk {
  readonly seed: number;
}

/** With more calls a seed tells too little for what it costs. */
const MOST_CALLS = 40;
/** With more there are too many that could stand in for one. */
const MOST_EXCHANGED = 8;

/** @param fails says so of a script and a seed */
export async function shrinkOverSeeds(
  script: Script,
  fails: (script: Script, seed: number) => Promise<boolean>,
  options: SeedOptions,
): Promise<ShrunkUnder> {
  return await new SeedSearch(script, fails, options).run();
}

class SeedSearch {
  #tries = 0;
  readonly #kinds: Kinds;

  constructor(
    private readonly whole: Script,
    private readonly fails: (script: Script, seed: number) => Promise<boolean>,
    private readonly options: SeedOptions,
  ) {
    this.#kinds = kindsOf(whole);
  }

  async run(): Promise<ShrunkUnder> {
    const { seed, signal, onBetter } = this.options;
    let best = await this.#least(await this.#under(seed, this.whole, this.#quick));
    best = await this.#shaped(best);
    const typed = best;
    for (let other; (other = await this.#better(best, this.#exchanged(best.script)));) {
      best = await this.#least(other);
      onBetter?.(best.script);
    }
    if (best !== typed) best = await this.#shaped(best);
    return { ...best, complete: best.complete && !signal?.aborted, tries: this.#tries };
  }

  /** What the shape of arguments allows is asked at the end only: it takes long to tell. */
  get #quick(): Partial<ShrinkOptions> {
    return this.options.accepts ? { accepts: refused } : {};
  }

  async #shaped(best: ShrunkUnder): Promise<ShrunkUnder> {
    const { accepts, signal } = this.options;
    if (!accepts || !best.complete || signal?.aborted) return best;
    return await this.#under(best.seed, best.script, {});
  }

  /** Of which nothing can be left out under any seed. */
  async #least(best: ShrunkUnder): Promise<ShrunkUnder> {
    for (let less; (less = await this.#better(best, this.#less(best.script)));) {
      best = less;
      this.options.onBetter?.(best.script);
    }
    return best;
  }

  /** The first of the others that comes to be smaller; undefined when none does. */
  async #better(best: ShrunkUnder, others: Iterable<Other>): Promise<ShrunkUnder | undefined> {
    if (!best.complete) return undefined;
    const { signal, size } = this.options;
    const bestSize = await size(best.script, best.seed);
    for (const { script, seeds, once } of others) {
      for (const seed of seeds) {
        if (signal?.aborted) return undefined;
        this.#tries++;
        if (!await this.fails(script, seed)) continue;
        const small = await this.#under(seed, script, { ...this.#quick, onBetter: undefined });
        if (small.complete && await size(small.script, seed) < bestSize) return small;
        if (once) break;
      }
    }
  }

  async #under(seed: number, from: Script, own: Partial<ShrinkOptions>): Promise<ShrunkUnder> {
    const before = this.#tries;
    const { progress, size } = this.options;
    const small = await shrink(from, (script) => this.fails(script, seed), {
      ...this.options,
      ...own,
      size: (script) => size(script, seed),
      progress: (now) => progress?.({ ...now, tries: before + now.tries }),
    });
    this.#tries = before + small.tries;
    return { ...small, seed };
  }

  /** One thing less, the largest first. */
  *#less(script: Script): Generator<Other> {
    if (script.actions.length > MOST_CALLS) return;
    const seeds = this.#seeds(this.options.others());
    for (const less of lessOf(script)) yield { script: less, seeds, once: false };
  }

  /** As many calls, one of them another; the first has the needs of the whole. */
  *#exchanged(script: Script): Generator<Other> {
    const { exchanged = () => 0 } = this.options;
    if (script.actions.length > MOST_EXCHANGED) return;
    const seeds = this.#seeds(exchanged());
    if (seeds.length === 0) return;
    yield { script: { ...script, needs: this.whole.needs }, seeds, once: true };
    for (const other of exchanges(script, this.#kinds)) yield { script: other, seeds, once: true };
  }

  #seeds(count: number): readonly number[] {
    const { seed } = this.options;
    return Array.from({ length: count }, (_, n) => (seed + n) % Number.MAX_SAFE_INTEGER);
  }
}

interface Other {
  readonly script: Script;
  /** To be tried under. */
  readonly seeds: readonly number[];
  /** No further seed is tried when under one it fails and cannot be made smaller. */
  readonly once: boolean;
}

function refused(scripts: readonly Script[]): Promise<readonly boolean[]> {
  return Promise.resolve(scripts.map(() => false));
}

function lessOf(script: Script): readonly Script[] {
  const parents = parentsOf(script);
  const roots = script.actions.filter(({ id }) => parents.get(id)!.length === 0);
  const rest = script.actions.filter((action) => !roots.includes(action));
  return [
    ...[...roots, ...rest].map(({ id }) => without(script, new Set([id]))),
    ...script.actions.map(({ id }) => unwrapped(script, id)).filter((one) => one !== undefined),
    ...smallerNeeds(script).map(({ of }) => of(script)),
  ];
}
