/** Answers from a decision log. */
import type { Choice, Chooser } from "./choice.ts";
import { type DecisionLog, kindIn, waysIn } from "./log.ts";

/** The run asked something else than the one that the log was made of. */
export class DivergenceError extends Error {
  override readonly name = "DivergenceError";

  /** @param decision which one, from 0 */
  constructor(
    readonly decision: number,
    readonly wanted: string,
    readonly found: string,
  ) {
    super(
      `Cannot replay the decision log beyond decision "${decision}": the log has ${wanted} there ` +
        `and the run asks ${found}; replay with the code, load and options of the recording`,
    );
  }
}

/**
 * Takes each decision again. A log with what was asked must be asked the same; one without is
 * followed as far as it makes sense: a way that there is not becomes the quiet one.
 *
 * @returns a chooser that throws DivergenceError
 */
export function replay(log: DecisionLog): Chooser {
  return new Replay(log);
}

class Replay implements Chooser {
  #next = 0;

  constructor(private readonly log: DecisionLog) {}

  choose(choice: Choice): number {
    if (choice.ways === 1) return 0;
    const { decisions, asked } = this.log;
    const at = this.#next++;
    const way = decisions[at] ?? 0;
    if (!asked) return way < choice.ways ? way : 0;
    const place = asked.places[at];
    const isSame = place !== undefined && waysIn(place) === choice.ways &&
      asked.kinds[kindIn(place)] === choice.kind;
    if (isSame) return way;
    const wanted = place === undefined
      ? "its end"
      : said(asked.kinds[kindIn(place)]!, waysIn(place));
    throw new DivergenceError(at, wanted, said(choice.kind, choice.ways));
  }
}

function said(kind: string, ways: number): string {
  return `"${kind}" of ${ways} ways`;
}
