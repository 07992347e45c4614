/** The one question that a run under exploration asks: which way now? */

/**
 * A place where something could go one way or another. The run asks; the strategy answers; the log
 * keeps it. Whoever asks may use one object again and again: a chooser keeps none.
 */
export interface Choice {
  /** "thread", "fault read error": reports count by kind, so a fault has a kind of its own. */
  readonly kind: string;
  /** How many ways there are, 1 to 65,535. Way 0 is the quiet one: go on, no fault. */
  readonly ways: number;
  /** Who goes, for each way, by names that last (thread ids); PCT, POS, starving need them. */
  readonly candidates?: readonly number[];
  /** What each candidate touches next, for POS; negative: nothing that another one touches. */
  readonly touches?: readonly number[];
  /** How often a strategy that draws leaves the quiet way, 0 to 1; otherwise all are as likely. */
  readonly rate?: number;
}

export interface Chooser {
  /** 0 to `ways - 1`. */
  choose(choice: Choice): number;
}

/** Always the quiet way. */
export const quiet: Chooser = { choose: () => 0 };
