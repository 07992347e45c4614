/** Keeps what a chooser is asked and answers. */
import type { Choice, Chooser } from "./choice.ts";
import { type DecisionLog, MAX_WAYS, placeOf } from "./log.ts";

/** How often one kind of choice was asked, and how often the way was not the quiet one. */
export interface KindCount {
  asked: number;
  fired: number;
}

export interface Recording extends Chooser {
  /** Of what was asked until now. */
  readonly log: DecisionLog;
  readonly counts: ReadonlyMap<string, Readonly<KindCount>>;
}

/** A chooser that answers as `chooser` does and keeps the log. */
export function recording(
  chooser: Chooser,
  { seed, strategy }: { readonly seed: number; readonly strategy: string },
): Recording {
  return new Recorder(chooser, seed, strategy);
}

interface Count extends KindCount {
  readonly index: number;
}

class Recorder implements Recording {
  readonly #decisions: number[] = [];
  readonly #places: number[] = [];
  readonly #kinds = new Map<string, Count>();
  /** Of the last choice: most are of the same kind as the one before. */
  #lastKind: string | undefined;
  #last: Count | undefined;

  constructor(
    private readonly inner: Chooser,
    private readonly seed: number,
    private readonly strategy: string,
  ) {}

  /** @throws RangeError when the chooser gives a way that there is not */
  choose(choice: Choice): number {
    const way = this.inner.choose(choice);
    const { kind, ways } = choice;
    if (!(way >= 0 && way < ways && ways < MAX_WAYS)) throw wrongWay(way, choice);
    // Where there is but one way nothing was decided.
    if (ways === 1) return 0;
    const count = kind === this.#lastKind ? this.#last! : this.#countOf(kind);
    count.asked++;
    if (way > 0) count.fired++;
    this.#decisions.push(way);
    this.#places.push(placeOf(count.index, ways));
    return way;
  }

  #countOf(kind: string): Count {
    let count = this.#kinds.get(kind);
    if (!count) this.#kinds.set(kind, count = { asked: 0, fired: 0, index: this.#kinds.size });
    this.#lastKind = kind;
    this.#last = count;
    return count;
  }

  get log(): DecisionLog {
    const asked = { kinds: [...this.#kinds.keys()], places: [...this.#places] };
    const { seed, strategy } = this;
    return { version: 1, seed, strategy, decisions: [...this.#decisions], asked };
  }

  get counts(): ReadonlyMap<string, Readonly<KindCount>> {
    return this.#kinds;
  }
}

function wrongWay(way: number, { kind, ways }: Choice): RangeError {
  return new RangeError(
    `Cannot go way "${way}" at a choice of "${kind}": it has ${ways} ways; ` +
      `give 0 to ${ways - 1}, of fewer than ${MAX_WAYS}`,
  );
}
